package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
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
		for i := range b.Cols {
			if b.Cols[i].Len != b.Rows {
				return rows, errors.Join(fmt.Errorf("column %d has %d rows in a batch of %d", i, b.Cols[i].Len, b.Rows), s.Close())
			}
		}
		rows = append(rows, shown(b)...)
	}
}

// randomOperator gives an operator over random tables, made anew each time.
func randomOperator(r *rand.Rand, t1, t2 table) func() Source {
	c := columns()
	switch r.IntN(9) {
	case 6:
		return randomNotIn(r, t1, t2)
	case 7, 8:
		overs := []Over{randomOver(r, c), randomOver(r, c)}[:1+r.IntN(2)]
		given := c[:r.IntN(5)]
		return func() Source { return Windows(Slice(t1.batches...), given, overs...) }
	case 0, 4:
		kind := []JoinKind{Inner, LeftOuter, Semi, Anti}[r.IntN(4)]
		var keys []Key
		for _, i := range r.Perm(len(c))[:r.IntN(3)] {
			keys = append(keys, keyOf(i))
		}
		residual, given := r.IntN(2) == 0, r.IntN(2)
		return func() Source {
			left, right := Side{Slice(t1.batches...), c[given:], keys}, Side{Slice(t2.batches...), c[2*given:], keys}
			if !residual {
				return Join(kind, left, right, nil)
			}
			left.Columns, right.Columns = c, c
			return Join(kind, left, right, Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below|kernel.Equal, Whole, nil))
		}
	case 1:
		keys := randomSortKeys(r)
		return func() Source { return Sort(Slice(t1.batches...), c, keys) }
	case 2:
		keys, top := randomSortKeys(r), r.IntN(40)
		return func() Source { return Top(Slice(t1.batches...), c[:2], keys, top) }
	case 3: // DISTINCT of some columns
		var keys []Key
		var firsts []Aggregate
		for _, i := range r.Perm(len(c))[:1+r.IntN(4)] {
			keys, firsts = append(keys, keyOf(i)), append(firsts, Aggregate{Kind: First, Argument: c[i]})
		}
		return func() Source { return Group(Slice(t1.batches...), keys, firsts) }
	}
	var keys []Key
	for _, i := range r.Perm(len(c))[:r.IntN(3)] {
		keys = append(keys, keyOf(i))
	}
	aggregates := []Aggregate{
		{Kind: First, Argument: c[3]}, {Kind: Count}, {Kind: Count, Distinct: []Key{keyOf(3), keyOf(2)}},
		{Kind: Sum, Argument: c[0], Class: Whole, Result: col.Field{Type: col.Decimal256}}, {Kind: Count, Argument: c[3]},
		{Kind: Sum, Argument: c[2], Class: Decimal, Result: col.Field{Type: col.Decimal256, Scale: 2}}, {Kind: Sum, Argument: c[1], Class: Float},
		{Kind: Max, Argument: c[3], Class: Text, Collation: folded}, {Kind: Avg, Argument: c[1], Class: Float}, {Kind: Min, Argument: c[2], Class: Decimal},
		{Kind: Count, Distinct: []Key{keyOf(0)}}, {Kind: Max, Argument: c[1], Class: Float}, {Kind: Avg, Argument: c[0], Class: Whole},
	}
	aggregates = aggregates[r.IntN(4):]
	return func() Source { return Group(Slice(t1.batches...), keys, aggregates) }
}

// randomNotIn gives NOT IN of some columns and a condition.
func randomNotIn(r *rand.Rand, t1, t2 table) func() Source {
	var keys []Key
	parts := []Condition{Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below, Whole, nil)}
	for _, i := range r.Perm(len(schema))[:r.IntN(3)] {
		keys = append(keys, keyOf(i))
		parts = append(parts, Compare(Column(i, schema[i]), Column(4+i, schema[i]), kernel.Equal, []Class{Whole, Float, Decimal, Text}[i], keyOf(i).Collation))
	}
	return func() Source {
		return NotIn(Side{Slice(t1.batches...), columns(), keys}, Side{Slice(t2.batches...), columns(), keys}, And(parts...))
	}
}

// randomOver gives a window with several functions.
func randomOver(r *rand.Rand, c []Expr) Over {
	var over Over
	for _, i := range r.Perm(len(c))[:r.IntN(3)] {
		over.Partition = append(over.Partition, keyOf(i))
	}
	if r.IntN(4) > 0 {
		over.Order = randomSortKeys(r)
	}
	for range 1 + r.IntN(3) {
		i := r.IntN(len(c))
		over.Functions = append(over.Functions, randomWindowFunction(r, c, i, []Class{Whole, Float, Decimal, Text}[i]))
	}
	return over
}

func keyOf(i int) Key {
	key := Key{Expr: Column(i, schema[i])}
	if schema[i].Type == col.UTF8 {
		key.Collation = folded
	}
	return key
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

// wide makes batches of n rows: a number that comes again every again rows, a text of some length made of it, the row's number.
func wide(n, again, length int) []*col.Batch {
	var out []*col.Batch
	text := make([]byte, 0, length+20)
	for from := 0; from < n; from += 1000 {
		b := col.NewBuilder(col.Schema{{Name: "k", Type: col.Int64}, {Name: "s", Type: col.UTF8}, {Name: "n", Type: col.Int64}}, 1000, 0)
		for i := from; i < min(n, from+1000); i++ {
			k := (i % again) * 7919 % again
			b.Int64(0, int64(k))
			text = fmt.Appendf(text[:0], "%d-", k)
			for len(text) < length {
				text = append(text, 'x')
			}
			b.String(1, string(text))
			b.Int64(2, int64(i))
			b.EndRow()
		}
		out = append(out, b.Batch().Clone())
	}
	return out
}

// manyRows are operators over n rows and some tenths of it more, that keep more than a small memory.
func manyRows(rows int) map[string]func() Source {
	batches := wide(rows, 2*rows/5, 50)
	other, few, same := wide(rows/2, rows/4, 60), wide(20, 10, 30), wide(2*rows/5, 1, 60)
	k, s, n := Column(0, col.Field{Type: col.Int64}), Column(1, col.Field{Type: col.UTF8}), Column(2, col.Field{Type: col.Int64})
	return map[string]func() Source{
		"sort": func() Source {
			return Sort(Slice(batches...), []Expr{n, s}, []SortKey{{Expr: s, Class: Text, Collation: folded}})
		},
		"top": func() Source {
			return Top(Slice(batches...), []Expr{n, s}, []SortKey{{Expr: k, Class: Whole, Descending: true}}, rows/5)
		},
		"group text": func() Source {
			return Group(Slice(batches...), []Key{{Expr: s}}, []Aggregate{{Kind: Count}, {Kind: First, Argument: n}})
		},
		"group number": func() Source {
			return Group(Slice(batches...), []Key{{Expr: k}}, []Aggregate{{Kind: Count}, {Kind: Max, Argument: s, Class: Text}})
		},
		"distinct sets": func() Source {
			return Group(Slice(batches...), nil, []Aggregate{{Kind: Count, Distinct: []Key{{Expr: s}}}, {Kind: Count, Distinct: []Key{{Expr: n}}}})
		},
		"distinct sets of groups": func() Source {
			return Group(Slice(batches...), []Key{{Expr: k}}, []Aggregate{{Kind: Count, Distinct: []Key{{Expr: s}, {Expr: n}}}})
		},
		"join": func() Source {
			return Join(Inner, Side{Slice(batches...), []Expr{n}, []Key{{Expr: s}}}, Side{Slice(other...), []Expr{n, s}, []Key{{Expr: s}}}, nil)
		},
		"join outer": func() Source {
			return Join(LeftOuter, Side{Slice(batches...), []Expr{n, s}, []Key{{Expr: k}}}, Side{Slice(other...), []Expr{n, s}, []Key{{Expr: n}}}, nil)
		},
		"join semi": func() Source {
			return Join(Semi, Side{Slice(batches...), []Expr{s}, []Key{{Expr: s}}}, Side{Slice(other...), nil, []Key{{Expr: s}}}, nil)
		},
		"join anti": func() Source {
			return Join(Anti, Side{Slice(batches...), []Expr{n}, []Key{{Expr: k}}}, Side{Slice(other...), nil, []Key{{Expr: n}}}, nil)
		},
		// All rows of the right side have one key: no spreading parts them.
		"window": func() Source {
			over := Over{Partition: []Key{{Expr: k}}, Order: []SortKey{{Expr: n, Class: Whole, Descending: true}}, Functions: []WindowFunction{
				{Kind: RowNumber}, {Kind: Lag, Argument: s, N: 1}, {Kind: FrameCount, Frame: DefaultFrame},
			}}
			return Windows(Slice(batches...), []Expr{n}, over)
		},
		// One partition, which no memory holds, and frames that slide, grow and shrink.
		"window of all rows": func() Source {
			slides := Frame{Rows: true, Start: Bound{N: -300}, End: Bound{N: 300}}
			shrinks := Frame{Rows: true, End: Bound{Unbounded: true}}
			over := Over{Order: []SortKey{{Expr: s, Class: Text}}, Functions: []WindowFunction{
				{Kind: PercentRank}, {Kind: FrameMin, Argument: n, Class: Whole, Frame: slides}, {Kind: FrameMax, Argument: s, Class: Text, Frame: shrinks},
				{Kind: FrameMin, Argument: s, Class: Text, Frame: shrinks},
				{Kind: FrameSum, Argument: n, Class: Whole, Frame: slides, Result: col.Field{Type: col.Decimal256}}, {Kind: Lead, Argument: s, N: 5000},
			}}
			return Windows(Slice(batches...), []Expr{k}, over, Over{Functions: []WindowFunction{{Kind: LastValue, Argument: s, Frame: DefaultFrame}}})
		},
		// The right side takes several times the memory, so that the left one is read as often.
		"not in": func() Source {
			key, whole := []Key{{Expr: k}}, col.Field{Type: col.Int64}
			condition := And(Compare(Column(1, whole), Column(2, whole), kernel.Equal, Whole, nil), Compare(Column(0, whole), Column(4, whole), kernel.Above, Whole, nil))
			return NotIn(Side{Slice(batches...), []Expr{n, k}, key}, Side{Slice(other...), []Expr{k, s, n}, key}, condition)
		},
		"join of one key": func() Source {
			return Join(LeftOuter, Side{Slice(few...), []Expr{n, s}, []Key{{Expr: k}}}, Side{Slice(same...), []Expr{n, s}, []Key{{Expr: k}}}, nil)
		},
		"anti of one key": func() Source {
			return Join(Anti, Side{Slice(few...), []Expr{n, k, s}, []Key{{Expr: k}}}, Side{Slice(same...), []Expr{n, k, s}, []Key{{Expr: k}}},
				Compare(Column(0, col.Field{Type: col.Int64}), Column(3, col.Field{Type: col.Int64}), kernel.Above, Whole, nil))
		},
	}
}

// Many rows: parts are spread again, runs are merged into longer ones, and the memory is kept to.
func TestManyRowsKeepToTheirMemory(t *testing.T) {
	const memory = 1 << 20
	for name, operator := range manyRows(100_000) {
		t.Run(name, func(t *testing.T) {
			want := all(t, operator())
			ctx, space := limited(t, memory, nil)
			got, err := rowsUnder(ctx, operator())
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("other rows: %d, and %d without a limit", len(got), len(want))
			}
			_, most := BudgetOf(ctx).Used()
			_, disk, written := space.Used()
			if written == 0 {
				t.Error("nothing went to disk")
			}
			// What an operator cannot do without comes on top: a batch, and one for each part or run that is open.
			if most > 3*memory/2 {
				t.Errorf("%d bytes were booked at most", most)
			}
			t.Logf("%d bytes in memory, %d on disk at most, %d written", most, disk, written)
		})
	}
}

// TestABatchOfWhichNoRowCountsLeavesNone begins with such a batch, which became all of its rows.
func TestABatchOfWhichNoRowCountsLeavesNone(t *testing.T) {
	ctx, _ := limited(t, 1<<20, nil)
	numbers := func(n ...int64) *col.Batch {
		return &col.Batch{Rows: len(n), Cols: []col.Vec{{Type: col.Int64, Len: len(n), Fixed: col.BytesOf(n)}}}
	}
	none := numbers(1, 2)
	none.Sel = []uint32{}
	var a account
	a.open(ctx, operatorWindow)
	defer a.close()
	got, err := rowsUnder(ctx, &plainRows{Source: Slice(none, numbers(3)), account: &a})
	if want := fmt.Sprint([][]string{{"3"}}); err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
}
