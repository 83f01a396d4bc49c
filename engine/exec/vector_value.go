package exec

import (
	"math"
	"sync"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/vec"
)

// collations are made once; each has tables of its own.
var collations sync.Map // sql.CollationID to *vec.Collation

// collationOf gives the weights of a collation; nil: bytes.
func collationOf(id sql.CollationID) *vec.Collation {
	if id == sql.Collation_binary {
		return nil
	}
	if made, ok := collations.Load(id); ok {
		return made.(*vec.Collation)
	}
	weight := id.Sorter()
	made, _ := collations.LoadOrStore(id, vec.NewCollation(func(r rune) int32 { return weight(r) }))
	return made.(*vec.Collation)
}

// value compiles an expression. What has no operator of its own is evaluated row by row within the batch; false: it depends on more
// than the row.
func (v *vectorizer) value(below *vectors, e sql.Expression) (vectorColumn, bool) {
	if c, ok := v.operator(below, e); ok {
		return c, true
	}
	return v.valueByRow(below, e)
}

// operator compiles an expression that has an operator of its own.
func (v *vectorizer) operator(below *vectors, e sql.Expression) (vectorColumn, bool) {
	switch x := e.(type) {
	case *expression.Alias:
		return v.value(below, x.Child)
	case *expression.GetField:
		i := x.Index() - v.offset
		if i < 0 || i >= len(below.columns) {
			return vectorColumn{}, false
		}
		return below.columns[i], true
	case *expression.Literal:
		return v.literal(x)
	case *expression.Arithmetic:
		if c, ok := v.arithmetic(below, x); ok {
			return c, true
		}
	case *merged:
		return v.merged(below, x)
	}
	if c, ok := v.choice(below, e); ok {
		return c, true
	}
	if c, ok := v.divide(below, e); ok {
		return c, true
	}
	if c, ok := v.shift(below, e); ok {
		return c, true
	}
	if x, ok := e.(*expression.Convert); ok {
		return v.convert(below, x)
	}
	if c, ok := v.truth(below, e); ok {
		return c, true
	}
	if f, ok := e.(sql.FunctionExpression); ok {
		return v.function(below, f)
	}
	return vectorColumn{}, false
}

// literal is a number, a text or NULL; times are compiled with what they are compared to.
func (v *vectorizer) literal(x *expression.Literal) (vectorColumn, bool) {
	switch n := x.Value().(type) {
	case int8, int16, int32, int64, uint8, uint16, uint32:
		i, _, err := types.Int64.Convert(v.ctx, n)
		if err != nil {
			return vectorColumn{}, false
		}
		return vectorColumn{expr: constantOf(col.Int64, []int64{i.(int64)}), class: vec.Whole, read: ColumnRead{Type: types.Int64}}, integerType(x.Type(v.ctx))
	case nil:
		null := col.Field{Type: col.Null, Nullable: true}
		return vectorColumn{expr: vec.Constant(null, col.Vec{Type: col.Null}), read: ColumnRead{Type: types.Null}}, x.Type(v.ctx) == types.Null
	case string:
		t, ok := storable(x.Type(v.ctx))
		if !ok || !types.IsTextOnly(t) {
			return vectorColumn{}, false
		}
		text := col.Vec{Type: col.UTF8, Encoding: col.Constant, Offsets: []int32{0, int32(len(n))}, Data: []byte(n)}
		return typed(vec.Constant(col.Field{Type: col.UTF8}, text), t), len(n) < 1<<30
	case float64:
		return vectorColumn{expr: constantOf(col.Float64, []float64{n}), class: vec.Float, read: ColumnRead{Type: types.Float64}}, true
	case *apd.Decimal:
		d, scale, ok := decimalValue(n)
		if !ok {
			return vectorColumn{}, false
		}
		field := decimalField(max(uint32(n.NumDigits()), scale), scale)
		vector := col.Vec{Type: field.Type, Encoding: col.Constant, Fixed: col.BytesOf(d[:field.Type.Width()/8]), Precision: field.Precision, Scale: scale}
		return vectorColumn{expr: vec.Constant(field, vector), class: vec.Decimal, read: ColumnRead{Type: decimalType(scale)}}, true
	}
	return vectorColumn{}, false
}

// truth compiles a condition as a value.
func (v *vectorizer) truth(below *vectors, e sql.Expression) (vectorColumn, bool) {
	before := v.byRows
	c, ok := v.covered(below, e)
	if !ok || v.byRows != before {
		return vectorColumn{}, false // what is evaluated by row is asked once
	}
	return typed(vec.Truth(c), types.Boolean), true
}

// integerType tells whether a literal is a number to SQL, and not a truth value or a year.
func integerType(t sql.Type) bool { return types.IsInteger(t) }

func constantOf[T col.Number](t col.Type, value []T) vec.Expr {
	return vec.Constant(col.Field{Type: t}, col.Vec{Type: t, Encoding: col.Constant, Fixed: col.BytesOf(value)})
}

// decimalType is what decimals are read as that were computed: any digits, with scale of them behind the point.
func decimalType(scale uint32) sql.Type {
	return types.MustCreateDecimalType(types.DecimalTypeMaxPrecision, uint8(scale))
}

// decimalValue is a number of SQL as digits and scale.
func decimalValue(d *apd.Decimal) (col.Dec256, uint32, bool) {
	if d.Form != apd.Finite || d.Exponent < -types.DecimalTypeMaxScale || d.Exponent > 0 {
		return col.Dec256{}, 0, false
	}
	scale := uint32(-d.Exponent)
	unscaled, err := col.ParseDecimal(d.Text('f'), scale)
	return unscaled, scale, err == nil
}

func (v *vectorizer) arithmetic(below *vectors, x *expression.Arithmetic) (vectorColumn, bool) {
	if divides(x) {
		return vectorColumn{}, false
	}
	operation := map[string]vec.Operation{"+": vec.Add, "-": vec.Sub, "*": vec.Mul}[x.Op]
	left, ok := v.value(below, x.LeftChild)
	if !ok || operation == 0 || left.expr == nil || left.unit != plainNumber {
		return left, false
	}
	right, ok := v.value(below, x.RightChild)
	if !ok || right.expr == nil || right.unit != plainNumber {
		return right, false
	}
	class := max(left.class, right.class)
	if min(left.class, right.class) == vec.Float {
		class = vec.Float
	}
	t := x.Type(v.ctx)
	overflow := func(a, b string) error {
		return sqlerr.New(1690, "22003", "%s value is out of range in '(%s %s %s)'", kindOf(class), a, x.Op, b)
	}
	var field col.Field
	switch {
	case left.class == 0 || right.class == 0 || left.class == vec.Text || right.class == vec.Text:
		return left, false
	case class == vec.Whole && t == types.Int64:
		field = col.Field{Type: col.Int64}
	case class == vec.Float && t == types.Float64:
		field = col.Field{Type: col.Float64}
	case class == vec.Decimal && types.IsDecimal(t):
		scale := max(scaleOf(left), scaleOf(right))
		if operation == vec.Mul {
			scale = scaleOf(left) + scaleOf(right)
		}
		if scale > types.DecimalTypeMaxScale {
			return left, false
		}
		digits := max(wholeDigits(left), wholeDigits(right)) + 1
		if operation == vec.Mul {
			digits = wholeDigits(left) + wholeDigits(right)
		}
		field, t = decimalField(digits+scale, scale), decimalType(scale)
	default:
		return left, false
	}
	field.Nullable = true
	return vectorColumn{expr: vec.Arithmetic(operation, left.expr, right.expr, class, field, overflow), class: class, read: ColumnRead{Type: t}}, true
}

// divides tells whether operands joined by arithmetic have a division among them, which go-mysql-server rounds at the end of all, or
// an interval, which is no value.
func divides(e sql.Expression) bool {
	switch x := e.(type) {
	case *expression.Div, expression.TimeDeltaExpression:
		return true
	case expression.ArithmeticOp:
		return divides(x.Left()) || divides(x.Right())
	}
	return false
}

func kindOf(class vec.Class) string {
	switch class {
	case vec.Whole:
		return "BIGINT"
	case vec.Float:
		return "DOUBLE"
	}
	return "DECIMAL"
}

// scaleOf is the digits behind the point of a decimal, none for whole numbers.
func scaleOf(c vectorColumn) uint32 {
	if c.class == vec.Decimal {
		return c.expr.Field().Scale
	}
	return 0
}

// instant is a constant as microseconds, as it is compared to dates and datetimes.
func (v *vectorizer) instant(e sql.Expression) (int64, bool) {
	literal, ok := e.(*expression.Literal)
	if !ok || literal.Value() == nil {
		return 0, false
	}
	switch literal.Value().(type) {
	case string, time.Time:
	default:
		return 0, false
	}
	converted, _, err := types.DatetimeMaxPrecision.Convert(v.ctx, literal.Value())
	if err != nil {
		return 0, false
	}
	t, ok := converted.(time.Time)
	if !ok {
		return 0, false
	}
	return gms.MicrosecondsOfTime(t), true
}

// wholeBounds is the range of a comparison with a whole number, which may be outside of all numbers.
func wholeBounds(op string, n int64) (lo, hi int64, outside, ok bool) {
	switch op {
	case "=":
		return n, n, false, true
	case "!=":
		return n, n, true, true
	case ">=":
		return n, math.MaxInt64, false, true
	case "<=":
		return math.MinInt64, n, false, true
	case ">":
		if n == math.MaxInt64 {
			return 1, 0, false, true
		}
		return n + 1, math.MaxInt64, false, true
	case "<":
		if n == math.MinInt64 {
			return 1, 0, false, true
		}
		return math.MinInt64, n - 1, false, true
	}
	return 0, 0, false, false
}
