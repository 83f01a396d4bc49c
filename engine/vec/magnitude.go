package vec

import (
	"math"

	"github.com/wasql/wasql/abi/col"
)

// Magnitude computes numbers without their sign: whole numbers of the field's type, floats, or decimals of its scale.
func Magnitude(e Expr, class Class, field col.Field) Expr {
	field.Nullable = true
	return &magnitudes{e: e, class: class, field: field}
}

type magnitudes struct {
	e     Expr
	class Class
	field col.Field
	read  reading
	out   flat
}

// Field implements Expr.
func (m *magnitudes) Field() col.Field { return m.field }

// Eval implements Expr.
func (m *magnitudes) Eval(b *col.Batch) (*col.Vec, error) {
	x, err := m.e.Eval(b)
	if err != nil || x.Type == col.Null {
		return x, err
	}
	v := m.out.reset(m.field.Type, b.Rows)
	v.Precision, v.Scale = m.field.Precision, m.field.Scale
	switch m.class {
	case Float:
		values, valid := m.read.floats(x, b.Rows)
		for i, value := range values[:b.Rows] {
			col.Values[float64](v)[i] = math.Abs(value)
		}
		v.Valid = valid
	case Whole:
		values, valid := m.read.ints(x, b.Rows)
		width := v.Type.Width()
		for i, value := range values[:b.Rows] {
			sign := value >> 63
			putInt(v.Fixed, width, i, (value^sign)-sign)
		}
		v.Valid = valid
	default:
		v.Valid = m.out.bits(b.Rows)
		for i := range b.Len() {
			row := b.Row(i)
			if x.IsNull(row) {
				continue
			}
			d := decimalAt(x, row, m.field.Scale)
			if d.Negative() {
				d = d.Negate()
			}
			if !putDecimal(v, row, d) {
				return nil, ErrDecimalRange
			}
			v.Valid.Set(row)
		}
	}
	return v, nil
}
