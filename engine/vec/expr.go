package vec

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// Expr computes a column.
type Expr interface {
	// Field says what the values are. A column may come narrower than that: the type of the vector counts.
	Field() col.Field
	// Eval computes the expression for all rows of b, or at least for those that count. The result may alias b, and is valid until the
	// next call.
	Eval(b *col.Batch) (*col.Vec, error)
}

// Column is column i of the batches.
func Column(i int, field col.Field) Expr { return &column{i, field} }

type column struct {
	i     int
	field col.Field
}

// Field implements Expr.
func (c *column) Field() col.Field { return c.field }

// Eval implements Expr.
func (c *column) Eval(b *col.Batch) (*col.Vec, error) { return &b.Cols[c.i], nil }

// IsColumn tells whether an expression computes nothing: it is a column, or a constant.
func IsColumn(e Expr) bool {
	switch e.(type) {
	case *column, *constant:
		return true
	}
	return false
}

// Constant is the same value in every row: v has constant encoding.
func Constant(field col.Field, v col.Vec) Expr { return &constant{field, v} }

type constant struct {
	field col.Field
	v     col.Vec
}

// Field implements Expr.
func (c *constant) Field() col.Field { return c.field }

// Eval implements Expr.
func (c *constant) Eval(b *col.Batch) (*col.Vec, error) {
	c.v.Len = b.Rows
	return &c.v, nil
}

// Truth is a condition as a column: 1 where it is true, 0 where it is false.
func Truth(c Condition) Expr { return &truth{condition: c} }

type truth struct {
	condition Condition
	rows      [2][]uint32
	flat      flat
}

// Field implements Expr.
func (t *truth) Field() col.Field { return col.Field{Type: col.Int8, Nullable: true} }

// Eval implements Expr.
func (t *truth) Eval(b *col.Batch) (*col.Vec, error) {
	v := t.flat.reset(col.Int8, b.Rows)
	v.Valid = t.flat.bits(b.Rows)
	values := col.Values[int8](v)
	left := b.Sel
	for _, want := range []bool{true, false} {
		rows, err := t.condition.Select(b, want, left, t.rows[0][:0])
		t.rows[0] = rows
		if err != nil {
			return nil, err
		}
		for _, i := range rows {
			v.Valid.Set(int(i))
			values[i] = 0
			if want {
				values[i] = 1
			}
		}
		if want {
			left = kernel.Without(b.Rows, left, rows, t.rows[1][:0])
			if t.rows[1] = left; len(left) == 0 {
				break
			}
		}
	}
	return v, nil
}
