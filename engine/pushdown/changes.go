package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// change plans what UPDATE, DELETE and INSERT read. The nodes that write find their table below them
// by its node, and an exec.Scan leads there as a plan.ResolvedTable does; rows of tables that are
// written are read whole, as reads.node wants of nodes it does not know. done is false for other
// nodes.
func (p *planner) change(n sql.Node, again bool) (_ sql.Node, done bool, err error) {
	switch n := n.(type) {
	case *plan.Update:
		child, err := p.node(n.Child, again)
		if err != nil || child == n.Child {
			return n, true, err
		}
		out := *n
		out.Child = child
		return &out, true, nil
	case *plan.DeleteFrom:
		child, err := p.node(n.Child, again)
		if err != nil || child == n.Child {
			return n, true, err
		}
		out := *n
		out.Child = child
		return &out, true, nil
	case *plan.InsertInto:
		source, err := p.node(n.Source, again)
		if err != nil || source == n.Source {
			return n, true, err
		}
		return n.WithSource(source), true, nil
	case *plan.TriggerExecutor:
		// The trigger's own statements are planned apart from this one.
		left, err := p.node(n.Left(), again)
		if err != nil || left == n.Left() {
			return n, true, err
		}
		out, err := n.WithChildren(p.ctx, left, n.Right())
		return out, true, err
	case *plan.UpdateSource, *plan.UpdateJoin, *plan.ForeignKeyHandler:
		out, err := p.parts(n, again)
		return out, true, err
	}
	return n, false, nil
}
