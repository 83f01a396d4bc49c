package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
)

// scaleMore is how many digits behind the point a quotient has more than what is divided, and scaleStep what divisions are computed in.
const (
	scaleMore = 4
	scaleStep = 9
)

// divide compiles a division of numbers; false: it is none, or one of several that are rounded together.
func (v *vectorizer) divide(below *vectors, e sql.Expression) (vectorColumn, bool) {
	operator, ok := e.(expression.ArithmeticOp)
	if !ok || divides(operator.Left()) || divides(operator.Right()) {
		return vectorColumn{}, false
	}
	a, ok := v.number(below, operator.Left())
	if !ok {
		return vectorColumn{}, false
	}
	b, ok := v.number(below, operator.Right())
	if !ok {
		return vectorColumn{}, false
	}
	division := vec.Division{Zero: func() { v.ctx.Warn(expression.ERDivisionByZero, "Division by 0") }}
	t := e.Type(v.ctx)
	switch e.(type) {
	case *expression.Div:
		division.Op = vec.Quotient
		if types.IsFloat(t) {
			break
		}
		if t.(sql.DecimalType).Scale() != uint8(scaleOf(a)+scaleMore) {
			return vectorColumn{}, false // it is not rounded, for it is compared or converted
		}
		division.Digits = quotientDigits(scaleOf(a), scaleOf(b))
		division.Field = decimalField(wholeDigits(a)+scaleOf(b)+scaleOf(a)+scaleMore, scaleOf(a)+scaleMore)
	case *expression.IntDiv:
		if !types.IsSigned(operator.Left().Type(v.ctx)) || !types.IsSigned(operator.Right().Type(v.ctx)) {
			return vectorColumn{}, false
		}
		division.Op, division.Class, division.Field = vec.WholeQuotient, vec.Whole, col.Field{Type: col.Int64}
		return typed(vec.Divide(division, a.expr, b.expr), types.Int64), true
	case *expression.Mod:
		division.Op = vec.Remainder
		scale := max(scaleOf(a), scaleOf(b))
		division.Field = decimalField(wholeDigits(b)+scale, scale)
	default:
		return vectorColumn{}, false
	}
	if types.IsFloat(t) {
		division.Class, division.Field = vec.Float, col.Field{Type: col.Float64}
		return typed(vec.Divide(division, a.expr, b.expr), types.Float64), true
	}
	if a.class == vec.Float || b.class == vec.Float || division.Field.Scale > types.DecimalTypeMaxScale {
		return vectorColumn{}, false
	}
	division.Class = vec.Decimal
	return typed(vec.Divide(division, a.expr, b.expr), decimalType(division.Field.Scale)), true
}

// number compiles an operand that is a number of a scale known before it is computed.
func (v *vectorizer) number(below *vectors, e sql.Expression) (vectorColumn, bool) {
	if !exact(e) {
		return vectorColumn{}, false
	}
	c, ok := v.value(below, e)
	if !ok || c.expr == nil || c.unit != plainNumber {
		return vectorColumn{}, false
	}
	t := e.Type(v.ctx)
	if d, decimal := t.(sql.DecimalType); decimal {
		return c, c.class == vec.Decimal && uint32(d.Scale()) == scaleOf(c)
	}
	return c, (c.class == vec.Whole || c.class == vec.Unsigned) && types.IsInteger(t) || c.class == vec.Float && c.expr.Field().Type == col.Float64
}

// exact tells whether an expression is columns, constants and sums, differences and products of them.
func exact(e sql.Expression) bool {
	a, ok := e.(*expression.Arithmetic)
	return simple(e) || ok && exact(a.LeftChild) && exact(a.RightChild)
}

// quotientDigits is how many digits behind the point are computed of the quotient of decimals with these scales.
func quotientDigits(a, b uint32) uint32 {
	steps := (a + b + scaleMore + scaleStep - 1) / scaleStep
	if a > 0 && b > 0 {
		steps = max(steps, (a+scaleStep-1)/scaleStep+(b+scaleStep-1)/scaleStep)
	}
	return steps * scaleStep
}
