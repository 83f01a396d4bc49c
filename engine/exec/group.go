package exec

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"
)

// rowGroups makes the groups of a GROUP BY on rows, in the order in which the first row of each came. Rows are in one group when each
// key compares so under its type and collation, and NULL equals NULL: go-mysql-server's own operator compares hashes alone, which
// are the same for ('x\0', 'y') and ('x', '\0y').
type rowGroups struct {
	child  sql.RowIter
	wanted []sql.Expression
	by     []sql.Expression
	schema sql.Schema
	known  map[uint64][]*rowGroup
	groups []*rowGroup
	next   int
	read   bool
}

// rowGroup is a group: its keys and what is computed of its rows.
type rowGroup struct {
	keys    sql.Row
	buffers []sql.AggregationBuffer
}

// buildGroups builds a GROUP BY on rows; nil: it is one group without a DISTINCT, which is left to go-mysql-server.
func (b Builder) buildGroups(ctx *sql.Context, n *plan.GroupBy, row sql.Row) (sql.RowIter, error) {
	wanted, counts := append([]sql.Expression{}, n.SelectDeps...), false
	for i, e := range wanted {
		if count, ok := e.(*aggregation.CountDistinct); ok && count.Window() == nil {
			wanted[i], counts = &countDistinct{count}, true
		}
	}
	if len(n.GroupByExprs) == 0 {
		if !counts {
			return nil, nil
		}
		return b.Base.Build(ctx, plan.NewGroupBy(wanted, nil, n.Child), row)
	}
	child, err := b.Base.Build(ctx, n.Child, row)
	if err != nil {
		return nil, err
	}
	return &rowGroups{child: child, wanted: wanted, by: n.GroupByExprs, schema: schemaOf(ctx, n.GroupByExprs), known: map[uint64][]*rowGroup{}}, nil
}

// schemaOf has the types of expressions.
func schemaOf(ctx *sql.Context, of []sql.Expression) sql.Schema {
	schema := make(sql.Schema, len(of))
	for i, e := range of {
		schema[i] = &sql.Column{Type: e.Type(ctx)}
	}
	return schema
}

// Next implements sql.RowIter.
func (g *rowGroups) Next(ctx *sql.Context) (sql.Row, error) {
	if !g.read {
		g.read = true
		if err := g.fill(ctx); err != nil {
			return nil, err
		}
	}
	if g.next == len(g.groups) {
		return nil, io.EOF
	}
	group := g.groups[g.next]
	g.groups[g.next] = nil
	g.next++
	row := make(sql.Row, len(group.buffers))
	for i, buffer := range group.buffers {
		var err error
		if row[i], err = buffer.Eval(ctx); err != nil {
			return nil, err
		}
		buffer.Dispose(ctx)
	}
	return row, nil
}

func (g *rowGroups) fill(ctx *sql.Context) error {
	for {
		row, err := g.child.Next(ctx)
		if errors.Is(err, io.EOF) {
			g.known = nil
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		group, err := g.of(ctx, row)
		if err != nil {
			return err
		}
		for _, buffer := range group.buffers {
			if err := buffer.Update(ctx, row); err != nil {
				return err
			}
		}
	}
}

// of gives the group of a row.
func (g *rowGroups) of(ctx *sql.Context, row sql.Row) (*rowGroup, error) {
	keys, err := valuesOf(ctx, g.by, row)
	if err != nil {
		return nil, err
	}
	hash, err := rowHash(ctx, g.schema, keys)
	if err != nil {
		return nil, err
	}
	for _, group := range g.known[hash] {
		if same, err := sameRow(ctx, g.schema, group.keys, keys); err != nil || same {
			return group, err
		}
	}
	group := &rowGroup{keys: keys, buffers: make([]sql.AggregationBuffer, len(g.wanted))}
	for i, e := range g.wanted {
		aggregate, ok := e.(sql.Aggregation)
		if !ok {
			aggregate = aggregation.NewFirst(e)
		}
		if group.buffers[i], err = aggregate.NewBuffer(ctx); err != nil {
			return nil, err
		}
	}
	g.known[hash], g.groups = append(g.known[hash], group), append(g.groups, group)
	return group, nil
}

func valuesOf(ctx *sql.Context, of []sql.Expression, row sql.Row) (sql.Row, error) {
	values := make(sql.Row, len(of))
	for i, e := range of {
		value, err := e.Eval(ctx, row)
		if err == nil {
			values[i], err = sql.UnwrapAny(ctx, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Close implements sql.RowIter.
func (g *rowGroups) Close(ctx *sql.Context) error {
	for _, group := range g.groups[g.next:] {
		for _, buffer := range group.buffers {
			if buffer != nil {
				buffer.Dispose(ctx)
			}
		}
	}
	g.groups, g.known, g.next, g.read = nil, nil, 0, true
	return g.child.Close(ctx)
}

// countDistinct is COUNT(DISTINCT …) of values that compare as different: go-mysql-server counts different texts.
type countDistinct struct{ *aggregation.CountDistinct }

// NewBuffer implements sql.Aggregation.
func (c *countDistinct) NewBuffer(ctx *sql.Context) (sql.AggregationBuffer, error) {
	arguments := c.Children()
	if len(arguments) == 1 {
		if _, star := arguments[0].(*expression.Star); star {
			return c.CountDistinct.NewBuffer(ctx)
		}
	}
	buffer := &distinctBuffer{arguments: make([]sql.Expression, len(arguments)), known: newDistinct(nil, schemaOf(ctx, arguments))}
	for i, e := range arguments {
		var err error
		if buffer.arguments[i], err = transform.Clone(ctx, e); err != nil {
			return nil, err
		}
	}
	return buffer, nil
}

// distinctBuffer counts for one group.
type distinctBuffer struct {
	arguments []sql.Expression
	known     *distinct
	count     int64
}

// Update implements sql.AggregationBuffer; a row with a NULL does not count.
func (b *distinctBuffer) Update(ctx *sql.Context, row sql.Row) error {
	values, err := valuesOf(ctx, b.arguments, row)
	if err != nil {
		return err
	}
	for _, value := range values {
		if value == nil {
			return nil
		}
	}
	added, err := b.known.add(ctx, values)
	if added {
		b.count++
	}
	return err
}

// Eval implements sql.AggregationBuffer.
func (b *distinctBuffer) Eval(*sql.Context) (any, error) { return b.count, nil }

// Dispose implements sql.Disposable.
func (b *distinctBuffer) Dispose(ctx *sql.Context) {
	for _, e := range b.arguments {
		expression.Dispose(ctx, e)
	}
	b.known = nil
}
