package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
)

const callsRuleID analyzer.RuleId = 20_302

// wholeRuleID is go-mysql-server's rule that gives fields their places in rows; it runs only for whole
// statements, which is how the rule here knows one from a part.
var wholeRuleID analyzer.RuleId

// insertCallsRule puts the rule behind those that plan the reading of tables, and before the one that
// wraps them.
func insertCallsRule() {
	rules := append([]analyzer.Rule{}, analyzer.OnceAfterAll...)
	wholeRuleID = rules[gms.RuleAt(rules, "assignExecIndexes")].Id
	at := gms.RuleAt(rules, "trackProcess")
	analyzer.OnceAfterAll = append(rules[:at:at], append([]analyzer.Rule{{Id: callsRuleID, Apply: callsRule}}, rules[at:]...)...)
}

// callsRule has the calls of connectors' functions computed for many rows at a time, wherever a node
// computes expressions over the rows of another one.
func callsRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, scope *plan.Scope, sel analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	if !sel(wholeRuleID) || !scope.IsEmpty() || !n.Resolved() || !hasCalls(ctx, n) {
		return n, transform.SameTree, nil
	}
	if err := refuseVolatile(ctx, n); err != nil {
		return n, transform.SameTree, err
	}
	h := &hoister{ctx: ctx}
	out, err := h.node(n, false)
	return out, transform.NewTree, err
}

// hasCalls looks for calls in a whole statement.
func hasCalls(ctx *sql.Context, n sql.Node) bool {
	found := false
	transform.InspectWithOpaque(ctx, n, func(ctx *sql.Context, n sql.Node) bool {
		if insert, ok := n.(*plan.InsertInto); ok && !found {
			found = hasCalls(ctx, insert.Source)
		}
		if index, ok := n.(*plan.AlterIndex); ok && !found {
			found = callInIndex(ctx, index) != nil
		}
		if e, ok := n.(sql.Expressioner); ok && !found {
			for _, e := range e.Expressions() {
				found = found || calls(ctx, e)
			}
		}
		return !found
	})
	return found
}

// calls tells whether there is a call in an expression, its sub-queries included.
func calls(ctx *sql.Context, e sql.Expression) bool {
	found := false
	sql.Inspect(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		if _, ok := function.CallOf(e); ok {
			found = true
		} else if sub, ok := e.(*plan.Subquery); ok && !found {
			found = hasCalls(ctx, sub.Query)
		}
		return !found
	})
	return found
}

// hoister takes the calls out of the nodes of a statement.
type hoister struct {
	ctx *sql.Context
	// constants gathers the calls whose arguments are known, for all of the statement.
	constants map[*function.Overload]*constants
	// within: rows of a query around the one that is worked on stand before its own.
	within bool
}

// node works on a node and those below. inner tells that the rows of other tables stand before the
// node's own when it computes its conditions: it is on the right side of a join.
func (h *hoister) node(n sql.Node, inner bool) (sql.Node, error) {
	switch n := n.(type) {
	case *plan.InsertInto:
		source, err := h.node(n.Source, false)
		if err != nil {
			return nil, err
		}
		if source != n.Source {
			return n.WithSource(source), nil
		}
		return n, nil
	case *plan.Update:
		child, err := h.node(n.Child, false)
		if err != nil || child == n.Child {
			return n, err
		}
		out := *n
		out.Child = child
		return &out, nil
	case *plan.DeleteFrom:
		child, err := h.node(n.Child, false)
		if err != nil || child == n.Child {
			return n, err
		}
		out := *n
		out.Child = child
		return &out, nil
	case *plan.TriggerExecutor:
		left, err := h.node(n.Left(), false)
		if err != nil || left == n.Left() {
			return n, err
		}
		return n.WithChildren(h.ctx, left, n.Right())
	case *plan.CreateTable, *plan.AlterDefaultSet, *plan.CreateTrigger, *plan.CreateProcedure, *plan.CreateView, plan.ShowWarnings:
		return n, nil
	}
	outside := h.within
	if alias, ok := n.(*plan.SubqueryAlias); ok && (alias.IsLateral || alias.OuterScopeVisibility) {
		h.within = true
	}
	n, err := h.children(n, inner)
	h.within = outside
	if err != nil {
		return nil, err
	}
	if source, ok := n.(*plan.UpdateSource); ok {
		return h.updateSource(source)
	}
	if join, ok := n.(*plan.JoinNode); ok && !inner {
		return h.join(join)
	}
	e, ok := n.(sql.Expressioner)
	if !ok {
		return n, nil
	}
	s := &slots{hoister: h, byText: map[string]*slot{}, plain: !computes(n)}
	expressions, changed, err := s.all(e.Expressions())
	if err != nil || !changed {
		return n, err
	}
	return s.over(e, expressions)
}

// computes tells whether a node computes its expressions over the rows of its one child.
func computes(n sql.Node) bool {
	switch n.(type) {
	case *plan.Project, *plan.Filter, *plan.Having, *plan.Sort, *plan.TopN, *plan.GroupBy, *plan.Window:
		return true
	}
	return false
}

func (h *hoister) children(n sql.Node, inner bool) (sql.Node, error) {
	children := n.Children()
	var changed []sql.Node
	for i, child := range children {
		if _, ok := child.(plan.ShowWarnings); ok {
			continue // it cannot be compared below: it is a slice
		}
		_, join := n.(*plan.JoinNode)
		out, err := h.node(child, inner || join && i > 0)
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
	if changed == nil {
		return n, nil
	}
	return n.WithChildren(h.ctx, changed...)
}

// join takes conditions with calls from an inner join to a filter above it, where there are rows to
// compute them for. Those of other joins, and keys of hash joins, are computed for the rows of a side.
func (h *hoister) join(n *plan.JoinNode) (sql.Node, error) {
	if n.Filter == nil || !calls(h.ctx, n.Filter) {
		return n, nil
	}
	hash, ok := n.Right().(*plan.HashLookup)
	if !filtersAbove(n.Op) || ok && (calls(h.ctx, hash.LeftProbeKey) || calls(h.ctx, hash.RightEntryKey)) {
		if h.within {
			return n, nil // rows of the query around it stand before its own
		}
		return h.rememberJoin(n)
	}
	var stay, above []sql.Expression
	for _, e := range expression.SplitConjunction(h.ctx, n.Filter) {
		if calls(h.ctx, e) {
			above = append(above, e)
		} else {
			stay = append(stay, e)
		}
	}
	if len(stay) == 0 {
		stay = append(stay, expression.NewLiteral(true, types.Boolean))
	}
	return h.node(plan.NewFilter(h.ctx, expression.JoinAnd(above...), n.WithFilter(expression.JoinAnd(stay...))), false)
}

// filtersAbove tells whether a condition of a join says the same as a filter above it.
func filtersAbove(op plan.JoinType) bool {
	switch op {
	case plan.JoinTypeInner, plan.JoinTypeCross, plan.JoinTypeHash, plan.JoinTypeLookup:
		return true
	}
	return false
}

// slots collects the calls of one node.
type slots struct {
	*hoister
	list   []*slot
	byText map[string]*slot
	// plain: there are no rows to compute calls for at once; only constants are taken out.
	plain bool
}

func (s *slots) all(expressions []sql.Expression) (out []sql.Expression, changed bool, err error) {
	out = make([]sql.Expression, len(expressions))
	for i, e := range expressions {
		if out[i] = e; e == nil || defaults(s.ctx, e) {
			continue
		}
		replaced, same, err := transform.Expr(s.ctx, e, s.replace)
		if err != nil {
			return nil, false, err
		}
		if !same {
			out[i], changed = replaced, true
		}
	}
	return out, changed, nil
}

// defaults tells whether an expression is of a default or a generated value: those are computed over
// the row that comes out, not over the one that goes in.
func defaults(ctx *sql.Context, e sql.Expression) bool {
	found := false
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		_, ok := e.(*sql.ColumnDefaultValue)
		found = found || ok
		return !found
	})
	return found
}

// replace puts a slot in the place of a call; it sees inner calls before outer ones.
func (s *slots) replace(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
	if sub, ok := e.(*plan.Subquery); ok {
		outside := s.within
		s.within = s.within || !sub.Correlated().Empty()
		query, err := s.node(sub.Query, false)
		s.within = outside
		if err != nil || query == sub.Query {
			return e, transform.SameTree, err
		}
		return sub.WithQuery(query), transform.NewTree, nil
	}
	call, ok := function.CallOf(e)
	if !ok {
		return e, transform.SameTree, nil
	}
	if constant := s.constant(call); constant != nil {
		return constant, transform.NewTree, nil
	}
	if s.plain {
		return e, transform.SameTree, nil
	}
	text := call.String()
	if known := s.byText[text]; known != nil && call.Of.Declared.Deterministic {
		return known, transform.NewTree, nil
	}
	made := &slot{call: e}
	s.list = append(s.list, made)
	s.byText[text] = made
	return made, transform.NewTree, nil
}

// over puts Calls below a node, and a trimmed above when its rows are those below.
func (s *slots) over(n sql.Expressioner, expressions []sql.Expression) (sql.Node, error) {
	out, err := n.WithExpressions(s.ctx, expressions...)
	if err != nil || len(s.list) == 0 {
		return out, err
	}
	for i, made := range s.list {
		made.fromEnd = len(s.list) - i
	}
	out, err = out.WithChildren(s.ctx, &Calls{plan.UnaryNode{Child: out.Children()[0]}, s.list})
	if err != nil {
		return nil, err
	}
	switch out.(type) {
	case *plan.Filter, *plan.Having, *plan.Sort, *plan.TopN:
		return &trimmed{plan.UnaryNode{Child: out}, len(s.list)}, nil
	}
	return out, nil
}
