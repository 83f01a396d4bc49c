package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// estimatable is a table that can be told how many rows a statement will read of it.
type estimatable interface {
	WithRowEstimate(rows uint64) sql.Table
}

// filterSelectivity is what go-mysql-server's join planning believes any filter leaves.
const filterSelectivity = 0.85

// estimateRule runs before the join order is chosen. It asks the connectors how many rows are left
// of each joined table by the conditions already known, and lets the planning count with that.
func estimateRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	joins := false
	transform.Inspect(n, func(n sql.Node) bool {
		_, ok := n.(*plan.JoinNode)
		joins = joins || ok
		return !joins
	})
	if !joins {
		return n, transform.SameTree, nil
	}
	p := &planner{ctx: ctx, switches: switchesOf(ctx), reads: countReads(ctx, n)}
	return p.estimate(n)
}

// estimate visits the joins of a statement.
func (p *planner) estimate(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch n.(type) {
	case *plan.Update, *plan.DeleteFrom, *plan.InsertInto:
		return n, transform.SameTree, nil
	}
	if c, ok := newChain(p.ctx, n); ok && c.bare() {
		return p.estimateTable(c, n)
	}
	if sql.IsOpaque(n) {
		return n, transform.SameTree, nil
	}
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		out, same, err := p.estimate(child)
		if err != nil {
			return nil, transform.SameTree, err
		}
		if !same {
			if changed == nil {
				changed = append([]sql.Node{}, children...)
			}
			changed[i] = out
		}
	}
	if changed == nil {
		return n, transform.SameTree, nil
	}
	out, err := n.WithChildren(p.ctx, changed...)
	return out, transform.NewTree, err
}

// estimateTable asks for one table. A connector that fails here will say so again when its scan is
// planned; an estimate is not worth an error.
func (p *planner) estimateTable(c *chain, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	table, ok := c.scope.table.(estimatable)
	if !ok {
		return n, transform.SameTree, nil
	}
	var conjuncts []*conjunct
	for _, f := range c.filters {
		for _, e := range split(p.ctx, f.Expression) {
			conjuncts = append(conjuncts, p.translate(c.scope, e, false))
		}
	}
	a := &attempt{planner: p, scope: c.scope, conjuncts: conjuncts, loops: 1}
	o, err := a.question().negotiate(p.ctx)
	if err != nil {
		return n, transform.SameTree, nil
	}
	rows := o.rows
	switch {
	case o.refused != nil:
		// It can only be read with values of another table, so it has to come after that one:
		// the right side of a join is where small tables go.
		rows = 1
	case rows < 0:
		return n, transform.SameTree, nil
	case len(c.filters) > 0:
		rows /= filterSelectivity
	}
	node, err := c.scope.node.WithTable(p.ctx, table.WithRowEstimate(uint64(rows)))
	if err != nil {
		return nil, transform.SameTree, err
	}
	return c.overTable(p.ctx, node)
}

// overTable puts the filters and the alias of a bare chain over another table.
func (c *chain) overTable(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	var err error
	if c.alias != nil {
		if n, err = c.alias.WithChildren(ctx, n); err != nil {
			return nil, transform.SameTree, err
		}
	}
	for i := len(c.filters) - 1; i >= 0; i-- {
		if n, err = c.filters[i].WithChildren(ctx, n); err != nil {
			return nil, transform.SameTree, err
		}
	}
	return n, transform.NewTree, nil
}
