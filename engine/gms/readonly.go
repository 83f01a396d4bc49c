package gms

import (
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

var installReadOnly sync.Once

// InstallReadOnly lets views, and statements that change tables, read the tables of databases that nobody writes
// to: go-mysql-server refuses them for what they read. What they write is checked as before. The list of rules is
// a variable of its package: it holds for the whole process. Calling it again does nothing.
func InstallReadOnly() {
	installReadOnly.Do(func() {
		at := RuleAt(analyzer.OnceBeforeDefault, "validateReadOnlyDatabase")
		original := analyzer.OnceBeforeDefault[at]
		rules := append([]analyzer.Rule{}, analyzer.OnceBeforeDefault...)
		rules[at] = analyzer.Rule{Id: original.Id, Apply: func(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, flags *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
			if !scope.EnforcesReadOnly() && onlyReadsReadOnly(n) {
				return n, transform.SameTree, nil
			}
			return original.Apply(ctx, a, n, scope, sel, flags)
		}}
		analyzer.OnceBeforeDefault = rules
	})
}

// onlyReadsReadOnly tells whether what a statement writes is in databases that can be written to.
func onlyReadsReadOnly(n sql.Node) bool {
	switch n := n.(type) {
	case *plan.CreateView:
		return !isReadOnly(n.Database())
	case *plan.DeleteFrom:
		if !n.HasExplicitTargets() {
			return false
		}
		for _, target := range n.GetDeleteTargets() {
			if holdsReadOnly(target, nil) {
				return false
			}
		}
		return true
	case *plan.Update:
		source, ok := n.Child.(*plan.UpdateSource)
		if !ok {
			return false
		}
		changed := map[sql.TableId]bool{}
		for _, e := range source.UpdateExprs.AllExpressions() {
			set, ok := e.(*expression.SetField)
			if !ok {
				return false
			}
			field, ok := set.LeftChild.(*expression.GetField)
			if !ok {
				return false
			}
			changed[field.TableId()] = true
		}
		return !holdsReadOnly(source.Child, changed)
	}
	return false
}

func isReadOnly(database sql.Database) bool {
	ro, ok := database.(sql.ReadOnlyDatabase)
	return ok && ro.IsReadOnly()
}

// holdsReadOnly tells whether one of the tables below n is in a database that is read only; with of, only
// those count.
func holdsReadOnly(n sql.Node, of map[sql.TableId]bool) bool {
	found := false
	var visit func(n sql.Node, counts bool)
	visit = func(n sql.Node, counts bool) {
		if table, ok := n.(plan.TableIdNode); ok {
			counts = counts || of[table.Id()]
		}
		if table, ok := n.(*plan.ResolvedTable); ok && counts && isReadOnly(table.SqlDatabase) {
			found = true
		}
		for _, child := range n.Children() {
			visit(child, counts)
		}
	}
	visit(n, of == nil)
	return found
}
