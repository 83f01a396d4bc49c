package pushdown

import (
	"math/bits"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/sqlerr"
)

// leaves is a set of the tables of one join, by their places.
type leaves uint64

func (l leaves) has(all leaves) bool { return all&^l == 0 }

// group is an inner join of several tables, taken apart.
type group struct {
	planner *planner
	tables  []sql.Node
	columns []sql.ColSet
	// conditions with the tables that each names.
	conditions []sql.Expression
	over       []leaves
	comment    string
	// lateral are derived tables and the like that may have columns of tables before them; their joins say so.
	lateral leaves
	// needs has, for each table, what it cannot be read without.
	needs [][]need
}

// need is a column of a table that must have a value before the table is read: an argument, or one that is
// declared as required.
type need struct {
	column string
	text   string
	// from are the sets of tables that can give it.
	from []leaves
}

// dependentRule runs before the join order is chosen. A table that is called with values of others, or
// that cannot be read without them, comes behind those in an order of its own: go-mysql-server's planner
// knows of no such order, and would read it by itself. What is left of the join is the planner's.
func dependentRule(ctx *sql.Context, _ *analyzer.Analyzer, n sql.Node, _ *plan.Scope, _ analyzer.RuleSelector, _ *sql.QueryFlags) (sql.Node, transform.TreeIdentity, error) {
	p := &planner{ctx: ctx, switches: switchesOf(ctx)}
	return p.dependents(n)
}

func (p *planner) dependents(n sql.Node) (sql.Node, transform.TreeIdentity, error) {
	if _, ok := n.(*plan.InsertInto); ok || sql.IsOpaque(n) {
		return n, transform.SameTree, nil
	}
	g := &group{planner: p}
	if !g.take(n) {
		out, same, err := p.changeParts(n, p.dependents)
		if join, ok := out.(*plan.JoinNode); ok && err == nil {
			if without, found := withoutProjection(p.ctx, join); found {
				return without, transform.NewTree, nil
			}
		}
		if join, ok := out.(*plan.JoinNode); ok && err == nil && join.Op == plan.JoinTypeLateralLeft {
			return &dependentJoin{left: join.Left(), right: join.Right(), op: join.Op, filter: join.Filter}, transform.NewTree, nil
		}
		return out, same, err
	}
	changed := false
	for i, table := range g.tables {
		out, same, err := p.dependents(table)
		if err != nil {
			return n, transform.SameTree, err
		}
		if !same {
			g.tables[i], changed = out, true
		}
	}
	if g.find(); g.independent() == g.all() {
		if !changed {
			return n, transform.SameTree, nil
		}
		return p.changeParts(n, p.dependents)
	}
	out, err := g.ordered()
	return out, transform.NewTree, err
}

// withoutProjection takes a projection that computes off the right side of a join that gives the left side's rows
// only, such as x IN (SELECT y + 1 FROM t) is: go-mysql-server has put what it computes into the condition, which
// finds the columns for it below the projection alone.
func withoutProjection(ctx *sql.Context, join *plan.JoinNode) (sql.Node, bool) {
	project, ok := join.Right().(*plan.Project)
	if !ok || !join.Op.IsPartial() {
		return nil, false
	}
	computes := false
	for _, e := range project.Projections {
		_, field := e.(*expression.GetField)
		computes = computes || !field
	}
	if !computes {
		return nil, false
	}
	out, err := join.WithChildren(ctx, join.Left(), project.Child)
	return out, err == nil
}

// take gathers the tables and conditions of an inner join; false: n is none.
func (g *group) take(n sql.Node) bool {
	top := n
	for {
		filter, ok := top.(*plan.Filter)
		if !ok {
			break
		}
		top = filter.Child
	}
	if join, ok := top.(*plan.JoinNode); !ok || !inner(join.Op) {
		return false
	}
	g.flatten(n, false)
	return len(g.tables) <= 64
}

func inner(op plan.JoinType) bool {
	switch op {
	case plan.JoinTypeInner, plan.JoinTypeCross, plan.JoinTypeLateralInner, plan.JoinTypeLateralCross:
		return true
	}
	return false
}

// flatten takes a node apart. Filters over a join are conditions of it; those over a table stay with it. lateral
// tells that the node may have columns of those before it.
func (g *group) flatten(n sql.Node, lateral bool) {
	below := n
	var conditions []sql.Expression
	for {
		filter, ok := below.(*plan.Filter)
		if !ok {
			break
		}
		conditions = append(conditions, expression.SplitConjunction(g.planner.ctx, filter.Expression)...)
		below = filter.Child
	}
	join, ok := below.(*plan.JoinNode)
	if !ok || !inner(join.Op) || lateral {
		if lateral {
			g.lateral |= 1 << len(g.tables)
		}
		g.tables = append(g.tables, n)
		g.columns = append(g.columns, columnsOf(n))
		return
	}
	if g.comment == "" {
		g.comment = join.Comment()
	}
	g.flatten(join.Left(), false)
	g.flatten(join.Right(), join.Op.IsLateral())
	if join.Filter != nil {
		conditions = append(conditions, expression.SplitConjunction(g.planner.ctx, join.Filter)...)
	}
	for _, e := range conditions {
		if literal, ok := e.(*expression.Literal); !ok || literal.Val != true {
			g.conditions = append(g.conditions, e)
		}
	}
}

// columnsOf are the ids of the columns of all tables below a node.
func columnsOf(n sql.Node) sql.ColSet {
	if table, ok := n.(plan.TableIdNode); ok {
		return table.Columns()
	}
	var all sql.ColSet
	for _, child := range n.Children() {
		all = all.Union(columnsOf(child))
	}
	return all
}

// naming are the tables that an expression has columns of.
func (g *group) naming(e sql.Expression) leaves {
	var named leaves
	sql.Inspect(g.planner.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			for i := range g.columns {
				if g.columns[i].Contains(x.Id()) {
					named |= 1 << i
				}
			}
		case *plan.Subquery:
			for i := range g.columns {
				if g.columns[i].Intersects(x.Correlated()) {
					named |= 1 << i
				}
			}
		}
		return true
	})
	return named
}

func (g *group) all() leaves { return 1<<len(g.tables) - 1 }

// independent are the tables that can be read at once.
func (g *group) independent() leaves {
	var out leaves
	for i := range g.tables {
		if len(g.needs[i]) == 0 {
			out |= 1 << i
		}
	}
	return out
}

// find learns what each table needs.
func (g *group) find() {
	g.over = make([]leaves, len(g.conditions))
	for i, e := range g.conditions {
		g.over[i] = g.naming(e)
	}
	g.needs = make([][]need, len(g.tables))
	for i, table := range g.tables {
		if g.lateral&(1<<i) != 0 {
			g.needs[i] = []need{{from: []leaves{g.outside(table) &^ (1 << i)}}}
			continue
		}
		if c, ok := newChain(g.planner.ctx, table); ok && c.bare() {
			g.needs[i] = g.needsOf(i, c)
		}
	}
}

func (g *group) needsOf(i int, c *chain) []need {
	own := &ask{scope: c.scope}
	for _, f := range c.filters {
		for _, e := range split(g.planner.ctx, f.Expression) {
			own.conjuncts = append(own.conjuncts, g.planner.translate(c.scope, e, false))
		}
	}
	for j, e := range g.conditions {
		if g.over[j] == 1<<i {
			own.conjuncts = append(own.conjuncts, g.planner.translate(c.scope, e, false))
		}
	}
	var needs []need
	for at := range c.scope.columns {
		column := &c.scope.columns[at]
		declared := c.scope.table.Declared().GetColumns()[column.position]
		if declared.GetArgument() == 0 && !declared.GetRequired() || g.given(own, column) {
			continue
		}
		if n := g.needOf(i, c.scope, column, declared.GetRequired()); len(n.from) > 0 {
			needs = append(needs, n)
		}
	}
	return needs
}

// given tells whether the conditions on the table alone hold a column.
func (g *group) given(own *ask, column *column) bool {
	for _, c := range own.conjuncts {
		if c.never || c.sendable() && constrains(c.filter, column.position) {
			return true
		}
		if argument, _, ok := own.scope.equality(g.planner.ctx, c.expr); ok && argument.position == column.position {
			return true // a value of an enclosing query
		}
	}
	return false
}

// needOf finds the conditions that could give a column its value: = for an argument, and for one that is only
// required also a list or a range.
func (g *group) needOf(i int, s *tableScope, column *column, required bool) need {
	n := need{column: column.name}
	own := leaves(1) << i
	for j, e := range g.conditions {
		if g.over[j]&own == 0 || g.over[j] == own {
			continue
		}
		argument, value, ok := s.equality(g.planner.ctx, e)
		ok = ok && argument.position == column.position
		from := g.over[j] &^ own
		if ok {
			from = g.naming(value)
		} else if required {
			ok = g.compares(s, column, e)
		}
		if ok && from != 0 {
			n.from, n.text = append(n.from, from), e.String()
		}
	}
	return n
}

// compares tells whether a condition compares a column with what has no column of the same table.
func (g *group) compares(s *tableScope, c *column, e sql.Expression) bool {
	if _, ok := operatorOf(e); !ok {
		return false
	}
	children := e.Children()
	for k, side := range children {
		field, ok := side.(*expression.GetField)
		if !ok {
			continue
		}
		if at, own := s.field(field); own && s.columns[at].position == c.position && !names(g.planner.ctx, s, children[1-k]) {
			return true
		}
	}
	return false
}

// ordered puts the join together again: first what can be read at once, joined as go-mysql-server finds
// best, then the others, each when what it needs is there.
func (g *group) ordered() (sql.Node, error) {
	used := make([]bool, len(g.conditions))
	out, placed, err := g.begin(used)
	if err != nil {
		return nil, err
	}
	for placed != g.all() {
		next := g.next(placed)
		if next < 0 {
			return nil, g.stuck(placed)
		}
		placed |= 1 << next
		condition := g.conditionsOf(placed, used)
		if out == nil {
			out = withFilter(g.planner.ctx, condition, g.tables[next])
			continue
		}
		op := plan.JoinTypeInner
		if g.lateral&(1<<next) != 0 {
			if op = plan.JoinTypeLateralInner; condition == nil {
				op = plan.JoinTypeLateralCross
			}
		}
		out = &dependentJoin{left: out, right: g.tables[next], op: op, filter: condition}
	}
	return withFilter(g.planner.ctx, g.conditionsOf(^leaves(0), used), out), nil
}

// begin joins the tables that need nothing, those with a condition in common beside each other.
func (g *group) begin(used []bool) (out sql.Node, placed leaves, err error) {
	free := g.independent()
	for placed != free {
		next := g.beside(placed, free)
		placed |= 1 << next
		if out == nil {
			out = withFilter(g.planner.ctx, g.conditionsOf(placed, used), g.tables[next])
			continue
		}
		if condition := g.conditionsOf(placed, used); condition != nil {
			out = plan.NewInnerJoin(g.planner.ctx, out, g.tables[next], condition)
		} else {
			out = plan.NewCrossJoin(g.planner.ctx, out, g.tables[next])
		}
	}
	if join, ok := out.(*plan.JoinNode); ok && g.comment != "" {
		out = join.WithComment(g.comment)
	}
	return out, placed, nil
}

// beside is the next of the free tables: the first that has a condition with those placed, or just the first.
func (g *group) beside(placed, free leaves) int {
	first := bits.TrailingZeros64(uint64(free &^ placed))
	for i := first; i < len(g.tables) && placed != 0; i++ {
		if bit := leaves(1) << i; free&^placed&bit != 0 {
			for _, over := range g.over {
				if over&bit != 0 && over&placed != 0 && (placed | bit).has(over) {
					return i
				}
			}
		}
	}
	return first
}

// next is a table all of whose needs are placed; negative: there is none.
func (g *group) next(placed leaves) int {
	for i := range g.tables {
		if placed&(1<<i) != 0 {
			continue
		}
		served := true
		for _, n := range g.needs[i] {
			one := false
			for _, from := range n.from {
				one = one || placed.has(from)
			}
			served = served && one
		}
		if served {
			return i
		}
	}
	return -1
}

// stuck is the error for tables that wait for each other.
func (g *group) stuck(placed leaves) error {
	for i := range g.tables {
		if placed&(1<<i) == 0 && g.lateral&(1<<i) == 0 {
			c, _ := newChain(g.planner.ctx, g.tables[i])
			n := g.needs[i][0]
			return (&refusedPlan{argument: n.column, text: n.text, message: "the tables that give it need values of each other"}).argumentError(c.scope)
		}
	}
	return sqlerr.New(1235, "42000", "a lateral table that needs values of a table function, which needs values of it, is not supported")
}

// outside are the tables that a lateral one has columns of.
func (g *group) outside(n sql.Node) leaves {
	var named leaves
	transform.Inspect(n, func(n sql.Node) bool {
		if sub, ok := n.(*plan.SubqueryAlias); ok {
			for i := range g.columns {
				if g.columns[i].Intersects(sub.Correlated) {
					named |= 1 << i
				}
			}
		}
		if e, ok := n.(sql.Expressioner); ok {
			for _, e := range e.Expressions() {
				named |= g.naming(e)
			}
		}
		return true
	})
	return named
}

// conditionsOf joins the conditions not used yet that these tables can check; nil: there are none.
func (g *group) conditionsOf(placed leaves, used []bool) sql.Expression {
	var all []sql.Expression
	for i, e := range g.conditions {
		if !used[i] && placed.has(g.over[i]) && (g.over[i] != 0 || placed == ^leaves(0)) {
			used[i] = true
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return expression.JoinAnd(all...)
}

func withFilter(ctx *sql.Context, condition sql.Expression, n sql.Node) sql.Node {
	if condition == nil {
		return n
	}
	return plan.NewFilter(ctx, condition, n)
}
