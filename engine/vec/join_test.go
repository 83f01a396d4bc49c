package vec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

func TestJoinsAreThoseOfTwoLoops(t *testing.T) {
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 4))
		left, right := randomTable(r), randomTable(r)
		at := r.Perm(4)[:1+r.IntN(2)]
		var keys []Key
		for _, i := range at {
			key := Key{Expr: Column(i, schema[i]), Scale: 2}
			if schema[i].Type == col.UTF8 {
				key.Collation = folded
			}
			keys = append(keys, key)
		}
		kind := []JoinKind{Inner, LeftOuter, Semi, Anti}[r.IntN(4)]
		var residual Condition
		if r.IntN(2) == 0 {
			residual = Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below|kernel.Equal, Whole, nil)
		}
		l, q := Source(Slice(left.batches...)), Source(Slice(right.batches...))
		if r.IntN(2) == 0 { // what a join gives is joined again
			l = Join(Semi, Side{l, columns(), nil}, Side{Slice(one()), nil, nil}, nil)
		}
		if r.IntN(2) == 0 {
			q = Join(Inner, Side{q, columns(), nil}, Side{Slice(one()), nil, nil}, nil)
		}
		got := all(t, Join(kind, Side{l, columns(), keys}, Side{q, columns(), keys}, residual))
		want := naiveJoin(kind, left.rows, right.rows, at, residual != nil)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, kind %d, keys %v, residual %v:\n%v\nmust be\n%v", seed, kind, at, residual != nil, got, want)
		}
	}
}

// one is a row without columns.
func one() *col.Batch { return &col.Batch{Rows: 1} }

func naiveJoin(kind JoinKind, left, right [][]string, at []int, residual bool) [][]string {
	var out [][]string
	for _, l := range left {
		matched := false
		for _, r := range right {
			same := true
			for _, i := range at {
				same = same && l[i] != "NULL" && r[i] != "NULL" && fold(l[i]) == fold(r[i])
			}
			if residual {
				same = same && l[0] != "NULL" && r[0] != "NULL" && l[0] <= r[0]
			}
			if same && (kind == Inner || kind == LeftOuter) {
				out = append(out, slices.Concat(l, r))
			}
			matched = matched || same
		}
		switch {
		case kind == LeftOuter && !matched:
			out = append(out, slices.Concat(l, []string{"NULL", "NULL", "NULL", "NULL"}))
		case kind == Semi && matched, kind == Anti && !matched:
			out = append(out, l)
		}
	}
	return out
}

func TestDistinctValuesAreCountedOnce(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 5))
		data := randomTable(r)
		got := all(t, Group(Slice(data.batches...), nil, []Aggregate{{Kind: Count, Distinct: []Key{{Expr: Column(3, schema[3]), Collation: folded}, {Expr: Column(0, schema[0])}}}}))
		seen := map[string]bool{}
		for _, row := range data.rows {
			if row[3] != "NULL" && row[0] != "NULL" {
				seen[fold(row[3])+"|"+row[0]] = true
			}
		}
		if got[0][0] != fmt.Sprint(len(seen)) {
			t.Fatalf("seed %d: %s, must be %d", seed, got[0][0], len(seen))
		}
	}
}
