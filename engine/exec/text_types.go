package exec

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
)

const textTypesRuleID analyzer.RuleId = 20_206

// textTypesRule keeps the collation of texts of two lengths that come together: in COALESCE, IFNULL, IF and CASE, and in IN with a list.
// go-mysql-server makes of them a LONGTEXT that compares byte by byte, so that 'A' is in ('abc', 'a') no more; so it does of what LEFT, CONCAT and
// others give.
func textTypesRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	n, before, err := unsignedIn(ctx, n)
	if err != nil {
		return n, transform.SameTree, err
	}
	n, same, err := textTypesIn(ctx, n)
	return n, before && same, err
}

// textTypesIn works on the whole tree at once, sub-queries included.
func textTypesIn(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeExprsWithOpaque(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		switch x := e.(type) {
		case *plan.Subquery:
			query, same, err := textTypesIn(ctx, x.Query)
			if err != nil || same {
				return e, transform.SameTree, err
			}
			return x.WithQuery(query), transform.NewTree, nil
		case *expression.InTuple:
			if list, ok := listOf(ctx, x); ok {
				return expression.NewInTuple(x.Left(), list), transform.NewTree, nil
			}
		case *expression.Literal:
			if d, ok := x.Value().(*apd.Decimal); ok {
				return narrowed(x, d)
			}
		case *expression.Case:
			return caseOfTexts(ctx, x)
		case sql.FunctionExpression:
			return ofTexts(ctx, x)
		case *merged:
			// A sub-query is looked at with its statement, and by itself; and what is a branch's is of another type than its function by itself.
			if again, is := x.Child.(*merged); is && (again.to.Equals(x.to) || types.IsTextOnly(again.to) && types.IsTextOnly(x.to)) {
				return newMerged(again.Child, x.to), transform.NewTree, nil
			}
		}
		return e, transform.SameTree, nil
	})
}

// WideDigits is how long a number is written that go-mysql-server is not to round: more digits than a DECIMAL has, and a point.
const WideDigits = types.DecimalTypeMaxPrecision + 5

// narrowed takes the zeros from the end of a number that was written with so many digits.
func narrowed(x *expression.Literal, d *apd.Decimal) (sql.Expression, transform.TreeIdentity, error) {
	if t, ok := x.Typ.(sql.DecimalType); !ok || t.Precision() <= types.DecimalTypeMaxPrecision || d.Exponent >= 0 {
		return x, transform.SameTree, nil
	}
	if short := reduced(d); short != nil {
		return short, transform.NewTree, nil
	}
	return x, transform.SameTree, nil
}

// reduced is a number without the zeros at its end, as a literal; nil: it is no number that there is.
func reduced(d *apd.Decimal) *expression.Literal {
	short := new(apd.Decimal)
	short.Reduce(d)
	if short.Exponent > 0 {
		if _, err := sql.DecimalCtx.Quantize(short, short, 0); err != nil {
			return nil
		}
	}
	scale := -short.Exponent
	precision := max(int32(short.NumDigits()), scale+1)
	return expression.NewLiteral(short, types.CreateLiteralDecimalType(uint8(precision), uint8(scale)))
}

// ofTexts mends a function: what its texts come together in, and what it says of its result.
func ofTexts(ctx *sql.Context, x sql.FunctionExpression) (sql.Expression, transform.TreeIdentity, error) {
	first := 0
	switch x.FunctionName() {
	case "if":
		first = 1
	case "coalesce", "ifnull":
	default:
		return collated(ctx, x)
	}
	arguments := append([]sql.Expression{}, x.Children()...)
	if !ofOneText(ctx, arguments[first:]) {
		return collated(ctx, x)
	}
	out, err := x.WithChildren(ctx, arguments...)
	return out, transform.NewTree, err
}

// collated gives the result of a function the collation that its arguments have: go-mysql-server knows it, and declares another, under
// which groups and orders are made then.
func collated(ctx *sql.Context, x sql.FunctionExpression) (sql.Expression, transform.TreeIdentity, error) {
	switch x.(type) {
	case sql.Aggregation, sql.WindowAdaptableExpression:
		return x, transform.SameTree, nil
	}
	declared, ok := x.Type(ctx).(sql.StringType)
	if !ok || !types.IsTextOnly(declared) || declared.Collation() != sql.Collation_Default {
		return x, transform.SameTree, nil
	}
	collation, _ := sql.GetCoercibility(ctx, x)
	if collation == sql.Collation_Default || collation.CharacterSet() != sql.CharacterSet_utf8mb4 {
		return x, transform.SameTree, nil
	}
	return newMerged(x, types.MustCreateString(sqltypes.Text, types.LongTextBlobMax, collation)), transform.NewTree, nil
}

// listOf gives constants that are texts the type of the text that is looked for; false: they are something else, or of that type.
func listOf(ctx *sql.Context, in *expression.InTuple) (expression.Tuple, bool) {
	t := in.Left().Type(ctx)
	list, ok := in.Right().(expression.Tuple)
	if !ok || !types.IsTextOnly(t) {
		return nil, false
	}
	out, changed := append(expression.Tuple{}, list...), false
	for i, e := range out {
		literal, ok := e.(*expression.Literal)
		if !ok || literal.Value() != nil && !types.IsTextOnly(literal.Type(ctx)) {
			return nil, false
		}
		if literal.Value() != nil && !literal.Type(ctx).Equals(t) {
			out[i], changed = expression.NewLiteral(literal.Value(), t), true
		}
	}
	return out, changed
}

func caseOfTexts(ctx *sql.Context, x *expression.Case) (sql.Expression, transform.TreeIdentity, error) {
	values := make([]sql.Expression, 0, len(x.Branches)+1)
	for _, b := range x.Branches {
		values = append(values, b.Value)
	}
	if x.Else != nil {
		values = append(values, x.Else)
	}
	if !ofOneText(ctx, values) {
		return x, transform.SameTree, nil
	}
	branches, otherwise := append([]expression.CaseBranch{}, x.Branches...), x.Else
	for i := range branches {
		branches[i].Value = values[i]
	}
	if otherwise != nil {
		otherwise = values[len(branches)]
	}
	return expression.NewCase(x.Expr, branches, otherwise), transform.NewTree, nil
}

// ofOneText makes texts of several types, as expressions, texts of one; false: they are of one already, or not texts, or of
// collations that do not go together.
func ofOneText(ctx *sql.Context, values []sql.Expression) bool {
	var first sql.Type
	several := false
	collation, level := sql.CollationID(0), byte(6)
	for _, e := range values {
		t := e.Type(ctx)
		if t == nil || t == types.Null {
			continue
		}
		if _, text := t.(sql.StringType); !text || !types.IsTextOnly(t) {
			return false
		}
		if first == nil {
			first = t
			collation, level = sql.GetCoercibility(ctx, e)
			continue
		}
		several = several || !first.Equals(t)
		other, otherLevel := sql.GetCoercibility(ctx, e)
		collation, level = sql.ResolveCoercibility(collation, level, other, otherLevel)
	}
	if !several || collation == sql.Collation_binary || collation == sql.Collation_Unspecified {
		return false
	}
	longest := types.MustCreateString(sqltypes.Text, types.LongTextBlobMax, collation)
	for i, e := range values {
		if t := e.Type(ctx); t != types.Null && !t.Equals(longest) {
			values[i] = newMerged(e, longest)
		}
	}
	return true
}
