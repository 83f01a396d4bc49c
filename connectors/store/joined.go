package main

import (
	"io"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Joins of two tables of the store: each row of the left table is followed at once to those of the right one by a key, and only
// rows that were found leave the store.

// followCost is what it costs to follow a row of the left table, in rows read one behind the other.
const followCost = 12

// beside gives the right table of a join, as the request of the left one sees it.
func (t *table) beside(j *pb.Join) (*table, error) {
	ref := j.GetRight()
	v, err := t.store.see(ref.GetDatabase(), ref.GetName(), t.number, t.statement)
	if err != nil {
		return nil, err
	}
	return &table{store: t.store, version: v, reader: t.reader, number: t.number, statement: t.statement}, nil
}

// sided are the conjuncts on one side of a join.
func sided(p *wasql.Plan, side int) (filters []*wasql.Filter, conjuncts []*wasql.Conjunct) {
	for _, c := range p.Conjuncts() {
		if c.Side == side && c.Usable {
			filters, conjuncts = append(filters, &c.Filter), append(conjuncts, c)
		}
	}
	return filters, conjuncts
}

// planJoin offers a join whose right side is found by a key.
func (t *table) planJoin(p *wasql.Plan) error {
	j := p.Join
	kind := j.GetKind()
	switch {
	case kind != pb.JoinKind_JOIN_KIND_INNER && kind != pb.JoinKind_JOIN_KIND_LEFT:
		p.Refuse(wasql.Joining, "the store makes inner and left joins")
		return nil
	case t.frozen || len(j.GetOn()) > 0 || p.Asked(wasql.Order) || p.Asked(wasql.Distinct) || p.Asked(wasql.Aggregates):
		p.Refuse(wasql.Joining, "the store makes plain joins")
		return nil
	}
	right, err := t.beside(j)
	if err != nil {
		return err
	}
	l, err := right.follow(p)
	if err != nil {
		return err
	}
	if len(l.parts) == 0 {
		p.Refuse(wasql.Joining, "no key of "+right.Name()+" begins with the columns")
		return nil
	}
	filters, conjuncts := sided(p, 0)
	best := cheapest(t.proposals(p, filters), anyWay)
	for i, c := range conjuncts {
		if best.taken[i] && best.exact[i] {
			c.Claim(wasql.Exact)
		}
	}
	filters, conjuncts = sided(p, 1)
	for i, c := range conjuncts {
		if right.checkable(filters[i]) {
			c.Claim(wasql.Exact)
		}
	}
	p.Take(wasql.Joining)
	p.Take(wasql.Limit)
	found := best.rows * right.run(l.a, len(l.parts))
	p.Rows, p.Cost, p.StartupCost = found, best.cost+best.rows*followCost+found, best.startup
	p.RowBytes = t.rowBytes() + right.rowBytes()
	p.IndexName, p.IndexNumber = best.name(), best.index+1
	way := proposal{access: l.a}
	way.ordered = true // the name of the key counts
	p.Explain("join", "rows of "+right.Name()+" by "+way.name())
	best.ordered, best.reverse = false, false
	p.State = best.state()
	return nil
}

// checkable tells whether a filter is checked row by row as SQL means it.
func (t *table) checkable(f *wasql.Filter) bool {
	if f.Op == wasql.And || f.Op == wasql.Or {
		return false
	}
	_, ok := t.condition(f)
	return ok
}

// follow makes the way to the rows of the right table.
func (t *table) follow(p *wasql.Plan) (*lookup, error) {
	return t.way(&wasql.Plan{}, positionsOf(p.Join.GetRightKeys()))
}

// joined gives the rows of a join, in the order of those of the left table.
type joined struct {
	walk
	plan  *wasql.Plan
	right *lookup
	// keys are the columns of the left table that are followed, and values what they hold.
	keys   []int
	values []wasql.Value
	outer  bool
	// row is the row of the left table whose matches are given, when it is open.
	row           spot
	open, matched bool
	found         *foundRows
	skip, left    uint64
}

// scanJoin opens what planJoin offered.
func (t *table) scanJoin(p *wasql.Plan) (wasql.Cursor, error) {
	a, _, err := t.planned(p.State)
	if err != nil {
		return nil, err
	}
	right, err := t.beside(p.Join)
	if err != nil {
		return nil, err
	}
	c := &joined{plan: p, keys: positionsOf(p.Join.GetLeftKeys()), outer: p.Join.GetKind() == pb.JoinKind_JOIN_KIND_LEFT, skip: p.Offset, left: p.Limit}
	if c.right, err = right.follow(p); err != nil {
		return nil, err
	}
	if len(c.right.parts) == 0 {
		return nil, changedTable(right.version)
	}
	filters, _ := sided(p, 1)
	for _, f := range filters {
		check, err := right.check(f)
		if err != nil {
			return nil, err
		}
		c.right.checks = append(c.right.checks, check)
	}
	filters, _ = sided(p, 0)
	a.use(filters)
	all, err := a.keys()
	if err != nil {
		return nil, err
	}
	t.reader.note(t.id, a.index, all...)
	c.walk.start(t, a, all, false)
	return c, nil
}

// Next adds rows while there is room.
func (c *joined) Next(out *wasql.Rows) error {
	for out.Room() {
		if c.left == 0 || !c.open && !c.advance() {
			return io.EOF
		}
		if c.found != nil {
			if at, ok := c.found.find(); ok {
				c.matched = true
				c.give(out, &at)
				continue
			}
		}
		if c.open = false; !c.matched && c.outer {
			c.give(out, nil)
		}
	}
	return nil
}

// advance goes to the next row of the left table; false: there is none.
func (c *joined) advance() bool {
	at, ok := c.walk.next()
	if !ok {
		return false
	}
	if c.index >= 0 {
		at, _ = c.t.rows.find(at.holder())
	}
	c.row, c.open, c.matched, c.found = at, true, false, nil
	c.values = c.values[:0]
	for _, k := range c.keys {
		v := valueOf(&c.t.columns[k], c.t.layout.get(at, k))
		if v.IsNull() {
			return true // it is equal to nothing
		}
		c.values = append(c.values, v)
	}
	rows, _ := c.right.Rows(c.values) // it has no error to tell
	c.found = rows.(*foundRows)
	return true
}

// give adds a row; right is nil when the left row has no match.
func (c *joined) give(out *wasql.Rows, right *spot) {
	if c.skip > 0 {
		c.skip--
		return
	}
	c.left--
	of := c.right.t
	lefts := len(c.plan.Columns)
	for _, at := range c.plan.Outputs {
		if at < lefts {
			i := c.plan.Columns[at]
			putCell(out, at, c.t.columns[i].Type, uint32(c.t.columns[i].Scale), c.t.layout.get(c.row, i))
			continue
		}
		i := int(c.plan.Join.GetRightColumns()[at-lefts])
		if right == nil {
			out.Null(at)
		} else {
			putCell(out, at, of.columns[i].Type, uint32(of.columns[i].Scale), of.layout.get(*right, i))
		}
	}
	out.EndRow()
}
