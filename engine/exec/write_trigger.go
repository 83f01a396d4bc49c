package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// inner is a statement of a trigger. What it reads is what the statement that fired the trigger, and
// its triggers, have written so far; as in MySQL.
type inner struct {
	plan.UnaryNode
}

var _ sql.Node = (*inner)(nil)

// Schema implements sql.Node.
func (n *inner) Schema(ctx *sql.Context) sql.Schema { return n.Child.Schema(ctx) }

// String implements sql.Node.
func (n *inner) String() string { return n.Child.String() }

// IsReadOnly implements sql.Node.
func (n *inner) IsReadOnly() bool { return n.Child.IsReadOnly() }

// WithChildren implements sql.Node.
func (n *inner) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(n, len(children), 1)
	}
	return &inner{plan.UnaryNode{Child: children[0]}}, nil
}

// buildTrigger marks the statements of a trigger, and has the statement that fires it write row by
// row, so that each run of the trigger finds the rows before it written; nil when this was done.
func (b Builder) buildTrigger(ctx *sql.Context, n *plan.TriggerExecutor, row sql.Row) (sql.RowIter, error) {
	logic, changed, err := marked(ctx, n.Right())
	if err != nil || !changed {
		return nil, err
	}
	left := n.Left()
	switch fired := left.(type) {
	case *plan.Update:
		if table, err := updatable(fired); err == nil && table != nil {
			left = withUpdated(fired, table, gms.Writing{})
		}
	case *plan.DeleteFrom:
		if targets, changed := deleteTargets(fired, gms.Writing{}); changed {
			left = fired.WithTargets(targets)
		}
	}
	out, err := n.WithChildren(ctx, left, logic)
	if err != nil {
		return nil, err
	}
	return b.Base.Build(ctx, out, row)
}

// marked wraps the statements of a trigger's body. The body itself stays a block, or what sets NEW:
// go-mysql-server looks for those.
func marked(ctx *sql.Context, body sql.Node) (sql.Node, bool, error) {
	block, ok := body.(*plan.TriggerBeginEndBlock)
	if !ok {
		if _, done := body.(*inner); done {
			return body, false, nil
		}
		if _, sets := body.(*plan.Set); sets {
			return plan.NewTriggerBeginEndBlock(plan.NewBeginEndBlock("", plan.NewBlock([]sql.Node{&inner{plan.UnaryNode{Child: body}}}))), true, nil
		}
		return &inner{plan.UnaryNode{Child: body}}, true, nil
	}
	statements := block.Children()
	wrapped := make([]sql.Node, len(statements))
	changed := false
	for i, statement := range statements {
		wrapped[i] = statement
		if _, done := statement.(*inner); !done {
			wrapped[i], changed = &inner{plan.UnaryNode{Child: statement}}, true
		}
	}
	if !changed {
		return body, false, nil
	}
	out, err := block.WithChildren(ctx, wrapped...)
	return out, true, err
}

func (b Builder) buildInner(ctx *sql.Context, n *inner, row sql.Row) (sql.RowIter, error) {
	within := gms.WithinStatement(ctx)
	rows, err := b.Base.Build(within, n.Child, row)
	if err != nil {
		return nil, err
	}
	return &innerRows{rows, within}, nil
}

// innerRows runs the statement in its context.
type innerRows struct {
	rows sql.RowIter
	ctx  *sql.Context
}

// Next implements sql.RowIter.
func (r *innerRows) Next(*sql.Context) (sql.Row, error) { return r.rows.Next(r.ctx) }

// Close implements sql.RowIter.
func (r *innerRows) Close(*sql.Context) error { return r.rows.Close(r.ctx) }
