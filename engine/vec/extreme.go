package vec

import (
	"github.com/wasql/wasql/abi/col"
)

// extreme keeps the least or the greatest value of each group.
type extreme struct {
	greatest bool
	class    Class
	compare  *Collation
	seen     []int64
	whole    []int64
	float    []float64
	decimal  []col.Dec256
	text     [][]byte
	// letters is the memory of the texts.
	letters int64
	like    col.Vec
	read    reading
}

func newExtreme(a *Aggregate) *extreme {
	return &extreme{greatest: a.Kind == Max, class: a.Class, compare: a.Collation}
}

func (x *extreme) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	x.seen = grow(x.seen, count)
	if v.Type == col.Null {
		return nil
	}
	x.like = col.Vec{Type: v.Type, Precision: v.Precision, Scale: v.Scale}
	switch x.class {
	case Whole:
		x.whole = grow(x.whole, count)
		values, valid := x.read.ints(v, b.Rows)
		extremes(x, x.whole, values, valid, b, ids)
	case Unsigned:
		x.whole = grow(x.whole, count)
		values, valid := x.read.ints(v, b.Rows)
		extremes(x, unsigned(x.whole), unsigned(values), valid, b, ids)
	case Float:
		x.float = grow(x.float, count)
		values, valid := x.read.floats(v, b.Rows)
		extremes(x, x.float, values, valid, b, ids)
	case Decimal:
		x.decimal = grow(x.decimal, count)
		x.each(v, b, ids, func(id uint32, row int) {
			d := v.Decimal(row)
			if x.seen[id] == 0 || x.better(compareDecimals(d, x.decimal[id])) {
				x.decimal[id] = d
			}
		})
	default:
		x.text = grow(x.text, count)
		x.each(v, b, ids, func(id uint32, row int) {
			s := v.Bytes(row)
			if x.seen[id] == 0 || x.better(x.compare.Compare(s, x.text[id])) {
				before := cap(x.text[id])
				x.text[id] = append(x.text[id][:0], s...)
				x.letters += int64(cap(x.text[id]) - before)
			}
		})
	}
	return nil
}

// better tells whether a value that compares so to the one kept takes its place.
func (x *extreme) better(c int) bool { return x.greatest && c > 0 || !x.greatest && c < 0 }

// each visits the rows that are not NULL.
func (x *extreme) each(v *col.Vec, b *col.Batch, ids []uint32, visit func(id uint32, row int)) {
	for i := range b.Len() {
		row := b.Row(i)
		if v.IsNull(row) {
			continue
		}
		id := group0(ids, i)
		visit(id, row)
		x.seen[id] = 1
	}
}

func extremes[T col.Number](x *extreme, best, values []T, valid col.Bitmap, b *col.Batch, ids []uint32) {
	for i := range b.Len() {
		row := b.Row(i)
		if !valid.Get(row) {
			continue
		}
		id, value := group0(ids, i), values[row]
		if x.seen[id] == 0 || (value > best[id]) == x.greatest && value != best[id] {
			best[id], x.seen[id] = value, 1
		}
	}
}

func (x *extreme) result(from, to int) (col.Vec, error) {
	x.seen = grow(x.seen, to)
	if x.like.Type == col.Invalid {
		return col.Vec{Type: col.Null, Len: to - from}, nil
	}
	var kept store
	null := col.Vec{Type: col.Null, Len: 1}
	kept.as(&x.like)
	for i, seen := range x.seen[from:to] {
		one := &null
		if seen != 0 {
			one = x.value(from + i)
		}
		if err := kept.add(one, 0); err != nil {
			return null, err
		}
	}
	return kept.vec(), nil
}

func (x *extreme) size() int64 {
	return 8*int64(cap(x.seen)+cap(x.whole)+cap(x.float)) + 32*int64(cap(x.decimal)) + 24*int64(cap(x.text)) + x.letters
}

// value is what is kept of a group, as a column of one row.
func (x *extreme) value(id int) *col.Vec {
	v := x.like
	v.Len = 1
	switch x.class {
	case Whole, Unsigned:
		v.Type, v.Fixed = col.Int64, col.BytesOf(x.whole[id:id+1])
	case Float:
		if v.Type == col.Float32 {
			v.Fixed = col.BytesOf([]float32{float32(x.float[id])})
			return &v
		}
		v.Type, v.Fixed = col.Float64, col.BytesOf(x.float[id:id+1])
	case Decimal:
		v.Type, v.Fixed = col.Decimal256, col.BytesOf(x.decimal[id][:])
	default:
		v.Offsets, v.Data = []int32{0, int32(len(x.text[id]))}, x.text[id]
	}
	return &v
}
