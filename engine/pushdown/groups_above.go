package pushdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
)

// groupsOver is a GROUP BY over a table, with the nodes above it from the top down: those that a connector which makes the
// groups may do too (HAVING, ORDER BY, LIMIT), and projections.
type groupsOver struct {
	chain
	by    *plan.GroupBy
	table *chain
}

func newGroupsOver(ctx *sql.Context, n sql.Node) (*groupsOver, bool) {
	g := &groupsOver{chain: chain{sort: -1, offset: -1, limit: -1, distinct: -1}}
	for {
		switch x := n.(type) {
		case *plan.GroupBy:
			c, ok := newChain(ctx, x.Child)
			if !ok || !c.bare() {
				return nil, false
			}
			g.by, g.table = x, c
			g.find()
			return g, true
		case *plan.Limit, *plan.Offset, *plan.TopN, *plan.Sort, *plan.Project, *plan.Having, *plan.Filter:
			g.upper = append(g.upper, n)
			n = n.Children()[0]
		default:
			return nil, false
		}
	}
}

// output finds the column of the GROUP BY that a field of the rows above upper[from] is.
func (g *groupsOver) output(from int, field *expression.GetField) (int, bool) {
	for i := from; i < len(g.upper); i++ {
		if project, ok := g.upper[i].(*plan.Project); ok {
			var below sql.Expression
			for _, e := range project.Projections {
				if !isNamed(e, field) {
					continue
				}
				if below != nil {
					return 0, false
				}
				below = e
			}
			if alias, is := below.(*expression.Alias); is {
				below = alias.Child
			}
			if field, ok = below.(*expression.GetField); !ok {
				return 0, false
			}
		}
	}
	at := -1
	for i, e := range g.by.SelectDeps {
		if isNamed(e, field) {
			if at >= 0 {
				return 0, false
			}
			at = i
		}
	}
	return at, at >= 0
}

// isNamed tells whether a field above a projection or a GROUP BY is one of its expressions.
func isNamed(e sql.Expression, field *expression.GetField) bool {
	switch e := e.(type) {
	case *expression.GetField:
		return strings.EqualFold(e.Name(), field.Name()) && strings.EqualFold(e.Table(), field.Table())
	case *expression.Alias:
		return field.Table() == "" && strings.EqualFold(e.Name(), field.Name())
	}
	return field.Table() == "" && strings.EqualFold(e.String(), field.Name())
}

// reads tells whether a column of the GROUP BY is read above it, as far as that can be seen.
func (g *groupsOver) reads(ctx *sql.Context, at int) bool {
	own, ok := g.by.SelectDeps[at].(*expression.GetField)
	if !ok {
		return true
	}
	for i := len(g.upper) - 1; i >= 0; i-- {
		e, ok := g.upper[i].(sql.Expressioner)
		if !ok {
			continue
		}
		for _, x := range e.Expressions() {
			read := holdsSubquery(ctx, x)
			sql.Inspect(ctx, x, func(_ *sql.Context, x sql.Expression) bool {
				field, is := x.(*expression.GetField)
				read = read || is && (strings.EqualFold(field.Name(), own.Name()) || field.Id() == own.Id())
				return !read
			})
			if read {
				return true
			}
		}
		if _, ok := g.upper[i].(*plan.Project); ok {
			return false
		}
	}
	return true
}

// groupsTable is a table that declares the columns of groups.
type groupsTable struct {
	Table
	declared *pb.Table
}

// Declared implements Table.
func (t groupsTable) Declared() *pb.Table { return t.declared }

// scopeOf sees the groups as a table whose columns are called by their places in the rows of the GROUP BY.
func (g *grouping) scopeOf(s *tableScope) *tableScope {
	out := &tableScope{table: groupsTable{s.table, &pb.Table{}}, source: s.source, ids: sql.NewColSet(1), declared: map[string]int{}, offset: -1}
	declared := out.table.Declared()
	for range len(g.message.Keys) + len(g.message.Calls) {
		declared.Columns = append(declared.Columns, &pb.Column{})
	}
	for i, position := range g.outputs {
		read := g.row[i]
		c := column{name: read.Name, typ: read.Type}
		if position >= 0 {
			c = newColumn(position, &sql.Column{Name: read.Name, Type: read.Type, Nullable: !read.NotNull}, declared.Columns[position])
		}
		out.columns = append(out.columns, c)
		out.declared[placeName(i)] = i
	}
	return out
}

func placeName(i int) string { return fmt.Sprint("#", i) }

// groupsAbove is what is asked about groups besides themselves.
type groupsAbove struct {
	text, reason string
	// whole: all conditions on the groups are asked for, so that they need not be checked when they are taken.
	whole bool
}

// askAbove asks for the conditions on the groups, their order, and the first of them.
func (a *attempt) askAbove(q *ask, over *groupsOver) *groupsAbove {
	p, g := a.planner, q.groups
	scope := g.scopeOf(a.scope)
	out := a.askHaving(q, over, scope)
	having := len(over.having) > 0
	if over.sort >= 0 {
		order, reason := newOrdering(scope, over.sortConditions(), func(e sql.Expression) sql.Expression {
			placed, ok := over.placed(p.ctx, over.sort+1, e, g)
			if !ok {
				return nil
			}
			return placed
		})
		a.ordering = &order
		switch {
		case reason != "":
		case !p.switches.order:
			reason = "wasql_pushdown_order is 0"
		case p.switches.refuses("order " + order.text):
			reason = refusedAtRandom
		default:
			q.order = &order
		}
		a.orderReason = reason
	}
	limit, offset, ok := over.limitOf(p.ctx)
	if !ok {
		return out
	}
	a.count = limit
	switch {
	case !p.switches.limit:
		a.limitReason = "wasql_pushdown_limit is 0"
	case p.switches.refuses("limit of " + a.scope.name()):
		a.limitReason = refusedAtRandom
	case over.sort >= 0 && q.order == nil:
		a.limitReason = "the order is the engine's"
	case having && !out.whole:
		a.limitReason = "a condition on the groups is checked by the engine"
	default:
		q.limit, q.offset = &limit, offset
	}
	return out
}

func (a *attempt) askHaving(q *ask, over *groupsOver, scope *tableScope) *groupsAbove {
	p, out := a.planner, &groupsAbove{whole: true}
	var texts []string
	for _, at := range over.having {
		for _, e := range split(p.ctx, over.upper[at].(sql.Expressioner).Expressions()[0]) {
			texts = append(texts, e.String())
			filter, reason := a.having(over, scope, at, e, q.groups)
			if reason != "" {
				out.whole, out.reason = false, orElse(out.reason, reason)
				continue
			}
			q.groups.message.Having = append(q.groups.message.Having, filter)
		}
	}
	out.text = strings.Join(texts, " AND ")
	return out
}

// having translates a condition on groups, or says why not.
func (a *attempt) having(over *groupsOver, scope *tableScope, at int, e sql.Expression, g *grouping) (*pb.Filter, string) {
	p := a.planner
	switch {
	case !p.switches.filters:
		return nil, "wasql_pushdown_filters is 0"
	case p.switches.refuses("having " + e.String()):
		return nil, refusedAtRandom
	case holdsSubquery(p.ctx, e):
		return nil, "a sub-query is evaluated by the engine"
	}
	calls := false
	sql.Inspect(p.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		_, call := function.CallOf(e)
		calls = calls || call
		return !calls
	})
	if calls {
		return nil, "a connector's function is evaluated by the engine"
	}
	placed, ok := over.placed(p.ctx, at+1, e, g)
	if !ok {
		return nil, e.String() + " is about more than columns of the groups"
	}
	c := scope.translate(p.ctx, placed, false)
	switch {
	case c.never:
		return nil, e.String() + " is never true"
	case !c.sendable():
		return nil, c.reason
	}
	c.filter.Text = e.String()
	return c.filter, ""
}

// placed names the fields of an expression above upper[from] by their places in the rows of the GROUP BY.
func (g *groupsOver) placed(ctx *sql.Context, from int, e sql.Expression, of *grouping) (sql.Expression, bool) {
	all := true
	out, _, err := transform.Expr(ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		field, ok := e.(*expression.GetField)
		if !ok {
			return e, transform.SameTree, nil
		}
		at, ok := g.output(from, field)
		if !ok || of.outputs[at] < 0 {
			all = false
			return e, transform.SameTree, nil
		}
		named := expression.NewGetFieldWithTable(at, 0, of.row[at].Type, "", "", placeName(at), !of.row[at].NotNull)
		return named.WithId(1).(sql.Expression), transform.NewTree, nil
	})
	return out, err == nil && all
}

// outcome says what became of the conditions on groups.
func (x *groupsAbove) outcome(o *offer) string {
	switch {
	case x.text == "":
		return ""
	case x.whole:
		return x.text + outcome(o.having, orElse(o.havingReason, "the connector does not take it"))
	}
	return x.text + outcome(false, x.reason)
}

// placed tells what of the nodes above groups is done.
func (x *groupsAbove) placed(o *offer, count uint64) *placed {
	return &placed{order: o.order, limit: o.limit, having: x.whole && o.having, count: count}
}

// rebuild puts the nodes above the GROUP BY onto the scan of the groups, without what was taken over.
func (g *groupsOver) rebuild(p *planner, scan sql.Node, taken *placed, of *grouping) (sql.Node, error) {
	n := of.averaged(p.ctx, g.by, scan)
	var err error
	for i := len(g.upper) - 1; i >= 0; i-- {
		if g.upper[i], err = p.expressions(g.upper[i]); err != nil {
			return nil, err
		}
		if n, err = g.upperNode(p.ctx, taken, i, n); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// averaged computes the averages above the scan.
func (g *grouping) averaged(ctx *sql.Context, by *plan.GroupBy, scan sql.Node) sql.Node {
	if len(g.averages) == 0 {
		return scan
	}
	offset := 0
	if field, ok := g.averages[0].of.Child.(*expression.GetField); ok {
		offset = field.Index() - g.averages[0].index
	}
	schema := scan.Schema(ctx)
	field := func(i int) sql.Expression {
		return expression.NewGetFieldWithTable(offset+i, 0, schema[i].Type, schema[i].DatabaseSource, schema[i].Source, schema[i].Name, schema[i].Nullable)
	}
	all := make([]sql.Expression, len(by.SelectDeps))
	for i := range all {
		all[i] = field(i)
	}
	for _, a := range g.averages {
		all[a.at] = expression.NewAlias(ctx, by.SelectDeps[a.at].String(), a.of.Of(ctx, field(a.at), field(a.count)))
	}
	return plan.NewProject(ctx, all, scan)
}

// sortedColumns are the columns of the groups that are read, ascending.
func (g *grouping) sortedColumns() []uint32 {
	var columns []uint32
	for _, read := range g.row {
		if read.Column >= 0 {
			columns = append(columns, uint32(read.Column))
		}
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}
