package exec

import (
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
)

// reader gives the function that reads a column sent as physical type sent into the declared type,
// or nil when the two do not fit (SPEC 5.2 and 5.4).
func reader(declared col.Field, sent col.Type, t sql.Type) readFunc {
	if sent == col.Null {
		return readNulls
	}
	switch declared.Type {
	case col.Int8:
		if sent == col.Bool {
			return readBools
		}
		return integerReader[int8](sent, 8, true)
	case col.Int16:
		return integerReader[int16](sent, 16, true)
	case col.Int32:
		return integerReader[int32](sent, 32, true)
	case col.Int64:
		return integerReader[int64](sent, 64, true)
	case col.Uint8:
		return integerReader[uint8](sent, 8, false)
	case col.Uint16:
		return integerReader[uint16](sent, 16, false)
	case col.Uint32:
		return integerReader[uint32](sent, 32, false)
	case col.Uint64:
		return integerReader[uint64](sent, 64, false)
	case col.Float32:
		if sent == col.Float32 {
			return readFloats[float32, float32]
		}
	case col.Float64:
		switch sent {
		case col.Float32:
			return readFloats[float32, float64]
		case col.Float64:
			return readFloats[float64, float64]
		}
	case col.Decimal128, col.Decimal256:
		if sent == col.Decimal128 || sent == col.Decimal256 {
			return decimalReader(declared)
		}
	default:
		return otherReader(declared, sent, t)
	}
	return nil
}

// integerReader reads any integer type all of whose values fit the declared one.
func integerReader[To col.Number](sent col.Type, bits int, signed bool) readFunc {
	sentBits := 8 * sent.Width()
	switch {
	case !sent.Integer() || sentBits > bits:
		return nil
	case sent.Signed() && !signed, sent.Unsigned() && signed && sentBits == bits:
		return nil
	}
	switch sent {
	case col.Int8:
		return readNumbers[int8, To]
	case col.Int16:
		return readNumbers[int16, To]
	case col.Int32:
		return readNumbers[int32, To]
	case col.Int64:
		return readNumbers[int64, To]
	case col.Uint8:
		return readNumbers[uint8, To]
	case col.Uint16:
		return readNumbers[uint16, To]
	case col.Uint32:
		return readNumbers[uint32, To]
	}
	return readNumbers[uint64, To]
}

// take copies the numbers of a part into a slice of their own. NULL rows hold anything.
func take[From, To col.Number](p *part) []To {
	slab := make([]To, p.n)
	values := col.Values[From](p.base)
	if p.at == nil {
		for i, x := range values[p.start : p.start+p.n] {
			slab[i] = To(x)
		}
		return slab
	}
	for i, place := range p.at {
		if place != none {
			slab[i] = To(values[place])
		}
	}
	return slab
}

func readNumbers[From, To col.Number](_ *columnReader, _ *sql.Context, p *part, out []any) error {
	box(take[From, To](p), out, p.stride)
	return nil
}

func readNulls(*columnReader, *sql.Context, *part, []any) error { return nil }

func readBools(_ *columnReader, _ *sql.Context, p *part, out []any) error {
	bits := col.Bitmap(p.base.Fixed)
	for i := range p.n {
		if p.at != nil && p.at[i] == none {
			continue
		}
		value := int8(0)
		if bits.Get(p.place(i)) {
			value = 1
		}
		out[i*p.stride] = value // a one-byte value needs no allocation
	}
	return nil
}

// readFloats reads floats. NaN and infinities have no form in SQL: they become NULL, with a warning
// for the first of the column.
func readFloats[From, To float32 | float64](c *columnReader, ctx *sql.Context, p *part, out []any) error {
	slab := take[From, To](p)
	box(slab, out, p.stride)
	for i, x := range slab {
		if x-x == 0 || p.isNull(i) {
			continue
		}
		if c.column.NotNull {
			return c.outOfRange(p, i, x)
		}
		if !c.odd {
			c.odd = true
			ctx.Warn(1264, "%s, column %s, row %d: %v is read as NULL; further ones of the column are not reported",
				c.where, c.column.Name, p.first+uint64(i), x)
		}
		out[i*p.stride] = nil
	}
	return nil
}

// decimalReader reads decimals of the declared precision or less.
func decimalReader(declared col.Field) readFunc {
	precision := declared.Precision
	return func(c *columnReader, _ *sql.Context, p *part, out []any) error {
		slab := make([]apd.Decimal, p.n)
		// The digits in front of the point that are allowed; those behind it are fixed.
		digits := int64(precision) - int64(declared.Scale) + int64(p.v.Scale)
		for i := range slab {
			if p.isNull(i) {
				continue
			}
			d := &slab[i]
			setDecimal(d, p.base.Decimal(p.place(i)), p.v.Scale)
			// 64 bits have at most 20 digits; counting them is for the wide ones only.
			if (digits < 20 || !d.Coeff.IsUint64()) && d.NumDigits() > digits && !d.IsZero() {
				return c.outOfRange(p, i, d.Text('f'))
			}
			out[i*p.stride] = d
		}
		return nil
	}
}

// setDecimal makes d the number unscaled * 10^-scale.
func setDecimal(d *apd.Decimal, unscaled col.Dec256, scale uint32) {
	d.Exponent = -int32(scale)
	if small := int64(unscaled[0]); unscaled == (col.Dec256{unscaled[0], uint64(small >> 63), uint64(small >> 63), uint64(small >> 63)}) && small != math.MinInt64 {
		if small < 0 {
			d.Negative, small = true, -small
		}
		d.Coeff.SetInt64(small)
		return
	}
	text := unscaled.Text(0)
	if text[0] == '-' {
		d.Negative, text = true, text[1:]
	}
	d.Coeff.SetString(text, 10)
}
