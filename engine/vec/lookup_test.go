package vec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// finder finds rows of a table by columns.
type finder struct {
	random *rand.Rand
	rows   []*col.Batch
	at     []int
	// left are the pairs of a key's number and a place among rows that were not given yet; written counts keys, calls of write too.
	left            [][3]int
	written, writes int
	most            int
	fail            error
	closed          bool
}

func (f *finder) write(_ context.Context, keys *col.Batch) error {
	f.left, f.written, f.writes, f.most = nil, f.written+keys.Len(), f.writes+1, max(f.most, keys.Len())
	if keys.Sel != nil || keys.Len() == 0 {
		return fmt.Errorf("%d keys, selected %v", keys.Len(), keys.Sel)
	}
	for key := range keys.Len() {
		for n, b := range f.rows {
			for i := range b.Len() {
				row, same := b.Row(i), true
				for k, at := range f.at {
					same = same && !b.Cols[at].IsNull(row) && fold(Show(&keys.Cols[k], key)) == fold(Show(&b.Cols[at], row))
				}
				if same {
					f.left = append(f.left, [3]int{key, n, row})
				}
			}
		}
	}
	return nil
}

// Next implements Source.
func (f *finder) Next(context.Context) (*col.Batch, error) {
	if len(f.left) == 0 {
		return nil, io.EOF
	}
	if f.fail != nil && f.random.IntN(3) == 0 {
		return nil, f.fail
	}
	n := min(len(f.left), 1+f.random.IntN(20))
	b := col.NewBuilder(append(schema[:4:4], col.Field{Type: col.Uint32}), 100, 0)
	var sel []uint32
	for _, at := range f.left[:n] {
		if f.random.IntN(4) == 0 { // a row that a filter has left out
			sel = append(sel, uint32(b.Rows()))
			b.EndRow()
		}
		from := f.rows[at[1]]
		for c := range schema {
			putShown(b, c, &from.Cols[c], at[2])
		}
		b.Uint64(4, uint64(at[0]))
		b.EndRow()
	}
	f.left = f.left[n:]
	out := b.Batch().Clone()
	if sel != nil {
		out.Sel = kernel.Without(out.Rows, nil, sel, nil)
	}
	for c := range schema {
		if f.random.IntN(3) == 0 { // as a dictionary, or the same in all rows
			plain := out.Cols[c]
			index := make([]uint32, out.Rows)
			for i := range index {
				index[i] = uint32(i)
			}
			out.Cols[c] = dictionary(&plain, &plain, index)
			out.Cols[c].Valid = plain.Valid
		}
	}
	return out, nil
}

func putShown(b *col.Builder, c int, v *col.Vec, row int) {
	switch {
	case v.IsNull(row):
	case v.Type == col.Float64:
		b.Float64(c, v.Float64(row))
	case v.Type == col.Decimal128:
		b.Dec256(c, v.Decimal(row))
	case v.Type == col.UTF8:
		b.Bytes(c, v.Bytes(row))
	default:
		b.Int64(c, v.Int64(row))
	}
}

// Close implements Source.
func (f *finder) Close() error {
	f.closed = true
	return nil
}

func (f *finder) found() Found {
	var fields []col.Field
	for _, i := range f.at {
		fields = append(fields, schema[i])
	}
	return Found{Source: f, Columns: columns(), Position: Column(4, col.Field{Type: col.Uint32}), Keys: fields, Write: f.write}
}

func TestLookupsAreThoseOfTwoLoops(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 14))
		left, right := randomTable(r), randomTable(r)
		f := &finder{random: r, rows: right.batches, at: [][]int{{0}, {3}, {2}, {0, 3}, {3, 0}}[r.IntN(5)]}
		side := Side{Source: Slice(left.batches...), Columns: columns()}
		for _, i := range f.at {
			side.Keys = append(side.Keys, Key{Expr: Column(i, schema[i])})
		}
		kind := []JoinKind{Inner, LeftOuter, Semi, Anti}[r.IntN(4)]
		var residual Condition
		if r.IntN(2) == 0 {
			residual = Compare(Column(0, schema[0]), Column(4, schema[0]), kernel.Below|kernel.Equal, Whole, nil)
		}
		s := Lookup(kind, side, f.found(), residual, r.IntN(2) == 0)
		got, want := all(t, s), naiveJoin(kind, left.rows, right.rows, f.at, residual != nil)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d, kind %d, keys %v, residual %v:\n%v\nmust be\n%v", seed, kind, f.at, residual != nil, got, want)
		}
		if err := s.Close(); err != nil || !f.closed {
			t.Fatal(err, f.closed)
		}
	}
}

// TestKeysOfSmallBatchesAreSentTogether: batches of few rows are gathered until many keys can be sent at once.
//
// checklist: P3
func TestKeysOfSmallBatchesAreSentTogether(t *testing.T) {
	var batches []*col.Batch
	for i := range 5000 {
		b := col.NewBuilder(schema, 1, 0)
		b.Int64(0, int64(i%7))
		b.EndRow()
		batches = append(batches, b.Batch().Clone())
	}
	for _, few := range []bool{false, true} {
		f := &finder{random: rand.New(rand.NewPCG(1, 1)), at: []int{0}}
		s := Lookup(Anti, Side{Source: Slice(batches...), Columns: columns(), Keys: []Key{{Expr: Column(0, schema[0])}}}, f.found(), nil, few)
		if got := all(t, s); len(got) != 5000 || f.written != 5000 || f.writes > 9 {
			t.Errorf("few %v: %d rows, %d keys in %d calls", few, len(got), f.written, f.writes)
		}
	}
}

// TestKeysThatNoRowCanHave are not sent: NULLs, and numbers outside of the column's type.
func TestKeysThatNoRowCanHave(t *testing.T) {
	b := col.NewBuilder(col.Schema{{Type: col.Int64, Nullable: true}}, 10, 0)
	for _, x := range []int64{-1, 0, 127, 128, 255, 256, 1 << 40} {
		b.Int64(0, x)
		b.EndRow()
	}
	b.EndRow() // NULL
	for typ, sent := range map[col.Type]string{col.Int8: "[-1 0 127]", col.Uint8: "[0 127 128 255]", col.Uint64: "[0 127 128 255 256 1099511627776]", col.Int32: "[-1 0 127 128 255 256]"} {
		var got []string
		found := Found{Source: Slice(), Position: Column(0, col.Field{}), Keys: []col.Field{{Type: typ}}, Write: func(_ context.Context, keys *col.Batch) error {
			for i := range keys.Rows {
				got = append(got, Show(&keys.Cols[0], i))
			}
			return nil
		}}
		s := Lookup(Inner, Side{Source: Slice(b.Batch()), Keys: []Key{{Expr: Column(0, col.Field{Type: col.Int64})}}}, found, nil, false)
		if rows := all(t, s); len(rows) != 0 || fmt.Sprint(got) != sent {
			t.Errorf("%s: %v sent, not %s; %v", typ, got, sent, rows)
		}
	}
}

// TestLookupsThatFail end with the error, and close both sides.
func TestLookupsThatFail(t *testing.T) {
	broken := errors.New("broken")
	failed := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 15))
		left, right := randomTable(r), randomTable(r)
		f := &finder{random: r, rows: right.batches, at: []int{0}, fail: broken}
		s := Lookup(LeftOuter, Side{Source: Slice(left.batches...), Columns: columns(), Keys: []Key{{Expr: Column(0, schema[0])}}}, f.found(), nil, false)
		var err error
		for err == nil {
			_, err = s.Next(t.Context())
		}
		if errors.Is(err, broken) {
			failed++
			if _, again := s.Next(t.Context()); !errors.Is(again, io.EOF) {
				t.Errorf("seed %d: behind its failure: %v", seed, again)
			}
		}
		if err := s.Close(); err != nil || !f.closed {
			t.Fatal(err)
		}
	}
	if failed < 50 {
		t.Errorf("%d of 200 failed", failed)
	}
	// A connector's positions that are none are the host's to find; here they are an error, too.
	b := col.NewBuilder(append(schema[:4:4], col.Field{Type: col.Uint32}), 4, 0)
	b.Uint64(4, 9)
	b.EndRow()
	one := col.NewBuilder(schema, 1, 0)
	one.Int64(0, 1)
	one.EndRow()
	s := Lookup(Inner, Side{Source: Slice(one.Batch()), Columns: columns(), Keys: []Key{{Expr: Column(0, schema[0])}}},
		Found{Source: Slice(b.Batch()), Columns: columns(), Position: Column(4, col.Field{Type: col.Uint32}), Keys: []col.Field{schema[0]},
			Write: func(context.Context, *col.Batch) error { return nil }}, nil, false)
	if _, err := s.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "a row of key 9") {
		t.Error(err)
	}
}
