package vec

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/wasql/wasql/abi/col"
)

// opened counts how often a source is read to its end, or to an error.
type opened struct {
	Source
	fails error
	ends  *int
}

func (o *opened) Next(ctx context.Context) (*col.Batch, error) {
	b, err := o.Source.Next(ctx)
	if errors.Is(err, io.EOF) {
		if *o.ends++; o.fails != nil {
			return nil, o.fails
		}
	}
	return b, err
}

// TestKeptIsReadOnce reads a source through several readers, within memory and beyond it.
func TestKeptIsReadOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 1))
	for _, memory := range []int64{0, 1 << 30, 4 << 10, 1} {
		table := randomTable(r)
		want := all(t, Slice(table.batches...))
		ctx, space := limited(t, memory, nil)
		ends := 0
		kept := NewKept(3)
		reader := func() Source {
			return kept.Source(&opened{Source: Project(Slice(table.batches...), columns()...), ends: &ends})
		}
		first, second := reader(), reader()
		if _, err := first.Next(ctx); err != nil {
			t.Fatal(err)
		}
		if got, err := rowsUnder(ctx, second); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("memory %d: the second reader has %d rows, want %d: %v", memory, len(got), len(want), err)
		}
		if err := first.Close(); err != nil { // before its end
			t.Fatal(err)
		}
		if got, err := rowsUnder(ctx, reader()); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("memory %d: the third reader has %d rows, want %d: %v", memory, len(got), len(want), err)
		}
		if ends != 1 {
			t.Errorf("memory %d: read %d times", memory, ends)
		}
		if _, _, written := space.Used(); (written > 0) != (memory == 1) && memory != 4<<10 {
			t.Errorf("memory %d: %d bytes went to disk", memory, written)
		}
		// All have ended: what a further one reads is made anew.
		if got, err := rowsUnder(ctx, reader()); err != nil || !reflect.DeepEqual(got, want) || ends != 2 {
			t.Errorf("memory %d: a fourth reader has %d rows, want %d, of %d readings: %v", memory, len(got), len(want), ends, err)
		}
		kept.drop()
	}
}

// TestKeptFailsForAll gives the error of the only reading to every reader.
func TestKeptFailsForAll(t *testing.T) {
	table := randomTable(rand.New(rand.NewPCG(15, 2)))
	broken, ends := errors.New("broken"), 0
	kept := NewKept(2)
	ctx, _ := limited(t, 1<<30, nil)
	for range 2 {
		s := kept.Source(&opened{Source: Slice(table.batches...), fails: broken, ends: &ends})
		if _, err := rowsUnder(ctx, s); !errors.Is(err, broken) {
			t.Errorf("a reader ends with %v", err)
		}
	}
	if ends != 1 {
		t.Errorf("read %d times", ends)
	}
}

// TestCopiesHaveTheRowsThatCount copies batches of all encodings, with selections that leave out few rows and many, and writes over what
// they were made of.
func TestCopiesHaveTheRowsThatCount(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 3))
	for range 300 {
		b := col.NewBuilder(append(col.Schema{{Name: "b", Type: col.Bool, Nullable: true}}, schema...), 200, 0)
		n := 1 + r.IntN(100)
		for range n {
			if r.IntN(4) > 0 {
				b.Bool(0, r.IntN(2) == 0)
				b.Int64(1, r.Int64N(100))
				b.Float64(2, r.Float64())
				b.Decimal(3, []string{"1.25", "-7.00"}[r.IntN(2)])
				b.String(4, []string{"", "a", "é"}[r.IntN(3)])
			}
			b.EndRow()
		}
		batch := b.Batch().Clone()
		if r.IntN(2) == 0 { // as behind a join, which picks rows of a side
			rows := 1 + r.IntN(2*n)
			for i := range batch.Cols {
				dict := batch.Cols[i]
				index := make([]uint32, rows)
				for k := range index {
					index[k] = uint32(r.IntN(n))
				}
				batch.Cols[i] = col.Vec{Type: dict.Type, Encoding: col.Dictionary, Len: rows, Index: index, Dict: &dict, Precision: dict.Precision, Scale: dict.Scale}
			}
			batch.Rows = rows
		}
		if part := r.IntN(4); part > 0 {
			batch.Sel = []uint32{}
			for i := range uint32(batch.Rows) {
				if r.IntN(4) >= part {
					batch.Sel = append(batch.Sel, i)
				}
			}
		}
		batch.Cols = append(batch.Cols, col.Vec{}) // a column that nobody reads
		want := shown(&col.Batch{Rows: batch.Rows, Sel: batch.Sel, Cols: batch.Cols[:5]})
		own, err := copied(batch)
		if err != nil {
			t.Fatal(err)
		}
		for i := range batch.Cols {
			v := &batch.Cols[i]
			if v.Dict != nil {
				v = v.Dict
			}
			clear(v.Fixed)
			clear(v.Data)
			clear(v.Valid)
			clear(batch.Cols[i].Index)
		}
		clear(batch.Sel)
		own.Cols = own.Cols[:5]
		if got := shown(own); !reflect.DeepEqual(got, want) {
			t.Fatalf("rows %v, want %v", got, want)
		}
	}
}
