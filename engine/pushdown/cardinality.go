package pushdown

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/memo"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/stats"

	"github.com/wasql/wasql/engine/gms"
)

// groupsLeave is the part of rows that groups are believed to be when nobody knows their keys.
const groupsLeave = 0.25

// cardinality is how many rows a group of the memo gives, estimated by wasql. go-mysql-server's own estimate of a join knows nothing of
// its columns: it takes customers with suppliers of the same nation for a join by a key.
type cardinality struct{ sql.Statistic }

// estimate puts wasql's estimate into a group and those below it.
func estimate(ctx *sql.Context, g *memo.ExprGroup) float64 {
	if known, ok := g.RelProps.GetStats().(cardinality); ok {
		return math.Max(1, float64(known.RowCount()))
	}
	rows := math.Max(1, estimateRel(ctx, g))
	g.RelProps.SetStats(cardinality{&stats.Statistic{RowCnt: uint64(math.Min(rows, 1e15))}})
	return rows
}

func estimateRel(ctx *sql.Context, g *memo.ExprGroup) float64 {
	switch rel := g.First.(type) {
	case memo.JoinRel:
		return estimateJoin(ctx, rel.JoinPrivate())
	case *memo.Filter:
		return estimate(ctx, rel.Child) * filterSelectivity // estimateTable has counted with that
	case *memo.Project:
		return estimate(ctx, rel.Child)
	case *memo.SubqueryAlias:
		return rowsOfPlan(ctx, rel.Table)
	}
	for _, child := range g.First.Children() {
		estimate(ctx, child)
	}
	return rowsOf(g)
}

func estimateJoin(ctx *sql.Context, join *memo.JoinBase) float64 {
	left, right := estimate(ctx, join.Left), estimate(ctx, join.Right)
	matched := left * right
	counted := map[[2]float64]bool{}
	for _, condition := range join.Filter {
		for _, part := range expression.SplitConjunction(ctx, condition) {
			equal, ok := part.(*expression.Equals)
			if !ok {
				matched *= rangeLeaves
				continue
			}
			a, b := distinctOf(ctx, join, equal.Left()), distinctOf(ctx, join, equal.Right())
			// Columns that are equal by way of a third are said to be, too, and count once.
			key := [2]float64{math.Min(a, b), math.Max(a, b)}
			if !counted[key] {
				matched /= math.Max(1, math.Max(a, b))
			}
			counted[key] = true
		}
	}
	switch {
	case join.Op.IsLeftOuter():
		return math.Max(left, matched)
	case join.Op.IsFullOuter():
		return math.Max(left+right, matched)
	case join.Op.IsSemi():
		return math.Min(left, matched)
	case join.Op.IsAnti():
		return math.Max(left-matched, left*nullLeaves)
	}
	return matched
}

// distinctOf is how many values one side of an equality is believed to have among the rows of its side of the join.
func distinctOf(ctx *sql.Context, join *memo.JoinBase, e sql.Expression) float64 {
	for _, side := range []*memo.ExprGroup{join.Left, join.Right} {
		rows := estimate(ctx, side)
		field, ok := e.(*expression.GetField)
		if !ok {
			continue
		}
		for _, node := range side.RelProps.TableIdNodes() {
			if node.Id() != field.TableId() {
				continue
			}
			distinct := distinctIn(ctx, node, field)
			if distinct == 0 {
				return rows
			}
			return math.Min(rows, distinct)
		}
	}
	return math.Max(estimate(ctx, join.Left), estimate(ctx, join.Right))
}

// distinctIn is how many values a column has in its whole table; 0: nobody knows.
func distinctIn(ctx *sql.Context, node plan.TableIdNode, field *expression.GetField) float64 {
	table := storedBelow(node)
	if table == nil {
		return 0
	}
	spread, ok := table.Spread(ctx, field.Name())
	if !ok {
		return 0
	}
	if spread.Distinct == 0 {
		return spread.Rows
	}
	return spread.Distinct
}

// storedBelow is the connector's table below an alias; nil: there is none.
func storedBelow(node sql.Node) *gms.Table {
	if alias, ok := node.(*plan.TableAlias); ok {
		node = alias.Child
	}
	named, ok := node.(sql.TableNode)
	if !ok {
		return nil
	}
	return gms.Of(named.UnderlyingTable())
}

// rowsOfPlan estimates the rows of a derived table, which is planned apart.
func rowsOfPlan(ctx *sql.Context, n sql.Node) float64 {
	switch n := n.(type) {
	case *plan.ResolvedTable:
		if table := gms.Of(n.UnderlyingTable()); table != nil {
			if rows, _, err := table.RowCount(ctx); err == nil {
				return float64(rows)
			}
		}
		return derivedRows
	case *plan.Filter:
		return rowsOfPlan(ctx, n.Child) * rangeLeaves
	case *plan.Having:
		return rowsOfPlan(ctx, n.Child) * rangeLeaves
	case *plan.GroupBy:
		if len(n.GroupByExprs) == 0 {
			return 1
		}
		return math.Max(1, rowsOfPlan(ctx, n.Child)*groupsLeave)
	case *plan.Distinct:
		return math.Max(1, rowsOfPlan(ctx, n.Child)*groupsLeave)
	case *plan.Limit:
		if literal, ok := n.Limit.(*expression.Literal); ok {
			if limit, ok := gms.Measure(literal.Value()); ok {
				return math.Min(limit, rowsOfPlan(ctx, n.Child))
			}
		}
	case *plan.JoinNode:
		return math.Max(rowsOfPlan(ctx, n.Left()), rowsOfPlan(ctx, n.Right()))
	case *plan.SetOp:
		return rowsOfPlan(ctx, n.Left()) + rowsOfPlan(ctx, n.Right())
	}
	if children := n.Children(); len(children) == 1 {
		return rowsOfPlan(ctx, children[0])
	}
	return derivedRows
}

// derivedRows is how many rows a derived table is believed to have when nothing is known of it.
const derivedRows = 100

// unindexed tells whether no table of a group has an index: then it is hashed or scanned, and wasql's estimates price that. How lookups are
// priced stays go-mysql-server's, with its own estimates.
func unindexed(ctx *sql.Context, g *memo.ExprGroup) bool {
	for _, node := range g.RelProps.TableIdNodes() {
		if table := storedBelow(node); table != nil && len(table.Keys()) > 0 {
			return false
		}
		if _, derived := node.(*plan.SubqueryAlias); derived {
			continue
		}
		if storedBelow(node) == nil {
			return false
		}
	}
	return true
}
