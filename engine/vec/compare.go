package vec

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// Class is how values are compared and computed with.
type Class uint8

// The classes.
const (
	// Whole: numbers that an int64 holds, dates, times, datetimes.
	Whole Class = iota + 1
	// Unsigned: numbers that a uint64 holds and an int64 may not.
	Unsigned
	// Float: compared and computed as float64.
	Float
	// Decimal: exact, with digits behind the point.
	Decimal
	// Text: characters under a collation, or bytes.
	Text
)

// Compare is true where two columns lie in order, NULL where one is NULL. Both are of the class; decimals may differ in scale.
func Compare(a, b Expr, order kernel.Order, class Class, collation *Collation) Condition {
	return &comparison{a: a, b: b, order: order, class: class, collation: collation}
}

type comparison struct {
	a, b      Expr
	order     kernel.Order
	class     Class
	collation *Collation
	left      digits
	right     digits
	scope     scope
}

// Select implements Condition.
func (c *comparison) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	narrow := c.scope.to(b, in)
	x, err := c.a.Eval(narrow)
	if err != nil {
		return out, err
	}
	y, err := c.b.Eval(narrow)
	if err != nil || x.Type == col.Null || y.Type == col.Null {
		return out, err
	}
	order := c.order
	if !want {
		order = order.Not()
	}
	from, n := len(out), b.Rows
	switch c.class {
	case Whole:
		p, pv := c.left.read.ints(x, n)
		q, qv := c.right.read.ints(y, n)
		out = kernel.Compare(p, q, order, in, out)
		return kernel.DropNull(qv, kernel.DropNull(pv, out, from), from), nil
	case Unsigned:
		p, pv := c.left.read.ints(x, n)
		q, qv := c.right.read.ints(y, n)
		out = kernel.Compare(unsigned(p), unsigned(q), order, in, out)
		return kernel.DropNull(qv, kernel.DropNull(pv, out, from), from), nil
	case Float:
		p, pv := c.left.read.floats(x, n)
		q, qv := c.right.read.floats(y, n)
		out = kernel.Compare(p, q, order, in, out)
		return kernel.DropNull(qv, kernel.DropNull(pv, out, from), from), nil
	case Decimal:
		return c.decimals(x, y, order, narrow, in, out), nil
	}
	return pick(n, in, out, func(i int) bool {
		return !x.IsNull(i) && !y.IsNull(i) && order.Holds(c.collation.Compare(x.Bytes(i), y.Bytes(i)))
	}), nil
}

func (c *comparison) decimals(x, y *col.Vec, order kernel.Order, b *col.Batch, in, out []uint32) []uint32 {
	up := max(decimalScale(x), decimalScale(y))
	if p, pv, ok := c.left.small(x, up, b); ok {
		if q, qv, ok := c.right.small(y, up, b); ok {
			from := len(out)
			out = kernel.Compare(p, q, order, in, out)
			return kernel.DropNull(qv, kernel.DropNull(pv, out, from), from)
		}
	}
	return pick(b.Rows, in, out, func(i int) bool {
		return !x.IsNull(i) && !y.IsNull(i) && order.Holds(compareDecimals(decimalAt(x, i, up), decimalAt(y, i, up)))
	})
}

// unsigned reads the same bits.
func unsigned(s []int64) []uint64 {
	v := col.Vec{Fixed: col.BytesOf(s)}
	return col.Values[uint64](&v)
}

// decimalScale is the scale of a column of decimals or whole numbers.
func decimalScale(v *col.Vec) uint32 {
	if v.Type == col.Decimal128 || v.Type == col.Decimal256 {
		return v.Scale
	}
	return 0
}

// decimalAt gives row i of a column of decimals or whole numbers as a decimal of a scale at least as large as its own.
func decimalAt(v *col.Vec, i int, scale uint32) col.Dec256 {
	switch v.Type {
	case col.Decimal128, col.Decimal256:
		return scaled(v.Decimal(i), scale-v.Scale)
	case col.Uint64:
		return scaled(col.Dec256{v.Uint64(i)}, scale)
	}
	return scaled(decimalOf(v.Int64(i)), scale)
}
