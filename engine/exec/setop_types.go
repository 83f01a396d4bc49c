package exec

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/engine/function"
)

const setTypesRuleID analyzer.RuleId = 20_203

// setTypesRule mends how the columns of UNION, INTERSECT and EXCEPT are brought to one type. go-mysql-server makes texts of numbers
// beside floats and of times of two kinds, and forgets the collation of texts of two lengths. It comes behind textTypesRule, which changes
// the types of texts within the branches.
func setTypesRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	return transform.NodeWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		set, ok := n.(*plan.SetOp)
		if !ok {
			return n, transform.SameTree, nil
		}
		left, right, merges := mergedBranches(ctx, set)
		if !merges {
			left, right = set.Left(), set.Right()
		}
		left, right, changed, err := alikeTexts(ctx, left, right)
		if err != nil || !merges && !changed {
			return n, transform.SameTree, err
		}
		out, err := set.WithChildren(ctx, left, right)
		return out, transform.NewTree, err
	})
}

// mergedBranches gives the branches with conversions that are MySQL's; false: there is nothing to mend.
func mergedBranches(ctx *sql.Context, set *plan.SetOp) (left, right sql.Node, changed bool) {
	l, ok := set.Left().(*plan.Project)
	if !ok {
		return nil, nil, false
	}
	r, ok := set.Right().(*plan.Project)
	if !ok || !converts(ctx, l) || !converts(ctx, r) || len(l.Projections) != len(r.Projections) {
		return nil, nil, false
	}
	les, res := append([]sql.Expression{}, l.Projections...), append([]sql.Expression{}, r.Projections...)
	for i := range les {
		a, alias, ok := converted(les[i])
		if !ok {
			continue
		}
		b, aliasToo, ok := converted(res[i])
		if !ok {
			continue
		}
		t, ok := mergedType(a.Type(ctx), b.Type(ctx))
		if !ok {
			continue
		}
		les[i], res[i] = expression.NewAlias(ctx, alias.Name(), newMerged(a, t)), expression.NewAlias(ctx, aliasToo.Name(), newMerged(b, t))
		changed = true
	}
	return plan.NewProject(ctx, les, l.Child), plan.NewProject(ctx, res, r.Child), changed
}

// converts tells whether a projection is one that go-mysql-server put there to convert: it names all columns below it in their order.
func converts(ctx *sql.Context, p *plan.Project) bool {
	schema := p.Child.Schema(ctx)
	if len(schema) != len(p.Projections) {
		return false
	}
	for i, e := range p.Projections {
		field, ok := e.(*expression.GetField)
		if !ok {
			if field, _, ok = converted(e); !ok {
				return false
			}
		}
		if field.TableID() != 0 || field.Name() != schema[i].Name {
			return false
		}
	}
	return true
}

// converted gives the column that is converted, when it is not of the type already, and what it is called.
func converted(e sql.Expression) (*expression.GetField, *expression.Alias, bool) {
	alias, ok := e.(*expression.Alias)
	if !ok {
		return nil, nil, false
	}
	child := alias.Child
	if convert, is := child.(*expression.Convert); is {
		child = convert.Child
	}
	field, ok := child.(*expression.GetField)
	return field, alias, ok
}

// mergedType is the type of a column whose branches are of two types; false: the conversion that there is will do.
func mergedType(a, b sql.Type) (sql.Type, bool) {
	if types.IsTextOnly(a) && types.IsTextOnly(b) {
		return types.GeneralizeTypes(a, b), a.(sql.StringType).Collation() == b.(sql.StringType).Collation()
	}
	if types.IsNumber(a) && types.IsNumber(b) && (types.IsFloat(a) || types.IsFloat(b)) {
		return types.Float64, true
	}
	precision, scale, ok := function.Digits(a)
	precisionToo, scaleToo, okToo := function.Digits(b)
	switch {
	case ok && okToo && (types.IsDecimal(a) || types.IsDecimal(b) || types.IsUnsigned(a) != types.IsUnsigned(b) && (a == types.Uint64 || b == types.Uint64)):
		digits := max(precision-scale, precisionToo-scaleToo)
		scale = max(scale, scaleToo)
		return types.MustCreateColumnDecimalType(uint8(min(digits+scale, types.DecimalTypeMaxPrecision)), uint8(scale)), true // with all digits of its scale
	case ok && okToo:
		return types.GeneralizeTypes(a, b), true
	}
	x, ok := a.(sql.DatetimeType)
	y, okToo := b.(sql.DatetimeType)
	if ok && okToo {
		return types.MustCreateDatetimeType(sqltypes.Datetime, max(x.Precision(), y.Precision())), true
	}
	return nil, false
}

// merged is a column of one branch as one of all, or a text as one of those that it stands beside.
type merged struct {
	expression.UnaryExpressionStub
	to sql.Type
	// plain: it stands in a comparison, where it is shown as what it was made of.
	plain bool
}

func newMerged(e sql.Expression, to sql.Type) *merged {
	return &merged{UnaryExpressionStub: expression.UnaryExpressionStub{Child: e}, to: to}
}

var (
	_ sql.Expression         = (*merged)(nil)
	_ sql.CollationCoercible = (*merged)(nil)
)

// Type implements sql.Expression.
func (m *merged) Type(*sql.Context) sql.Type { return m.to }

// String implements fmt.Stringer.
func (m *merged) String() string {
	if m.plain || types.IsTextOnly(m.to) {
		return m.Child.String()
	}
	return fmt.Sprintf("merged(%s, %s)", m.Child, m.to)
}

// CollationCoercibility implements sql.CollationCoercible.
func (m *merged) CollationCoercibility(ctx *sql.Context) (collation sql.CollationID, coercibility byte) {
	text, ok := m.to.(sql.StringType)
	if !ok {
		return sql.Collation_binary, 5
	}
	_, coercibility = sql.GetCoercibility(ctx, m.Child)
	return text.Collation(), coercibility
}

// WithChildren implements sql.Expression.
func (m *merged) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(m, len(children), 1)
	}
	out := *m
	out.Child = children[0]
	return &out, nil
}

// Eval implements sql.Expression.
func (m *merged) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value, err := m.Child.Eval(ctx, row)
	if err != nil || value == nil {
		return nil, err
	}
	value, _, err = m.to.Convert(ctx, value)
	return value, err
}
