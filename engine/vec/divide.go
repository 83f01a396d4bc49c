package vec

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// Division is one of / DIV %.
type Division struct {
	Op DivisionKind
	// Class is Whole for DIV, and Float or Decimal for the others.
	Class Class
	// Field is that of the result; a quotient of decimals is rounded to its scale, half away from zero.
	Field col.Field
	// Digits is how many digits behind the point a quotient of decimals is computed to, before it is rounded; the rest is cut off.
	Digits uint32
	// Zero is called for every row that counts and is divided by zero, which gives NULL.
	Zero func()
}

// DivisionKind is an operation of a Division.
type DivisionKind uint8

// The operations.
const (
	Quotient DivisionKind = iota + 1
	WholeQuotient
	Remainder
)

// Divide computes a divided by b.
func Divide(d Division, a, b Expr) Expr {
	d.Field.Nullable = true
	return &division{Division: d, a: a, b: b}
}

type division struct {
	Division
	a, b        Expr
	left, right digits
	out         flat
}

// Field implements Expr.
func (d *division) Field() col.Field { return d.Division.Field }

// Eval implements Expr.
func (d *division) Eval(b *col.Batch) (*col.Vec, error) {
	x, err := d.a.Eval(b)
	if err != nil {
		return nil, err
	}
	y, err := d.b.Eval(b)
	if err != nil {
		return nil, err
	}
	if x.Type == col.Null || y.Type == col.Null {
		return &col.Vec{Type: col.Null, Len: b.Rows}, nil
	}
	v := d.out.reset(d.Division.Field.Type, b.Rows)
	v.Precision, v.Scale = d.Division.Field.Precision, d.Division.Field.Scale
	v.Valid = d.out.bits(b.Rows)
	switch d.Class {
	case Float:
		d.floats(v, x, y, b)
		return v, nil
	case Whole:
		d.wholes(v, x, y, b)
		return v, nil
	}
	return v, d.decimals(v, x, y, b)
}

// each visits the rows that count, are not NULL, and are not divided by zero.
func (d *division) each(v *col.Vec, pv, qv col.Bitmap, b *col.Batch, zero func(row int) bool, visit func(row int) error) error {
	for i := range b.Len() {
		row := b.Row(i)
		switch {
		case !pv.Get(row) || !qv.Get(row):
		case zero(row):
			d.Zero()
		default:
			if err := visit(row); err != nil {
				return err
			}
			v.Valid.Set(row)
		}
	}
	return nil
}

func (d *division) floats(v, x, y *col.Vec, b *col.Batch) {
	p, pv := d.left.read.floats(x, b.Rows)
	q, qv := d.right.read.floats(y, b.Rows)
	out := col.Values[float64](v)
	_ = d.each(v, pv, qv, b, func(row int) bool { return q[row] == 0 }, func(row int) error {
		if d.Op == Remainder {
			out[row] = math.Mod(p[row], q[row])
		} else {
			out[row] = p[row] / q[row]
		}
		out[row] += 0 // SQL has no -0
		return nil
	})
}

func (d *division) wholes(v, x, y *col.Vec, b *col.Batch) {
	p, pv := d.left.read.ints(x, b.Rows)
	q, qv := d.right.read.ints(y, b.Rows)
	out := col.Values[int64](v)
	_ = d.each(v, pv, qv, b, func(row int) bool { return q[row] == 0 }, func(row int) error {
		out[row] = p[row] / q[row]
		return nil
	})
}

// decimals divides decimals and whole numbers.
func (d *division) decimals(v, x, y *col.Vec, b *col.Batch) error {
	sx, sy := decimalScale(x), decimalScale(y)
	if d.Op == Remainder {
		sx = max(sx, sy)
		sy = sx
	}
	if p, pv, ok := d.left.small(x, sx, b); ok {
		if q, qv, ok := d.right.small(y, sy, b); ok {
			return d.each(v, pv, qv, b, func(row int) bool { return q[row] == 0 }, func(row int) error { return d.small(v, row, p[row], q[row], sx, sy) })
		}
	}
	for i := range b.Len() {
		row := b.Row(i)
		if x.IsNull(row) || y.IsNull(row) {
			continue
		}
		divisor := decimalAt(y, row, sy)
		if divisor == (col.Dec256{}) {
			d.Zero()
			continue
		}
		if err := d.large(v, row, decimalAt(x, row, sx), divisor, sx, sy); err != nil {
			return err
		}
		v.Valid.Set(row)
	}
	return nil
}

// small divides what fits into 64 bits.
func (d *division) small(v *col.Vec, row int, a, b int64, sx, sy uint32) error {
	if d.Op == Remainder {
		putSmall(v, row, a%b)
		return nil
	}
	shift := d.Digits + sy - sx
	if shift < uint32(len(tens)) {
		dividend, divisor := magnitude(a), magnitude(b)
		high, low := bits.Mul64(dividend, tens[shift])
		if high < divisor {
			quotient, _ := bits.Div64(high, low, divisor)
			quotient = roundTens(quotient, d.Digits-v.Scale)
			if quotient <= math.MaxInt64 {
				result := int64(quotient)
				if a < 0 != (b < 0) {
					result = -result
				}
				putSmall(v, row, result)
				return nil
			}
		}
	}
	return d.large(v, row, decimalOf(a), decimalOf(b), sx, sy)
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// tens are the powers of ten that 64 bits hold.
var tens = func() (all [20]uint64) {
	all[0] = 1
	for i := range all[1:] {
		all[i+1] = 10 * all[i]
	}
	return all
}()

// roundTens divides by a power of ten, and rounds a half up.
func roundTens(x uint64, digits uint32) uint64 {
	if digits == 0 {
		return x
	}
	if digits >= uint32(len(tens)) {
		return 0
	}
	quotient, rest := x/tens[digits], x%tens[digits]
	if rest >= tens[digits]-rest {
		quotient++
	}
	return quotient
}

func putSmall(v *col.Vec, row int, x int64) {
	width := v.Type.Width()
	sign := uint64(x >> 63)
	binary.LittleEndian.PutUint64(v.Fixed[row*width:], uint64(x))
	for at := 8; at < width; at += 8 {
		binary.LittleEndian.PutUint64(v.Fixed[row*width+at:], sign)
	}
}

// large divides any decimals.
func (d *division) large(v *col.Vec, row int, a, b col.Dec256, sx, sy uint32) error {
	x, y := bigOf(a), bigOf(b)
	if d.Op == Remainder {
		x.Rem(x, y)
	} else {
		ten := big.NewInt(10)
		x.Mul(x, new(big.Int).Exp(ten, big.NewInt(int64(d.Digits+sy-sx)), nil))
		x.Quo(x, y)
		if cut := d.Digits - v.Scale; cut > 0 {
			unit := new(big.Int).Exp(ten, big.NewInt(int64(cut)), nil)
			half := new(big.Int).Quo(unit, big.NewInt(2))
			if x.Sign() < 0 {
				half.Neg(half)
			}
			x.Quo(x.Add(x, half), unit)
		}
	}
	result, fits := dec256(x)
	if !fits || !putDecimal(v, row, result) {
		return ErrDecimalRange
	}
	return nil
}

func bigOf(d col.Dec256) *big.Int {
	negative := d.Negative()
	if negative {
		d = d.Negate()
	}
	var bytes [32]byte
	for i, word := range d {
		binary.BigEndian.PutUint64(bytes[24-8*i:], word)
	}
	x := new(big.Int).SetBytes(bytes[:])
	if negative {
		x.Neg(x)
	}
	return x
}

func dec256(x *big.Int) (d col.Dec256, fits bool) {
	if x.BitLen() > 255 {
		return d, false
	}
	var bytes [32]byte
	new(big.Int).Abs(x).FillBytes(bytes[:])
	for i := range d {
		d[i] = binary.BigEndian.Uint64(bytes[24-8*i:])
	}
	if x.Sign() < 0 {
		d = d.Negate()
	}
	return d, true
}
