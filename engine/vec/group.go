package vec

import (
	"context"
	"errors"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Group makes one row of all rows with equal keys, in the order in which the keys first come, with a column for each aggregate. Without
// keys it makes one row of all rows, also when there are none.
func Group(child Source, keys []Key, aggregates []Aggregate) Source {
	return &group{Source: child, keys: keys, aggregates: aggregates}
}

type group struct {
	Source
	keys       []Key
	aggregates []Aggregate
	done       bool
}

// Next implements Source.
func (g *group) Next(ctx context.Context) (*col.Batch, error) {
	if g.done {
		return nil, io.EOF
	}
	g.done = true
	states := make([]state, len(g.aggregates))
	for i := range states {
		states[i] = g.aggregates[i].state()
	}
	count, err := g.read(ctx, states)
	if err == nil && count == 0 {
		err = io.EOF
	}
	if err != nil {
		return nil, err
	}
	out := &col.Batch{Rows: count, Cols: make([]col.Vec, len(states)), Last: true}
	for i, s := range states {
		if out.Cols[i], err = s.result(count); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// read takes all rows in and counts the groups.
func (g *group) read(ctx context.Context, states []state) (int, error) {
	var table *groupTable
	count := 1
	if len(g.keys) > 0 {
		table, count = newGroupTable(g.keys), 0
	}
	for {
		b, err := g.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err != nil {
			return 0, err
		}
		if b.Len() == 0 {
			continue
		}
		var ids []uint32
		if table != nil {
			if ids, err = table.number(b); err != nil {
				return 0, err
			}
			count = table.count
		}
		for i, s := range states {
			var v *col.Vec
			if e := g.aggregates[i].Argument; e != nil {
				if v, err = e.Eval(b); err != nil {
					return 0, err
				}
			}
			if err := s.add(v, b, ids, count); err != nil {
				return 0, err
			}
		}
	}
}
