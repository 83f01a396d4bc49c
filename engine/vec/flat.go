package vec

import (
	"strconv"

	"github.com/wasql/wasql/abi/col"
)

// flat is memory for a plain column of fixed width, used again for each batch.
type flat struct {
	words []uint64
	valid col.Bitmap
	v     col.Vec
}

// reset gives a column of n values of a type, none of them NULL, holding anything. It is valid until the next reset.
func (f *flat) reset(t col.Type, n int) *col.Vec {
	bytes := n * t.Width()
	if len(f.words) < (bytes+7)/8 {
		f.words = make([]uint64, (bytes+7)/8)
	}
	f.v = col.Vec{Type: t, Len: n, Fixed: col.BytesOf(f.words)[:bytes]}
	return &f.v
}

// bits gives a bitmap of n bits, all clear.
func (f *flat) bits(n int) col.Bitmap {
	if size := col.BitmapBytes(n); cap(f.valid) < size {
		f.valid = make(col.Bitmap, size)
	} else {
		f.valid = f.valid[:size]
		clear(f.valid)
	}
	return f.valid
}

// both sets the column's NULLs to those of a and of b, which are plain.
func (f *flat) both(a, b *col.Vec, n int) {
	switch {
	case a.Valid == nil && b.Valid == nil:
		f.v.Valid = nil
	case a.Valid == nil:
		f.v.Valid = b.Valid
	case b.Valid == nil:
		f.v.Valid = a.Valid
	default:
		valid := f.bits(n)
		for i := range valid {
			valid[i] = a.Valid[i] & b.Valid[i]
		}
		f.v.Valid = valid
	}
}

// plain gives a column of fixed width in plain encoding: v itself, or a copy in f.
func (f *flat) plain(v *col.Vec, n int) *col.Vec {
	switch v.Encoding {
	case col.Constant:
		return f.repeat(v, n)
	case col.Dictionary:
		return f.lookUp(v, n)
	}
	return v
}

func (f *flat) repeat(v *col.Vec, n int) *col.Vec {
	out := f.reset(v.Type, n)
	out.Scale, out.Precision = v.Scale, v.Precision
	if v.IsNull(0) {
		out.Valid = f.bits(n)
		return out
	}
	width := v.Type.Width()
	if n > 0 {
		copy(out.Fixed, v.Fixed[:width])
		for done := width; done < len(out.Fixed); done *= 2 {
			copy(out.Fixed[done:], out.Fixed[:done])
		}
	}
	return out
}

func (f *flat) lookUp(v *col.Vec, n int) *col.Vec {
	out := f.reset(v.Type, n)
	out.Scale, out.Precision = v.Scale, v.Precision
	switch v.Type.Width() {
	case 8:
		look(col.Values[uint64](out), col.Values[uint64](v.Dict), v.Index)
	case 4:
		look(col.Values[uint32](out), col.Values[uint32](v.Dict), v.Index)
	case 2:
		look(col.Values[uint16](out), col.Values[uint16](v.Dict), v.Index)
	case 1:
		look(col.Values[uint8](out), col.Values[uint8](v.Dict), v.Index)
	default:
		if v.Dict.Len > 0 {
			collectWide(col.Values[uint64](out), col.Values[uint64](v.Dict), v.Type.Width()/8, v.Index, nil)
		}
	}
	if v.Valid == nil && v.Dict.Valid == nil {
		return out
	}
	out.Valid = f.bits(n)
	for i := range n {
		if !v.IsNull(i) {
			out.Valid.Set(i)
		}
	}
	return out
}

// look copies the entries. A dictionary without entries belongs to a column whose rows are all NULL.
func look[T col.Number](out, dict []T, index []uint32) {
	if len(dict) == 0 {
		return
	}
	last := uint32(len(dict) - 1)
	for i := range out {
		// A NULL row may hold any index.
		out[i] = dict[min(index[i], last)]
	}
}

// reading is the memory to read a column in any encoding as values of one type.
type reading struct{ flat, wide flat }

// ints gives a column of whole numbers, dates or times as int64, with its NULLs. A uint64 keeps its bits.
func (r *reading) ints(v *col.Vec, n int) ([]int64, col.Bitmap) {
	p := r.flat.plain(v, n)
	return r.wide.ints(p, n), p.Valid
}

// floats gives a column of numbers as float64, with its NULLs.
func (r *reading) floats(v *col.Vec, n int) ([]float64, col.Bitmap) {
	p := r.flat.plain(v, n)
	return r.wide.floats(p, n), p.Valid
}

// ints gives the values of a plain column of whole numbers, dates or times as int64. A uint64 keeps its bits.
func (f *flat) ints(v *col.Vec, n int) []int64 {
	switch v.Type {
	case col.Int8:
		return widen[int8, int64](f, v, n)
	case col.Uint8:
		return widen[uint8, int64](f, v, n)
	case col.Int16:
		return widen[int16, int64](f, v, n)
	case col.Uint16, col.Enum, col.Year:
		return widen[uint16, int64](f, v, n)
	case col.Int32, col.Date:
		return widen[int32, int64](f, v, n)
	case col.Uint32:
		return widen[uint32, int64](f, v, n)
	case col.Bool:
		f.reset(col.Int64, n)
		out := col.Values[int64](&f.v)
		for i := range out {
			out[i] = 0
			if col.Bitmap(v.Fixed).Get(i) {
				out[i] = 1
			}
		}
		return out
	}
	return col.Values[int64](v)
}

// floats gives the values of a plain column of numbers as float64.
func (f *flat) floats(v *col.Vec, n int) []float64 {
	switch v.Type {
	case col.Float64:
		return col.Values[float64](v)
	case col.Float32:
		return widen[float32, float64](f, v, n)
	case col.Uint64:
		return widen[uint64, float64](f, v, n)
	case col.Int64:
		return widen[int64, float64](f, v, n)
	case col.Decimal128, col.Decimal256:
		return f.decimalFloats(v, n)
	}
	var narrow flat
	whole := narrow.ints(v, n)
	f.reset(col.Float64, n)
	out := col.Values[float64](&f.v)
	for i, x := range whole {
		out[i] = float64(x)
	}
	return out
}

// decimalFloats rounds decimals to the nearest float64.
func (f *flat) decimalFloats(v *col.Vec, n int) []float64 {
	f.reset(col.Float64, n)
	out := col.Values[float64](&f.v)
	var digits []byte
	for i := range out {
		out[i] = 0
		if v.Valid.Get(i) {
			digits = v.Decimal(i).Append(digits[:0], v.Scale)
			out[i], _ = strconv.ParseFloat(string(digits), 64) // digits of 256 bits always have one
		}
	}
	return out
}

func widen[From, To col.Number](f *flat, v *col.Vec, n int) []To {
	f.reset(col.Int64, n)
	out := wordsAs[To](f, n)
	for i, x := range col.Values[From](v)[:n] {
		out[i] = To(x)
	}
	return out
}

// wordsAs reads the 8-byte words of f as numbers.
func wordsAs[T col.Number](f *flat, n int) []T {
	v := col.Vec{Type: col.Int64, Fixed: col.BytesOf(f.words)[:8*n]}
	return col.Values[T](&v)
}
