package vec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// The rows of NotIn are those whose condition is false with each row of the right side, in three-valued logic.
func TestRowsThatAreNotInAreThoseOfTwoLoops(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 6))
		left, right := randomTable(r), randomTable(r)
		at, residual := r.Perm(4)[:r.IntN(3)], r.IntN(2) == 0
		var keys []Key
		var parts []Condition
		for _, i := range at {
			key := Key{Expr: Column(i, schema[i]), Scale: 2}
			class := []Class{Whole, Float, Decimal, Text}[i]
			if schema[i].Type == col.UTF8 {
				key.Collation = folded
			}
			keys = append(keys, key)
			parts = append(parts, Compare(Column(i, schema[i]), Column(4+i, schema[i]), kernel.Equal, class, key.Collation))
		}
		if residual || len(at) == 0 {
			parts = append(parts, Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below, Whole, nil))
			residual = true
		}
		var condition Condition
		if residual || len(at) > 1 || r.IntN(2) == 0 {
			condition = And(parts...)
		}
		got := all(t, NotIn(Side{Slice(left.batches...), columns(), keys}, Side{Slice(right.batches...), columns(), keys}, condition))
		if want := naiveNotIn(left.rows, right.rows, at, residual); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, keys %v, residual %v:\n%v\nmust be\n%v", seed, at, residual, got, want)
		}
	}
}

func naiveNotIn(left, right [][]string, at []int, residual bool) [][]string {
	var out [][]string
	for _, l := range left {
		in := false
		for _, r := range right {
			no := false
			for _, i := range at {
				no = no || l[i] != "NULL" && r[i] != "NULL" && fold(l[i]) != fold(r[i])
			}
			if residual {
				no = no || l[0] != "NULL" && r[0] != "NULL" && l[0] >= r[0]
			}
			in = in || !no
		}
		if !in {
			out = append(out, l)
		}
	}
	return out
}

// Without keys each pair of rows is looked at, and there may be more of them than a batch takes.
func TestLoopsLookAtEachPair(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 7))
		left, right := randomTable(r), randomTable(r)
		kind := []JoinKind{Inner, LeftOuter, Semi, Anti}[r.IntN(4)]
		condition := Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below|kernel.Equal, Whole, nil)
		got := all(t, Join(kind, Side{Slice(left.batches...), columns(), nil}, Side{Slice(right.batches...), columns(), nil}, condition))
		if want := naiveJoin(kind, left.rows, right.rows, nil, true); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, kind %d:\n%v\nmust be\n%v", seed, kind, got, want)
		}
	}
}
