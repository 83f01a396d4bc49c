package pushdown

import (
	"math"
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/gms"
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
	n, same, err := withoutWrongHints(ctx, n)
	if err != nil {
		return n, same, err
	}
	p := &planner{ctx: ctx, switches: switchesOf(ctx), reads: countReads(ctx, n)}
	n, estimated, err := p.estimate(n)
	return n, same && estimated, err
}

// wrongHints are those that, for a join that a NULL excludes, choose a join that it does not.
var wrongHints = regexp.MustCompile(`(?i)\b(LEFT_OUTER_)?(LOOKUP|MERGE)_JOIN\s*\([^)]*\)`)

// withoutWrongHints takes hints away from joins such as NOT IN is, where following them would change
// the rows. Unhinted, the coster sees to that.
func withoutWrongHints(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	excludes := false
	transform.Inspect(n, func(n sql.Node) bool {
		join, ok := n.(*plan.JoinNode)
		excludes = excludes || ok && join.Op.IsExcludeNulls()
		return !excludes
	})
	if !excludes {
		return n, transform.SameTree, nil
	}
	return transform.Node(ctx, n, func(_ *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		join, ok := n.(*plan.JoinNode)
		if !ok || !wrongHints.MatchString(join.Comment()) {
			return n, transform.SameTree, nil
		}
		return join.WithComment(wrongHints.ReplaceAllString(join.Comment(), "")), transform.NewTree, nil
	})
}

// estimate visits the joins of a statement.
func (p *planner) estimate(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch n.(type) {
	case *plan.InsertInto:
		return n, transform.SameTree, nil
	}
	if c, ok := newChain(p.ctx, n); ok && c.bare() {
		return p.estimateTable(c, n)
	}
	if sql.IsOpaque(n) {
		return n, transform.SameTree, nil
	}
	if join, ok := n.(*plan.JoinNode); ok && !p.joined {
		return p.estimateJoin(join)
	}
	return p.changeParts(n, p.estimate)
}

// estimateJoin estimates the tables of a whole join, and asks for an order that has those last
// that cannot be read without the others.
func (p *planner) estimateJoin(join *plan.JoinNode) (sql.Node, transform.TreeIdentity, error) {
	p.joined, p.last = true, map[string]bool{}
	n, same, err := p.changeParts(join, p.estimate)
	p.joined = false
	if err != nil || len(p.last) == 0 || join.Comment() != "" {
		return n, same, err
	}
	first, last := tableNames(n, p.last)
	if len(first) == 0 || len(last) == 0 {
		return n, same, nil
	}
	order := strings.Join(append(first, last...), ",")
	hint := "/*+ JOIN_ORDER(" + order + ") */"
	if join.Op.IsSemi() && len(first) == 1 && len(last) == 1 {
		// Otherwise it may become a join with the distinct rows of the table, read first.
		hint = "/*+ SEMI_JOIN(" + order + ") */"
	}
	return n.(*plan.JoinNode).WithComment(hint), transform.NewTree, nil
}

// plainName is what a hint can name.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// tableNames lists the tables of a join by name, in order, those of last apart; nothing when one
// has a name that hints cannot say.
func tableNames(n sql.Node, last map[string]bool) (first, behind []string) {
	sound := true
	var visit func(sql.Node)
	visit = func(n sql.Node) {
		switch n := n.(type) {
		case *plan.JoinNode:
			visit(n.Left())
			visit(n.Right())
			return
		case *plan.Filter:
			visit(n.Child)
			return
		}
		named, ok := n.(sql.Nameable)
		if !ok || !plainName.MatchString(named.Name()) {
			sound = false
			return
		}
		if last[named.Name()] {
			behind = append(behind, named.Name())
		} else {
			first = append(first, named.Name())
		}
	}
	visit(n)
	if !sound {
		return nil, nil
	}
	return first, behind
}

// changeParts changes each child of a node.
func (p *planner) changeParts(n sql.Node, change func(sql.Node) (sql.Node, transform.TreeIdentity, error)) (sql.Node, transform.TreeIdentity, error) {
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		if _, ok := child.(plan.ShowWarnings); ok {
			continue // it cannot be copied: it is a slice
		}
		out, same, err := change(child)
		if err != nil {
			return n, transform.SameTree, err
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
	q := p.alone(c)
	o, err := q.negotiate(p.ctx)
	if err != nil {
		return n, transform.SameTree, nil
	}
	rows := o.rows
	if rows > 0 {
		rows *= q.leftBySample(o)
	}
	switch {
	case o.refused != nil:
		// It can only be read with values of another table, so it has to come after that one:
		// the right side of a join is where small tables go.
		rows = 1
		if p.last != nil {
			p.last[c.name()] = true
		}
	case rows < 0:
		return n, transform.SameTree, nil
	case len(c.filters) > 0:
		rows = p.left(c, rows) / filterSelectivity
	}
	node, err := c.scope.node.WithTable(p.ctx, table.WithRowEstimate(uint64(rows)))
	if err != nil {
		return nil, transform.SameTree, err
	}
	return c.overTable(p.ctx, node)
}

// left is how many rows a table's conditions are believed to leave, of which the connector says that rows pass what it looks at.
func (p *planner) left(c *chain, rows float64) float64 {
	table := gms.Of(c.scope.node.UnderlyingTable())
	if table == nil || len(table.Keys()) > 0 {
		return rows
	}
	whole, _, err := table.RowCount(p.ctx)
	if err != nil {
		return rows
	}
	part := 1.0
	for _, f := range c.filters {
		part *= fraction(p.ctx, table, f.Expression)
	}
	return math.Min(rows, math.Max(1, part*float64(whole)))
}

// name is what the statement calls the table.
func (c *chain) name() string {
	if c.alias != nil {
		return c.alias.Name()
	}
	return c.scope.node.Name()
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
