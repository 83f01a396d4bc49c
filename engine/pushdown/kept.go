package pushdown

import (
	"context"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
)

// Kept is a statement as it is before the reading of its tables is negotiated: what is worked out from here on may be another
// thing each time, what is before is the same as long as definitions and variables are.
type Kept struct {
	Node sql.Node
	// Then gives the plan that is negotiated instead of Node; nil: it is Node.
	Then  func(ctx *sql.Context, n sql.Node) (sql.Node, error)
	times int
}

type keptKey struct{}

// Keep has the analysis of one statement with ctx note how it is before its tables are negotiated.
func Keep(ctx context.Context, k *Kept) context.Context { return context.WithValue(ctx, keptKey{}, k) }

// note takes down how a statement is, and gives the plan to go on with.
func (k *Kept) note(ctx *sql.Context, n sql.Node) (sql.Node, error) {
	k.Node = n
	if k.times++; k.Then == nil {
		return n, nil
	}
	return k.Then(ctx, n)
}

// Whole tells whether the note is of a statement, and of the whole of it.
func (k *Kept) Whole() bool { return k.Node != nil && k.times == 1 }

// Finish ends the analysis of a statement that was kept: it negotiates, and does what is done behind that. n is left as it is.
func Finish(ctx *sql.Context, a *analyzer.Analyzer, n sql.Node, flags *sql.QueryFlags) (sql.Node, error) {
	rules := analyzer.OnceAfterAll
	at := slices.IndexFunc(rules, func(r analyzer.Rule) bool { return r.Id == scanRuleID })
	every := func(analyzer.RuleId) bool { return true }
	for _, rule := range rules[at:] {
		var err error
		if n, _, err = rule.Apply(ctx, a, n, nil, every, flags); err != nil {
			return nil, err
		}
	}
	return n, nil
}
