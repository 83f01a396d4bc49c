package exec

import (
	"sync"

	"github.com/wasql/wasql/engine/vec"
)

// sieve leaves out rows of a scan whose value of a column is none of a join's keys.
type sieve struct {
	*vec.Sieve
	position int
}

// sieves are those that the joins above have for the scans of one run of a plan. They are told by whoever reads the joins' right
// sides, and asked by whoever reads the scans, perhaps on other goroutines, when that is done.
type sieves struct {
	mu sync.Mutex
	of map[*ScanPlan][]*sieve
}

func (s *sieves) tell(p *ScanPlan, found *sieve) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[*ScanPlan][]*sieve{}
	}
	s.of[p] = append(s.of[p], found)
}

// sifters are for one reader of a scan.
func (s *sieves) sifters(p *ScanPlan) []sifter {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]sifter, len(s.of[p]))
	for i, found := range s.of[p] {
		all[i] = sifter{Sifter: vec.NewSifter(found.Sieve), position: found.position}
	}
	return all
}

// sifter is a sieve with what one reader of the scan knows of it.
type sifter struct {
	*vec.Sifter
	position int
	rows     []uint32
}

// sift leaves out rows of the batch.
func (s *vectorSource) sift() {
	before := s.out.Len()
	for i := range s.sifters {
		f := &s.sifters[i]
		rows, ok := f.Select(&s.out.Cols[f.position], &s.out, f.rows[:0])
		if f.rows = rows; !ok {
			continue
		}
		if rows == nil {
			rows = []uint32{}
		}
		s.out.Sel = rows
	}
	s.plan.sifted.Add(uint64(before - s.out.Len()))
}
