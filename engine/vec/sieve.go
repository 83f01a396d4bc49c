package vec

import "github.com/wasql/wasql/abi/col"

// Sieve tells of whole numbers that they are none of those that it was made of. Of others it cannot be sure. It is safe for concurrent
// use once Done was called.
type Sieve struct {
	// keys are those so far, while they are few; then bits has them.
	keys  []int64
	bits  []uint64
	shift uint
	count int
	read  reading
}

const (
	sieveKeys = 8 << 10
	// Bits of a sieve of few keys, and of many, as powers of two: 16 and 512 KiB.
	sieveFew, sieveMany = 17, 22
	// sieveMost is the number of keys, some of them the same, beyond which too many others pass.
	sieveMost = 1 << 21
)

// Add puts in the values of v in the rows of b that count.
func (s *Sieve) Add(v *col.Vec, b *col.Batch) {
	if v.Type == col.Null || s.count > sieveMost {
		return
	}
	values, valid := s.read.ints(v, b.Rows)
	for i := range b.Len() {
		row := b.Row(i)
		if !valid.Get(row) {
			continue
		}
		x := values[row]
		s.count++
		if s.bits != nil {
			s.set(x)
			continue
		}
		if s.keys = append(s.keys, x); len(s.keys) > sieveKeys {
			s.spread(sieveMany)
		}
	}
}

// Done makes the sieve ready to be asked; false: it lets too much pass.
func (s *Sieve) Done() bool {
	if s.bits == nil {
		s.spread(sieveFew)
	}
	s.read = reading{}
	return s.count <= sieveMost
}

func (s *Sieve) spread(power uint) {
	s.bits, s.shift = make([]uint64, 1<<power/64), 64-power
	for _, x := range s.keys {
		s.set(x)
	}
	s.keys = nil
}

func (s *Sieve) place(x int64) uint64 { return uint64(x) * 0x9e3779b97f4a7c15 >> s.shift }

func (s *Sieve) set(x int64) {
	at := s.place(x)
	s.bits[at>>6] |= 1 << (at & 63)
}

// Sifter picks the rows that a sieve lets pass. It is not safe for concurrent use.
type Sifter struct {
	sieve *Sieve
	read  reading
	// asked and passed are rows so far; a sieve that most pass is not asked again.
	asked, passed int
}

// NewSifter makes one.
func NewSifter(s *Sieve) *Sifter { return &Sifter{sieve: s} }

// sifterTrial is the number of rows after which a sieve is judged.
const sifterTrial = 1 << 14

// Select appends to out the rows of b that count, and whose values of v may be in the sieve; false: all are to be kept.
func (f *Sifter) Select(v *col.Vec, b *col.Batch, out []uint32) ([]uint32, bool) {
	if f.asked > sifterTrial && 4*f.passed > 3*f.asked {
		return out, false
	}
	from := len(out)
	if v.Type != col.Null {
		values, valid := f.read.ints(v, b.Rows)
		bits := f.sieve.bits
		for i := range b.Len() {
			row := b.Row(i)
			if at := f.sieve.place(values[row]); bits[at>>6]&(1<<(at&63)) != 0 && valid.Get(row) {
				out = append(out, uint32(row))
			}
		}
	}
	f.asked += b.Len()
	f.passed += len(out) - from
	return out, true
}
