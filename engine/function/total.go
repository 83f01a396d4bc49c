package function

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Total is SQL's own SUM, or AVG, of numbers that are exact: whole ones and DECIMALs. Its result is a DECIMAL with all digits;
// go-mysql-server's is a double.
type Total struct {
	Child sql.Expression
	// Average: the sum is divided by the number of values, to four digits more behind the point.
	Average bool
	window  *sql.WindowDefinition
	id      sql.ColumnId
}

var (
	_ sql.FunctionExpression = (*Total)(nil)
	_ sql.Aggregation        = (*Total)(nil)
	_ sql.CollationCoercible = (*Total)(nil)
)

// divisionDigits is what a division adds to the digits behind the point (div_precision_increment), and sumDigits what a sum adds to those
// before it.
const (
	divisionDigits = 4
	sumDigits      = 22
)

// SumOf gives SUM, or AVG, of an expression: exact when its values are, go-mysql-server's own otherwise.
func SumOf(ctx *sql.Context, average bool, child sql.Expression) sql.Aggregation {
	if _, _, exact := Digits(child.Type(ctx)); exact {
		return &Total{Child: child, Average: average}
	}
	if average {
		return aggregation.NewAvg(child)
	}
	return aggregation.NewSum(child)
}

// Digits gives the digits of exact numbers, in all and behind the point.
func Digits(t sql.Type) (precision, scale int, exact bool) {
	switch {
	case t == nil:
		return 0, 0, false
	case types.IsDecimal(t):
		d, ok := t.(sql.DecimalType)
		if !ok {
			return 0, 0, false
		}
		return int(d.Precision()), int(d.Scale()), true
	case types.IsYear(t):
		return 4, 0, true
	case types.IsBit(t):
		return 20, 0, true
	case !types.IsInteger(t):
		return 0, 0, false
	}
	switch t {
	case types.Int16, types.Uint16:
		return 5, 0, true
	case types.Int24, types.Uint24:
		return 8, 0, true
	case types.Int32, types.Uint32:
		return 10, 0, true
	case types.Int64:
		return 19, 0, true
	case types.Uint64:
		return 20, 0, true
	}
	return 3, 0, true
}

// internal tells whether a DECIMAL is of the type that stands for any number of digits.
func internal(precision, scale int) bool {
	return precision == types.DecimalTypeMaxPrecision && scale == types.DecimalTypeMaxScale
}

// Type implements sql.Expression.
func (t *Total) Type(ctx *sql.Context) sql.Type {
	precision, scale, _ := Digits(t.Child.Type(ctx))
	switch {
	case internal(precision, scale):
		return types.InternalDecimalType
	case t.Average:
		precision, scale = precision+divisionDigits, scale+divisionDigits
	default:
		precision += sumDigits
	}
	return types.MustCreateDecimalType(uint8(min(precision, types.DecimalTypeMaxPrecision)), uint8(min(scale, types.DecimalTypeMaxScale)))
}

// FunctionName implements sql.FunctionExpression.
func (t *Total) FunctionName() string {
	if t.Average {
		return "avg"
	}
	return "sum"
}

// Description implements sql.FunctionExpression.
func (t *Total) Description() string {
	if t.Average {
		return "returns the average value of expr in all rows"
	}
	return "returns the sum of expr in all rows"
}

// String implements fmt.Stringer.
func (t *Total) String() string { return t.text(t.Child.String(), t.window.String()) }

// DebugString implements sql.DebugStringer.
func (t *Total) DebugString(ctx *sql.Context) string {
	return t.text(sql.DebugString(ctx, t.Child), t.window.DebugString(ctx))
}

func (t *Total) text(child, window string) string {
	name := strings.ToUpper(t.FunctionName())
	if t.window == nil {
		return name + "(" + child + ")"
	}
	pr := sql.NewTreePrinter()
	// The printer fails only when used out of order.
	_ = pr.WriteNode("%s", name)
	_ = pr.WriteChildren(window, child)
	return pr.String()
}

// IsNullable implements sql.Expression.
func (t *Total) IsNullable(*sql.Context) bool { return true }

// CollationCoercibility implements sql.CollationCoercible.
func (t *Total) CollationCoercibility(*sql.Context) (collation sql.CollationID, coercibility byte) {
	return sql.Collation_binary, 5
}

// Resolved implements sql.Expression.
func (t *Total) Resolved() bool {
	return t.Child.Resolved() && expression.ExpressionsResolved(t.window.ToExpressions()...)
}

// Children implements sql.Expression.
func (t *Total) Children() []sql.Expression {
	return append([]sql.Expression{t.Child}, t.window.ToExpressions()...)
}

// WithChildren implements sql.Expression.
func (t *Total) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	arguments, window, err := apart(ctx, t, t.window, children)
	if err != nil {
		return nil, err
	}
	out := *t
	out.Child, out.window = arguments[0], window
	return &out, nil
}

// Eval implements sql.Expression: there is no value without a group.
func (t *Total) Eval(*sql.Context, sql.Row) (any, error) {
	return nil, fmt.Errorf("internal error: %s is computed outside of a group", t)
}

// Id implements sql.IdExpression.
func (t *Total) Id() sql.ColumnId { return t.id }

// WithId implements sql.IdExpression.
func (t *Total) WithId(id sql.ColumnId) sql.IdExpression {
	out := *t
	out.id = id
	return &out
}

// Window implements sql.WindowAdaptableExpression.
func (t *Total) Window() *sql.WindowDefinition { return t.window }

// WithWindow implements sql.WindowAdaptableExpression.
func (t *Total) WithWindow(_ *sql.Context, window *sql.WindowDefinition) sql.WindowAdaptableExpression {
	out := *t
	out.window = window
	return &out
}

// NewBuffer implements sql.Aggregation.
func (t *Total) NewBuffer(ctx *sql.Context) (sql.AggregationBuffer, error) {
	child, err := transform.Clone(ctx, t.Child)
	if err != nil {
		return nil, err
	}
	return &totalBuffer{child: child, total: t.total(ctx)}, nil
}

func (t *Total) total(ctx *sql.Context) total {
	precision, scale, _ := Digits(t.Child.Type(ctx))
	out := total{average: t.Average, scale: int32(scale)}
	if internal(precision, scale) {
		out.scale = -1
	}
	return out
}

// total adds numbers up.
type total struct {
	average bool
	// scale of the numbers; -1: that of the longest among them.
	scale int32
	count int64
	sum   apd.Decimal
}

// add takes a value in; NULL does not count.
func (t *total) add(ctx *sql.Context, value any) error {
	var d *apd.Decimal
	switch x := value.(type) {
	case nil:
		return nil
	case *apd.Decimal:
		d = x
	case int8:
		d = apd.New(int64(x), 0)
	case int16:
		d = apd.New(int64(x), 0)
	case int32:
		d = apd.New(int64(x), 0)
	case int64:
		d = apd.New(x, 0)
	case uint8:
		d = apd.New(int64(x), 0)
	case uint16:
		d = apd.New(int64(x), 0)
	case uint32:
		d = apd.New(int64(x), 0)
	default:
		converted, _, err := types.InternalDecimalType.Convert(ctx, value)
		if err != nil || converted == nil {
			return err
		}
		d = converted.(*apd.Decimal)
	}
	t.count++
	_, err := sql.DecimalCtx.Add(&t.sum, &t.sum, d)
	return err
}

// value is the sum, or the average.
func (t *total) value() any {
	if t.count == 0 {
		return nil
	}
	scale := t.scale
	if scale < 0 {
		scale = max(0, -t.sum.Exponent)
	}
	divisor := big.NewInt(1)
	if t.average {
		scale = min(scale+divisionDigits, types.DecimalTypeMaxScale)
		divisor.SetInt64(t.count)
	}
	digits := t.sum.Coeff.MathBigInt()
	if shift := int64(t.sum.Exponent) + int64(scale); shift >= 0 {
		digits.Mul(digits, power(shift))
	} else {
		divisor.Mul(divisor, power(-shift))
	}
	// Rounded half away from zero: the digits have no sign here.
	rest := new(big.Int)
	digits.QuoRem(digits, divisor, rest)
	if rest.Lsh(rest, 1).Cmp(divisor) >= 0 {
		digits.Add(digits, big.NewInt(1))
	}
	out := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(digits), -scale)
	out.Negative = t.sum.Negative && digits.Sign() != 0
	return out
}

func power(digits int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil) }

// totalBuffer is the total of one group.
type totalBuffer struct {
	child sql.Expression
	total
}

// Update implements sql.AggregationBuffer.
func (b *totalBuffer) Update(ctx *sql.Context, row sql.Row) error {
	value, err := b.child.Eval(ctx, row)
	if err != nil {
		return err
	}
	return b.add(ctx, value)
}

// Eval implements sql.AggregationBuffer.
func (b *totalBuffer) Eval(*sql.Context) (any, error) { return b.value(), nil }

// Dispose implements sql.Disposable.
func (b *totalBuffer) Dispose(ctx *sql.Context) { expression.Dispose(ctx, b.child) }

// NewWindowFunction implements sql.WindowAdaptableExpression.
func (t *Total) NewWindowFunction(ctx *sql.Context) (sql.WindowFunction, error) {
	child, err := transform.Clone(ctx, t.Child)
	if err != nil {
		return nil, err
	}
	// Its frames are right, its sums are not.
	frames, err := aggregation.NewSumAgg(child).WithWindow(ctx, t.window)
	return &totalWindow{WindowFunction: frames, child: child, empty: t.total(ctx)}, err
}

// totalWindow is a total over frames.
type totalWindow struct {
	sql.WindowFunction
	child sql.Expression
	empty total
	start int
	// before has the total of the rows before each of a partition, and at the end that of all.
	before []total
}

// StartPartition implements sql.WindowFunction.
func (w *totalWindow) StartPartition(ctx *sql.Context, interval sql.WindowInterval, rows sql.WindowBuffer) error {
	w.start, w.before = interval.Start, []total{w.empty}
	expression.Dispose(ctx, w.child)
	var next total
	for _, row := range rows[interval.Start:interval.End] {
		value, err := w.child.Eval(ctx, row)
		if err != nil {
			return err
		}
		last := &w.before[len(w.before)-1]
		next = *last
		next.sum = apd.Decimal{}
		next.sum.Set(&last.sum)
		if err := next.add(ctx, value); err != nil {
			return err
		}
		w.before = append(w.before, next)
	}
	return nil
}

// Compute implements sql.WindowFunction.
func (w *totalWindow) Compute(_ *sql.Context, frame sql.WindowInterval, _ sql.WindowBuffer) (any, error) {
	if frame.End <= frame.Start {
		return nil, nil
	}
	first, last := &w.before[frame.Start-w.start], &w.before[frame.End-w.start]
	within := w.empty
	within.count = last.count - first.count
	if _, err := sql.DecimalCtx.Sub(&within.sum, &last.sum, &first.sum); err != nil {
		return nil, err
	}
	return within.value(), nil
}

// Of computes an average of the sum of the values and of how many there were.
func (t *Total) Of(ctx *sql.Context, sum, count sql.Expression) sql.Expression {
	out := &quotient{typ: t.Type(ctx), empty: t.total(ctx)}
	out.NaryExpression = expression.NaryExpression{ChildExpressions: []sql.Expression{sum, count}}
	return out
}

// quotient is the average of a group whose values somebody else has added up.
type quotient struct {
	expression.NaryExpression
	typ   sql.Type
	empty total
}

// Type implements sql.Expression.
func (q *quotient) Type(*sql.Context) sql.Type { return q.typ }

// String implements fmt.Stringer.
func (q *quotient) String() string {
	return q.ChildExpressions[0].String() + " / " + q.ChildExpressions[1].String()
}

// IsNullable implements sql.Expression.
func (q *quotient) IsNullable(*sql.Context) bool { return true }

// WithChildren implements sql.Expression.
func (q *quotient) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != len(q.ChildExpressions) {
		return nil, sql.ErrInvalidChildrenNumber.New(q, len(children), len(q.ChildExpressions))
	}
	out := *q
	out.ChildExpressions = children
	return &out, nil
}

// Eval implements sql.Expression.
func (q *quotient) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	sum, err := q.ChildExpressions[0].Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	count, err := q.ChildExpressions[1].Eval(ctx, row)
	if err != nil {
		return nil, err
	}
	t := q.empty
	if err := t.add(ctx, sum); err != nil {
		return nil, err
	}
	number, ok := count.(int64)
	if t.count == 0 || !ok || number <= 0 {
		return nil, nil // no value, no average
	}
	t.count = number
	return t.value(), nil
}
