package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// convert compiles CAST and CONVERT where no value can fail to be converted.
func (v *vectorizer) convert(below *vectors, x *expression.Convert) (vectorColumn, bool) {
	from, t := x.Child.Type(v.ctx), x.Type(v.ctx)
	if divides(x.Child) {
		return vectorColumn{}, false // it is not rounded
	}
	c, ok := v.value(below, x.Child)
	if !ok || c.expr == nil {
		return vectorColumn{}, false
	}
	switch {
	case t == types.Float64 && (exactNumber(c) || c.class == vec.Float && c.expr.Field().Type == col.Float64):
		return typed(vec.Coalesce(col.Field{Type: col.Float64}, c.expr), t), true
	case t == types.Int64 && c.class == vec.Whole && c.unit == plainNumber && types.IsInteger(from):
		return typed(vec.Coalesce(col.Field{Type: col.Int64}, c.expr), t), true
	case types.IsDecimal(t) && exactNumber(c):
		d := t.(sql.DecimalType)
		scale, digits := uint32(d.Scale()), uint32(d.Precision())
		if scale == types.DecimalTypeMaxScale || scaleOf(c) > scale || wholeDigits(c)+scale > digits {
			return vectorColumn{}, false
		}
		return typed(vec.Coalesce(decimalField(digits, scale), c.expr), decimalType(scale)), true
	case types.IsDateType(t) && c.unit == days:
		return c, true
	case types.IsDateType(t) && c.unit == microseconds:
		return typed(vec.DatePart(vec.Days, c.expr, col.Field{Type: col.Date}, int64(col.ZeroDate)), t), true
	case t == types.LongText && strings.HasSuffix(x.String(), ", char)"):
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return a.AppendText(dst, 0) }, "c")
	}
	return vectorColumn{}, false
}

// shift compiles a date with an interval added to it or taken from it.
func (v *vectorizer) shift(below *vectors, e sql.Expression) (vectorColumn, bool) {
	var date, interval sql.Expression
	sign, seconds := int64(1), false
	switch x := e.(type) {
	case *expression.Arithmetic:
		date, interval, seconds = x.LeftChild, x.RightChild, true
		if x.Op == "-" {
			sign = -1
		}
	case *function.DateAdd:
		date, interval = x.Date, x.Interval
	case *function.DateSub:
		date, interval, sign = x.Date, x.Interval, -1
	default:
		return vectorColumn{}, false
	}
	by, ok := interval.(*expression.Interval)
	if !ok || !constant(by.Child) {
		return vectorColumn{}, false
	}
	delta, err := by.EvalDelta(v.ctx, nil)
	if err != nil || delta == nil || tooLong(delta) {
		return vectorColumn{}, false
	}
	c, ok := v.value(below, date)
	if !ok || c.expr == nil || c.unit != days && c.unit != microseconds || types.IsTimestampType(date.Type(v.ctx)) {
		return vectorColumn{}, false
	}
	t, ok := storable(e.Type(v.ctx))
	if !ok {
		return vectorColumn{}, false
	}
	length := vec.Interval{
		Months: sign * (12*delta.Years + delta.Months), Days: sign * delta.Days,
		Micros: sign * (((delta.Hours*60+delta.Minutes)*60+delta.Seconds)*1_000_000 + delta.Microseconds),
	}
	field, err := gms.Physical(t)
	if err != nil || field.Type != col.Datetime && (field.Type != col.Date || c.unit != days || length.Micros != 0) {
		return vectorColumn{}, false
	}
	odd := func() { v.ctx.Warn(1292, "Incorrect datetime value: '%s'", types.ZeroTime) }
	return typed(vec.Shift(c.expr, length, field, seconds, odd), t), true
}

// tooLong tells whether an interval is longer than the calendar.
func tooLong(d *expression.TimeDelta) bool {
	for _, part := range []struct{ n, most int64 }{
		{d.Years, 20_000}, {d.Months, 240_000}, {d.Days, 8_000_000}, {d.Hours, 200_000_000}, {d.Minutes, 10_000_000_000}, {d.Seconds, 600_000_000_000}, {d.Microseconds, 1 << 60},
	} {
		if part.n > part.most || part.n < -part.most {
			return true
		}
	}
	return false
}
