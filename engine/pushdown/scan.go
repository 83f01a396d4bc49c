package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/exec"
)

// chain plans a table with what stands above it.
func (p *planner) chain(c *chain, again bool) (sql.Node, error) {
	p.changed = true
	for i, n := range c.upper {
		planned, err := p.expressions(n)
		if err != nil {
			return nil, err
		}
		c.upper[i] = planned
	}
	conjuncts, err := p.conjuncts(c)
	if err != nil {
		return nil, err
	}
	a := &attempt{planner: p, chain: c, scope: c.scope, conjuncts: conjuncts, again: again, loops: 1}
	placed, err := a.onlyOnce()
	if placed == nil && err == nil {
		placed, err = a.place()
	}
	if err != nil {
		return nil, err
	}
	return c.rebuild(p.ctx, placed)
}

// attempt is one way to scan a table. chain is nil for the scan of a join's inner side, whose
// filters are its own but whose rows nobody orders or limits.
type attempt struct {
	planner   *planner
	chain     *chain
	scope     *tableScope
	conjuncts []*conjunct
	again     bool
	loops     float64
	// plain leaves out the conditions on the outer row.
	plain bool
	// brief: see ask.
	brief bool

	ordering    *ordering
	orderReason string
	limitReason string
	// distinct is what DISTINCT is about, and distinctReason why it is not taken.
	distinct, distinctReason string
	count                    uint64
}

// place negotiates and makes the scan. A table that refuses is an error.
func (a *attempt) place() (*placed, error) {
	placed, refused, err := a.try()
	if err == nil && refused != nil {
		err = refused.error(a.scope)
	}
	return placed, err
}

// try negotiates and makes the scan, or gives the refusal.
func (a *attempt) try() (*placed, *refusedPlan, error) {
	for _, c := range a.conjuncts {
		if c.never && !c.advisory {
			return a.nothing(c.text, "it is never true"), nil, nil
		}
	}
	if a.chain != nil {
		if limit, _, ok := a.chain.limitOf(a.planner.ctx); ok && limit == 0 {
			return a.nothing("LIMIT 0", "no row is wanted"), nil, nil
		}
	}
	a.point()
	q := a.question()
	o, err := q.negotiate(a.planner.ctx)
	if err != nil || o.refused != nil {
		return nil, o.refusal(), err
	}
	if path := a.driven(q, o); path != nil {
		placed, err := a.through(q, o, path)
		return placed, nil, err
	}
	q, o, err = a.narrow(q, o)
	if err != nil {
		return nil, nil, err
	}
	placed, err := a.build(q, o)
	return placed, nil, err
}

func (o *offer) refusal() *refusedPlan {
	if o == nil {
		return nil
	}
	return o.refused
}

// question makes the ask for all that may be asked for.
func (a *attempt) question() *ask {
	p, s := a.planner, a.scope
	q := &ask{scope: s, conjuncts: a.conjuncts, usable: a.usable(), columns: a.columns(p.reads), loops: a.loops, brief: a.brief}
	a.askOrder(q)
	a.askLimit(q)
	return q
}

// usable leaves out what the switches and the place in the plan forbid; nil when nothing is.
func (a *attempt) usable() []bool {
	usable := make([]bool, len(a.conjuncts))
	all := true
	for i, c := range a.conjuncts {
		usable[i] = !a.plain || len(c.params) == 0
		all = all && usable[i]
	}
	if all {
		return nil
	}
	return usable
}

// columns are the row positions to read.
func (a *attempt) columns(r *reads) []int {
	if a.planner.switches.columns {
		return r.of(a.scope)
	}
	all := make([]int, len(a.scope.columns))
	for i := range all {
		all[i] = i
	}
	return all
}

func (a *attempt) askOrder(q *ask) {
	if a.chain == nil || a.chain.sort < 0 {
		return
	}
	order, reason := newOrdering(a.scope, a.chain.sortConditions(), a.chain.behind)
	a.ordering = &order
	switch {
	case reason != "":
	case !a.planner.switches.order:
		reason = "wasql_pushdown_order is 0"
	case a.planner.switches.refuses("order " + order.text):
		reason = refusedAtRandom
	case a.bound():
		reason = "a condition depends on the outer row"
	default:
		q.order = &order
	}
	a.orderReason = reason
}

func (a *attempt) askLimit(q *ask) {
	if a.chain == nil {
		return
	}
	limit, offset, ok := a.chain.limitOf(a.planner.ctx)
	if !ok {
		return
	}
	a.count = limit
	switch {
	case !a.planner.switches.limit:
		a.limitReason = "wasql_pushdown_limit is 0"
	case a.planner.switches.refuses("limit of " + a.scope.name()):
		a.limitReason = refusedAtRandom
	case a.chain.sort >= 0 && q.order == nil:
		a.limitReason = "the order is the engine's"
	case !a.allSent():
		a.limitReason = "a condition is checked by the engine"
	case len(a.conjuncts) > 0 && !a.scope.table.TrustPushdown():
		a.limitReason = "conditions of a connector that is not trusted are checked by the engine"
	default:
		q.limit, q.offset = &limit, offset
	}
}

// bound tells whether a condition depends on the outer row.
func (a *attempt) bound() bool {
	for _, c := range a.conjuncts {
		if len(c.params) > 0 {
			return true
		}
	}
	return false
}

func (a *attempt) allSent() bool {
	for _, c := range a.conjuncts {
		if !c.asked() || len(c.params) > 0 {
			return false
		}
	}
	return true
}

// narrow asks again without the columns that only exactly taken conditions read.
func (a *attempt) narrow(q *ask, o *offer) (*ask, *offer, error) {
	if !a.planner.switches.columns {
		return q, o, nil
	}
	var taken []sql.Expression
	for i, c := range a.conjuncts {
		if !c.advisory && c.exactly(o.uses[i], a.scope.table.TrustPushdown()) {
			taken = append(taken, c.expr)
		}
	}
	if len(taken) == 0 {
		return q, o, nil
	}
	columns := a.planner.reads.without(a.planner.ctx, taken).of(a.scope)
	if len(columns) == len(q.columns) {
		return q, o, nil
	}
	narrower := *q
	narrower.columns = columns
	second, err := narrower.negotiate(a.planner.ctx)
	if err != nil {
		return nil, nil, err
	}
	if !second.sameAs(o) {
		// It does less with fewer columns: more are harmless.
		return q, o, nil
	}
	return &narrower, second, nil
}

func (o *offer) sameAs(other *offer) bool {
	if o.refused != nil || o.order != other.order || o.limit != other.limit || len(o.uses) != len(other.uses) {
		return false
	}
	for i := range o.uses {
		if o.uses[i].use != other.uses[i].use {
			return false
		}
	}
	return true
}

// nothing is the scan that need not be made.
func (a *attempt) nothing(what, why string) *placed {
	info := a.info(&ask{scope: a.scope}, nil)
	info.Empty = true
	a.planner.hold(a, nil)
	info.Filters = []exec.FilterInfo{{Text: what, Use: "kept", Reason: why}}
	return &placed{scan: exec.NewScan(a.planner.ctx, a.scope.node, &exec.ScanPlan{Source: a.scope.source, Empty: true, Info: info})}
}

// build makes the scan of an offer.
func (a *attempt) build(q *ask, o *offer) (*placed, error) {
	s, trusted := a.scope, a.scope.table.TrustPushdown()
	a.planner.hold(a, q)
	out := &placed{order: o.order, limit: o.limit, distinct: o.distinct, count: a.count}
	p := &exec.ScanPlan{Source: s.source, Row: a.row(q), Main: access(s, o), Params: o.params, Known: fixedValues(a.conjuncts), Bindings: a.bindings(), Reuse: a.again, Info: a.info(q, o)}
	if len(o.params) > 0 {
		p.Fallback, p.Keys = a.fallbackOf(q, o), a.keysOf(q, o, p)
	}
	p.Narrow = a.narrower(q, o)
	if o.order && !trusted {
		p.Watch = q.order.watch
	}
	for i, c := range a.conjuncts {
		if c.advisory || c.exactly(o.uses[i], trusted) {
			continue
		}
		checked, err := s.residual(a.planner.ctx, c.expr)
		if err != nil {
			return nil, err
		}
		out.residual = append(out.residual, checked)
	}
	out.scan = exec.NewScan(a.planner.ctx, s.node, p)
	return out, nil
}

func access(s *tableScope, o *offer) exec.Access {
	return exec.Access{Table: s.table.Ref(), Plan: o.plan, Columns: o.columns, Arguments: o.arguments, Partitionable: o.partitionable}
}

// row says which row positions are filled.
func (a *attempt) row(q *ask) []exec.ColumnRead {
	s := a.scope
	row := make([]exec.ColumnRead, len(s.columns))
	for i := range s.columns {
		c := &s.columns[i]
		row[i] = exec.ColumnRead{Name: c.name, Type: c.typ, NotNull: c.notNull, Column: -1}
	}
	for _, position := range q.columns {
		row[position].Column = int(s.columns[position].position)
	}
	return row
}

func (a *attempt) fallbackOf(q *ask, o *offer) func(*sql.Context) (exec.Access, error) {
	sampled := q.sampleTaken(o)
	return func(ctx *sql.Context) (exec.Access, error) { return a.fallback(ctx, sampled) }
}

// fallback negotiates, when the statement runs, the way in without the outer row.
func (a *attempt) fallback(ctx *sql.Context, sampled bool) (exec.Access, error) {
	plain := *a
	plain.plain = true
	q := &ask{scope: a.scope, conjuncts: a.conjuncts, usable: plain.usable(), columns: a.columns(a.planner.reads), loops: a.loops, brief: a.brief}
	o, err := q.negotiate(ctx)
	if err != nil {
		return exec.Access{}, err
	}
	if o.refused != nil {
		if o.refused.argument != "" {
			o.refused.message = "the value is none of the argument's type"
		}
		return exec.Access{}, o.refused.error(a.scope)
	}
	if q.sampleTaken(o) != sampled {
		return exec.Access{}, q.sampleBreach()
	}
	return access(a.scope, o), nil
}

// bare tells whether nothing but filters and an alias stands above the table.
func (c *chain) bare() bool { return len(c.upper) == 0 }
