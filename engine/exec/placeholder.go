package exec

import (
	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Placeholder is a literal whose value another statement changes. go-mysql-server neither folds it nor
// converts it to the type of what it is compared with, as it does with a literal when it plans.
type Placeholder struct{ *expression.Literal }

var _ sql.Expression = Placeholder{}

// Children implements sql.Expression: what is not known while planning.
func (Placeholder) Children() []sql.Expression { return unknown }

var unknown = []sql.Expression{expression.NewBindVar("literal")}

// WithChildren implements sql.Expression.
func (p Placeholder) WithChildren(*sql.Context, ...sql.Expression) (sql.Expression, error) {
	return p, nil
}

// Filling makes a plan that has placeholders, and that is kept, one that is run: a plan that is kept is never run itself.
type Filling struct {
	// Columns has, for each placeholder that stands beside a column, the column's type: see Compared.
	Columns map[*expression.Literal]sql.Type
	// Changes has the nodes of the plan that are not the same in all runs.
	Changes map[sql.Node]bool
}

// Compared finds the placeholders that are compared with a column, before the plan is analysed: go-mysql-server gives literals there
// the column's type. False: one stands beside columns of several types.
func (f *Filling) Compared(ctx *sql.Context, n sql.Node) bool {
	sound := true
	note := func(column, value sql.Expression) {
		p, ok := value.(Placeholder)
		field, is := column.(*expression.GetField)
		if !ok || !is {
			return
		}
		if t, known := f.Columns[p.Literal]; known && !t.Equals(field.Type(ctx)) {
			sound = false
		}
		f.Columns[p.Literal] = field.Type(ctx)
	}
	EachExpression(ctx, n, func(e sql.Expression) {
		switch e := e.(type) {
		case *expression.Equals, *expression.NullSafeEquals, *expression.LessThan, *expression.LessThanOrEqual, *expression.GreaterThan, *expression.GreaterThanOrEqual:
			comparer := e.(expression.Comparer)
			note(comparer.Left(), comparer.Right())
			note(comparer.Right(), comparer.Left())
		}
	})
	return sound
}

// EachExpression visits all expressions of a plan with their parts, those of sub-queries too.
func EachExpression(ctx *sql.Context, n sql.Node, visit func(sql.Expression)) {
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if with, ok := n.(sql.Expressioner); ok {
			for _, e := range with.Expressions() {
				eachPart(ctx, e, visit)
			}
		}
		return true
	})
}

func eachPart(ctx *sql.Context, e sql.Expression, visit func(sql.Expression)) {
	sql.Inspect(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		if e == nil {
			return false
		}
		visit(e)
		if sub, ok := e.(*plan.Subquery); ok {
			EachExpression(ctx, sub.Query, visit)
		}
		_, ends := e.(Placeholder)
		return !ends
	})
}

// Note finds the nodes of an analysed plan that Node is to change.
func (f *Filling) Note(ctx *sql.Context, n sql.Node) {
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		switch n.(type) {
		case *plan.CachedResults, *plan.HashLookup, *plan.SetOp:
			f.Changes[n] = true
		}
		with, ok := n.(sql.Expressioner)
		if !ok {
			return true
		}
		for _, e := range with.Expressions() {
			eachPart(ctx, e, func(e sql.Expression) {
				switch e := e.(type) {
				case Placeholder:
					f.Changes[n] = true
				case *plan.Subquery:
					f.Changes[n] = true
					f.Note(ctx, e.Query)
				}
			})
		}
		return true
	})
}

// Node is the plan with the values that its placeholders have now. Nodes and sub-queries that keep results of a run are new ones.
func (f *Filling) Node(ctx *sql.Context, n sql.Node) (sql.Node, error) {
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		filled, err := f.Node(ctx, child)
		if err != nil {
			return nil, err
		}
		if filled != child && changed == nil {
			changed = append([]sql.Node{}, children...)
		}
		if changed != nil {
			changed[i] = filled
		}
	}
	again := f.Changes[n]
	switch n.(type) {
	case *plan.CachedResults, *plan.HashLookup, *plan.SetOp:
		if changed == nil {
			changed = children
		}
	}
	if changed != nil {
		var err error
		if n, err = n.WithChildren(ctx, changed...); err != nil {
			return nil, err
		}
	}
	if !again {
		return n, nil
	}
	_, conditions := n.(*plan.Filter)
	out, _, err := transform.OneNodeExpressions(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		return f.expression(ctx, e, conditions)
	})
	return out, err
}

func (f *Filling) expression(ctx *sql.Context, e sql.Expression, conditions bool) (sql.Expression, transform.TreeIdentity, error) {
	switch e := e.(type) {
	case Placeholder:
		literal, err := f.literal(ctx, e.Literal)
		return literal, transform.NewTree, err
	case *plan.Subquery:
		query, err := f.Node(ctx, e.Query)
		if err != nil {
			return nil, transform.SameTree, err
		}
		return e.WithQuery(query), transform.NewTree, nil
	case *expression.InTuple:
		return listed(ctx, e, conditions)
	}
	return e, transform.SameTree, nil
}

// literal is what go-mysql-server makes of a literal when it plans: one that is compared with a column of its kind gets the column's type,
// but for a decimal, which must not lose digits.
func (f *Filling) literal(ctx *sql.Context, l *expression.Literal) (*expression.Literal, error) {
	column := f.Columns[l]
	if d, ok := l.Val.(*apd.Decimal); ok && column != nil && d.Exponent < 0 {
		if short := reduced(d); short != nil {
			return short, nil // it is not rounded: see narrowed
		}
	}
	if column == nil || l.Val == nil || !congruent(column, l.Typ) || column.MaxTextResponseByteLength(ctx) < l.Typ.MaxTextResponseByteLength(ctx) {
		return expression.NewLiteral(l.Val, l.Typ), nil
	}
	value, _, err := column.Convert(ctx, l.Val)
	if err != nil {
		return nil, err
	}
	return expression.NewLiteral(value, column), nil
}

// congruent tells whether two types are of one kind.
func congruent(a, b sql.Type) bool {
	for _, is := range []func(sql.Type) bool{types.IsSigned, types.IsUnsigned, types.IsFloat, types.IsText} {
		if is(a) && is(b) {
			return true
		}
	}
	return false
}

// listed does with a list of constants what is done with one when it is planned: texts get the type of the text that is looked for,
// and a list in a filter that is all of one kind is hashed.
func listed(ctx *sql.Context, in *expression.InTuple, conditions bool) (sql.Expression, transform.TreeIdentity, error) {
	same := transform.SameTree
	if list, ok := listOf(ctx, in); ok {
		in, same = expression.NewInTuple(in.Left(), list), transform.NewTree
	}
	list, ok := in.Right().(expression.Tuple)
	if _, column := in.Left().(*expression.GetField); !conditions || !ok || !column {
		return in, same, nil
	}
	var kinds [3]bool
	for _, e := range list {
		literal, ok := e.(*expression.Literal)
		if !ok {
			return in, same, nil
		}
		t := literal.Type(ctx)
		switch {
		case types.IsNumber(t):
			kinds[0] = true
		case types.IsText(t):
			kinds[1] = true
		case types.IsTime(t):
			kinds[2] = true
		}
	}
	if kinds[0] && (kinds[1] || kinds[2]) || kinds[1] && kinds[2] {
		return in, same, nil
	}
	hashed, err := expression.NewHashInTuple(ctx, in.Left(), in.Right())
	if err != nil {
		return nil, transform.SameTree, err
	}
	return hashed, transform.NewTree, nil
}
