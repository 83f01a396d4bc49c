package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// dependentJoin is a join whose right side is read anew for each row of the left, while the order of joins is
// chosen: go-mysql-server turns round what it can, and derives equalities from inside of lateral tables that do
// not hold outside. joinedRule puts the join itself in its place.
type dependentJoin struct {
	left, right sql.Node
	op          plan.JoinType
	filter      sql.Expression
}

var (
	_ sql.Node         = (*dependentJoin)(nil)
	_ sql.Expressioner = (*dependentJoin)(nil)
)

// Resolved implements sql.Node.
func (d *dependentJoin) Resolved() bool {
	return d.left.Resolved() && d.right.Resolved() && (d.filter == nil || d.filter.Resolved())
}

// String implements sql.Node.
func (d *dependentJoin) String() string {
	p := sql.NewTreePrinter()
	_ = p.WriteNode("DependentJoin")
	_ = p.WriteChildren(d.left.String(), d.right.String())
	return p.String()
}

// Schema implements sql.Node.
func (d *dependentJoin) Schema(ctx *sql.Context) sql.Schema {
	return append(append(sql.Schema{}, d.left.Schema(ctx)...), d.right.Schema(ctx)...)
}

// IsReadOnly implements sql.Node.
func (d *dependentJoin) IsReadOnly() bool { return d.left.IsReadOnly() && d.right.IsReadOnly() }

// Children implements sql.Node.
func (d *dependentJoin) Children() []sql.Node { return []sql.Node{d.left, d.right} }

// WithChildren implements sql.Node.
func (d *dependentJoin) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 2 {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(children), 2)
	}
	return &dependentJoin{left: children[0], right: children[1], op: d.op, filter: d.filter}, nil
}

// Expressions implements sql.Expressioner.
func (d *dependentJoin) Expressions() []sql.Expression {
	if d.filter == nil {
		return nil
	}
	return []sql.Expression{d.filter}
}

// WithExpressions implements sql.Expressioner.
func (d *dependentJoin) WithExpressions(_ *sql.Context, expressions ...sql.Expression) (sql.Node, error) {
	if len(expressions) != len(d.Expressions()) {
		return nil, sql.ErrInvalidChildrenNumber.New(d, len(expressions), len(d.Expressions()))
	}
	out := *d
	if len(expressions) > 0 {
		out.filter = expressions[0]
	}
	return &out, nil
}

// joinedRule runs after the order of joins was chosen.
func joinedRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	return transform.Node(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		d, ok := n.(*dependentJoin)
		if !ok {
			return n, transform.SameTree, nil
		}
		return plan.NewJoin(ctx, d.left, d.right, d.op, d.filter), transform.NewTree, nil
	})
}
