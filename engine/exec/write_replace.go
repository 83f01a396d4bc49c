package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// replaceReturning is a REPLACE … RETURNING. go-mysql-server gives the row that went and the one that
// came side by side, and does not look at what is asked back.
type replaceReturning struct{ plan.UnaryNode }

var _ sql.Node = (*replaceReturning)(nil)

func (n *replaceReturning) returning() []sql.Expression { return n.Child.(*plan.InsertInto).Returning }

// Schema implements sql.Node.
func (n *replaceReturning) Schema(ctx *sql.Context) sql.Schema {
	schema := make(sql.Schema, len(n.returning()))
	for i, e := range n.returning() {
		schema[i] = transform.ExpressionToColumn(ctx, e, "")
	}
	return schema
}

// IsReadOnly implements sql.Node.
func (*replaceReturning) IsReadOnly() bool { return false }

// String implements sql.Node.
func (n *replaceReturning) String() string { return n.Child.String() }

// WithChildren implements sql.Node. Another kind of child is executed for itself.
func (n *replaceReturning) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(children), 1)
	}
	if insert, ok := children[0].(*plan.InsertInto); ok {
		return &replaceReturning{plan.UnaryNode{Child: insert}}, nil
	}
	return children[0], nil
}

func (b Builder) buildReplaceReturning(ctx *sql.Context, n *replaceReturning, row sql.Row) (sql.RowIter, error) {
	plain := *n.Child.(*plan.InsertInto)
	plain.Returning = nil
	rows, err := b.Base.Build(ctx, &plain, row)
	if err != nil {
		return nil, err
	}
	return &replaced{RowIter: rows, returning: n.returning()}, nil
}

// replaced computes what is asked back of the rows that came.
type replaced struct {
	sql.RowIter
	returning []sql.Expression
}

// Next implements sql.RowIter.
func (it *replaced) Next(ctx *sql.Context) (sql.Row, error) {
	both, err := it.RowIter.Next(ctx)
	if err != nil {
		return nil, err
	}
	came := both[len(both)/2:]
	out := make(sql.Row, len(it.returning))
	for i, e := range it.returning {
		if out[i], err = e.Eval(ctx, came); err != nil {
			return nil, err
		}
	}
	return out, nil
}
