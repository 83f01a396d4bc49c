// Package joins gives statements a shape whose joins can hash. go-mysql-server plans a hash join only
// when a join's whole condition is equalities, and reorders no join over grouped rows; what it leaves
// compares every row of one side with every row of the other. Rules before its planning of joins take
// conditions apart and make joins of correlated sub-queries; one behind it hashes what is left.
//
// The rules change how a statement runs, never its rows. The session variable wasql_joins turns them off.
package joins

import (
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/gms"
)

// Variable is the session variable that says whether statements are given another shape.
const Variable = "wasql_joins"

// Numbers of the rules, far from go-mysql-server's own.
const (
	conditionsRuleID analyzer.RuleId = 20_401
	unnestRuleID     analyzer.RuleId = 20_402
	narrowRuleID     analyzer.RuleId = 20_403
	hashRuleID       analyzer.RuleId = 20_404
	leftRuleID       analyzer.RuleId = 20_405
	aloneRuleID      analyzer.RuleId = 20_406
)

var install sync.Once

// Install adds the rules and the session variable to go-mysql-server, whose variables hold for every
// engine of the process. It must come behind pushdown.Install, whose estimates want the conditions in
// their last places, and before an analyzer is built. Calling it again does nothing.
func Install() {
	install.Do(func() {
		sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
			Name: Variable, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemBoolType(Variable), Default: int8(1),
		}})
		insert := func(rules []analyzer.Rule, name string, id analyzer.RuleId, apply analyzer.RuleFunc) []analyzer.Rule {
			return slices.Insert(slices.Clone(rules), gms.RuleAt(rules, name), analyzer.Rule{Id: id, Apply: apply})
		}
		before := func(rules []analyzer.Rule, name string, id analyzer.RuleId, each change) []analyzer.Rule {
			return insert(rules, name, id, each.rule)
		}
		indexesRuleID = analyzer.OnceAfterAll[gms.RuleAt(analyzer.OnceAfterAll, "assignExecIndexes")].Id
		analyzer.DefaultRules = insert(analyzer.DefaultRules, "unnestInSubqueries", leftRuleID, compareFromLeft)
		analyzer.OnceAfterAll = insert(analyzer.OnceAfterAll, "assignExecIndexes", aloneRuleID, apartFromRows)
		analyzer.OnceBeforeDefault = before(analyzer.OnceBeforeDefault, "validateGroupBy", conditionsRuleID, conditions)
		analyzer.OnceAfterDefault = before(analyzer.OnceAfterDefault, "pushFilters", unnestRuleID, unnest)
		analyzer.OnceAfterDefault = before(analyzer.OnceAfterDefault, "pushFilters", narrowRuleID, narrow)
		analyzer.OnceAfterDefault = before(analyzer.OnceAfterDefault, "finalizeSubqueries", hashRuleID, hash)
	})
}

// change gives a node another shape, or itself.
type change func(ctx *sql.Context, n sql.Node) (sql.Node, transform.TreeIdentity, error)

// rule applies a change to every node of a query, from below.
func (each change) rule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if !changes(n) || !enabled(ctx) {
		return n, transform.SameTree, nil
	}
	return transform.Node(ctx, n, transform.NodeFunc(each))
}

// changes tells whether a statement may be given another shape: others read the tables they change
// through nodes that must stay what they are.
func changes(n sql.Node) bool {
	switch n.(type) {
	case *plan.Update, *plan.DeleteFrom, *plan.TriggerBeginEndBlock, *plan.CreateTrigger, *plan.CreateProcedure, *plan.CreateView:
		return false
	}
	return true
}

func enabled(ctx *sql.Context) bool {
	value, err := ctx.GetSessionVariable(ctx, Variable)
	return err != nil || value != int8(0)
}
