package vec

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// digits is the memory to read a column of decimals or whole numbers as 64-bit digits of one scale.
type digits struct {
	read reading
	out  flat
}

// small gives the values with scale digits behind the point, with their NULLs; false: one of a row that counts needs more than 64 bits.
func (d *digits) small(v *col.Vec, scale uint32, b *col.Batch) ([]int64, col.Bitmap, bool) {
	n := b.Rows
	if v.Type == col.Uint64 {
		return nil, nil, false
	}
	if v.Type != col.Decimal128 && v.Type != col.Decimal256 {
		values, valid := d.read.ints(v, n)
		if scale == 0 {
			return values, valid, true
		}
		d.out.reset(col.Int64, n)
		return d.scaled(values, valid, scale, b)
	}
	p := d.read.flat.plain(v, n)
	d.out.reset(col.Int64, n)
	out := col.Values[int64](&d.out.v)
	if narrowed(out, p) {
		for i := range b.Len() {
			row := b.Row(i)
			if _, fits := small(p.Decimal(row)); !fits && p.Valid.Get(row) {
				return nil, nil, false
			}
		}
	}
	if scale == v.Scale {
		return out, p.Valid, true
	}
	return d.scaled(out, p.Valid, scale-v.Scale, b)
}

// narrowed takes the lowest words of a plain column of decimals, and tells whether one of them is not all of its number.
func narrowed(out []int64, v *col.Vec) bool {
	wide := uint64(0)
	if v.Type == col.Decimal128 {
		words := col.Values[uint64](v)
		for i := range out {
			low := int64(words[2*i])
			out[i] = low
			wide |= words[2*i+1] ^ uint64(low>>63)
		}
		return wide != 0
	}
	words := col.Values[uint64](v)
	for i := range out {
		w := words[4*i : 4*i+4 : 4*i+4]
		low := int64(w[0])
		out[i] = low
		sign := uint64(low >> 63)
		wide |= (w[1] ^ sign) | (w[2] ^ sign) | (w[3] ^ sign)
	}
	return wide != 0
}

// scaled multiplies by a power of ten, into out.
func (d *digits) scaled(values []int64, valid col.Bitmap, by uint32, b *col.Batch) ([]int64, col.Bitmap, bool) {
	if by > 18 {
		return nil, nil, false
	}
	factor := int64(1)
	for range by {
		factor *= 10
	}
	out := col.Values[int64](&d.out.v)
	limit, over := math.MaxInt64/factor, false
	for _, x := range values[:b.Rows] {
		over = over || x > limit || x < -limit
	}
	for i := 0; over && i < b.Len(); i++ {
		if row := b.Row(i); valid.Get(row) && (values[row] > limit || values[row] < -limit) {
			return nil, nil, false
		}
	}
	for i, x := range values[:b.Rows] {
		out[i] = x * factor // in place, when values are out
	}
	return out, valid, true
}

// decimals computes in 128 bits what surely fits, and anything in 256 bits.
func (e *arithmetic) decimals(x, y *col.Vec, b *col.Batch) (*col.Vec, error) {
	p, q := e.field.Scale, e.field.Scale
	if e.op == Mul {
		p, q = decimalScale(x), decimalScale(y)
	}
	if left, lv, ok := e.left.small(x, p, b); ok {
		if right, rv, ok := e.right.small(y, q, b); ok {
			return e.narrow(left, right, lv, rv, b), nil
		}
	}
	v := e.out.reset(e.field.Type, b.Rows)
	v.Precision, v.Scale = e.field.Precision, e.field.Scale
	v.Valid = e.out.bits(b.Rows)
	for i := range b.Len() {
		row := b.Row(i)
		if x.IsNull(row) || y.IsNull(row) {
			continue
		}
		result, fits := e.decimal(decimalAt(x, row, p), decimalAt(y, row, q))
		if !fits || !putDecimal(v, row, result) {
			return nil, e.fail(b, row)
		}
		v.Valid.Set(row)
	}
	return v, nil
}

func (e *arithmetic) decimal(left, right col.Dec256) (col.Dec256, bool) {
	switch e.op {
	case Add:
		return addDecimals(left, right)
	case Sub:
		return addDecimals(left, right.Negate())
	}
	return mulDecimals(left, right)
}

// putDecimal stores a row of a column of decimals; false: it has not the bits.
func putDecimal(v *col.Vec, row int, d col.Dec256) bool {
	width := v.Type.Width()
	for i, word := range d[:width/8] {
		binary.LittleEndian.PutUint64(v.Fixed[row*width+8*i:], word)
	}
	return v.Type == col.Decimal256 || d.Fits128()
}

// narrow computes with 64 bits on either side, which give no more than 128.
func (e *arithmetic) narrow(p, q []int64, pv, qv col.Bitmap, b *col.Batch) *col.Vec {
	v := e.result(e.field.Type, b.Rows, pv, qv)
	v.Precision, v.Scale = e.field.Precision, e.field.Scale
	if e.field.Type == col.Decimal256 {
		for i := range b.Len() {
			row := b.Row(i)
			low, high := e.word(p[row], q[row])
			sign := uint64(int64(high) >> 63)
			w := e.out.words[4*row : 4*row+4 : 4*row+4]
			w[0], w[1], w[2], w[3] = low, high, sign, sign
		}
		return v
	}
	words := e.out.words[:2*b.Rows]
	if b.Sel != nil && 2*len(b.Sel) < b.Rows {
		for _, i := range b.Sel {
			words[2*i], words[2*i+1] = e.word(p[i], q[i])
		}
		return v
	}
	switch e.op {
	case Mul:
		for i, x := range p[:b.Rows] {
			words[2*i], words[2*i+1] = product(x, q[i])
		}
	case Add:
		for i, x := range p[:b.Rows] {
			words[2*i], words[2*i+1] = sum(x, q[i])
		}
	case Sub:
		for i, x := range p[:b.Rows] {
			words[2*i], words[2*i+1] = difference(x, q[i])
		}
	}
	return v
}

func (e *arithmetic) word(x, y int64) (low, high uint64) {
	switch e.op {
	case Add:
		return sum(x, y)
	case Sub:
		return difference(x, y)
	}
	return product(x, y)
}

func product(x, y int64) (low, high uint64) {
	high, low = bits.Mul64(uint64(x), uint64(y))
	return low, high - uint64(x>>63)&uint64(y) - uint64(y>>63)&uint64(x)
}

func sum(x, y int64) (low, high uint64) {
	low, carry := bits.Add64(uint64(x), uint64(y), 0)
	return low, uint64(x>>63) + uint64(y>>63) + carry
}

func difference(x, y int64) (low, high uint64) {
	low, borrow := bits.Sub64(uint64(x), uint64(y), 0)
	return low, uint64(x>>63) - uint64(y>>63) - borrow
}
