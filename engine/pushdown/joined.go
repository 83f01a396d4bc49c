package pushdown

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// joining is a join of two tables of one connector, in their own columns.
type joining struct {
	planner     *planner
	node        *plan.JoinNode
	kind        pb.JoinKind
	left, right *chain
	message     *pb.Join
	text        string
	// columns are the row positions of the right side that are read.
	columns []int
	// rest are conditions of an inner join that are no pair of columns.
	rest []sql.Expression
	// offset is how many values stand before the left table's own.
	offset int
}

// joinKinds has the joins that may be a connector's, whatever way go-mysql-server has chosen to them.
var joinKinds = map[plan.JoinType]pb.JoinKind{
	plan.JoinTypeInner: pb.JoinKind_JOIN_KIND_INNER, plan.JoinTypeHash: pb.JoinKind_JOIN_KIND_INNER, plan.JoinTypeLookup: pb.JoinKind_JOIN_KIND_INNER,
	plan.JoinTypeLeftOuter: pb.JoinKind_JOIN_KIND_LEFT, plan.JoinTypeLeftOuterHash: pb.JoinKind_JOIN_KIND_LEFT, plan.JoinTypeLeftOuterLookup: pb.JoinKind_JOIN_KIND_LEFT,
	plan.JoinTypeSemi: pb.JoinKind_JOIN_KIND_SEMI, plan.JoinTypeSemiHash: pb.JoinKind_JOIN_KIND_SEMI, plan.JoinTypeSemiLookup: pb.JoinKind_JOIN_KIND_SEMI,
	plan.JoinTypeAntiIncludeNulls: pb.JoinKind_JOIN_KIND_ANTI, plan.JoinTypeAntiHashIncludeNulls: pb.JoinKind_JOIN_KIND_ANTI,
}

// joinsInside tells whether the connector of a table says that it joins.
func joinsInside(t Table) bool {
	if fake, ok := t.(interface{ Joins() bool }); ok {
		return fake.Joins()
	}
	c := connectorOf(t)
	return c != nil && c.Features()&uint64(pb.Feature_FEATURE_JOINS) != 0
}

// inside puts a join to the connector that keeps both tables. It gives nil when it stays the engine's, and notes the reason.
func (p *planner) inside(n *plan.JoinNode, again bool) (sql.Node, error) {
	j, reason := p.newJoining(n)
	if j == nil {
		return nil, nil
	}
	if reason == "" {
		out, why, err := j.ask(again)
		if out != nil || err != nil {
			p.changed = p.changed || out != nil
			return out, err
		}
		reason = why
	}
	if p.apart == nil {
		p.apart = map[*plan.ResolvedTable]string{}
	}
	p.apart[j.left.scope.node] = j.text + " not taken: " + reason
	return nil, nil
}

// newJoining looks at a join; nil: it is none of two tables of a connector that joins.
func (p *planner) newJoining(n *plan.JoinNode) (*joining, string) {
	j := &joining{planner: p, node: n, kind: joinKinds[n.Op], message: &pb.Join{}, offset: -1}
	if j.kind == pb.JoinKind_JOIN_KIND_UNSPECIFIED {
		return nil, ""
	}
	right := n.Right()
	if hash, ok := right.(*plan.HashLookup); ok {
		right = hash.Child
	}
	right, keys := whole(p.ctx, right)
	var ok, also bool
	j.left, ok = newChain(p.ctx, n.Left())
	if ok {
		j.right, also = newChain(p.ctx, right)
	}
	if !also || !j.left.bare() || !j.right.bare() || !joinsInside(j.left.scope.table) || !joinsInside(j.right.scope.table) ||
		connectorOf(j.left.scope.table) != connectorOf(j.right.scope.table) {
		return nil, ""
	}
	j.text = fmt.Sprintf("%s %s", strings.ToLower(strings.TrimPrefix(j.kind.String(), "JOIN_KIND_")), j.right.scope.name())
	j.message.Kind, j.message.Right = j.kind, j.right.scope.table.Ref()
	for _, e := range keys {
		equals := e.(*expression.Equals) // whole makes nothing else
		if !j.pair(equals.Left(), equals.Right()) {
			return j, "its keys are more than columns"
		}
	}
	var conditions []sql.Expression
	if n.Filter != nil {
		conditions = split(p.ctx, n.Filter)
	}
	return j, j.pairs(conditions)
}

// whole sees the table that an access by index reads, as a whole, and what its rows are looked up by.
func whole(ctx *sql.Context, n sql.Node) (sql.Node, []sql.Expression) {
	switch n := n.(type) {
	case *plan.TableAlias, *plan.Filter:
		child, keys := whole(ctx, n.Children()[0])
		out, err := n.WithChildren(ctx, child)
		if err != nil || child == n.Children()[0] {
			return n, nil
		}
		return out, keys
	case *plan.IndexedTableAccess:
		table, ok := n.TableNode.(*plan.ResolvedTable)
		if !ok || len(n.Expressions()) == 0 || slices.Contains(n.NullMask(), true) {
			return n, nil
		}
		var keys []sql.Expression
		columns := n.Index().Expressions()
		schema := table.Schema(ctx)
		for i, key := range n.Expressions() {
			at := -1
			if i < len(columns) {
				at = schema.IndexOfColName(columns[i][strings.LastIndexByte(columns[i], '.')+1:])
			}
			first, some := n.Columns().Next(1)
			if at < 0 || !some {
				return n, nil
			}
			c := schema[at]
			field := expression.NewGetFieldWithTable(0, int(n.Id()), c.Type, c.DatabaseSource, c.Source, c.Name, c.Nullable)
			keys = append(keys, expression.NewEquals(key, field.WithId(first).(sql.Expression)))
		}
		return table, keys
	}
	return n, nil
}

// pairs takes the conditions apart into columns that are equal; a reason says what is none.
func (j *joining) pairs(conditions []sql.Expression) string {
	for _, e := range conditions {
		equals, ok := e.(*expression.Equals)
		if ok {
			ok = j.pair(equals.Left(), equals.Right()) || j.pair(equals.Right(), equals.Left())
		}
		if ok {
			continue
		}
		if j.kind != pb.JoinKind_JOIN_KIND_INNER {
			return e.String() + " is no equality of two columns"
		}
		j.rest = append(j.rest, e)
	}
	for _, s := range []*tableScope{j.left.scope, j.right.scope} {
		if slices.ContainsFunc(s.table.Declared().GetColumns(), func(c *pb.Column) bool { return c.GetArgument() != 0 || c.GetRequired() }) {
			return s.name() + " has columns that it cannot be read without"
		}
		if past, ok := s.table.(interface{ AsOf() *pb.Value }); ok && past.AsOf() != nil {
			return s.name() + " is read as it was"
		}
	}
	switch p := j.planner; {
	case len(j.message.LeftKeys) == 0:
		return "no columns are compared"
	case p.changes:
		return "its rows are changed"
	case p.onRight:
		// Conditions there count columns from the row of the left side on, the rows of a scan do not have it.
		return "it stands on the right side of another join"
	case !p.switches.joined:
		return VariableJoined + " is 0"
	case p.switches.refuses("join " + j.text):
		return refusedAtRandom
	case !j.left.scope.table.TrustPushdown() || !j.right.scope.table.TrustPushdown():
		return "the joins of a connector that is not trusted are the engine's"
	}
	return ""
}

// pair takes an equality of a column of each side; false: it is none whose equal values are the same.
func (j *joining) pair(left, right sql.Expression) bool {
	l, ok := left.(*expression.GetField)
	r, also := right.(*expression.GetField)
	if !ok || !also {
		return false
	}
	at, own := j.left.scope.field(l)
	to, others := j.right.scope.field(r)
	if !own || !others {
		return false
	}
	a, b := &j.left.scope.columns[at], &j.right.scope.columns[to]
	if a.class != b.class || !a.exact() || a.class == classDecimal && !a.typ.Equals(b.typ) {
		return false
	}
	j.offset = l.Index() - at
	for i := range j.message.LeftKeys {
		if j.message.LeftKeys[i] == a.position && j.message.RightKeys[i] == b.position {
			return true
		}
	}
	j.message.LeftKeys, j.message.RightKeys = append(j.message.LeftKeys, a.position), append(j.message.RightKeys, b.position)
	return true
}

// ask negotiates; it gives a reason when the join is the engine's.
func (j *joining) ask(again bool) (sql.Node, string, error) {
	p := j.planner
	if j.left.holdsSubquery(p.ctx) || j.right.holdsSubquery(p.ctx) || p.holdsSubquery(j.rest) {
		return nil, "a condition has a sub-query", nil
	}
	left, err := p.conjuncts(j.left)
	if err != nil {
		return nil, "", err
	}
	right, err := p.conjuncts(j.right)
	if err != nil {
		return nil, "", err
	}
	follows := func(x *conjunct) bool { return x.advisory }
	left, right = slices.DeleteFunc(left, follows), slices.DeleteFunc(right, follows)
	for _, x := range slices.Concat(left, right) {
		if x.never || len(x.params) > 0 {
			return nil, "a condition is never true, or another row's", nil
		}
		if x.sample != nil {
			return nil, "of one of its tables a sample is read", nil
		}
	}
	all := slices.Clone(left)
	for _, x := range right {
		other := *x
		if other.filter != nil {
			other.filter = other.filter.CloneVT()
			other.filter.Side = 1
		}
		all = append(all, &other)
	}
	a := &attempt{planner: p, chain: j.left, scope: j.left.scope, conjuncts: all, again: again, loops: 1}
	q := a.question()
	q.join = j
	j.columns = (&attempt{planner: p, scope: j.right.scope}).columns(p.reads)
	j.message.RightColumns = nil
	if j.gives() {
		j.message.RightColumns = (&ask{scope: j.right.scope, columns: j.columns}).declaredColumns()
	}
	o, err := q.negotiate(p.ctx)
	switch {
	case err != nil:
		return nil, "", err
	case o.refused != nil:
		return nil, "the connector cannot read the tables so", nil
	case !o.join:
		return nil, orElse(o.joinReason, "the connector does not make it"), nil
	}
	residual, reason := j.residual(a, o, len(left))
	if reason != "" {
		return nil, reason, nil
	}
	apart, err := j.apart(left, right)
	if err != nil {
		return nil, "", err
	}
	inside := q.price(o) + max(0, o.rows)
	if o.cost >= 0 && inside > apart {
		return nil, fmt.Sprintf("it costs %.4g there and %.4g here", inside, apart), nil
	}
	out, err := j.scan(a, q, o, residual)
	return out, "", err
}

func (p *planner) holdsSubquery(all []sql.Expression) bool {
	return slices.ContainsFunc(all, func(e sql.Expression) bool { return holdsSubquery(p.ctx, e) })
}

// gives tells whether the rows have columns of the right side.
func (j *joining) gives() bool { return !j.node.Op.IsPartial() }

// apart is what the join costs the engine; infinite when the connector does not say what its tables cost.
func (j *joining) apart(left, right []*conjunct) (float64, error) {
	p, total := j.planner, 0.0
	keyed := math.Inf(1)
	for i, side := range []*ask{{scope: j.left.scope, conjuncts: left, columns: p.reads.of(j.left.scope), loops: 1},
		{scope: j.right.scope, conjuncts: right, columns: p.reads.of(j.right.scope), loops: 1}} {
		o, err := side.negotiate(p.ctx)
		if err != nil {
			return 0, err
		}
		price := side.price(o)
		if i == 0 && j.node.Op.IsLookup() {
			keyed = price + o.rows*keyCost
		}
		total += price + max(0, o.rows)*groupingRow
	}
	return min(total, keyed), nil
}

// residual are the conditions that are checked on the joined rows; a reason says which cannot be.
func (j *joining) residual(a *attempt, o *offer, lefts int) ([]sql.Expression, string) {
	var all []sql.Expression
	for i, x := range a.conjuncts {
		if x.advisory || x.exactly(o.uses[i], true) {
			continue
		}
		if i < lefts {
			all = append(all, j.shifted(j.left.scope, x.expr, 0))
			continue
		}
		if j.kind != pb.JoinKind_JOIN_KIND_INNER {
			return nil, "the connector took it without taking " + x.text + " exactly"
		}
		all = append(all, j.shifted(j.right.scope, x.expr, len(j.left.scope.columns)))
	}
	return append(all, j.rest...), ""
}

// shifted is a condition on a table as one on the joined rows.
func (j *joining) shifted(s *tableScope, e sql.Expression, by int) sql.Expression {
	out, _, err := transform.Expr(j.planner.ctx, e, func(_ *sql.Context, e sql.Expression) (sql.Expression, transform.TreeIdentity, error) {
		field, ok := e.(*expression.GetField)
		if !ok {
			return e, transform.SameTree, nil
		}
		at, own := s.field(field)
		if !own {
			return e, transform.SameTree, nil
		}
		return field.WithIndex(j.offset + by + at), transform.NewTree, nil
	})
	if err != nil {
		return e // the function above gives none
	}
	return out
}

// scan makes the scan whose rows are joined.
func (j *joining) scan(a *attempt, q *ask, o *offer, residual []sql.Expression) (sql.Node, error) {
	p := j.planner
	info := a.info(q, o)
	info.Join = j.text + " taken"
	row := a.row(q)
	declared := q.declaredColumns()
	number := func(columns []uint32, base int, r []exec.ColumnRead) {
		for i := range r {
			if r[i].Column >= 0 {
				at, _ := slices.BinarySearch(columns, uint32(r[i].Column))
				r[i].Column = base + at
			}
		}
	}
	number(declared, 0, row)
	outputs := len(declared)
	if j.gives() {
		more := (&attempt{planner: p, scope: j.right.scope}).row(&ask{scope: j.right.scope, columns: j.columns})
		number(j.message.RightColumns, len(declared), more)
		for i := range more {
			more[i].NotNull = more[i].NotNull && j.kind == pb.JoinKind_JOIN_KIND_INNER
		}
		row = append(row, more...)
		outputs += len(j.message.RightColumns)
	}
	way := access(j.left.scope, o)
	way.Columns = make([]uint32, outputs)
	for i := range way.Columns {
		way.Columns[i] = uint32(i)
	}
	p.hold(a, q)
	scan := &exec.ScanPlan{Source: j.left.scope.source, Row: row, Main: way, Reuse: a.again, Info: info}
	var out sql.Node = exec.NewGroups(p.ctx, j.left.scope.node, scan, j.node.Schema(p.ctx))
	if len(residual) == 0 {
		return out, nil
	}
	for i, e := range residual {
		var err error
		if e, err = j.left.scope.residual(p.ctx, e); err != nil {
			return nil, err
		}
		if residual[i], err = j.right.scope.residual(p.ctx, e); err != nil {
			return nil, err
		}
	}
	out = plan.NewFilter(p.ctx, exec.Residual(scan, expression.JoinAnd(residual...)), out)
	return out, nil
}
