package view

import (
	"unicode/utf8"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// Bounds of SPEC 5.1.
const (
	zeroDate     = -1 << 31
	dateMin      = -719528 // 0000-01-01
	dateMax      = 2932896 // 9999-12-31
	dayMicros    = 86_400_000_000
	datetimeMin  = dateMin * dayMicros
	datetimeMax  = (dateMax+1)*dayMicros - 1
	zeroDatetime = -1 << 63
	timeMax      = ((838*60+59)*60+59)*1_000_000 + 999_999
	yearMin      = 1901
	yearMax      = 2155
)

// checkValues checks the range of the n stored values of a plain, constant or view column.
func (r *Reader) checkValues(v *col.Vec, field *col.Field, n int, at uint64) *Violation {
	bad := -1
	switch v.Type {
	case col.UTF8, col.JSON:
		return r.text(v, n, at)
	case col.Date:
		bad = outside(col.Values[int32](v), v.Valid, dateMin, dateMax, zeroDate)
	case col.Time:
		bad = outside(col.Values[int64](v), v.Valid, -timeMax, timeMax, 0)
	case col.Datetime:
		bad = outside(col.Values[int64](v), v.Valid, datetimeMin, datetimeMax, zeroDatetime)
	case col.Year:
		bad = outside(col.Values[uint16](v), v.Valid, yearMin, yearMax, 0)
	case col.Enum:
		if m := len(field.Members); m > 0 && m < 1<<16 {
			bad = outside(col.Values[uint16](v), v.Valid, 0, uint16(m), 0)
		}
	case col.Set:
		if m := len(field.Members); m > 0 && m < 64 {
			bad = outside(col.Values[uint64](v), v.Valid, 0, 1<<m-1, 0)
		}
	case col.Decimal128, col.Decimal256:
		bad = decimals(v, field.Precision)
	case col.Vector, col.Geometry:
		bad = shapes(v, n)
	}
	if bad < 0 {
		return nil
	}
	out := breach("5.1", at, "%v value out of range", v.Type)
	out.Row, out.Code = bad, abi.OutOfRange
	return out
}

// outside gives the first valid value not in [low, high] and not extra, or -1.
func outside[T col.Number](values []T, valid col.Bitmap, low, high, extra T) int {
	for i, x := range values {
		if (x < low || x > high) && x != extra && valid.Get(i) {
			return i
		}
	}
	return -1
}

// decimals gives the first valid value with more digits than precision, or -1. Precision 0 means
// that none was given.
func decimals(v *col.Vec, precision uint32) int {
	if precision == 0 {
		return -1
	}
	width := v.Type.Width()
	if width == 16 && smallDecimals(v.Fixed, precision) {
		return -1
	}
	for i := range len(v.Fixed) / width {
		if !decimalFits(v.Fixed[i*width:(i+1)*width], precision) && v.Valid.Get(i) {
			return i
		}
	}
	return -1
}

// shapes gives the first valid vector or geometry whose length cannot be right, or -1.
func shapes(v *col.Vec, n int) int {
	for i := range n {
		if !v.Valid.Get(i) {
			continue
		}
		length := len(bytesAt(v, i))
		if v.Type == col.Vector && length&3 != 0 || v.Type == col.Geometry && length < 4 {
			return i
		}
	}
	return -1
}

// bytesAt is v.Bytes for stored value i, whatever the encoding.
func bytesAt(v *col.Vec, i int) []byte { return v.Bytes(i) }

// text checks that every valid value is UTF-8: all at once when the bytes lie together, one by one
// when that fails, as NULL rows may hold anything.
func (r *Reader) text(v *col.Vec, n int, at uint64) *Violation {
	if v.Offsets != nil {
		data := v.Data[v.Offsets[0]:v.Offsets[n]]
		if ascii(data) || whole(v, data) {
			return nil
		}
	}
	for i := range n {
		if v.Valid.Get(i) && !validText(v.Bytes(i)) {
			out := breach("6.11", at, "invalid UTF-8")
			out.Row = i
			return out
		}
	}
	return nil
}

func validText(b []byte) bool { return ascii(b) || utf8.Valid(b) }

// whole tells whether data is UTF-8 and no value begins inside a character.
func whole(v *col.Vec, data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	end := v.Offsets[len(v.Offsets)-1]
	for _, o := range v.Offsets {
		if o < end && v.Data[o]&0xc0 == 0x80 {
			return false
		}
	}
	return true
}
