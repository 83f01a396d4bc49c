package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// swapRule runs after the join order was chosen. A table that cannot be read without values of the
// table it is joined with must come second: an inner join that has it first is turned round. Fields
// have no places yet, so nothing above the join notices.
func swapRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	switch n.(type) {
	case *plan.Update, *plan.DeleteFrom:
		return n, transform.SameTree, nil
	}
	return transform.Node(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		join, ok := n.(*plan.JoinNode)
		if !ok || join.Filter == nil || join.Op != plan.JoinTypeInner && join.Op != plan.JoinTypeHash {
			return n, transform.SameTree, nil
		}
		right := join.Right()
		if lookup, ok := right.(*plan.HashLookup); ok {
			right = lookup.Child
		} else if join.Op == plan.JoinTypeHash {
			return n, transform.SameTree, nil
		}
		p := &planner{ctx: ctx, switches: switchesOf(ctx), reads: countReads(ctx, n)}
		if !p.refuses(join.Left()) || p.refuses(right) {
			return n, transform.SameTree, nil
		}
		return plan.NewJoin(ctx, right, join.Left(), plan.JoinTypeInner, join.Filter).WithComment(join.Comment()), transform.NewTree, nil
	})
}

// refuses tells whether n is a bare table that cannot be read by itself. A failure counts as no:
// it will show again when the scan is planned.
func (p *planner) refuses(n sql.Node) bool {
	c, ok := newChain(p.ctx, n)
	if !ok || !c.bare() {
		return false
	}
	o, err := p.alone(c).negotiate(p.ctx)
	return err == nil && o.refused != nil
}

// alone asks for a bare table under its own conditions.
func (p *planner) alone(c *chain) *ask {
	var conditions []sql.Expression
	for _, f := range c.filters {
		conditions = append(conditions, f.Expression)
	}
	var conjuncts []*conjunct
	for _, e := range split(p.ctx, expression.JoinAnd(conditions...)) {
		conjuncts = append(conjuncts, p.translate(c.scope, e, false))
	}
	a := &attempt{planner: p, scope: c.scope, conjuncts: conjuncts, loops: 1}
	q := a.question()
	q.estimate = true
	return q
}
