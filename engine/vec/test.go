package vec

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// test is a condition on one column that NULL makes NULL. It looks at each entry of a dictionary once.
type test struct {
	e Expr
	// plain appends to out the rows of a plain column, or one of views, where the outcome is as wanted. NULL rows may be among them.
	plain   func(v *col.Vec, want bool, in, out []uint32) []uint32
	entries []uint32
	hit     []bool
	flat    flat
	rows    []uint32
	scope   scope
}

// Select implements Condition.
func (t *test) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	v, err := t.e.Eval(t.scope.to(b, in))
	if err != nil {
		return out, err
	}
	switch {
	case v.Type == col.Null:
		return out, nil
	case v.Encoding == col.Constant:
		single := *v
		single.Encoding, single.Len = col.Plain, 1
		if v.Views != nil {
			single.Encoding = col.View
		}
		if v.IsNull(0) {
			return out, nil
		}
		t.entries = t.plain(&single, want, nil, t.entries[:0])
		if len(t.entries) == 1 {
			return every(b.Rows, in, out), nil
		}
		return out, nil
	case v.Encoding == col.Dictionary && v.Dict.Len <= b.Rows:
		return t.dictionary(v, b.Rows, want, in, out), nil
	case v.Encoding == col.Dictionary && !v.Type.Varying():
		v = t.flat.plain(v, b.Rows) // most entries are not used
	case v.Encoding == col.Dictionary:
		return t.sparse(v, b.Rows, want, in, out), nil
	}
	from := len(out)
	return kernel.DropNull(v.Valid, t.plain(v, want, in, out), from), nil
}

func (t *test) dictionary(v *col.Vec, n int, want bool, in, out []uint32) []uint32 {
	size := v.Dict.Len
	if cap(t.hit) < size+1 {
		t.hit = make([]bool, size+1)
	}
	hit := t.hit[:size+1]
	clear(hit)
	if size > 0 {
		t.entries = kernel.DropNull(v.Dict.Valid, t.plain(v.Dict, want, nil, t.entries[:0]), 0)
		for _, entry := range t.entries {
			hit[entry] = true
		}
	}
	from := len(out)
	last := uint32(size) // a NULL row may hold any index: this one never hits
	out = pick(n, in, out, func(i int) bool { return hit[min(v.Index[i], last)] })
	return kernel.DropNull(v.Valid, out, from)
}

// sparse looks at the rows of texts whose dictionary is large: those that are NULL are not looked at.
func (t *test) sparse(v *col.Vec, n int, want bool, in, out []uint32) []uint32 {
	t.rows = pick(n, in, t.rows[:0], func(i int) bool { return !v.IsNull(i) })
	if len(t.rows) == 0 {
		return out
	}
	return t.plain(v, want, t.rows, out)
}

// Range is true where a column of whole numbers, dates, times or datetimes lies in lo to hi, both included, or outside of it.
// A column of uint64 is compared by URange.
func Range(e Expr, lo, hi int64, outside bool) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		outside := outside == want
		switch v.Type {
		case col.Int8:
			return within(col.Values[int8](v), lo, hi, -1<<7, 1<<7-1, outside, in, out)
		case col.Uint8:
			return within(col.Values[uint8](v), lo, hi, 0, 1<<8-1, outside, in, out)
		case col.Int16:
			return within(col.Values[int16](v), lo, hi, -1<<15, 1<<15-1, outside, in, out)
		case col.Uint16, col.Enum, col.Year:
			return within(col.Values[uint16](v), lo, hi, 0, 1<<16-1, outside, in, out)
		case col.Int32, col.Date:
			return within(col.Values[int32](v), lo, hi, -1<<31, 1<<31-1, outside, in, out)
		case col.Uint32:
			return within(col.Values[uint32](v), lo, hi, 0, 1<<32-1, outside, in, out)
		case col.Bool:
			bits := col.Bitmap(v.Fixed)
			return pick(v.Len, in, out, func(i int) bool {
				x := int64(0)
				if bits.Get(i) {
					x = 1
				}
				return (x >= lo && x <= hi) != outside
			})
		}
		return within(col.Values[int64](v), lo, hi, -1<<63, 1<<63-1, outside, in, out)
	}}
}

// within cuts the range to what the type can hold.
func within[T col.Number](values []T, lo, hi, least, most int64, outside bool, in, out []uint32) []uint32 {
	if lo > hi || lo > most || hi < least {
		if outside {
			return every(len(values), in, out)
		}
		return out
	}
	return kernel.Within(values, T(max(lo, least)), T(min(hi, most)), outside, in, out)
}

// URange is Range for a column of uint64, bits or a set.
func URange(e Expr, lo, hi uint64, outside bool) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		if v.Type.Width() == 8 {
			return kernel.Within(col.Values[uint64](v), lo, hi, outside == want, in, out)
		}
		return pick(v.Len, in, out, func(i int) bool { x := v.Uint64(i); return (x >= lo && x <= hi) == (outside != want) })
	}}
}

// FRange is Range for a column of floats; the bounds belong to it unless they are open.
func FRange(e Expr, lo, hi float64, outside bool) Condition {
	var wide flat
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		return kernel.Within(wide.floats(v, v.Len), lo, hi, outside == want, in, out)
	}}
}

// DRange is Range for a column of decimals; lo and hi have scale digits behind the point.
func DRange(e Expr, lo, hi col.Dec256, scale uint32, outside bool) Condition {
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		inside := outside != want
		shift := scale
		if v.Scale < shift {
			shift -= v.Scale
		} else {
			shift = 0
		}
		low, fitsLow := small(lo)
		high, fitsHigh := small(hi)
		return pick(v.Len, in, out, func(i int) bool {
			x := v.Decimal(i)
			if s, fits := small(x); fits && shift == 0 && fitsLow && fitsHigh {
				return (s >= low && s <= high) == inside
			}
			x = scaled(x, shift)
			return (compareDecimals(x, lo) >= 0 && compareDecimals(x, hi) <= 0) == inside
		})
	}}
}

// OneOf is true where a column of whole numbers, dates, times or datetimes has one of the values.
func OneOf(e Expr, values []int64) Condition {
	set := make(map[int64]struct{}, len(values))
	for _, x := range values {
		set[x] = struct{}{}
	}
	var wide flat
	return &test{e: e, plain: func(v *col.Vec, want bool, in, out []uint32) []uint32 {
		all := wide.ints(v, v.Len)
		return pick(v.Len, in, out, func(i int) bool { _, there := set[all[i]]; return there == want })
	}}
}
