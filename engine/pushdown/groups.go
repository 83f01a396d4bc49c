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
}

// groups plans a GROUP BY straight above a table: its connector makes the groups when it takes all of it, conditions
// included, and exactly. Otherwise it gives nil, and notes the reason.
func (p *planner) groups(n *plan.GroupBy, again bool) (sql.Node, error) {
	c, ok := newChain(p.ctx, n.Child)
	if !ok || !c.bare() {
		return nil, nil
	}
	g, reason := newGrouping(p.ctx, c.scope, n)
	if g == nil {
		return nil, nil // it is no aggregation
	}
	if reason == "" {
		var out sql.Node
		var err error
		if out, reason, err = p.grouping(c, g, n, again); out != nil || err != nil {
			p.changed = p.changed || out != nil
			return out, err
		}
	}
	if p.grouped == nil {
		p.grouped = map[*plan.ResolvedTable]string{}
	}
	p.grouped[c.scope.node] = g.text + " not taken: " + reason
	return nil, nil
}

// grouping asks the connector for groups; it gives a reason when they are the engine's to make.
func (p *planner) grouping(c *chain, g *grouping, n *plan.GroupBy, again bool) (sql.Node, string, error) {
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
		if x.never || !x.sendable() || len(x.params) > 0 {
			return nil, "a condition is checked by the engine", nil
		}
	}
	a := &attempt{planner: p, chain: c, scope: c.scope, conjuncts: conjuncts, again: again, loops: 1}
	q := a.question()
	q.groups = g
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
	return a.groupScan(q, o, n), "", nil
}

// groupScan makes the scan whose rows are groups.
func (a *attempt) groupScan(q *ask, o *offer, n *plan.GroupBy) sql.Node {
	s, g := a.scope, q.groups
	info := a.info(q, o)
	info.Groups = g.text + " taken"
	way := access(s, q, o)
	way.Columns, way.Partitionable = nil, false
	for _, read := range g.row {
		way.Columns = append(way.Columns, uint32(read.Column))
	}
	a.planner.hold(a, q)
	p := &exec.ScanPlan{Source: s.source, Row: g.row, Main: way, Reuse: a.again, Info: info}
	return exec.NewGroups(a.planner.ctx, s.node, p, n.Schema(a.planner.ctx))
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
func newGrouping(ctx *sql.Context, s *tableScope, n *plan.GroupBy) (*grouping, string) {
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
	for _, e := range n.SelectDeps {
		if reason := g.add(ctx, s, e, positions); reason != "" {
			return g, reason
		}
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
func (g *grouping) add(ctx *sql.Context, s *tableScope, e sql.Expression, keys map[int]int) string {
	if field, ok := e.(*expression.GetField); ok {
		position, own := s.field(field)
		at, isKey := keys[position]
		if !own || !isKey {
			return field.Name() + " is no key of the groups"
		}
		c := &s.columns[position]
		g.row = append(g.row, exec.ColumnRead{Name: c.name, Type: c.typ, NotNull: c.notNull, Column: at})
		return ""
	}
	call, read, reason := s.call(ctx, e)
	if reason != "" {
		return reason
	}
	read.Column, read.Name = len(g.message.Keys)+len(g.message.Calls), e.String()
	g.message.Calls = append(g.message.Calls, call)
	g.row = append(g.row, read)
	return ""
}

// call translates an aggregate.
func (s *tableScope) call(ctx *sql.Context, e sql.Expression) (*pb.AggregateCall, exec.ColumnRead, string) {
	var child sql.Expression
	var kind pb.AggregateFunction
	var window *sql.WindowDefinition
	switch e := e.(type) {
	case *aggregation.Count:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT, e.Window()
	case *aggregation.Min:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, e.Window()
	case *aggregation.Max:
		child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX, e.Window()
	case *function.Total:
		if !e.Average {
			child, kind, window = e.Child, pb.AggregateFunction_AGGREGATE_FUNCTION_SUM, e.Window()
		}
	}
	if child == nil || window != nil {
		return nil, exec.ColumnRead{}, e.String() + " is computed by the engine"
	}
	number := exec.ColumnRead{Type: types.Int64, NotNull: true}
	if kind == pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT {
		result := &pb.Column{Type: pb.Type_TYPE_INT64, NotNull: true}
		literal, constant := child.(*expression.Literal)
		if _, star := child.(*expression.Star); star || constant && literal.Value() != nil {
			return &pb.AggregateCall{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR, Result: result}, number, ""
		}
		c, reason := s.summed(child, e)
		if reason != "" {
			return nil, number, reason
		}
		return &pb.AggregateCall{Function: kind, Column: &c.position, Result: result}, number, ""
	}
	c, reason := s.summed(child, e)
	if reason != "" {
		return nil, number, reason
	}
	if kind == pb.AggregateFunction_AGGREGATE_FUNCTION_SUM {
		return s.sum(ctx, c, e)
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
