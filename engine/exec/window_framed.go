package exec

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// framed is an aggregate of a connector over a window: a group for each frame, of which rows that have the same one share it. The
// contract has no way to take rows out of a group or to look at one that grows, so every frame gets all its rows.
type framed struct {
	run *groups
	// place is the one of the results in a row, and first that of the row's place, its frame's start and end among what is computed.
	place, first int
	// values are the arguments, row after row, as they came; a row that does not count has nil.
	values  [][]any
	results []any
	// frames has the ordinal of each row's frame.
	frames []uint32
}

// framed has what an aggregate of a connector needs computed; false: its window is not covered.
func (c *windowCompiler) framed(a *function.Aggregate, place int) (*framed, bool) {
	definition := a.Window()
	if definition == nil {
		return nil, false
	}
	frame, ok := c.frame(definition.Frame)
	if !ok {
		return nil, false
	}
	over, ok := c.over(definition)
	if !ok {
		return nil, false
	}
	out := &framed{run: &groups{call: a, columns: a.Of.Columns(len(a.Arguments))}, place: place, first: len(c.found)}
	for _, kind := range []vec.WindowKind{vec.Place, vec.FrameStart, vec.FrameEnd} {
		column := vectorColumn{class: vec.Whole, read: ColumnRead{Type: types.Int64}}
		c.found = append(c.found, windowPlace{over: over, function: len(c.overs[over].Functions), column: column})
		c.overs[over].Functions = append(c.overs[over].Functions, vec.WindowFunction{Kind: kind, Frame: frame})
	}
	return out, true
}

// take computes the arguments for a row.
func (f *framed) take(ctx *sql.Context, row sql.Row) error {
	values := make([]any, len(f.run.columns))
	err := f.run.call.Values(ctx, row, values)
	null := false
	if err == nil {
		null, err = convertArguments(ctx, f.run.call.Of, f.run.columns, values)
	}
	if err != nil {
		return f.run.failed(uint64(len(f.values))+1, values, err)
	}
	if null && f.run.call.Of.Declared.NullPropagates {
		values = nil
	}
	f.values = append(f.values, values)
	return nil
}

// compute sends the rows of all frames to the connector; computed has the places.
func (f *framed) compute(ctx *sql.Context, computed []sql.Row) error {
	order := make([]int, len(computed))
	for row, values := range computed {
		order[values[f.first].(int64)] = row
	}
	f.frames = make([]uint32, len(computed))
	known := map[[2]int64]uint32{}
	for _, row := range order {
		bounds := [2]int64{computed[row][f.first+1].(int64), computed[row][f.first+2].(int64)}
		if bounds[0] == bounds[1] {
			bounds = [2]int64{} // no rows are no rows
		}
		ordinal, ok := known[bounds]
		if !ok {
			ordinal = uint32(len(known))
			known[bounds] = ordinal
			if err := f.send(ctx, ordinal, order[bounds[0]:bounds[1]]); err != nil {
				return err
			}
		}
		f.frames[row] = ordinal
	}
	g := f.run
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count = uint32(len(known))
	if err := g.finish(ctx); err != nil {
		return err
	}
	f.results, f.values = g.results, nil
	return nil
}

// send adds rows to a group.
func (f *framed) send(ctx *sql.Context, ordinal uint32, rows []int) error {
	g := f.run
	g.mu.Lock()
	defer g.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, row := range rows {
		if f.values[row] == nil {
			continue
		}
		g.seen = uint64(row) + 1
		if err := g.add(ctx, ordinal, f.values[row]); err != nil {
			return err
		}
	}
	return nil
}

// framedRows are rows with the results of aggregates of connectors.
type framedRows struct {
	*windowRows
	framed   []*framed
	computed []sql.Row
	read     bool
	forget   func()
}

func newFramedRows(ctx *sql.Context, rows *windowRows, aggregates []*framed) *framedRows {
	r := &framedRows{windowRows: rows, framed: aggregates}
	rows.source.also = func(ctx *sql.Context, row sql.Row) error {
		for _, f := range aggregates {
			if err := f.take(ctx, row); err != nil {
				return err
			}
		}
		return nil
	}
	r.forget = gms.AtEnd(ctx, r.end)
	return r
}

// Next implements sql.RowIter.
func (r *framedRows) Next(ctx *sql.Context) (sql.Row, error) {
	if !r.read {
		r.read = true
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
	}
	if r.next >= len(r.computed) {
		return nil, io.EOF
	}
	at := r.next
	row := r.row(r.computed[at])
	r.computed[at] = nil
	for _, f := range r.framed {
		row[f.place] = f.results[f.frames[at]]
	}
	return row, nil
}

func (r *framedRows) fill(ctx *sql.Context) error {
	for {
		computed, err := r.results.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		r.computed = append(r.computed, computed)
	}
	for _, f := range r.framed {
		if err := f.compute(ctx, r.computed); err != nil {
			return err
		}
		f.run.close() // what one needs is given back before the next
	}
	return nil
}

func (r *framedRows) end() {
	for _, f := range r.framed {
		f.run.close()
	}
}

// Close implements sql.RowIter.
func (r *framedRows) Close(ctx *sql.Context) error {
	r.forget()
	r.end()
	return r.windowRows.Close(ctx)
}
