package pushdown

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
)

// What conditions are believed to leave of a table's rows when nobody knows its values.
const (
	equalLeaves   = 0.1
	rangeLeaves   = 0.33
	patternLeaves = 0.1
	nullLeaves    = 0.05
	otherLeaves   = 0.5
)

// fraction is the part of a table's rows for which a condition on them is believed to hold. Of conditions that are met together each
// is believed to hold for rows that have nothing to do with those of the others.
func fraction(ctx *sql.Context, table *gms.Table, e sql.Expression) float64 {
	switch e := e.(type) {
	case *expression.And:
		return fraction(ctx, table, e.LeftChild) * fraction(ctx, table, e.RightChild)
	case *expression.Or:
		return math.Min(1, fraction(ctx, table, e.LeftChild)+fraction(ctx, table, e.RightChild))
	case *expression.Not:
		return 1 - fraction(ctx, table, e.Child)
	case *expression.Equals:
		if spread, _, ok := measured(ctx, table, e.Left(), e.Right()); ok && spread.Distinct > 0 {
			return 1 / spread.Distinct
		}
		return equalLeaves
	case *expression.LessThan, *expression.LessThanOrEqual:
		return below(ctx, table, e.Children()[0], e.Children()[1])
	case *expression.GreaterThan, *expression.GreaterThanOrEqual:
		return below(ctx, table, e.Children()[1], e.Children()[0])
	case *expression.Between:
		return math.Max(0, below(ctx, table, e.Val, e.Upper)+below(ctx, table, e.Lower, e.Val)-1)
	case *expression.InTuple, *expression.HashInTuple:
		sides := e.Children()
		values, ok := sides[1].(expression.Tuple)
		if !ok {
			return equalLeaves
		}
		part := equalLeaves / 2
		if spread, ok := spreadOf(ctx, table, sides[0]); ok && spread.Distinct > 0 {
			part = 1 / spread.Distinct
		}
		return math.Min(1, part*float64(len(values)))
	case *expression.Like:
		return patternLeaves
	case *expression.IsNull:
		return nullLeaves
	case *function.Sampled:
		return e.Fraction
	}
	return otherLeaves
}

// below is the part of rows for which a < b is believed to hold, one of which is a column.
func below(ctx *sql.Context, table *gms.Table, a, b sql.Expression) float64 {
	if spread, value, ok := measured(ctx, table, a, b); ok && spread.Bounded && spread.Max > spread.Min {
		part := (value - spread.Min) / (spread.Max - spread.Min)
		if _, isColumn := a.(*expression.GetField); !isColumn {
			part = 1 - part
		}
		return math.Max(0, math.Min(1, part))
	}
	return rangeLeaves
}

// measured takes a comparison of a column with a constant apart.
func measured(ctx *sql.Context, table *gms.Table, a, b sql.Expression) (spread gms.Spread, value float64, ok bool) {
	if _, isColumn := a.(*expression.GetField); !isColumn {
		a, b = b, a
	}
	spread, ok = spreadOf(ctx, table, a)
	constant, isConstant := b.(*expression.Literal)
	if !ok || !isConstant {
		return spread, 0, false
	}
	field, _ := a.(*expression.GetField)
	converted, _, err := field.Type(ctx).Convert(ctx, constant.Value())
	if err != nil {
		return spread, 0, false
	}
	value, known := gms.Measure(converted)
	return spread, value, known || !spread.Bounded
}

func spreadOf(ctx *sql.Context, table *gms.Table, e sql.Expression) (gms.Spread, bool) {
	field, ok := e.(*expression.GetField)
	if !ok || table == nil {
		return gms.Spread{}, false
	}
	return table.Spread(ctx, field.Name())
}
