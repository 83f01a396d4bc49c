package vec

import (
	"context"

	"github.com/wasql/wasql/abi/col"
)

// lookupAhead are the rows of the left side that a lookup join has read and not given: those of one batch where they lie, or those of
// several small ones gathered.
type lookupAhead struct {
	side Side
	n    int
	// sel are the places of the rows; nil: they are their numbers.
	sel []uint32
	// columns and keys have what is given of the rows, and what is asked for.
	columns, keys []*col.Vec
	kept          []store
	gathered      []col.Vec
	// failed is what ended the left side, which counts when its rows are done.
	failed error
}

func newLookupAhead(side Side) lookupAhead {
	columns, keys := len(side.Columns), len(side.Keys)
	return lookupAhead{side: side, columns: make([]*col.Vec, columns), keys: make([]*col.Vec, keys),
		kept: make([]store, columns+keys), gathered: make([]col.Vec, columns+keys)}
}

// row is the place of a row.
func (a *lookupAhead) row(number uint32) uint32 {
	if a.sel == nil {
		return number
	}
	return a.sel[number]
}

// read reads about size rows, at least one.
func (a *lookupAhead) read(ctx context.Context, size int) error {
	a.n, a.sel = 0, nil
	for i := range a.kept {
		a.kept[i].reset()
	}
	for a.failed == nil && a.n < (size+1)/2 && a.used() < lookupBytes {
		var b *col.Batch
		if b, a.failed = a.side.Source.Next(ctx); a.failed == nil && b.Len() > 0 {
			a.failed = a.evaluate(b)
		}
		if a.failed != nil || b.Len() == 0 {
			continue
		}
		if a.n == 0 && b.Len() >= size/4 {
			a.n, a.sel = b.Len(), b.Sel
			return nil
		}
		if a.failed = a.gather(b); a.failed == nil {
			a.n += b.Len()
		}
	}
	if a.n == 0 {
		return a.failed
	}
	for i := range a.gathered {
		a.gathered[i] = a.kept[i].vec()
		if i < len(a.columns) {
			a.columns[i] = &a.gathered[i]
		} else {
			a.keys[i-len(a.columns)] = &a.gathered[i]
		}
	}
	return nil
}

func (a *lookupAhead) evaluate(b *col.Batch) (err error) {
	for i, e := range a.side.Columns {
		if a.columns[i], err = e.Eval(b); err != nil {
			return err
		}
	}
	return evaluateKeys(a.keys, a.side.Keys, b)
}

// gather keeps the rows of a batch that count.
func (a *lookupAhead) gather(b *col.Batch) error {
	for i, v := range a.columns {
		if err := a.kept[i].addAll(v, b.Rows, b.Sel); err != nil {
			return err
		}
	}
	for i, v := range a.keys {
		if err := a.kept[len(a.columns)+i].addAll(v, b.Rows, b.Sel); err != nil {
			return err
		}
	}
	return nil
}

// used is the memory of what was gathered.
func (a *lookupAhead) used() int64 {
	total := int64(0)
	for i := range a.kept {
		total += a.kept[i].used()
	}
	return total
}

// lookupKeys makes batches of keys.
type lookupKeys struct {
	fields  []col.Field
	builder *col.Builder
	// numbers are those of the left rows that the keys are of.
	numbers []uint32
}

func newLookupKeys(fields []col.Field) lookupKeys {
	return lookupKeys{fields: fields, builder: col.NewBuilder(fields, lookupMost, lookupBytes)}
}

// fill makes the keys of rows, up to the one whose number it gives. Rows without a key, and those with one that no row can have, get none.
func (k *lookupKeys) fill(a *lookupAhead, from, to int) int {
	k.builder.Reset()
	k.numbers = k.numbers[:0]
	for ; from < to && k.builder.Room(); from++ {
		row := int(a.row(uint32(from)))
		if !k.fits(a.keys, row) {
			continue
		}
		for i, v := range a.keys {
			k.put(i, v, row)
		}
		k.builder.EndRow()
		k.numbers = append(k.numbers, uint32(from))
	}
	return from
}

// fits tells whether a row has a key, and one that the columns can hold.
func (k *lookupKeys) fits(values []*col.Vec, row int) bool {
	for i, v := range values {
		if v.IsNull(row) {
			return false
		}
		switch t := k.fields[i].Type; t {
		case col.Decimal128:
			if !decimalAt(v, row, k.fields[i].Scale).Fits128() {
				return false
			}
		case col.Decimal256, col.UTF8, col.Binary:
		default:
			if !holds(t, v.Int64(row), v.Type == col.Uint64) {
				return false
			}
		}
	}
	return true
}

func (k *lookupKeys) put(i int, v *col.Vec, row int) {
	switch k.fields[i].Type {
	case col.Decimal128, col.Decimal256:
		k.builder.Dec256(i, decimalAt(v, row, k.fields[i].Scale))
	case col.UTF8, col.Binary:
		k.builder.Bytes(i, v.Bytes(row))
	case col.Uint64:
		k.builder.Uint64(i, v.Uint64(row))
	default:
		k.builder.Int64(i, v.Int64(row))
	}
}

// holds tells whether a column of a type can have a whole number; unsigned: x is one of 64 bits.
func holds(t col.Type, x int64, unsigned bool) bool {
	if unsigned && x < 0 {
		return t == col.Uint64
	}
	switch t {
	case col.Int8:
		return x == int64(int8(x))
	case col.Int16:
		return x == int64(int16(x))
	case col.Int32, col.Date:
		return x == int64(int32(x))
	case col.Uint8:
		return x == int64(uint8(x))
	case col.Uint16, col.Year:
		return x == int64(uint16(x))
	case col.Uint32:
		return x == int64(uint32(x))
	case col.Uint64:
		return x >= 0
	}
	return true
}

// nullLike is a column of one row of the type of another, whose value does not count.
func nullLike(v *col.Vec) col.Vec {
	out := col.Vec{Type: v.Type, Len: 1, Precision: v.Precision, Scale: v.Scale, Valid: col.Bitmap{0}}
	if v.Type.Varying() {
		out.Offsets = []int32{0, 0}
	} else {
		out.Fixed = zeros[:]
	}
	return out
}
