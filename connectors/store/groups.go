package main

import (
	"encoding/binary"
	"io"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Aggregates without keys need no rows where a tree knows the answer: it counts the keys of a span by their ranks, and
// the least and the greatest value of a column stand at the ends of a key that has it first, behind columns of one value.

// answerable tells whether all that an aggregation asks for is known to a tree, conditions included.
func (t *table) answerable(p *wasql.Plan, filters []*wasql.Filter) bool {
	if len(p.Aggregation.GetKeys()) > 0 || len(filters) != len(p.Conjuncts()) {
		return false
	}
	for _, call := range p.Aggregation.GetCalls() {
		if t.wayTo(call, filters) == nil {
			return false
		}
	}
	return true
}

// answer takes all of it.
func (t *table) answer(p *wasql.Plan, conjuncts []*wasql.Conjunct) {
	for _, c := range conjuncts {
		c.Claim(wasql.Exact)
	}
	p.Take(wasql.Aggregates)
	p.Take(wasql.Order) // of one row
	p.Rows, p.Cost, p.Unique, p.RowBytes = 1, 1, true, float64(8*len(p.Aggregation.GetCalls()))
	p.State = binary.AppendUvarint([]byte{0, 0}, t.definition.version)
}

// wayTo finds the way that answers one aggregate, or nil.
func (t *table) wayTo(call *pb.AggregateCall, filters []*wasql.Filter) *access {
	if call.GetDistinct() {
		return nil
	}
	for index := -1; index < len(t.definition.indexes); index++ {
		if index >= 0 && !t.definition.indexes[index].kept {
			continue
		}
		if a := t.accessOf(index); a.answers(call, filters) {
			return a
		}
	}
	return nil
}

// answers tells whether an aggregate is known by this way, which takes the filters in use.
func (a *access) answers(call *pb.AggregateCall, filters []*wasql.Filter) bool {
	column := int(call.GetColumn())
	nullable := call.Column != nil && !a.d.columns[column].NotNull
	switch call.GetFunction() {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR:
		return a.takesAll(filters)
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT:
		if nullable {
			filters = append(filters[:len(filters):len(filters)], notNull(column))
		}
		return a.takesAll(filters)
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX:
		if nullable {
			filters = append(filters[:len(filters):len(filters)], notNull(column))
		}
		return a.takesAll(filters) && a.sorts(column)
	}
	return false
}

func notNull(column int) *wasql.Filter { return &wasql.Filter{Op: wasql.IsNotNull, Column: column} }

func (a *access) takesAll(filters []*wasql.Filter) bool {
	_, exact := a.use(filters)
	return count(exact) == len(filters)
}

// sorts tells whether the keys that are read come in the order of a column.
func (a *access) sorts(column int) bool {
	at := a.partOf(column)
	if at < 0 || column == a.d.layout.hidden || a.parts[at].prefix > 0 || len(a.branches) > 0 {
		return false
	}
	for before := range at {
		if !a.single(before) {
			return false
		}
	}
	return true
}

// groups gives the one row of the answers.
type groups struct {
	t    *table
	plan *wasql.Plan
}

// Next gives the row.
func (g *groups) Next(out *wasql.Rows) error {
	if _, _, err := g.t.planned(g.plan.State); err != nil {
		return err
	}
	filters := claimed(g.plan)
	for _, at := range g.plan.Outputs {
		call := g.plan.Aggregation.GetCalls()[at]
		a := g.t.wayTo(call, filters)
		if a == nil {
			return changedTable(g.t.version)
		}
		all, err := a.keys()
		if err != nil {
			return err
		}
		g.t.reader.note(g.t.id, a.index, all...)
		g.answer(out, at, call, a, all)
	}
	out.EndRow()
	return io.EOF
}

func (g *groups) answer(out *wasql.Rows, at int, call *pb.AggregateCall, a *access, all spans) {
	switch call.GetFunction() {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX:
		column := int(call.GetColumn())
		greatest := call.GetFunction() == pb.AggregateFunction_AGGREGATE_FUNCTION_MAX
		var w walk
		w.start(g.t, a, all, greatest != a.parts[a.partOf(column)].desc)
		entry, found := w.next()
		if found && a.index >= 0 {
			entry, _ = g.t.rows.find(entry.holder())
		}
		if found {
			putCell(out, at, g.t.columns[column].Type, uint32(g.t.columns[column].Scale), g.t.layout.get(entry, column))
		} else {
			out.Null(at)
		}
	default:
		out.Int64(at, int64(g.t.tree(a.index).within(all)))
	}
}

// within counts the keys in spans.
func (t *tree) within(all spans) int {
	rows := 0
	for _, s := range all {
		end := t.Len()
		if s.high != "" {
			end = t.rank(s.high)
		}
		rows += end - t.rank(s.low)
	}
	return rows
}
