package engine

import (
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/gms"
)

var groupByOnce sync.Once

// installGroupBy mends go-mysql-server's check of ONLY_FULL_GROUP_BY, which refuses two things that MySQL takes:
//
//	SELECT c, round(avg(x)) AS late FROM t GROUP BY c HAVING count(*) > 9 ORDER BY late
//	SELECT c, sum(x) / (SELECT sum(x) FROM t) FROM t GROUP BY c
//
// With a HAVING it does not see that a key of ORDER BY is the alias of a selected expression, which is checked all the same;
// and it takes a sub-query for a column that is in no group, where what counts are the columns of the query that it reads.
// The rules are variables of a package, so this holds for the whole process.
func installGroupBy() {
	groupByOnce.Do(func() {
		rule := &analyzer.OnceBeforeDefault[gms.RuleAt(analyzer.OnceBeforeDefault, "validateGroupBy")]
		rule.Apply = checkGroups(rule.Apply)
	})
}

// checkGroups runs the check again, when it refused a query, over one without what it does not understand.
func checkGroups(check analyzer.RuleFunc) analyzer.RuleFunc {
	return func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *plan.Scope, selector analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
		out, same, err := check(ctx, a, n, scope, selector, flags)
		checked := n
		for _, without := range []transform.NodeFunc{withoutSubqueries, withoutAliasKeys} {
			if err == nil {
				return out, same, nil
			}
			if !analyzererrors.ErrValidationGroupByOrderBy.Is(err) && !analyzererrors.ErrValidationGroupBy.Is(err) {
				break
			}
			fewer, identity, failed := transform.NodeWithOpaque(ctx, checked, without)
			if failed != nil {
				return n, transform.SameTree, failed
			}
			if identity == transform.SameTree {
				continue
			}
			checked = fewer
			if _, _, err = check(ctx, a, checked, scope, selector, flags); err == nil {
				return n, transform.SameTree, nil
			}
		}
		return n, transform.SameTree, err
	}
}

// withoutSubqueries puts the columns of the query that its sub-queries read in their place.
func withoutSubqueries(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	switch n.(type) {
	case *plan.Project, *plan.GroupBy, *plan.Sort:
	default:
		return n, transform.SameTree, nil
	}
	return transform.OneNodeExpressions(ctx, n, func(ctx *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		sub, ok := e.(*plan.Subquery)
		if !ok {
			return e, transform.SameTree, nil
		}
		outer := expression.Tuple{expression.NewLiteral(int8(1), types.Int8)}
		transform.InspectWithOpaque(ctx, sub.Query, func(ctx *sql.Context, n sql.Node) bool {
			with, ok := n.(sql.Expressioner)
			for i := 0; ok && i < len(with.Expressions()); i++ {
				transform.InspectExpr(ctx, with.Expressions()[i], func(_ *sql.Context, e sql.Expression) bool {
					if field, ok := e.(*expression.GetField); ok && sub.Correlated().Contains(field.Id()) {
						outer = append(outer, field)
					}
					return false
				})
			}
			return true
		})
		return outer, transform.NewTree, nil
	})
}

// withoutAliasKeys leaves out the keys of ORDER BY that are aliases of selected expressions.
func withoutAliasKeys(_ *sql.Context, node sql.Node) (sql.Node, transform.TreeIdentity, error) {
	sort, ok := node.(*plan.Sort)
	if !ok {
		return node, transform.SameTree, nil
	}
	aliases := aliasesBelow(sort.Child)
	var kept sql.SortConditions
	for _, key := range sort.SortConditions {
		if field, ok := key.Expr.(*expression.GetField); !ok || !aliases[strings.ToLower(field.Name())] {
			kept = append(kept, key)
		}
	}
	if len(kept) == len(sort.SortConditions) {
		return node, transform.SameTree, nil
	}
	return plan.NewSort(kept, sort.Child), transform.NewTree, nil
}

// aliasesBelow names the aliases of the projection that a sort reads, in lower case.
func aliasesBelow(node sql.Node) map[string]bool {
	for {
		switch n := node.(type) {
		case *plan.Project:
			names := map[string]bool{}
			for _, e := range n.Projections {
				if alias, ok := e.(*expression.Alias); ok {
					names[strings.ToLower(alias.Name())] = true
				}
			}
			return names
		case *plan.Having, *plan.Distinct, *plan.Filter, *plan.Limit, *plan.Offset:
			node = n.Children()[0]
		default:
			return nil
		}
	}
}
