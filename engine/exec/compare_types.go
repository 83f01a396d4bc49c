package exec

import (
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/gms"
)

const compareTypesRuleID analyzer.RuleId = 20_207

// exactFloat is the first whole number of which a float does not know whether it is another.
const exactFloat = 1 << 53

// insertCompareRule adds the rule behind the one that asks the connectors, which compare exactly by themselves and look for columns and
// constants as they are written.
func insertCompareRule() {
	rules := append([]analyzer.Rule{}, analyzer.OnceAfterAll...)
	at := gms.RuleAt(rules, "trackProcess")
	analyzer.OnceAfterAll = append(rules[:at:at], append([]analyzer.Rule{{Id: compareTypesRuleID, Apply: compareTypesRule}}, rules[at:]...)...)
}

// compareTypesRule mends how values of two types are compared. go-mysql-server rounds what is compared with a DECIMAL column to the
// digits of that, makes doubles of BIGINT beside BIGINT UNSIGNED, takes the type of the first in a list for that of all, and compares
// texts by <=> byte by byte.
func compareTypesRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if !sel(wholeRuleID) || !scope.IsEmpty() || !n.Resolved() {
		return n, transform.SameTree, nil
	}
	return comparedIn(ctx, n)
}

func comparedIn(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeExprsWithOpaque(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		if x, ok := e.(*plan.Subquery); ok {
			query, same, err := comparedIn(ctx, x.Query)
			if err != nil || same {
				return e, transform.SameTree, err
			}
			return x.WithQuery(query), transform.NewTree, nil
		}
		if out := comparedRight(ctx, e); out != nil {
			return out, transform.NewTree, nil
		}
		return e, transform.SameTree, nil
	})
}

// comparedRight is a comparison that compares as MySQL does; nil: it does already.
func comparedRight(ctx *sql.Context, e sql.Expression) sql.Expression {
	switch x := e.(type) {
	case *expression.Equals:
		return paired(ctx, x, expression.NewEquals, expression.NewEquals)
	case *expression.LessThan:
		return paired(ctx, x, expression.NewLessThan, expression.NewGreaterThan)
	case *expression.LessThanOrEqual:
		return paired(ctx, x, expression.NewLessThanOrEqual, expression.NewGreaterThanOrEqual)
	case *expression.GreaterThan:
		return paired(ctx, x, expression.NewGreaterThan, expression.NewLessThan)
	case *expression.GreaterThanOrEqual:
		return paired(ctx, x, expression.NewGreaterThanOrEqual, expression.NewLessThanOrEqual)
	case *expression.NullSafeEquals:
		if values := []sql.Expression{x.Left(), x.Right()}; ofOneText(ctx, values) {
			return expression.NewNullSafeEquals(plainly(values[0]), plainly(values[1]))
		}
		return paired(ctx, x, expression.NewNullSafeEquals, expression.NewNullSafeEquals)
	case *expression.Between:
		low, high := comparedRight(ctx, expression.NewLessThanOrEqual(x.Lower, x.Val)), comparedRight(ctx, expression.NewGreaterThanOrEqual(x.Upper, x.Val))
		if low == nil && high == nil {
			return nil
		}
		if low == nil {
			low = expression.NewLessThanOrEqual(x.Lower, x.Val)
		}
		if high == nil {
			high = expression.NewGreaterThanOrEqual(x.Upper, x.Val)
		}
		return expression.NewAnd(low, high)
	case *expression.InTuple:
		if list, ok := x.Right().(expression.Tuple); ok {
			return amongRight(ctx, x.Left(), list, false)
		}
	case *expression.HashInTuple:
		if list, ok := x.Right().(expression.Tuple); ok {
			return amongRight(ctx, x.Left(), list, true)
		}
	}
	return nil
}

// plainly makes what merges texts show as them.
func plainly(e sql.Expression) sql.Expression {
	if m, ok := e.(*merged); ok {
		out := *m
		out.plain = true
		return &out
	}
	return e
}

// paired makes both sides of a comparison such that they are compared right; turned makes it with its sides the other way round.
func paired[T, U sql.Expression](ctx *sql.Context, x expression.Comparer, as func(left, right sql.Expression) T, turned func(left, right sql.Expression) U) sql.Expression {
	left, right := x.Left(), x.Right()
	lt, rt := left.Type(ctx), right.Type(ctx)
	switch {
	case lt == nil || rt == nil || types.IsTuple(lt) || types.IsTuple(rt):
	case types.IsDecimal(lt) && types.IsDecimal(rt):
		if rounds(lt) && (!rounds(rt) || lt.(sql.DecimalType).Scale() < rt.(sql.DecimalType).Scale()) {
			return turned(right, left) // values are compared by the type that is on the left
		}
	case rounds(lt) && inexact(rt):
		return as(asComparedBy(left, types.Float64), right)
	case rounds(rt) && inexact(lt):
		return as(left, asComparedBy(right, types.Float64))
	case lt == types.Uint64 && signed(rt):
		if other := besideUnsigned(ctx, right); other != nil {
			return as(left, other)
		}
	case rt == types.Uint64 && signed(lt):
		if other := besideUnsigned(ctx, left); other != nil {
			return as(other, right)
		}
	}
	return nil
}

// rounds tells whether a type is that of a DECIMAL column, which rounds what it compares.
func rounds(t sql.Type) bool {
	d, ok := t.(types.DecimalType_)
	if !ok {
		return false
	}
	digit := apd.New(1, -int32(d.Scale())-1)
	converted, err := d.ConvertToDecimal(digit)
	return err == nil && converted != nil && converted.Exponent != digit.Exponent
}

// inexact tells whether a DECIMAL is compared as a double with values of a type.
func inexact(t sql.Type) bool { return types.IsFloat(t) || types.IsTextOnly(t) }

func signed(t sql.Type) bool { return types.IsSigned(t) && t == types.Int64 }

func asComparedBy(e sql.Expression, t sql.Type) sql.Expression {
	out := newMerged(e, t)
	out.plain = true
	return out
}

// besideUnsigned makes a BIGINT such that it is compared exactly with a BIGINT UNSIGNED, which go-mysql-server does by doubles; nil: these
// tell it from all others.
func besideUnsigned(ctx *sql.Context, e sql.Expression) sql.Expression {
	if literal, ok := e.(*expression.Literal); ok {
		if n, _, err := types.Int64.Convert(ctx, literal.Value()); err != nil || n == nil || n.(int64) < exactFloat {
			return nil
		}
	}
	return asComparedBy(e, types.MustCreateDecimalType(20, 0))
}

// amongRight makes x IN (list) such that each is compared as by =; nil: it is. hashed: it is computed by hashes, all of one type.
func amongRight(ctx *sql.Context, left sql.Expression, list expression.Tuple, hashed bool) sql.Expression {
	t := left.Type(ctx)
	if t == nil || !types.IsNumber(t) {
		return nil
	}
	if types.IsInteger(t) && allTexts(ctx, list) {
		return nil // all are compared as doubles, and each that is no number is warned of once
	}
	out, changed := append(expression.Tuple{}, list...), false
	for i, e := range list {
		et := e.Type(ctx)
		switch {
		case et == types.Null:
		case rounds(t):
			d, ok := et.(sql.DecimalType)
			changed = changed || inexact(et) || ok && d.Scale() > t.(sql.DecimalType).Scale() || ok != types.IsDecimal(list[0].Type(ctx))
		case types.IsInteger(t) && types.IsInteger(et):
			if literal, ok := e.(*expression.Literal); ok && large(literal.Value()) && t != et {
				out[i], changed = expression.NewLiteral(types.DecimalFromUint64(uint64OfLiteral(ctx, literal)), types.MustCreateDecimalType(20, 0)), true
			}
		case types.IsInteger(t) && hashed:
			changed = true
		}
	}
	if !changed {
		return nil
	}
	if rounds(t) {
		d := t.(sql.DecimalType)
		left = asComparedBy(left, types.MustCreateDecimalType(d.Precision(), d.Scale()))
	}
	return expression.NewInTuple(left, out)
}

func allTexts(ctx *sql.Context, list expression.Tuple) bool {
	for _, e := range list {
		if !types.IsText(e.Type(ctx)) {
			return false
		}
	}
	return true
}

// large tells whether a number is beyond those that a double knows apart.
func large(value any) bool {
	switch n := value.(type) {
	case int64:
		return n >= exactFloat
	case uint64:
		return n >= exactFloat
	}
	return false
}

func uint64OfLiteral(ctx *sql.Context, literal *expression.Literal) uint64 {
	n, _, err := types.Uint64.Convert(ctx, literal.Value())
	if u, ok := n.(uint64); ok && err == nil {
		return u
	}
	return math.MaxUint64
}
