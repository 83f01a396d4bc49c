package pushdown

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// offers makes a connector that offers rows in no order at a cost, and rows in order at another.
func offers(plain, ordered, rows float64) func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
	return func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		first := d.answer(q, &pb.PlanResponse{Rows: &rows, Cost: &plain}, nil).response
		second := d.answer(q, &pb.PlanResponse{Rows: &rows, Cost: &ordered, Order: &pb.Answer{Taken: len(q.Order) > 0}}, nil).response
		first.Alternatives = []*pb.PlanResponse{second}
		return first
	}
}

// TestCheapestOfferIsTaken: the sort that an offer leaves to the engine counts.
//
// checklist: P1
func TestCheapestOfferIsTaken(t *testing.T) {
	for _, c := range []struct {
		name                 string
		plain, ordered, rows float64
		taken                string
	}{
		{"sorting is dear", 1_000_000, 1_500_000, 1_000_000, "number 2 of 2, at [1.997e+06 1.5e+06]"},
		{"order is dear", 1_000, 2_500, 1_000, "number 1 of 2, at [1498 2500]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newData(rand.New(rand.NewPCG(1, 2)), "t", 30)
			d.trusted, d.plan = true, offers(c.plain, c.ordered, c.rows)
			b := newBench(t, d)
			const q = "SELECT id FROM t ORDER BY id DESC"
			details := b.explain(t, q)[0].Details
			if len(details) == 0 || details[0].Value != c.taken {
				t.Errorf("got %v, want %s", details, c.taken)
			}
			if got, want := b.must(t, q), must(t, b, "p", q); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// clause: 8.34
func TestAlternativesOfAlternativesAreRefused(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 3)
	for _, answer := range []*pb.PlanResponse{
		{Alternatives: []*pb.PlanResponse{{Alternatives: []*pb.PlanResponse{{}}}}},
		{Alternatives: slices.Repeat([]*pb.PlanResponse{{}}, alternativesMax+1)},
	} {
		d.plan = respond(answer)
		b := newBench(t, d)
		if _, err := b.query(b.context("w"), "SELECT id FROM t"); err == nil || !strings.Contains(err.Error(), "SPEC 8.34") {
			t.Error(err)
		}
	}
}
