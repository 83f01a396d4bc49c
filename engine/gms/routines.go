package gms

import (
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

var installRoutines sync.Once

// InstallRoutines has the procedures of all databases collected only for statements that read the table of them.
// go-mysql-server does it for every table that a statement names, which starts every connector there is. The list of rules
// is a variable of its package: it holds for the whole process. Calling it again does nothing.
func InstallRoutines() {
	installRoutines.Do(func() {
		at := RuleAt(analyzer.OnceAfterDefault, "assignRoutines")
		original := analyzer.OnceAfterDefault[at]
		rules := append([]analyzer.Rule{}, analyzer.OnceAfterDefault...)
		rules[at] = analyzer.Rule{Id: original.Id, Apply: func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
			if !readsRoutines(n) {
				return n, transform.SameTree, nil
			}
			return original.Apply(ctx, a, n, scope, sel, flags)
		}}
		analyzer.OnceAfterDefault = rules
	})
}

// readsRoutines tells whether a table below n lists procedures.
func readsRoutines(n sql.Node) bool {
	found := false
	transform.Inspect(n, func(n sql.Node) bool {
		if table, ok := n.(*plan.ResolvedTable); ok {
			_, lists := table.Table.(analyzer.RoutineTable)
			found = found || lists
		}
		return !found
	})
	return found
}
