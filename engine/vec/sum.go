package vec

import (
	"math"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// wholeSum adds whole numbers exactly, in 128 bits.
type wholeSum struct {
	average, unsigned bool
	field             col.Field
	low               []uint64
	high              []int64
	counts            []int64
	read              reading
}

func (s *wholeSum) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	s.low, s.high, s.counts = grow(s.low, count), grow(s.high, count), grow(s.counts, count)
	if v.Type == col.Null {
		return nil
	}
	values, valid := s.read.ints(v, b.Rows)
	if ids == nil {
		s.all(values, valid, b)
		return nil
	}
	for i, id := range ids {
		row := b.Row(i)
		if !valid.Get(row) {
			continue
		}
		s.one(id, values[row])
	}
	return nil
}

func (s *wholeSum) one(id uint32, x int64) {
	low, carry := bits.Add64(s.low[id], uint64(x), 0)
	s.low[id] = low
	high := int64(carry)
	if !s.unsigned {
		high += x >> 63
	}
	s.high[id] += high
	s.counts[id]++
}

// all adds to the only group.
func (s *wholeSum) all(values []int64, valid col.Bitmap, b *col.Batch) {
	if valid != nil || b.Sel != nil || s.unsigned {
		for i := range b.Len() {
			if row := b.Row(i); valid.Get(row) {
				s.one(0, values[row])
			}
		}
		return
	}
	low, high := s.low[0], s.high[0]
	for _, x := range values[:b.Rows] {
		var carry uint64
		low, carry = bits.Add64(low, uint64(x), 0)
		high += int64(carry) + x>>63
	}
	s.low[0], s.high[0] = low, high
	s.counts[0] += int64(b.Rows)
}

// float is the sum rounded once.
func (s *wholeSum) float(id int) float64 {
	return floatOfWhole(s.low[id], uint64(s.high[id]), s.high[id] < 0)
}

// floatOfWhole is a whole number of 128 bits, in two's complement when negative, rounded once.
func floatOfWhole(low, high uint64, negative bool) float64 {
	if negative {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
	}
	x := float64(low)
	if high != 0 {
		x = math.Ldexp(float64(high), 64) + float64(low)
	}
	if negative {
		x = -x
	}
	return x
}

func (s *wholeSum) result(from, to int) (col.Vec, error) {
	s.low, s.high, s.counts = grow(s.low, to), grow(s.high, to), grow(s.counts, to)
	if s.field.Type == col.Float64 {
		out := make([]float64, to-from)
		for i := range out {
			out[i] = s.float(from + i)
			if n := s.counts[from+i]; s.average && n > 0 {
				out[i] /= float64(n)
			}
		}
		return withNulls(col.Vec{Type: col.Float64, Len: len(out), Fixed: col.BytesOf(out)}, s.counts[from:to]), nil
	}
	sums := make([]col.Dec256, to-from)
	for i := range sums {
		low, high := s.low[from+i], s.high[from+i]
		sign := uint64(high >> 63)
		sums[i] = col.Dec256{low, uint64(high), sign, sign}
	}
	return decimals(sums, s.counts[from:to], s.average, 0, s.field)
}

// decimals makes a column of sums of a scale, each of so many values, or of their averages.
func decimals(sums []col.Dec256, counts []int64, average bool, scale uint32, field col.Field) (col.Vec, error) {
	words := make([]uint64, 0, 4*len(sums))
	for id, sum := range sums {
		if average && counts[id] > 0 {
			fits := false
			if sum, fits = divideDecimal(sum, uint64(counts[id]), field.Scale-scale); !fits {
				return col.Vec{}, ErrDecimalRange
			}
		}
		words = append(words, sum[:]...)
	}
	v := col.Vec{Type: col.Decimal256, Len: len(sums), Fixed: col.BytesOf(words), Precision: field.Precision, Scale: field.Scale}
	return withNulls(v, counts), nil
}

func (s *wholeSum) size() int64 { return 8 * int64(cap(s.low)+cap(s.high)+cap(s.counts)) }

// withNulls makes the groups NULL that counted nothing.
func withNulls(v col.Vec, counts []int64) col.Vec {
	for id, n := range counts {
		if n > 0 {
			continue
		}
		if v.Valid == nil {
			v.Valid = make(col.Bitmap, col.BitmapBytes(len(counts)))
			for i := range counts {
				v.Valid.Set(i)
			}
		}
		v.Valid.Clear(id)
	}
	return v
}

// floatSum adds floats in the order they come.
type floatSum struct {
	average bool
	sums    []float64
	counts  []int64
	read    reading
}

func (s *floatSum) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	s.sums, s.counts = grow(s.sums, count), grow(s.counts, count)
	if v.Type == col.Null {
		return nil
	}
	values, valid := s.read.floats(v, b.Rows)
	if ids == nil && valid == nil && b.Sel == nil {
		sum := s.sums[0]
		for _, x := range values[:b.Rows] {
			sum += x
		}
		s.sums[0] = sum
		s.counts[0] += int64(b.Rows)
		return nil
	}
	for i := range b.Len() {
		row := b.Row(i)
		if !valid.Get(row) {
			continue
		}
		id := group0(ids, i)
		s.sums[id] += values[row]
		s.counts[id]++
	}
	return nil
}

func (s *floatSum) result(from, to int) (col.Vec, error) {
	s.sums, s.counts = grow(s.sums, to), grow(s.counts, to)
	sums := s.sums[from:to]
	if s.average {
		sums = make([]float64, to-from)
		for i := range sums {
			if n := s.counts[from+i]; n > 0 {
				sums[i] = s.sums[from+i] / float64(n)
			}
		}
	}
	return withNulls(col.Vec{Type: col.Float64, Len: len(sums), Fixed: col.BytesOf(sums)}, s.counts[from:to]), nil
}

func (s *floatSum) size() int64 { return 8 * int64(cap(s.sums)+cap(s.counts)) }

// decimalSum adds decimals exactly, in 256 bits.
type decimalSum struct {
	average bool
	field   col.Field
	// scale of the arguments.
	scale  uint32
	sums   []col.Dec256
	counts []int64
	flat   flat
}

func (s *decimalSum) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	s.sums, s.counts = grow(s.sums, count), grow(s.counts, count)
	if v.Type == col.Null {
		return nil
	}
	if v.Type == col.Decimal128 && v.Scale == s.scale {
		s.narrow(s.flat.plain(v, b.Rows), b, ids)
		return nil
	}
	if v.Type == col.Decimal256 && v.Scale == s.scale {
		return s.wide(s.flat.plain(v, b.Rows), b, ids)
	}
	for i := range b.Len() {
		row := b.Row(i)
		if v.IsNull(row) {
			continue
		}
		id := group0(ids, i)
		sum, fits := addDecimals(s.sums[id], decimalAt(v, row, s.scale))
		if !fits {
			return ErrDecimalRange
		}
		s.sums[id] = sum
		s.counts[id]++
	}
	return nil
}

// narrow adds decimals of 128 bits, of which there are never so many that 256 are too few.
func (s *decimalSum) narrow(v *col.Vec, b *col.Batch, ids []uint32) {
	words := col.Values[uint64](v)
	if b.Sel == nil && v.Valid == nil && ids == nil {
		s.all(words, b.Rows)
		return
	}
	for i := range b.Len() {
		row := b.Row(i)
		if !v.Valid.Get(row) {
			continue
		}
		id := group0(ids, i)
		low, high := words[2*row], words[2*row+1]
		sign := uint64(int64(high) >> 63)
		d := &s.sums[id]
		var carry uint64
		d[0], carry = bits.Add64(d[0], low, 0)
		d[1], carry = bits.Add64(d[1], high, carry)
		d[2], carry = bits.Add64(d[2], sign, carry)
		d[3] += sign + carry
		s.counts[id]++
	}
}

// wide adds decimals of 256 bits.
func (s *decimalSum) wide(v *col.Vec, b *col.Batch, ids []uint32) error {
	words := col.Values[uint64](v)
	over := uint64(0)
	for i := range b.Len() {
		row := b.Row(i)
		if !v.Valid.Get(row) {
			continue
		}
		id := group0(ids, i)
		d, w := &s.sums[id], words[4*row:4*row+4:4*row+4]
		top := d[3]
		var carry uint64
		d[0], carry = bits.Add64(d[0], w[0], 0)
		d[1], carry = bits.Add64(d[1], w[1], carry)
		d[2], carry = bits.Add64(d[2], w[2], carry)
		d[3] += w[3] + carry
		over |= (top ^ d[3]) & (w[3] ^ d[3]) // of one sign, and the sum of the other
		s.counts[id]++
	}
	if int64(over) < 0 {
		return ErrDecimalRange
	}
	return nil
}

// all adds the decimals of n rows to the one group.
func (s *decimalSum) all(words []uint64, n int) {
	d := s.sums[0]
	for i := range n {
		low, high := words[2*i], words[2*i+1]
		sign := uint64(int64(high) >> 63)
		var carry uint64
		d[0], carry = bits.Add64(d[0], low, 0)
		d[1], carry = bits.Add64(d[1], high, carry)
		d[2], carry = bits.Add64(d[2], sign, carry)
		d[3] += sign + carry
	}
	s.sums[0] = d
	s.counts[0] += int64(n)
}

func (s *decimalSum) result(from, to int) (col.Vec, error) {
	s.sums, s.counts = grow(s.sums, to), grow(s.counts, to)
	return decimals(s.sums[from:to], s.counts[from:to], s.average, s.scale, s.field)
}

func (s *decimalSum) size() int64 { return 32*int64(cap(s.sums)) + 8*int64(cap(s.counts)) }
