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
		left, err := p.node(n.Left(), again)
		if err != nil {
			return n, true, err
		}
		right, err := p.body(n.Right())
		if err != nil || left == n.Left() && right == n.Right() {
			return n, true, err
		}
		out, err := n.WithChildren(p.ctx, left, right)
		return out, true, err
	case *plan.UpdateSource, *plan.UpdateJoin, *plan.ForeignKeyHandler:
		out, err := p.parts(n, again)
		return out, true, err
	}
	return n, false, nil
}

// body plans the statements of a trigger. Values of the row that fired it, and variables, are known when a
// statement runs. It runs for each row, and sees what was written in between: so nothing that one run has
// opened is left to the next.
func (p *planner) body(n sql.Node) (sql.Node, error) {
	defer func(fresh bool) { p.fresh = fresh }(p.fresh)
	p.fresh = true
	return p.statement(n)
}

// statement plans one statement of a body, or those within it.
func (p *planner) statement(n sql.Node) (sql.Node, error) {
	switch n.(type) {
	case *plan.TriggerBeginEndBlock, *plan.BeginEndBlock, *plan.Block, *plan.IfElseBlock, *plan.IfConditional, *plan.Loop, *plan.While, *plan.Repeat,
		*plan.CaseStatement:
	default:
		return p.node(n, false)
	}
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		out, err := p.statement(child)
		if err != nil {
			return nil, err
		}
		if out != child {
			if changed == nil {
				changed = append([]sql.Node{}, children...)
			}
			changed[i] = out
		}
	}
	if changed != nil {
		var err error
		if n, err = n.WithChildren(p.ctx, changed...); err != nil {
			return nil, err
		}
	}
	return p.expressions(n)
}
