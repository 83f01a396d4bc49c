package joins

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// compareFromLeft puts a sub-query that a value is compared with on the left. Of one on the right that reads nothing of the row
// go-mysql-server makes a semi join: x = (SELECT y …) is IN then, where MySQL fails when there are two rows, and the value
// is looked for among rows instead of being known.
func compareFromLeft(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	return transform.Node(ctx, n, func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
		filter, ok := n.(*plan.Filter)
		if !ok {
			return n, transform.SameTree, nil
		}
		e, same, err := transform.Expr(ctx, filter.Expression, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
			sides := e.Children()
			if len(sides) != 2 {
				return e, transform.SameTree, nil
			}
			_, left := sides[0].(*plan.Subquery)
			sub, right := sides[1].(*plan.Subquery)
			if left || !right || len(sub.Query.Schema(ctx)) != 1 {
				return e, transform.SameTree, nil
			}
			if out := turned(e, sides[0], sides[1]); out != nil {
				return out, transform.NewTree, nil
			}
			return e, transform.SameTree, nil
		})
		if same || err != nil {
			return n, transform.SameTree, err
		}
		return plan.NewFilter(ctx, e, filter.Child), transform.NewTree, nil
	})
}

// turned says of right and left what a comparison says of left and right; nil: it is no comparison.
func turned(comparison, left, right sql.Expression) sql.Expression {
	switch comparison.(type) {
	case *expression.Equals:
		return expression.NewEquals(right, left)
	case *expression.NullSafeEquals:
		return expression.NewNullSafeEquals(right, left)
	case *expression.LessThan:
		return expression.NewGreaterThan(right, left)
	case *expression.LessThanOrEqual:
		return expression.NewGreaterThanOrEqual(right, left)
	case *expression.GreaterThan:
		return expression.NewLessThan(right, left)
	case *expression.GreaterThanOrEqual:
		return expression.NewLessThanOrEqual(right, left)
	}
	return nil
}

// indexesRuleID is go-mysql-server's rule that gives fields their places in rows; it runs for whole statements only.
var indexesRuleID analyzer.RuleId

// apartFromRows makes a derived table of each sub-query that reads nothing of the row around it: a derived table is run
// without that row, and so on columns where it can be.
func apartFromRows(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if !sel(indexesRuleID) || !scope.IsEmpty() || !enabled(ctx) || !changes(n) {
		return n, transform.SameTree, nil
	}
	return transform.NodeWithOpaque(ctx, n, alone)
}

// alone puts the sub-queries in a node's expressions apart, those within them first.
func alone(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	return transform.OneNodeExpressions(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		sub, ok := e.(*plan.Subquery)
		if !ok {
			return e, transform.SameTree, nil
		}
		query, same, err := transform.NodeWithOpaque(ctx, sub.Query, alone)
		if err != nil {
			return e, transform.SameTree, err
		}
		if sub.CanCacheResults() && readsTables(ctx, query) {
			if query, _, err = transform.NodeWithOpaque(ctx, query, blind); err != nil {
				return e, transform.SameTree, err
			}
			query, same = plan.NewSubqueryAlias("", sub.QueryString, query), transform.NewTree
		}
		if same {
			return e, transform.SameTree, nil
		}
		return sub.WithQuery(query), transform.NewTree, nil
	})
}

// blind says of the derived tables in a sub-query which of them read nothing around them.
func blind(_ *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	alias, ok := n.(*plan.SubqueryAlias)
	if !ok || !alias.OuterScopeVisibility || !alias.CanCacheResults() {
		return n, transform.SameTree, nil
	}
	own := *alias
	own.OuterScopeVisibility = false
	return &own, transform.NewTree, nil
}

// readsTables tells whether a query reads tables, and nothing that stands for rows of something else.
func readsTables(ctx *sql.Context, n sql.Node) bool {
	tables, sound := false, true
	transform.InspectWithOpaque(ctx, n, func(_ *sql.Context, n sql.Node) bool {
		switch n.(type) {
		case sql.TableFunction, *plan.JSONTable, *plan.RecursiveCte, *plan.RecursiveTable, *plan.ValueDerivedTable:
			sound = false
		case *plan.ResolvedTable:
			tables = true
		}
		return sound
	})
	return tables && sound
}
