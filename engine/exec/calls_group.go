package exec

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// groups computes one aggregate of a connector for one run of a GROUP BY: the rows of all groups go to
// the connector in batches, each with the ordinal of its group, and the results come back when the
// first one is wanted. The instance is the statement's own and stays with the run.
type groups struct {
	call *function.Aggregate

	mu       sync.Mutex
	instance *host.Instance
	host     *host.Function
	columns  []*sql.Column
	batch    *gms.Arguments
	reader   columnReader
	// numbers and arguments are those of the rows in the batch.
	numbers   []uint64
	arguments []any
	accepted  uint64
	// seen counts the rows that came.
	seen    uint64
	count   uint32
	results []any
	closed  bool
}

// ownAggregates gives a GROUP BY in which the aggregates of connectors are ready to run, and what is
// to be closed after it; nil: there are none that are not.
func ownAggregates(ctx *sql.Context, n *plan.GroupBy) (sql.Node, []*groups, error) {
	var runs []*groups
	expressions := append([]sql.Expression{}, n.Expressions()...)
	for i, e := range expressions {
		if a, ok := e.(*function.Aggregate); ok && !a.Running() {
			g := &groups{call: a, columns: a.Of.Columns(len(a.Arguments))}
			runs = append(runs, g)
			expressions[i] = a.WithGroups(g)
		}
	}
	if runs == nil {
		return nil, nil, nil
	}
	ready, err := n.WithExpressions(ctx, expressions...)
	return ready, runs, err
}

func (b Builder) buildGroupBy(ctx *sql.Context, n *plan.GroupBy, row sql.Row) (sql.RowIter, error) {
	ready, runs, err := ownAggregates(ctx, n)
	if err != nil {
		return nil, err
	}
	if ready == nil {
		return b.buildGroups(ctx, n, row)
	}
	iter, err := b.Base.Build(ctx, ready, row)
	if err != nil {
		return nil, err
	}
	rows := &groupedRows{RowIter: iter, runs: runs}
	rows.forget = gms.AtEnd(ctx, rows.end)
	return rows, nil
}

// groupedRows ends the runs with the rows.
type groupedRows struct {
	sql.RowIter
	runs   []*groups
	forget func()
}

func (r *groupedRows) end() {
	for _, g := range r.runs {
		g.close()
	}
}

// Close implements sql.RowIter.
func (r *groupedRows) Close(ctx *sql.Context) error {
	r.forget()
	r.end()
	return r.RowIter.Close(ctx)
}

// NewBuffer implements function.Groups.
func (g *groups) NewBuffer(ctx *sql.Context) (sql.AggregationBuffer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	buffer := &group{of: g, ordinal: g.count, values: make([]any, len(g.columns))}
	g.count++
	if g.call.Distinct {
		schema := make(sql.Schema, len(g.columns))
		copy(schema, g.columns)
		buffer.known = newDistinct(nil, schema)
	}
	return buffer, nil
}

// group is the buffer of one group.
type group struct {
	of      *groups
	ordinal uint32
	values  []any
	known   *distinct
}

// Update implements sql.AggregationBuffer.
func (b *group) Update(ctx *sql.Context, row sql.Row) error {
	g := b.of
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen++
	if err := g.call.Values(ctx, row, b.values); err != nil {
		return err
	}
	null, err := convertArguments(ctx, g.call.Of, g.columns, b.values)
	switch {
	case err != nil:
		return g.failed(g.seen, b.values, err)
	case null && g.call.Of.Declared.NullPropagates:
		return nil
	}
	if b.known != nil {
		if added, err := b.known.add(ctx, append(sql.Row{}, b.values...)); err != nil || !added {
			return err
		}
	}
	return g.add(ctx, b.ordinal, b.values)
}

// Eval implements sql.AggregationBuffer.
func (b *group) Eval(ctx *sql.Context) (any, error) {
	g := b.of
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.finish(ctx); err != nil {
		return nil, err
	}
	return g.results[b.ordinal], nil
}

// Dispose implements sql.Disposable.
func (b *group) Dispose(*sql.Context) { b.known = nil }

func (g *groups) failed(number uint64, values []any, err error) error {
	return &function.RowError{Of: g.call.Of, Number: number, Arguments: append([]any{}, values...), Err: err}
}

// open opens the function before the first batch.
func (g *groups) open(ctx *sql.Context) error {
	if g.host != nil {
		return nil
	}
	if g.closed {
		return fmt.Errorf("%s: the rows are closed", g.call.Of.Where())
	}
	var err error
	if g.batch, err = gms.NewArguments(g.columns, true); err != nil {
		return fmt.Errorf("%s: %w", g.call.Of.Where(), err)
	}
	if g.instance, err = g.call.Of.Keeper.Connector.Acquire(ctx, gms.SessionOf(ctx)); err != nil {
		return err
	}
	g.host, g.reader, err = openOn(ctx, g.instance, g.call.Of, g.batch.Columns())
	if err != nil {
		g.instance.Release()
		g.instance = nil
	}
	return err
}

func (g *groups) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.host != nil {
		_ = g.host.Close() // its results were read, or nobody wants them
		g.instance.Release()
		g.host, g.instance = nil, nil
	}
}

func (g *groups) add(ctx *sql.Context, ordinal uint32, values []any) error {
	if err := g.open(ctx); err != nil {
		return err
	}
	if !g.batch.Room() {
		if err := g.send(ctx); err != nil {
			return err
		}
	}
	if err := g.batch.Add(ctx, ordinal, values); err != nil {
		return g.failed(g.seen, values, err)
	}
	g.numbers = append(g.numbers, g.seen)
	g.arguments = append(g.arguments, values...)
	return nil
}

func (g *groups) send(ctx *sql.Context) error {
	if len(g.numbers) == 0 {
		return nil
	}
	if _, err := g.host.Call(ctx, g.batch.Batch()); err != nil {
		var said *host.Error
		if !errors.As(err, &said) || said.Kind != host.KindConnector {
			return err // it names the function
		}
		at := int64(said.Status.GetRow()) - int64(g.accepted) - 1
		if at < 0 || at >= int64(len(g.numbers)) {
			return fmt.Errorf("%s: rows %d to %d: %w", g.call.Of.Where(), g.numbers[0], g.numbers[len(g.numbers)-1], err)
		}
		n := int64(len(g.columns))
		return g.failed(g.numbers[at], g.arguments[at*n:(at+1)*n], err)
	}
	g.accepted += uint64(len(g.numbers))
	g.batch.Reset()
	g.numbers, g.arguments = g.numbers[:0], g.arguments[:0]
	return nil
}

// finish reads the results of all groups, once.
func (g *groups) finish(ctx *sql.Context) error {
	if g.results != nil {
		return nil
	}
	if err := g.open(ctx); err != nil {
		return err
	}
	if err := g.send(ctx); err != nil {
		return err
	}
	if err := g.host.Finish(ctx, uint64(g.count)); err != nil {
		return err
	}
	results := make([]any, 0, g.count)
	for {
		batch, err := g.host.Next(ctx)
		if err == io.EOF {
			g.results = results
			return nil
		}
		if err != nil {
			return err
		}
		for start := 0; start < batch.Len(); start += runRows {
			part := run{batch: batch, start: start, n: min(runRows, batch.Len()-start), stride: 1, first: uint64(len(results)) + 1}
			results = append(results, make([]any, part.n)...)
			if err := g.reader.readRun(ctx, &part, results[len(results)-part.n:]); err != nil {
				return err
			}
		}
	}
}
