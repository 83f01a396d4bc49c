package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/wasql/wasql/engine/vec/spill"
)

// limited gives a context with a budget of bytes. When the test ends, nothing may be left of what was kept.
func limited(t *testing.T, memory int64, files spill.Files) (context.Context, *spill.Space) {
	t.Helper()
	parent := t.TempDir()
	folder := spill.NewFolder(parent, files)
	space := folder.Space(1<<40, "disk")
	b := NewBudget(nil, func() Settings { return Settings{Memory: memory, Name: "memory", Space: space} })
	t.Cleanup(func() {
		if now, _ := b.Used(); now != 0 {
			t.Errorf("%d bytes are booked at the end", now)
		}
		if now, _, _ := space.Used(); now != 0 {
			t.Errorf("%d bytes are on disk at the end", now)
		}
		if err := folder.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(parent); err != nil || len(left) != 0 {
			t.Errorf("left: %v %v", left, err)
		}
	})
	return WithBudget(t.Context(), b), space
}

// rowsUnder gives all rows of a source under a context.
func rowsUnder(ctx context.Context, s Source) (rows [][]string, err error) {
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, s.Close()
		}
		if err != nil {
			return rows, errors.Join(err, s.Close())
		}
		rows = append(rows, shown(b)...)
	}
}

// operators over random tables, in pairs that must give the same rows in the same order.
func randomOperator(r *rand.Rand, t1, t2 table) func() Source {
	c := columns()
	switch r.IntN(4) {
	case 0:
		keys := randomSortKeys(r)
		return func() Source { return Sort(Slice(t1.batches...), c, keys) }
	case 1:
		keys, top := randomSortKeys(r), r.IntN(40)
		return func() Source { return Top(Slice(t1.batches...), c[:2], keys, top) }
	}
	_ = t2
	return func() Source { return Sort(Slice(t1.batches...), c[1:], randomSortKeys(rand.New(rand.NewPCG(1, 1)))) }
}

func randomSortKeys(r *rand.Rand) []SortKey {
	var keys []SortKey
	for _, i := range r.Perm(len(schema))[:1+r.IntN(2)] {
		key := SortKey{Expr: Column(i, schema[i]), Class: []Class{Whole, Float, Decimal, Text}[i], Descending: r.IntN(2) == 0}
		if key.Class == Text {
			key.Collation = folded
		}
		keys = append(keys, key)
	}
	return keys
}

// With next to no memory everything goes to disk, and the answer is that of all memory, in the same order.
func TestMemoryDoesNotChangeAnAnswer(t *testing.T) {
	for _, memory := range []int64{1, 8_000, 20_000} {
		ctx, space := limited(t, memory, nil)
		for seed := range uint64(300) {
			r := rand.New(rand.NewPCG(seed, 7))
			t1, t2 := randomTable(r), randomTable(r)
			for range r.IntN(3) {
				more := randomTable(r)
				t1.batches, t1.rows = append(t1.batches, more.batches...), append(t1.rows, more.rows...)
			}
			operator := randomOperator(r, t1, t2)
			want := all(t, operator())
			got, err := rowsUnder(ctx, operator())
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("memory %d, seed %d:\n%v\nmust be\n%v", memory, seed, got, want)
			}
		}
		if _, _, written := space.Used(); written == 0 {
			t.Errorf("with %d bytes nothing went to disk, which says nothing", memory)
		}
	}
}
