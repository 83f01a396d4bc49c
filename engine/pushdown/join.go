package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/exec"
)

// nestedLoops has, for each join that runs its right side for every row of the left, nothing; for
// each hash join, the nested loop that gives the same rows. In all of them a right row that fails
// the join condition, or for which it is NULL, has no effect, so that the condition may be put to
// the connector of the right table. The join checks it in any case.
var nestedLoops = map[plan.JoinType]plan.JoinType{
	plan.JoinTypeInner:                plan.JoinTypeInner,
	plan.JoinTypeLeftOuter:            plan.JoinTypeLeftOuter,
	plan.JoinTypeSemi:                 plan.JoinTypeSemi,
	plan.JoinTypeAntiIncludeNulls:     plan.JoinTypeAntiIncludeNulls,
	plan.JoinTypeHash:                 plan.JoinTypeInner,
	plan.JoinTypeLeftOuterHash:        plan.JoinTypeLeftOuter,
	plan.JoinTypeSemiHash:             plan.JoinTypeSemi,
	plan.JoinTypeAntiHashIncludeNulls: plan.JoinTypeAntiIncludeNulls,
}

// join plans a join. When its right side is a connector's table, the join condition is offered to
// that table too: with the values of the left row when the right side runs once for each of them.
func (p *planner) join(n *plan.JoinNode, again bool) (sql.Node, error) {
	if filter, changed := withoutTuple(p.ctx, n); changed {
		n, p.changed = n.WithFilter(filter), true
	}
	if out, err := p.inside(n, again); out != nil || err != nil {
		return out, err
	}
	p.note(n.Filter)
	left, err := p.node(n.Left(), again)
	if err != nil {
		return nil, err
	}
	right, op, err := p.inner(n, left, again)
	if err != nil {
		return nil, err
	}
	if right == nil {
		right, err = p.rightOf(n, again || !hashed(n))
		if err != nil {
			return nil, err
		}
	}
	if left == n.Left() && right == n.Right() {
		return p.expressions(n)
	}
	planned, err := n.WithChildren(p.ctx, left, right)
	if err != nil {
		return nil, err
	}
	if op != n.Op {
		other := *planned.(*plan.JoinNode)
		other.Op = op
		planned = &other
	}
	return p.expressions(planned)
}

// rightOf plans the right side of a join that is more than a table.
func (p *planner) rightOf(n *plan.JoinNode, again bool) (sql.Node, error) {
	defer func(before bool) { p.onRight = before }(p.onRight)
	p.onRight = true
	return p.node(n.Right(), again)
}

// withoutTuple takes the comparison of several columns apart by which a merge join goes forward. With a
// NULL in one of them go-mysql-server reads the right side to its end, and finds nothing any more. The
// first column leads just as well: both sides are sorted by it too.
func withoutTuple(ctx *sql.Context, n *plan.JoinNode) (sql.Expression, bool) {
	if !n.Op.IsMerge() || n.Filter == nil {
		return nil, false
	}
	parts := expression.SplitConjunction(ctx, n.Filter)
	equals, ok := parts[0].(*expression.Equals)
	if !ok {
		return nil, false
	}
	left, isTuple := equals.Left().(expression.Tuple)
	right, both := equals.Right().(expression.Tuple)
	if !isTuple || !both || len(left) != len(right) || len(left) == 0 {
		return nil, false
	}
	var filters []sql.Expression
	for i := range left {
		filters = append(filters, expression.NewEquals(left[i], right[i]))
	}
	return expression.JoinAnd(append(filters, parts[1:]...)...), true
}

// hashed tells whether the right side is read once into a hash table.
func hashed(n *plan.JoinNode) bool {
	_, ok := n.Right().(*plan.HashLookup)
	return ok
}

// inner plans a right side that is a bare table. It gives nil for any other, and the join type to
// use.
func (p *planner) inner(n *plan.JoinNode, left sql.Node, again bool) (sql.Node, plan.JoinType, error) {
	loop, ok := nestedLoops[n.Op]
	if !ok || n.Filter == nil {
		return nil, n.Op, nil
	}
	lookup, hash := n.Right().(*plan.HashLookup)
	if hash != n.Op.IsHash() {
		return nil, n.Op, nil
	}
	table := n.Right()
	if hash {
		table = lookup.Child
	}
	c, ok := newChain(p.ctx, table)
	if !ok || !c.bare() {
		return nil, n.Op, nil
	}
	p.changed = true
	conjuncts, err := p.conjuncts(c)
	if err != nil {
		return nil, n.Op, err
	}
	own := len(conjuncts)
	for _, e := range split(p.ctx, n.Filter) {
		j := p.translate(c.scope, e, true)
		_, _, argument := c.scope.equality(p.ctx, e)
		if j.sendable() && names(p.ctx, c.scope, e) && (p.switches.joins || argument) || argument {
			j.advisory = true
			conjuncts = append(conjuncts, j)
		}
	}
	a := &attempt{planner: p, chain: c, scope: c.scope, conjuncts: conjuncts, again: again || !hash, loops: max(1, estimated(left)), plain: hash}
	placed, refused, err := a.try()
	if err != nil {
		return nil, n.Op, err
	}
	op := n.Op
	if hash && len(conjuncts) > own {
		if looped := p.looped(a, placed, refused); looped != nil {
			placed, refused, op, hash = looped, nil, loop, false
		}
	}
	if refused != nil {
		return nil, n.Op, refused.error(c.scope)
	}
	right, err := c.rebuild(p.ctx, placed)
	if err != nil || !hash {
		return right, op, err
	}
	right, err = lookup.WithChildren(p.ctx, right)
	return right, op, err
}

// looped tries a nested loop in the place of a hash join: when the table cannot be read without
// the join's keys, or when reading it for each left row is estimated to cost less.
func (p *planner) looped(hash *attempt, whole *placed, refused *refusedPlan) *placed {
	if refused == nil && (hash.loops <= 1 || whole.scan.Plan.Info.Cost < 0) {
		return nil
	}
	a := *hash
	a.plain, a.again = false, true
	placed, no, err := a.try()
	if err != nil || no != nil {
		// The first way, or the first refusal, stands.
		return nil
	}
	if len(placed.scan.Plan.Params) == 0 {
		return nil
	}
	info := placed.scan.Plan.Info
	if refused == nil && (info.Cost < 0 || info.Cost*hash.loops >= whole.scan.Plan.Info.Cost) {
		return nil
	}
	return placed
}

// names tells whether a condition has a column of the table.
func names(ctx *sql.Context, s *tableScope, e sql.Expression) bool {
	found := false
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		if field, ok := e.(*expression.GetField); ok {
			_, own := s.field(field)
			found = found || own
		}
		return !found
	})
	return found
}

// estimated is the number of rows that a plan probably gives, 0 when nobody knows.
func estimated(n sql.Node) float64 {
	switch n := n.(type) {
	case *exec.Scan:
		if n.Plan.Empty {
			return 0
		}
		return max(0, n.Plan.Info.Rows)
	case *plan.Filter, *plan.TableAlias, *plan.Project, *plan.Sort:
		return estimated(n.Children()[0])
	}
	return 0
}
