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

	"github.com/wasql/wasql/engine/gms"
)

var groupByOnce sync.Once

// installGroupBy mends go-mysql-server's check of ONLY_FULL_GROUP_BY. With a HAVING it does not see
// that a key of ORDER BY is the alias of a selected expression, and refuses
//
//	SELECT c, round(avg(x)) AS late FROM t GROUP BY c HAVING count(*) > 9 ORDER BY late
//
// The selected expression itself is checked all the same. The rules are variables of a package, so
// this holds for the whole process.
func installGroupBy() {
	groupByOnce.Do(func() {
		rule := &analyzer.OnceBeforeDefault[gms.RuleAt(analyzer.OnceBeforeDefault, "validateGroupBy")]
		rule.Apply = withoutAliasKeys(rule.Apply)
	})
}

// withoutAliasKeys runs the check again, when it refused a key of ORDER BY, without the keys that are
// aliases of selected expressions.
func withoutAliasKeys(check analyzer.RuleFunc) analyzer.RuleFunc {
	return func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *plan.Scope, selector analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
		out, same, err := check(ctx, a, n, scope, selector, flags)
		if err == nil || !analyzererrors.ErrValidationGroupByOrderBy.Is(err) {
			return out, same, err
		}
		fewer, _, transformErr := transform.NodeWithOpaque(ctx, n, func(ctx *sql.Context, node sql.Node) (sql.Node, transform.TreeIdentity, error) {
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
		})
		if transformErr != nil {
			return n, transform.SameTree, transformErr
		}
		if _, _, again := check(ctx, a, fewer, scope, selector, flags); again != nil {
			return n, transform.SameTree, err
		}
		return n, transform.SameTree, nil
	}
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
