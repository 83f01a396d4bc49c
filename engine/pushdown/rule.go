package pushdown

import (
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/gms"
)

// Numbers of the rules, far from go-mysql-server's own.
const (
	keepRuleID     analyzer.RuleId = 20_101
	scanRuleID     analyzer.RuleId = 20_102
	estimateRuleID analyzer.RuleId = 20_103
	swapRuleID     analyzer.RuleId = 20_104

	dependentRuleID analyzer.RuleId = 20_105
	joinedRuleID    analyzer.RuleId = 20_106
)

var install sync.Once

// indexesRuleID is go-mysql-server's rule that gives fields their places in rows; it runs only for
// whole statements, which is how the scan rule knows one from a part.
var indexesRuleID analyzer.RuleId

// Install adds the rules and the session variables to go-mysql-server. Both are variables of its
// packages: they hold for every engine of the process, and must be there before an analyzer is
// built and a session made. Calling it again does nothing. The rules leave tables alone that are
// no connector's.
func Install() {
	install.Do(func() {
		addVariables()
		addDriverVariable()
		gms.InstallLookup(ReadRanges)
		// Any rule in this list turns off the short way for simple selects, which skips ours.
		analyzer.AlwaysBeforeDefault = append(analyzer.AlwaysBeforeDefault, analyzer.Rule{Id: keepRuleID, Apply: keep})
		analyzer.OnceAfterDefault = insertBefore(analyzer.OnceAfterDefault, "optimizeJoins", analyzer.Rule{Id: dependentRuleID, Apply: dependentRule})
		analyzer.OnceAfterDefault = insertBefore(analyzer.OnceAfterDefault, "optimizeJoins", analyzer.Rule{Id: estimateRuleID, Apply: estimateRule})
		analyzer.OnceAfterDefault = insertBefore(analyzer.OnceAfterDefault, "finalizeSubqueries", analyzer.Rule{Id: swapRuleID, Apply: swapRule})
		analyzer.OnceAfterDefault = insertBefore(analyzer.OnceAfterDefault, "finalizeSubqueries", analyzer.Rule{Id: joinedRuleID, Apply: joinedRule})
		indexesRuleID = analyzer.OnceAfterAll[gms.RuleAt(analyzer.OnceAfterAll, "assignExecIndexes")].Id
		// After the rule that analyzes the source of INSERT by itself, before the one that wraps tables.
		analyzer.OnceAfterAll = insertBefore(analyzer.OnceAfterAll, "trackProcess", analyzer.Rule{Id: scanRuleID, Apply: scanRule})
	})
}

// insertBefore puts a rule before the named one.
func insertBefore(rules []analyzer.Rule, name string, rule analyzer.Rule) []analyzer.Rule {
	return slices.Insert(slices.Clone(rules), gms.RuleAt(rules, name), rule)
}

func keep(_ *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	return n, transform.SameTree, nil
}

// scanRule replaces the connectors' tables of a whole statement by scans.
func scanRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if !sel(indexesRuleID) || !scope.IsEmpty() || !n.Resolved() {
		return n, transform.SameTree, nil
	}
	if noted, ok := ctx.Value(keptKey{}).(*Kept); ok {
		var err error
		if n, err = noted.note(ctx, n); err != nil {
			return n, transform.SameTree, err
		}
	}
	p := &planner{ctx: ctx, switches: switchesOf(ctx), reads: countReads(ctx, n)}
	transform.Inspect(n, func(n sql.Node) bool {
		switch n.(type) {
		case *plan.Update, *plan.DeleteFrom:
			p.changes = true
		}
		return !p.changes
	})
	out, err := p.node(n, false)
	if err != nil {
		return n, transform.SameTree, err
	}
	if err := unmatched(ctx, out); err != nil {
		return n, transform.SameTree, err
	}
	if err := p.untold(); err != nil {
		return n, transform.SameTree, err
	}
	if !p.changed {
		return n, transform.SameTree, nil
	}
	return out, transform.NewTree, nil
}

// planner walks one statement.
type planner struct {
	ctx      *sql.Context
	switches switches
	reads    *reads
	changed  bool
	// few: whoever reads the rows of the node that is planned may stop after some of them.
	few bool
	// joined: a join is being estimated; last has its tables that need the others' values.
	joined bool
	last   map[string]bool
	// changes: the statement writes to tables of a join, whose rows must lead to them.
	changes bool
	// onRight: what is planned is a part of the right side of a join.
	onRight bool
	// arguments are the argument columns of the tables planned so far, and told those whose values their
	// connectors get; wants are the equalities of joins.
	arguments map[sql.ColumnId]heldArgument
	told      map[sql.ColumnId]bool
	wants     []want
	// grouped tells, for a table, why no groups of it are made by its connector, and asked has the GROUP BYs that were put to one.
	grouped map[*plan.ResolvedTable]string
	asked   map[*plan.GroupBy]bool
	// apart tells, for the left table of a join, why its connector does not make it.
	apart map[*plan.ResolvedTable]string
}

// node plans n. again tells that it may run more than once in the statement.
func (p *planner) node(n sql.Node, again bool) (sql.Node, error) {
	switch n := n.(type) {
	case *plan.Truncate, *plan.CreateTrigger, *plan.CreateProcedure, *plan.CreateView,
		*plan.ShowColumns, *plan.ShowCreateTable, *plan.ShowIndexes, *plan.AnalyzeTable, *plan.LockTables:
		// What these empty or describe they find as plain tables; what others define is planned when it runs.
		return n, nil
	case *plan.JoinNode:
		return p.join(n, again)
	case *plan.GroupBy, *plan.Having, *plan.Project, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset:
		if out, err := p.groups(n, again); out != nil || err != nil {
			return out, err
		}
	case *plan.IndexedTableAccess, *plan.TableAlias, *plan.Filter:
		if out, done, err := p.lookups(n, again); done {
			return out, err
		}
	}
	if out, done, err := p.change(n, again); done {
		return out, err
	}
	if c, ok := newChain(p.ctx, n); ok {
		return p.chain(c, again)
	}
	if !readsRows(n) {
		return p.expressions(n)
	}
	if filter, ok := n.(*plan.Filter); ok {
		p.note(filter.Expression)
	}
	return p.parts(n, again)
}

// readsRows tells whether a node reads the rows of its children, so that a scan may stand below.
// Others, such as SHOW COLUMNS, DDL and UPDATE, want the table itself; there it stays as it is, and
// is read without negotiation.
func readsRows(n sql.Node) bool {
	switch n.(type) {
	case *plan.Project, *plan.Filter, *plan.Having, *plan.GroupBy, *plan.Window, *plan.Distinct, *plan.OrderedDistinct,
		*plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.TableAlias, *plan.SubqueryAlias, *plan.SetOp, *plan.RecursiveCte,
		*plan.Max1Row, *plan.CachedResults, *plan.HashLookup, *plan.Concat, *plan.Into, *plan.NamedWindows, *plan.DescribeQuery,
		*plan.TransformedNamedNode, *plan.RangeHeap:
		return true
	}
	return false
}

// parts plans the children and the sub-queries of a node.
func (p *planner) parts(n sql.Node, again bool) (sql.Node, error) {
	defer func(few bool) { p.few = few }(p.few)
	p.few = stopsEarly(n, p.few)
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		if _, ok := child.(plan.ShowWarnings); ok {
			continue // reads no table, and cannot be compared below: it is a slice
		}
		out, err := p.node(child, again || repeats(n, i))
		if err != nil {
			return nil, err
		}
		if out != child {
			if changed == nil {
				changed = append([]sql.Node{}, children...)
			}
			changed[i] = out
		}
	}
	if changed != nil {
		var err error
		if n, err = n.WithChildren(p.ctx, changed...); err != nil {
			return nil, err
		}
	}
	return p.expressions(n)
}

// stopsEarly tells whether the rows below a node may be left after some of them; above tells it of its own.
func stopsEarly(n sql.Node, above bool) bool {
	switch n := n.(type) {
	case *plan.Limit:
		return above || !n.CalcFoundRows
	case *plan.Sort, *plan.TopN, *plan.GroupBy, *plan.Window, *plan.HashLookup, *plan.CachedResults:
		return false
	}
	return above
}

// repeats tells whether the i-th child of a node runs more than once for one run of the node.
func repeats(n sql.Node, i int) bool {
	switch n.(type) {
	case *plan.JoinNode, *plan.RecursiveCte:
		return i > 0
	}
	return false
}

// expressions plans the sub-queries in the expressions of a node.
func (p *planner) expressions(n sql.Node) (sql.Node, error) {
	e, ok := n.(sql.Expressioner)
	if !ok {
		return n, nil
	}
	all := e.Expressions()
	var changed []sql.Expression
	for i, expr := range all {
		out, same, err := p.expression(expr)
		if err != nil {
			return nil, err
		}
		if !same {
			if changed == nil {
				changed = append([]sql.Expression{}, all...)
			}
			changed[i] = out
		}
	}
	if changed == nil {
		return n, nil
	}
	return e.WithExpressions(p.ctx, changed...)
}

// expression plans the sub-queries in an expression.
func (p *planner) expression(e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
	if e == nil {
		return nil, transform.SameTree, nil
	}
	exists := map[*plan.Subquery]bool{}
	sql.Inspect(p.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if e, ok := e.(*plan.ExistsSubquery); ok {
			exists[e.Query] = true
		}
		return true
	})
	return transform.Expr(p.ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		sub, ok := e.(*plan.Subquery)
		if !ok {
			return e, transform.SameTree, nil
		}
		defer func(few bool) { p.few = few }(p.few)
		p.few = true
		// What others give is kept when it reads nothing of the row.
		again := exists[sub] || !sub.CanCacheResults()
		query, err := p.node(sub.Query, again)
		if err != nil || query == sub.Query {
			return e, transform.SameTree, err
		}
		return sub.WithQuery(query), transform.NewTree, nil
	})
}
