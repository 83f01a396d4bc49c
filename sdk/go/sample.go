package wasql

import "github.com/wasql/wasql/abi/pb"

// Sampler tells which rows a sample has, by what tells the row apart: its key, so that the same rows are taken whatever else is asked
// for, and more of them with a larger fraction (SPEC 8.36). It does not change, and may be used by several cursors.
type Sampler struct {
	// below is the first of 2^53 hashes that are not taken.
	below uint64
	seed  uint64
	// Blocks: rows that lie together may be taken or left together, by what tells the block apart.
	Blocks bool
}

// Sampler gives that of the plan's sample; nil: all rows are read, as Taken(Sampling) in Table.Scan tells, too.
func (p *Plan) Sampler() *Sampler {
	if p.Sample == nil {
		return nil
	}
	return NewSampler(p.Sample)
}

// NewSampler gives the sampler of a message.
func NewSampler(sample *pb.Sample) *Sampler {
	fraction := min(max(sample.GetFraction(), 0), 1)
	if fraction != fraction {
		fraction = 0
	}
	return &Sampler{below: uint64(fraction * (1 << 53)), seed: spread(sample.GetSeed()), Blocks: sample.GetBlocks()}
}

// Takes tells whether the row of a key is in the sample.
func (s *Sampler) Takes(key []byte) bool {
	h := s.seed ^ 0xcbf29ce484222325
	for _, b := range key {
		h = (h ^ uint64(b)) * 0x100000001b3
	}
	return spread(h)>>11 < s.below
}

// TakesNumber is Takes for a key that is a number.
func (s *Sampler) TakesNumber(key uint64) bool {
	return spread(s.seed+key*0x9e3779b97f4a7c15)>>11 < s.below
}

// spread lets each bit change all others.
func spread(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
