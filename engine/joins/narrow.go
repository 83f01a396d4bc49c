package joins

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// narrowed are the joins whose right rows are only those that the condition lets in: what it says of
// them alone may be a filter below. Where NULL excludes, a condition that is NULL keeps a row in play.
var narrowed = map[plan.JoinType]bool{plan.JoinTypeLeftOuter: true, plan.JoinTypeSemi: true, plan.JoinTypeAntiIncludeNulls: true}

// narrow has what the condition of an outer join says of its right side alone filter that side, and
// makes one table of grouped rows on the right, so that the planning of joins goes on around them.
func narrow(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	join, ok := n.(*plan.JoinNode)
	if !ok || join.Filter == nil || len(join.UsingCols) > 0 {
		return n, transform.SameTree, nil
	}
	identity := transform.SameTree
	if narrowed[join.Op] && standsAlone(ctx, join.Right()) {
		if below, on := split(ctx, join); below != nil && on != nil {
			right := plan.NewFilter(ctx, below, join.Right())
			join, identity = plan.NewJoin(ctx, join.Left(), right, join.Op, on).WithComment(join.Comment()).(*plan.JoinNode), transform.NewTree
		}
	}
	if join.Op.IsPartial() {
		if table, ok := asTable(ctx, join.Right()); ok {
			join, identity = plan.NewJoin(ctx, join.Left(), table, join.Op, join.Filter).WithComment(join.Comment()).(*plan.JoinNode), transform.NewTree
		}
	}
	return join, identity, nil
}

// split parts a join's condition into what it says of the right side alone, and the rest.
func split(ctx *sql.Context, join *plan.JoinNode) (below, on sql.Expression) {
	right := columnsOf(ctx, join.Right())
	var own, rest []sql.Expression
	for _, part := range expression.SplitConjunction(ctx, join.Filter) {
		if repeatable(ctx, part) && right.has(ctx, part) {
			own = append(own, part)
		} else {
			rest = append(rest, part)
		}
	}
	return expression.JoinAnd(own...), expression.JoinAnd(rest...)
}

// asTable makes a table of grouped rows that are one column of a table.
func asTable(ctx *sql.Context, n sql.Node) (sql.Node, bool) {
	project, ok := n.(*plan.Project)
	if !ok || len(project.Projections) != 1 || !grouped(project.Child) || !standsAlone(ctx, n) {
		return nil, false
	}
	field, ok := project.Projections[0].(*expression.GetField)
	if !ok || field.TableId() == 0 || field.Id() == 0 {
		return nil, false
	}
	alias := plan.NewSubqueryAlias(field.Table(), "", n)
	return alias.WithId(field.TableId()).WithColumns(sql.NewColSet(field.Id())), true
}

// grouped tells whether a node's rows are groups, with or without a condition on them.
func grouped(n sql.Node) bool {
	switch n := n.(type) {
	case *plan.GroupBy:
		return true
	case *plan.Having:
		return grouped(n.Child)
	case *plan.Project:
		return grouped(n.Child)
	}
	return false
}
