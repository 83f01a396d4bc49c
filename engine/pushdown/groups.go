package pushdown

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
)

// grouping is a GROUP BY, or aggregates without one, put in the table's own columns.
type grouping struct {
	message *pb.Aggregation
	// row says, for each column of the rows of the GROUP BY, which column of the groups it is.
	row  []exec.ColumnRead
	text string
	// outputs has, for each column of the GROUP BY, its column of the groups: -1 when nobody reads it, or when it is made of two.
	outputs []int
	// averages are computed of a sum and a count.
	averages []average
}

// average is an AVG at a place in the rows of the GROUP BY, whose sum stands there; count is the place of the number of values.
type average struct {
	at, count int
	of        *function.Total
	// index is the place in the table's row of the column it is of.
	index int
}

// groups plans a GROUP BY straight above a table, with the conditions, the order and the limit above it: its connector makes the
// groups when it takes all conditions on the rows, and exactly. Otherwise it gives nil, and notes the reason.
func (p *planner) groups(n sql.Node, again bool) (sql.Node, error) {
	over, ok := newGroupsOver(p.ctx, n)
	if !ok || p.asked[over.by] {
		return nil, nil
	}
	c := over.table
	g, reason := newGrouping(p.ctx, c.scope, over)
	if g == nil {
		return nil, nil // it is no aggregation
	}
	if reason == "" {
		var out sql.Node
		var err error
		if out, reason, err = p.grouping(over, g, again); out != nil || err != nil {
			p.changed = p.changed || out != nil
			return out, err
		}
	}
	if p.grouped == nil {
		p.grouped, p.asked = map[*plan.ResolvedTable]string{}, map[*plan.GroupBy]bool{}
	}
	p.grouped[c.scope.node], p.asked[over.by] = g.text+" not taken: "+reason, true
	return nil, nil
}

// grouping asks the connector for groups; it gives a reason when they are the engine's to make.
func (p *planner) grouping(over *groupsOver, g *grouping, again bool) (sql.Node, string, error) {
	c := over.table
	switch {
	case !p.switches.groups:
		return nil, "wasql_pushdown_groups is 0", nil
	case p.switches.refuses("groups " + g.text):
		return nil, refusedAtRandom, nil
	case !c.scope.table.TrustPushdown():
		return nil, "the groups of a connector that is not trusted are made by the engine", nil
	case c.holdsSubquery(p.ctx):
		return nil, "a condition has a sub-query", nil
	}
	conjuncts, err := p.conjuncts(c)
	if err != nil {
		return nil, "", err
	}
	conjuncts = slices.DeleteFunc(conjuncts, func(x *conjunct) bool { return x.advisory })
	for _, x := range conjuncts {
		if x.never || !x.asked() || len(x.params) > 0 {
			return nil, "a condition is checked by the engine", nil
		}
	}
	a := &attempt{planner: p, chain: c, scope: c.scope, conjuncts: conjuncts, again: again, loops: 1}
	q := a.question()
	q.groups = g
	above := a.askAbove(q, over)
	o, err := q.negotiate(p.ctx)
	if err != nil {
		return nil, "", err
	}
	switch {
	case o.refused != nil:
		return nil, "the connector cannot read the table so", nil
	case !o.groups:
		return nil, orElse(o.groupsReason, "the connector does not make them"), nil
	}
	for i, x := range conjuncts {
		if !x.exactly(o.uses[i], true) {
			return nil, "the connector took them without taking " + x.text + " exactly", nil
		}
	}
	out, err := over.rebuild(p, a.groupScan(q, o, over, above), above.placed(o, a.count), g)
	return out, "", err
}

// groupScan makes the scan whose rows are groups.
func (a *attempt) groupScan(q *ask, o *offer, over *groupsOver, above *groupsAbove) sql.Node {
	s, g := a.scope, q.groups
	info := a.info(q, o)
	info.Groups = g.text + " taken"
	info.Having = above.outcome(o)
	way := access(s, o)
	way.Columns, way.Partitionable = g.sortedColumns(), false
	a.planner.hold(a, q)
	p := &exec.ScanPlan{Source: s.source, Row: g.row, Main: way, Reuse: a.again, Info: info}
	return exec.NewGroups(a.planner.ctx, s.node, p, g.schema(a.planner.ctx, over.by))
}

// holdsSubquery tells whether a condition of the chain asks the database something.
func (c *chain) holdsSubquery(ctx *sql.Context) bool {
	for _, f := range c.filters {
		if holdsSubquery(ctx, f.Expression) {
			return true
		}
	}
	return false
}

// newGrouping translates a GROUP BY. A reason says why the groups are not asked for; nil: there is nothing to ask for.
func newGrouping(ctx *sql.Context, s *tableScope, over *groupsOver) (*grouping, string) {
	n := over.by
	g := &grouping{message: &pb.Aggregation{}}
	var calls, keys []string
	for _, e := range n.SelectDeps {
		if _, is := e.(sql.Aggregation); is {
			calls = append(calls, e.String())
		}
	}
	for _, e := range n.GroupByExprs {
		keys = append(keys, e.String())
	}
	if len(calls)+len(keys) == 0 {
		return nil, ""
	}
	g.text = strings.Join(calls, ", ")
	if len(keys) > 0 {
		g.text = strings.TrimSpace(g.text + " by " + strings.Join(keys, ", "))
	}
	positions := map[int]int{}
	for _, e := range n.GroupByExprs {
		position, reason := s.groupKey(e)
		if reason != "" {
			return g, reason
		}
		if _, twice := positions[position]; !twice {
			positions[position] = len(g.message.Keys)
			g.message.Keys = append(g.message.Keys, s.columns[position].position)
		}
	}
	for at, e := range n.SelectDeps {
		if reason := g.add(ctx, s, e, positions, over.reads(ctx, at)); reason != "" {
			return g, reason
		}
	}
	for i := range g.averages {
		a := &g.averages[i]
		a.count = len(g.row)
		g.count(s, a.of)
	}
	return g, ""
}

// groupKey finds the column that a key is.
func (s *tableScope) groupKey(e sql.Expression) (int, string) {
	field, ok := e.(*expression.GetField)
	if !ok {
		return 0, "a key is an expression, not a column"
	}
	position, ok := s.field(field)
	if !ok {
		return 0, "a key is a column of another table"
	}
	c := &s.columns[position]
	if !c.exact() {
		return 0, "values of " + c.name + " that differ may be equal"
	}
	return position, ""
}

// exact tells whether values of a column that are equal are the same, so that it does not matter which of them is taken.
func (c *column) exact() bool {
	switch c.class {
	case classOther, classFloat32, classFloat64, classBytes:
		return false
	case classText:
		text, ok := c.typ.(sql.StringType)
		return ok && (text.Collation() == sql.Collation_binary || text.Collation() == sql.Collation_utf8mb4_0900_bin)
	}
	return true
}

// add translates one column of the rows of a GROUP BY.
func (g *grouping) add(ctx *sql.Context, s *tableScope, e sql.Expression, keys map[int]int, read bool) string {
	if field, ok := e.(*expression.GetField); ok {
		position, own := s.field(field)
		at, isKey := keys[position]
		if own && !isKey && !read {
			// An argument of an aggregate in HAVING or ORDER BY, which nobody wants by itself.
			at, isKey = -1, true
		}
		if !own || !isKey {
			return field.Name() + " is no key of the groups"
		}
		c := &s.columns[position]
		g.row, g.outputs = append(g.row, exec.ColumnRead{Name: c.name, Type: c.typ, NotNull: c.notNull, Column: at}), append(g.outputs, at)
		return ""
	}
	call, column, reason := s.call(ctx, e)
	if reason != "" {
		return reason
	}
	output := g.output(call)
	column.Column, column.Name = output, e.String()
	if total, ok := e.(*function.Total); ok && total.Average {
		g.averages = append(g.averages, average{at: len(g.row), of: total, index: s.place(total.Child)})
		output = -1
	}
	g.row, g.outputs = append(g.row, column), append(g.outputs, output)
	return ""
}

// output is the position of a call among the columns of the groups; the same call twice has one.
func (g *grouping) output(call *pb.AggregateCall) int {
	at := slices.IndexFunc(g.message.Calls, func(c *pb.AggregateCall) bool { return c.EqualVT(call) })
	if at < 0 {
		at = len(g.message.Calls)
		g.message.Calls = append(g.message.Calls, call)
	}
	return len(g.message.Keys) + at
}

// count adds the number of values of an average behind the row.
func (g *grouping) count(s *tableScope, of *function.Total) {
	call := &pb.AggregateCall{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT, Column: &s.columns[s.place(of.Child)].position, Result: countResult()}
	g.row = append(g.row, exec.ColumnRead{Name: "count", Type: types.Int64, NotNull: true, Column: g.output(call)})
}

// place is that of a column of the table in its row; call has seen to it that e is one.
func (s *tableScope) place(e sql.Expression) int {
	position, _ := s.field(e.(*expression.GetField))
	return position
}

func countResult() *pb.Column { return &pb.Column{Type: pb.Type_TYPE_INT64, NotNull: true} }

// schema is that of the rows of the scan: those of the GROUP BY, and behind them what averages are made of.
func (g *grouping) schema(ctx *sql.Context, n *plan.GroupBy) sql.Schema {
	schema := slices.Clone(n.Schema(ctx))
	for _, a := range g.averages {
		sum := *schema[a.at]
		sum.Type = g.row[a.at].Type
		schema[a.at] = &sum
	}
	for _, read := range g.row[len(schema):] {
		schema = append(schema, &sql.Column{Name: read.Name, Type: read.Type})
	}
	return schema
}

// call translates an aggregate; AVG is asked for as SUM.
func (s *tableScope) call(ctx *sql.Context, e sql.Expression) (*pb.AggregateCall, exec.ColumnRead, string) {
	var child sql.Expression
	var kind pb.AggregateFunction
	var window *sql.WindowDefinition
	distinct := false
	switch e := e.(type) {
	case *aggregation.Count:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT, e.Window()
	case *aggregation.CountDistinct:
		if arguments := e.Children(); len(arguments) == 1 {
			child, kind, window, distinct = arguments[0], pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT, e.Window(), true
		}
	case *aggregation.Min:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, e.Window()
	case *aggregation.Max:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX, e.Window()
	case *function.Total:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_SUM, e.Window()
	}
	if child == nil || window != nil {
		return nil, exec.ColumnRead{}, e.String() + " is computed by the engine"
	}
	number := exec.ColumnRead{Type: types.Int64, NotNull: true}
	if kind == pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT && !distinct {
		literal, constant := child.(*expression.Literal)
		if _, star := child.(*expression.Star); star || constant && literal.Value() != nil {
			return &pb.AggregateCall{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR, Result: countResult()}, number, ""
		}
	}
	c, reason := s.summed(child, e)
	if reason != "" {
		return nil, number, reason
	}
	switch kind {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT:
		return &pb.AggregateCall{Function: kind, Column: &c.position, Distinct: distinct, Result: countResult()}, number, ""
	case pb.AggregateFunction_AGGREGATE_FUNCTION_SUM:
		return s.sum(ctx, c, &function.Total{Child: child})
	}
	result := s.table.Declared().GetColumns()[c.position]
	result = &pb.Column{Name: result.Name, Type: result.Type, SqlType: result.SqlType, Precision: result.Precision, Scale: result.Scale,
		Length: result.Length, Collation: result.Collation}
	return &pb.AggregateCall{Function: kind, Column: &c.position, Result: result}, exec.ColumnRead{Type: c.typ}, ""
}

// summed finds the column that an aggregate is of. A float may be no number, which reads as an error or NULL.
func (s *tableScope) summed(child, of sql.Expression) (*column, string) {
	field, ok := child.(*expression.GetField)
	if !ok {
		return nil, of.String() + " is of an expression, not of a column"
	}
	position, own := s.field(field)
	if !own {
		return nil, of.String() + " is of a column of another table"
	}
	c := &s.columns[position]
	if !c.exact() {
		return nil, of.String() + " is computed by the engine for this type"
	}
	return c, ""
}

func (s *tableScope) sum(ctx *sql.Context, c *column, of sql.Expression) (*pb.AggregateCall, exec.ColumnRead, string) {
	t := of.Type(ctx)
	if !c.class.number() {
		return nil, exec.ColumnRead{}, of.String() + " is computed by the engine for this type"
	}
	result, err := gms.Column(&sql.Column{Name: of.String(), Type: t, Nullable: true})
	if err != nil {
		return nil, exec.ColumnRead{}, err.Error()
	}
	return &pb.AggregateCall{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_SUM, Column: &c.position, Result: result}, exec.ColumnRead{Type: t}, ""
}
