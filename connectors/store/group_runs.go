package main

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Groups whose keys are the first columns of a tree's keys lie in runs. From one run the next is found by a descent, and its rows
// are counted by their ranks, so that a group costs the same however many rows it has.

// groupCost is what a run costs in rows read one behind the other: some four descents. Groups with fewer rows are cheaper to make
// of the rows, in the engine.
const groupCost = 24

// runs is a way to groups.
type runs struct {
	t *table
	a *access
	// depth is how many parts of the key a run is told by.
	depth int
	keys  []int
	calls []*pb.AggregateCall
	// distinct: the columns of the rows are those of the table, not keys and calls.
	distinct bool
}

// runsBy finds the way to groups by some columns that takes all filters; nil: there is none.
func (t *table) runsBy(keys []int, calls []*pb.AggregateCall, filters []*wasql.Filter) *runs {
	for index := -1; index < len(t.definition.indexes); index++ {
		if index >= 0 && !t.definition.indexes[index].kept {
			continue
		}
		a := t.accessOf(index)
		if !a.takesAll(filters) || len(a.branches) > 0 {
			continue
		}
		r := &runs{t: t, a: a, depth: a.leads(keys), keys: keys, calls: calls}
		if r.depth > 0 && !slices.ContainsFunc(calls, func(c *pb.AggregateCall) bool { return !r.answers(c) }) {
			return r
		}
	}
	return nil
}

// leads is how many parts of the key tell groups apart; 0: they do not.
func (a *access) leads(keys []int) int {
	depth, found := 0, 0
	for depth < len(a.parts) {
		part := &a.parts[depth]
		wanted := slices.Contains(keys, part.column)
		if part.prefix > 0 || !wanted && !a.single(depth) {
			break
		}
		if wanted && a.partOf(part.column) == depth {
			found++
		}
		depth++
	}
	if found < len(keys) || len(keys) == 0 {
		return 0
	}
	return depth
}

// answers tells whether a call is known from the ranks and the ends of a run.
func (r *runs) answers(call *pb.AggregateCall) bool {
	column := int(call.GetColumn())
	nullable := call.Column != nil && !r.a.d.columns[column].NotNull
	next := r.depth < len(r.a.parts) && r.a.parts[r.depth].column == column && r.a.parts[r.depth].prefix == 0 && column != r.a.d.layout.hidden
	switch call.GetFunction() {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR:
		return true
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT:
		return !nullable && !call.GetDistinct()
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MIN:
		return next && !nullable // NULL would come first
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MAX:
		return next
	}
	return false
}

// worth tells whether the runs are probably long enough.
func (r *runs) worth(rows float64) (groups float64, ok bool) {
	each := max(1, r.t.version.run(r.a, r.depth))
	return max(1, rows/each), each >= groupCost
}

// planRuns offers groups, or DISTINCT; false: they are not worth it, or there is no way to them.
func (t *table) planRuns(p *wasql.Plan, conjuncts []*wasql.Conjunct, filters []*wasql.Filter) bool {
	part, keys, calls := wasql.Aggregates, positionsOf(p.Aggregation.GetKeys()), p.Aggregation.GetCalls()
	if p.Aggregation == nil {
		part, keys = wasql.Distinct, p.Columns
	}
	if len(filters) != len(p.Conjuncts()) {
		return false
	}
	r := t.runsBy(keys, calls, filters)
	if r == nil {
		p.Refuse(part, "no key of the table begins with the columns, or tells the rest")
		return false
	}
	r.distinct = part == wasql.Distinct
	groups, ok := r.worth(t.version.estimate(r.a))
	if !ok {
		p.Refuse(part, "there are too few rows for each group")
		return false
	}
	for _, c := range conjuncts {
		c.Claim(wasql.Exact)
	}
	p.Take(part)
	p.Take(wasql.Order)
	if ordered, reverse := r.a.orders(r.tableOrder(p.Order)); !ordered || reverse {
		p.Refuse(wasql.Order, "not the order in which the groups lie")
	}
	p.Take(wasql.Having)
	for i := range p.Having {
		if !r.counts(&p.Having[i]) {
			p.Refuse(wasql.Having, "only numbers of rows are compared")
		}
	}
	p.Take(wasql.Limit)
	p.Rows, p.Cost, p.RowBytes = groups, groups*groupCost, float64(8*(len(keys)+len(calls)))
	if p.Taken(wasql.Limit) {
		p.Rows = min(groups, float64(p.Limit))
	}
	proposal := proposal{access: r.a}
	proposal.ordered = true // the name of the key counts
	p.IndexName, p.IndexNumber = proposal.name(), r.a.index+1
	p.Explain("groups", "a run of keys each")
	p.State = binary.AppendUvarint([]byte{0, 0}, t.definition.version)
	return true
}

func positionsOf(columns []uint32) []int {
	out := make([]int, len(columns))
	for i, c := range columns {
		out[i] = int(c)
	}
	return out
}

// tableOrder puts an order of groups in columns of the table: those of calls in none that there is.
func (r *runs) tableOrder(order []wasql.OrderKey) []wasql.OrderKey {
	if r.distinct {
		return order
	}
	order = slices.Clone(order)
	for i := range order {
		if at := order[i].Column; at < len(r.keys) {
			order[i].Column = r.keys[at]
		} else {
			order[i].Column = -1
		}
	}
	return order
}

// counts tells whether a condition compares a number of rows with a number.
func (r *runs) counts(f *wasql.Filter) bool {
	at := f.Column - len(r.keys)
	if at < 0 || at >= len(r.calls) || len(f.Operands) != 1 {
		return false
	}
	switch r.calls[at].GetFunction() {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR, pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT:
	default:
		return false
	}
	v, known := f.Operands[0].Value()
	_, fits := v.Int64()
	return known && v.Whole() && fits && f.Op >= wasql.EQ && f.Op <= wasql.GE
}

// passesCount tells whether a run of so many rows passes a condition that counts took.
func passesCount(f *wasql.Filter, rows int) bool {
	v, _ := f.Operands[0].Value()
	n, _ := v.Int64()
	switch f.Op {
	case wasql.EQ:
		return int64(rows) == n
	case wasql.NE:
		return int64(rows) != n
	case wasql.LT:
		return int64(rows) < n
	case wasql.LE:
		return int64(rows) <= n
	case wasql.GT:
		return int64(rows) > n
	}
	return int64(rows) >= n
}

// runCursor gives a row for each run.
type runCursor struct {
	*runs
	plan   *wasql.Plan
	spans  spans
	outs   []int
	offset uint64
	left   uint64
	// prefix tells the run; it has rows rows, from the entry first to the entry last.
	prefix      string
	rows        int
	first, last spot
}

// scanRuns opens what planRuns offered.
func (t *table) scanRuns(p *wasql.Plan) (wasql.Cursor, error) {
	if _, _, err := t.planned(p.State); err != nil {
		return nil, err
	}
	c := &runCursor{plan: p, outs: p.Outputs, offset: p.Offset, left: p.Limit}
	keys, calls := positionsOf(p.Aggregation.GetKeys()), p.Aggregation.GetCalls()
	if p.Aggregation == nil {
		keys, c.outs = p.Columns, p.Columns
	}
	if c.runs = t.runsBy(keys, calls, claimed(p)); c.runs == nil {
		return nil, changedTable(t.version)
	}
	c.distinct = p.Aggregation == nil
	var err error
	if c.spans, err = c.a.keys(); err != nil {
		return nil, err
	}
	t.reader.note(t.id, c.a.index, c.spans...)
	c.spans = slices.Clone(c.spans)
	return c, nil
}

// Next adds groups while there is room.
func (c *runCursor) Next(out *wasql.Rows) error {
	for out.Room() {
		if c.left == 0 || !c.next() {
			return io.EOF
		}
		switch {
		case slices.ContainsFunc(c.plan.Having, func(f wasql.Filter) bool { return !passesCount(&f, c.rows) }):
		case c.offset > 0:
			c.offset--
		default:
			c.left--
			c.put(out)
		}
	}
	return nil
}

// next finds the next run. It may lie in several spans, one behind the other.
func (c *runCursor) next() bool {
	tree := c.t.tree(c.a.index)
	c.rows = 0
	for len(c.spans) > 0 {
		s := &c.spans[0]
		from, end := tree.rank(s.low), tree.Len()
		if s.high != "" {
			end = tree.rank(s.high)
		}
		if from >= end {
			c.spans = c.spans[1:]
			continue
		}
		first := tree.at(from)
		key := first.key()
		prefix := key[:prefixLength(c.a.parts[:c.depth], key)]
		if c.rows > 0 && prefix != c.prefix {
			return true
		}
		if c.rows == 0 {
			c.prefix, c.first = prefix, first
		}
		next := string(after([]byte(prefix)))
		if s.low = next; next == "" || s.high != "" && next >= s.high {
			c.spans = c.spans[1:]
		} else {
			end = tree.rank(next)
		}
		c.rows, c.last = c.rows+end-from, tree.at(end-1)
	}
	return c.rows > 0
}

// put writes the run as a row.
func (c *runCursor) put(out *wasql.Rows) {
	for _, at := range c.outs {
		switch {
		case c.distinct:
			c.cell(out, at, at, c.first)
		case at < len(c.keys):
			c.cell(out, at, c.keys[at], c.first)
		default:
			c.answer(out, at, c.calls[at-len(c.keys)])
		}
	}
	out.EndRow()
}

func (c *runCursor) answer(out *wasql.Rows, at int, call *pb.AggregateCall) {
	greatest := call.GetFunction() == pb.AggregateFunction_AGGREGATE_FUNCTION_MAX
	switch call.GetFunction() {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX:
		end := c.first
		if greatest != c.a.parts[c.depth].desc {
			end = c.last
		}
		c.cell(out, at, int(call.GetColumn()), end)
	default:
		out.Int64(at, int64(c.rows))
	}
}

// cell writes a column of the row that an entry leads to.
func (c *runCursor) cell(out *wasql.Rows, at, column int, entry spot) {
	if c.a.index >= 0 {
		entry, _ = c.t.rows.find(strings.Clone(entry.holder()))
	}
	putCell(out, at, c.t.columns[column].Type, uint32(c.t.columns[column].Scale), c.t.layout.get(entry, column))
}
