package main

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// Plan chooses the way to the rows: the whole table, its primary key or an index. It claims what the keys of that
// way say, and nothing else: the engine filters faster than a store does row by row.
func (t *table) Plan(p *wasql.Plan) error {
	filters := make([]*wasql.Filter, 0, len(p.Conjuncts()))
	var conjuncts []*wasql.Conjunct
	for _, c := range p.Conjuncts() {
		if c.Usable {
			filters, conjuncts = append(filters, &c.Filter), append(conjuncts, c)
		}
	}
	if p.Asked(wasql.Sampling) && (p.Asked(wasql.Aggregates) || p.Asked(wasql.Joining)) {
		p.Refuse(wasql.Aggregates, ofSample)
		p.Refuse(wasql.Joining, ofSample)
		return nil
	}
	if p.Asked(wasql.Aggregates) && !p.Asked(wasql.Joining) {
		if t.answerable(p, filters) {
			t.answer(p, conjuncts)
			return nil
		}
		p.Refuse(wasql.Aggregates, "no key of the table tells")
		if len(p.Aggregation.GetKeys()) > 0 {
			t.planRuns(p, conjuncts, filters)
		}
		return nil // the rows are asked for by themselves
	}
	if p.Asked(wasql.Joining) {
		return t.planJoin(p)
	}
	if p.Asked(wasql.Distinct) && !p.Asked(wasql.Sampling) && t.planRuns(p, conjuncts, filters) {
		return nil
	}
	ways := t.proposals(p, filters)
	best := cheapest(ways, anyWay)
	t.offer(p, best)
	if p.Asked(wasql.Order) && !best.ordered {
		// What the engine does with its rows costs more than a store can know.
		if other := cheapest(ways, func(w *proposal) bool { return w.ordered }); other != nil {
			t.offer(p.Alternative(), other)
		}
	}
	return nil
}

// ofSample is why groups and joins are left to the engine.
const ofSample = "the rows are a sample"

// offer claims what a way to the rows gives.
func (t *table) offer(p *wasql.Plan, best *proposal) {
	at := 0
	for _, c := range p.Conjuncts() {
		if !c.Usable {
			continue
		}
		switch i := at; {
		case best.exact[i] && best.taken[i]:
			c.Claim(wasql.Exact)
		case best.taken[i]:
			c.Claim(wasql.Inexact)
		default:
			c.Refuse("no part of the key that is read")
		}
		at++
	}
	if best.ordered {
		p.Take(wasql.Order)
	} else if p.Asked(wasql.Order) {
		p.Refuse(wasql.Order, "not the order of the key that is read")
	}
	p.Take(wasql.Sampling)
	p.Take(wasql.Limit)
	rows, cost := part(p)
	p.Rows, p.Cost, p.StartupCost = best.rows*rows, best.startup+(best.cost-best.startup)*cost, best.startup
	p.RowBytes = t.rowBytes()
	p.Unique = best.unique() && best.points == 1
	if best.covering {
		p.Explain("covering", "all columns are read from the index")
	}
	p.IndexName, p.IndexNumber = best.name(), best.index+1
	p.State = best.state()
}

// proposals are the ways to the rows: by the primary key, and by each index.
func (t *table) proposals(p *wasql.Plan, filters []*wasql.Filter) []proposal {
	ways := []proposal{t.propose(p, filters, -1)}
	if p.Sample.GetBlocks() {
		return ways // they are those of this tree
	}
	for i := range t.definition.indexes {
		if t.definition.indexes[i].kept {
			ways = append(ways, t.propose(p, filters, i))
		}
	}
	return ways
}

func anyWay(*proposal) bool { return true }

// cheapest is the way that costs least of those that will do; nil: none does, or can be gone.
func cheapest(ways []proposal, does func(*proposal) bool) *proposal {
	var best *proposal
	for i := range ways {
		if w := &ways[i]; does(w) && (best == nil || w.total < best.total) {
			best = w
		}
	}
	return best
}

// proposal is a way with what it costs.
type proposal struct {
	*access
	taken, exact  []bool
	ordered       bool
	reverse       bool
	covering      bool
	rows, startup float64
	// cost in rows read one behind the other; total with what the engine must do then.
	cost, total float64
}

func (t *table) propose(p *wasql.Plan, filters []*wasql.Filter, index int) proposal {
	a := t.accessOf(index)
	out := proposal{access: a}
	out.taken, out.exact = a.use(filters)
	out.rows = t.version.estimate(a)
	out.ordered, out.reverse = a.orders(p.Order)
	if n := float64(t.rows.Len()); a.narrows() {
		out.startup = math.Log2(n+2) / 8
	}
	each := 1.0
	if index >= 0 {
		each = 2.5
		if out.covering = t.covers(index, p.Columns) != nil; out.covering {
			each = 1.25
		}
	}
	read := out.rows
	left := len(filters) != count(out.exact)
	if out.ordered && p.Asked(wasql.Limit) && !left && p.Limit < math.MaxInt64 {
		read = min(read, float64(p.Limit)+float64(p.Offset))
	}
	out.cost = out.startup + read*each
	out.total = out.cost
	if p.Asked(wasql.Order) && !out.ordered {
		out.total += out.rows * math.Log2(out.rows+2) / 20
	}
	if index >= 0 && !a.narrows() && !out.ordered {
		out.total = math.Inf(1)
	}
	return out
}

func count(flags []bool) int {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return n
}

// name is what EXPLAIN shows: nothing for a whole table in no order.
func (p *proposal) name() string {
	switch {
	case p.index >= 0:
		return p.d.indexes[p.index].name
	case (p.narrows() || p.ordered) && len(p.d.primary.parts) > 0:
		return "PRIMARY"
	}
	return ""
}

// orders tells whether the rows come in an order by this way, and whether from its end.
func (a *access) orders(order []wasql.OrderKey) (ordered, reverse bool) {
	if len(order) == 0 {
		return false, false
	}
	part, decided := 0, false
	for _, key := range order {
		// Columns that have one value do not matter, in the order or in the key.
		for part < len(a.parts) && a.parts[part].column != key.Column && a.single(part) {
			part++
		}
		if part == len(a.parts) {
			// Behind a key that is never there twice nothing can matter.
			return a.index < 0 || !a.d.indexes[a.index].unique || a.single(a.partOf(key.Column)), reverse
		}
		p := &a.parts[part]
		if p.column != key.Column {
			if a.single(a.partOf(key.Column)) {
				continue
			}
			return false, false
		}
		column := &a.d.columns[key.Column]
		if p.prefix > 0 || p.nullable && key.NullsLast != key.Descending || p.collation != nil && !strings.EqualFold(key.Collation, a.d.collation(column)) {
			return false, false
		}
		if back := key.Descending != p.desc; !decided {
			decided, reverse = true, back
		} else if back != reverse && !a.single(part) {
			return false, false
		}
		part++
	}
	return true, reverse
}

func (a *access) partOf(column int) int {
	for i := range a.parts {
		if a.parts[i].column == column {
			return i
		}
	}
	return -1
}

// single tells whether a part has one value in all rows that are read.
func (a *access) single(part int) bool {
	if part < 0 || part >= len(a.used) || a.parts[part].prefix > 0 {
		return false
	}
	for _, f := range a.used[part] {
		if f.Op == wasql.EQ || f.Op == wasql.NullSafeEQ || f.Op == wasql.IsNull {
			return true
		}
	}
	return false
}

// state is what Scan needs besides the claims: the index, the direction, the definition that was planned for.
func (p *proposal) state() []byte {
	direction := byte(0)
	if p.ordered && p.reverse {
		direction = 1
	}
	b := binary.AppendUvarint([]byte{direction}, uint64(p.index+1))
	return binary.AppendUvarint(b, p.d.version)
}

// planned reads a state again. Without one the whole table is read.
func (t *table) planned(state []byte) (a *access, reverse bool, err error) {
	if len(state) == 0 {
		return t.accessOf(-1), false, nil
	}
	index, n := binary.Uvarint(state[1:])
	if n <= 0 || index > uint64(len(t.definition.indexes)) {
		return nil, false, changedTable(t.version)
	}
	if made, n := binary.Uvarint(state[1+n:]); n <= 0 || made != t.definition.version {
		return nil, false, changedTable(t.version)
	}
	return t.accessOf(int(index) - 1), state[0] == 1, nil
}

func (t *table) rowBytes() float64 {
	if n := t.rows.Len(); n > 0 {
		return float64(t.rows.bytes) / float64(n)
	}
	return float64(8 * len(t.columns))
}

// claimed are the filters of a plan that is opened.
func claimed(p *wasql.Plan) []*wasql.Filter {
	filters := make([]*wasql.Filter, len(p.Conjuncts()))
	for i, c := range p.Conjuncts() {
		filters[i] = &c.Filter
	}
	return filters
}

// Counters of EXPLAIN ANALYZE.
func (c *cursor) Counters() [][2]string {
	return [][2]string{{"key runs", strconv.Itoa(len(c.spans))}, {"rows looked up", strconv.Itoa(c.fetched)}}
}
