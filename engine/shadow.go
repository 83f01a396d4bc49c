package engine

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// ownAggregates tells the aggregates of sub-queries apart from those of the queries around them.
// go-mysql-server knows an aggregate by its text, and takes
//
//	SELECT c, sum(x) FROM t GROUP BY c HAVING sum(x) > (SELECT sum(x) / 10 FROM t)
//
// for a sub-query that reads the outer sum. COALESCE of one argument is that argument, and another text.
func ownAggregates(statement sqlparser.Statement) {
	shadow(explained(statement), nil)
}

// shadow visits a query and its sub-queries; around has the texts of the aggregates of the queries around it.
func shadow(node sqlparser.SQLNode, around map[string]bool) {
	own := map[string]bool{}
	// Those of FROM are read before there are aggregates of this query.
	var below, from []sqlparser.SQLNode
	// The visitor never fails, so neither does Walk.
	_ = sqlparser.Walk(func(n sqlparser.SQLNode) (bool, error) {
		switch n := n.(type) {
		case *sqlparser.Select:
			if n == node {
				return true, nil
			}
			below = append(below, n)
			return false, nil
		case *sqlparser.AliasedTableExpr:
			if derived, ok := n.Expr.(*sqlparser.Subquery); ok {
				from = append(from, derived.Select)
				return false, nil
			}
		case *sqlparser.FuncExpr:
			text, ok := aggregateText(n)
			if !ok {
				return true, nil
			}
			if around[text] {
				argument := n.Exprs[0].(*sqlparser.AliasedExpr)
				argument.Expr = &sqlparser.FuncExpr{Name: sqlparser.NewColIdent("coalesce"),
					Exprs: sqlparser.SelectExprs{&sqlparser.AliasedExpr{Expr: argument.Expr, InputExpression: argument.InputExpression}}}
			}
			own[text] = true
		}
		return true, nil
	}, node)
	for _, query := range from {
		shadow(query, around)
	}
	for text := range around {
		own[text] = true
	}
	for _, query := range below {
		shadow(query, own)
	}
}

// shadowed are the aggregates of one argument.
var shadowed = map[string]bool{"sum": true, "avg": true, "min": true, "max": true, "count": true}

// aggregateText is what an aggregate of one argument is known by, with columns by their bare names.
func aggregateText(call *sqlparser.FuncExpr) (string, bool) {
	if !shadowed[call.Name.Lowered()] || len(call.Exprs) != 1 || call.Over != nil {
		return "", false
	}
	argument, ok := call.Exprs[0].(*sqlparser.AliasedExpr)
	if !ok {
		return "", false
	}
	text := sqlparser.NewTrackedBuffer(func(buffer *sqlparser.TrackedBuffer, node sqlparser.SQLNode) {
		if column, ok := node.(*sqlparser.ColName); ok {
			buffer.WriteString(column.Name.Lowered())
			return
		}
		node.Format(buffer)
	})
	text.Myprintf("%v", argument.Expr)
	return call.Name.Lowered() + strings.ToLower(text.String()), true
}
