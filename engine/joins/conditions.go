package joins

import (
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// conditions takes the disjunctions of a query's conditions apart:
//
//	(a AND b) OR (a AND c)   becomes   a AND (b OR c)
//
// and when each part of a disjunction says something of one table alone, that is said besides, so that
// fewer rows of it are joined. A row for which the disjunction is true keeps the addition true.
func conditions(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch n := n.(type) {
	case *plan.Filter:
		if e, changed := apart(ctx, n.Expression); changed {
			return plan.NewFilter(ctx, e, n.Child), transform.NewTree, nil
		}
	case *plan.JoinNode:
		if n.Filter == nil || !n.Op.IsInner() {
			return n, transform.SameTree, nil
		}
		if e, changed := apart(ctx, n.Filter); changed {
			return n.WithFilter(e), transform.NewTree, nil
		}
	}
	return n, transform.SameTree, nil
}

// apart takes the disjunctions of a conjunction apart.
func apart(ctx *sql.Context, condition sql.Expression) (sql.Expression, bool) {
	var out []sql.Expression
	changed := false
	for _, part := range expression.SplitConjunction(ctx, condition) {
		or, ok := part.(*expression.Or)
		if !ok {
			out = append(out, part)
			continue
		}
		whole := disjunctionOf(ctx, or)
		common, rest := whole.factor(ctx)
		said := rest.ofOneTable(ctx)
		changed = changed || len(common)+len(said) > 0
		out = append(append(out, common...), said...)
		switch {
		case len(common) == 0:
			out = append(out, part)
		case rest != nil:
			out = append(out, rest.expression())
		}
	}
	return expression.JoinAnd(out...), changed
}

// disjunction is the parts of an OR, each as what must hold together.
type disjunction [][]sql.Expression

func disjunctionOf(ctx *sql.Context, or *expression.Or) disjunction {
	var d disjunction
	for _, part := range expression.SplitDisjunction(or) {
		d = append(d, expression.SplitConjunction(ctx, part))
	}
	return d
}

func (d disjunction) expression() sql.Expression {
	var parts []sql.Expression
	for _, part := range d {
		parts = append(parts, expression.JoinAnd(part...))
	}
	return expression.JoinOr(parts...)
}

// factor takes out what all parts say. The rest is nil when one part says nothing else, which makes
// it true.
func (d disjunction) factor(ctx *sql.Context) (common []sql.Expression, rest disjunction) {
	for _, e := range d[0] {
		if compares(ctx, e) && d.all(func(part []sql.Expression) bool { return position(ctx, part, e) >= 0 }) {
			common = append(common, e)
		}
	}
	if len(common) == 0 {
		return nil, d
	}
	for _, part := range d {
		var left []sql.Expression
		for _, e := range part {
			if position(ctx, common, e) < 0 {
				left = append(left, e)
			}
		}
		if left == nil {
			return common, nil
		}
		rest = append(rest, left)
	}
	return common, rest
}

func (d disjunction) all(holds func([]sql.Expression) bool) bool {
	for _, part := range d {
		if !holds(part) {
			return false
		}
	}
	return true
}

// ofOneTable is what a disjunction of several tables' columns says of each of them alone.
func (d disjunction) ofOneTable(ctx *sql.Context) (said []sql.Expression) {
	if len(d) == 0 {
		return nil
	}
	var several []sql.TableId // as they come, so that a statement has one plan
	for _, part := range d {
		for _, e := range part {
			for _, table := range tablesOf(ctx, e) {
				if !slices.Contains(several, table) {
					several = append(several, table)
				}
			}
		}
	}
	if len(several) < 2 {
		return nil
	}
	for _, table := range several {
		var of disjunction
		for _, part := range d {
			var own []sql.Expression
			for _, e := range part {
				if tables := tablesOf(ctx, e); len(tables) == 1 && tables[0] == table && compares(ctx, e) {
					own = append(own, e)
				}
			}
			if own == nil {
				of = nil
				break
			}
			of = append(of, own)
		}
		if of != nil {
			said = append(said, of.expression())
		}
	}
	return said
}

// tablesOf are the tables whose columns are in an expression.
func tablesOf(ctx *sql.Context, e sql.Expression) (tables []sql.TableId) {
	transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if field, ok := e.(*expression.GetField); ok && !slices.Contains(tables, field.TableId()) {
			tables = append(tables, field.TableId())
		}
		return false
	})
	return tables
}

// compares tells whether a condition compares columns and constants of one kind: to do it twice, or for other rows,
// is cheap, fails nowhere and warns of nothing.
func compares(ctx *sql.Context, e sql.Expression) bool {
	switch e.(type) {
	case *expression.Equals, *expression.GreaterThan, *expression.GreaterThanOrEqual, *expression.LessThan, *expression.LessThanOrEqual,
		*expression.InTuple, *expression.Between, *expression.And, *expression.Or:
	default:
		return false
	}
	var kinds [4]bool
	sound := true
	transform.InspectExpr(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		switch e := e.(type) {
		case *expression.GetField, *expression.Literal:
			kind := kindOf(e.Type(ctx))
			kinds[kind] = true
			sound = sound && kind > 0
		case *expression.Equals, *expression.GreaterThan, *expression.GreaterThanOrEqual, *expression.LessThan, *expression.LessThanOrEqual,
			*expression.InTuple, *expression.Between, *expression.And, *expression.Or, expression.Tuple:
		default:
			sound = false
		}
		return !sound
	})
	return sound && (kinds[1] != kinds[2]) != kinds[3]
}

// kindOf is what a type's values are compared as: 1 numbers, 2 texts, 3 times, 0 something else.
func kindOf(t sql.Type) int {
	switch {
	case types.IsInteger(t), types.IsDecimal(t), types.IsFloat(t):
		return 1
	case types.IsTextOnly(t):
		return 2
	case types.IsTime(t):
		return 3
	}
	return 0
}

// position finds an expression among others; -1: it is none of them.
func position(ctx *sql.Context, among []sql.Expression, e sql.Expression) int {
	for i, other := range among {
		if same(ctx, other, e) {
			return i
		}
	}
	return -1
}

// same tells whether two expressions say the same of the same columns.
func same(ctx *sql.Context, a, b sql.Expression) bool {
	x, ok := a.(*expression.GetField)
	y, is := b.(*expression.GetField)
	if ok || is {
		return ok && is && x.Id() == y.Id() && x.TableId() == y.TableId()
	}
	l, r := a.Children(), b.Children()
	if len(l) != len(r) || len(l) == 0 {
		return len(l) == len(r) && sql.DebugString(ctx, a) == sql.DebugString(ctx, b)
	}
	for i := range l {
		if !same(ctx, l[i], r[i]) {
			return false
		}
	}
	return sql.DebugString(ctx, a) == sql.DebugString(ctx, b)
}

// repeatable tells whether an expression gives the same each time, and reads nothing but its row.
func repeatable(ctx *sql.Context, e sql.Expression) bool {
	sound := true
	transform.InspectExpr(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch e := e.(type) {
		case sql.ExpressionWithNodes:
			sound = false
		case sql.NonDeterministicExpression:
			sound = sound && !e.IsNonDeterministic()
		}
		return !sound
	})
	return sound
}
