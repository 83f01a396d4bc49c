package wasql

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// TestSampler: about a share of keys is taken, each seed another one, and of a larger share all that a smaller one takes.
func TestSampler(t *testing.T) {
	const count = 100_000
	key := func(i uint64) []byte { return binary.BigEndian.AppendUint64(nil, i) }
	ways := map[string]func(*Sampler, uint64) bool{
		"bytes":   func(s *Sampler, i uint64) bool { return s.Takes(key(i)) },
		"numbers": func(s *Sampler, i uint64) bool { return s.TakesNumber(i) },
	}
	for name, takes := range ways {
		for _, fraction := range []float64{-1, 0, 0.001, 0.1, 0.5, 0.99, 1, 2, math.NaN()} {
			small := NewSampler(&pb.Sample{Fraction: fraction, Seed: 3})
			large := NewSampler(&pb.Sample{Fraction: fraction + 0.05, Seed: 3})
			other := NewSampler(&pb.Sample{Fraction: fraction, Seed: 4})
			taken, both := 0.0, 0.0
			for i := range uint64(count) {
				if !takes(small, i) {
					continue
				}
				taken++
				if !takes(large, i) {
					t.Fatalf("%s: %d is in %v and not in more", name, i, fraction)
				}
				if takes(other, i) {
					both++
				}
			}
			share := min(max(fraction, 0), 1)
			if fraction != fraction {
				share = 0
			}
			// Five times the deviation that chance has.
			near := func(got, chance float64) bool {
				return math.Abs(got-count*chance) <= 5*math.Sqrt(count*chance*(1-chance))
			}
			if !near(taken, share) || !near(both, share*share) {
				t.Errorf("%s: of %v are %v taken, %v of them by another seed", name, fraction, taken, both)
			}
		}
	}
}

// TestSampledPlan: what stands on a sample is given up without it.
func TestSampledPlan(t *testing.T) {
	request := &pb.PlanRequest{Distinct: true, Limit: new(uint64), Sample: &pb.Sample{Fraction: 0.5}}
	for _, takes := range []bool{false, true} {
		p, err := planFrom(request, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.Take(Distinct)
		p.Take(Limit)
		if takes {
			p.Take(Sampling)
		}
		p.complete()
		if p.Taken(Distinct) != takes || p.Taken(Limit) != takes {
			t.Errorf("sample %v: distinct %v, limit %v", takes, p.Taken(Distinct), p.Taken(Limit))
		}
		answer, err := p.answer(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := p.encode(request, answer)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := decodePlan(raw, nil, nil, true)
		if err != nil || (opened.Sampler() != nil) != takes {
			t.Errorf("sample %v: opened with %v, %v", takes, opened.Sampler(), err)
		}
	}
}
