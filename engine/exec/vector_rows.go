package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/vec"
)

// vectorRows makes rows of what vectors give: the place where columns end.
type vectorRows struct {
	where   string
	source  vec.Source
	columns []vectorColumn
	// readers fit the types of the last batch.
	readers []columnReader
	out     col.Batch
	next    int
	values  []any
	seen    uint64
	// batches is what NextColumns gave last.
	batches *Columns
	// ended: there are no more, and source is not asked again.
	ended, closed bool
}

func newVectorRows(node sql.Node, built *vectors) *vectorRows {
	return &vectorRows{where: "result of " + name(node), source: built.source, columns: built.columns,
		readers: make([]columnReader, len(built.columns)), out: col.Batch{Cols: make([]col.Vec, len(built.columns))}}
}

// name is the kind of a node.
func name(node sql.Node) string { return strings.TrimPrefix(fmt.Sprintf("%T", node), "*plan.") }

// Next implements sql.RowIter.
func (r *vectorRows) Next(ctx *sql.Context) (sql.Row, error) {
	width := len(r.columns)
	if width == 0 {
		if err := r.advance(ctx); err != nil {
			return nil, err
		}
		r.next++
		return sql.Row{}, nil
	}
	if len(r.values) == 0 {
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
	}
	row := r.values[:width:width]
	r.values = r.values[width:]
	return row, nil
}

// advance makes sure that the batch has a row left.
func (r *vectorRows) advance(ctx *sql.Context) error {
	for r.next >= r.out.Len() {
		if r.closed || r.ended {
			return io.EOF
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		r.seen += uint64(r.out.Len())
		r.out.Rows, r.out.Sel, r.next = 0, nil, 0
		b, err := r.source.Next(ctx)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return err
			}
			return io.EOF
		}
		if b.Len() == 0 {
			continue
		}
		if err := r.take(b); err != nil {
			return err
		}
	}
	return nil
}

// take computes the columns of a batch and finds how they are read.
func (r *vectorRows) take(b *col.Batch) error {
	r.out.Rows, r.out.Sel = b.Rows, b.Sel
	for i := range r.columns {
		c := &r.columns[i]
		if direct := c.rowsOf(); direct != nil {
			if err := direct.load(b, b.Sel); err != nil {
				return err
			}
			continue
		}
		if c.expr == nil {
			continue
		}
		v, err := c.expr.Eval(b)
		if err != nil {
			return err
		}
		if err := r.readers[i].follow(r.where, c.read, &r.out.Cols[i], v, i); err != nil {
			return err
		}
	}
	return nil
}

// follow makes c read column i of a batch, which is v now and was like before: another reader is picked when the type is another.
func (c *columnReader) follow(where string, read ColumnRead, before, v *col.Vec, i int) error {
	if c.read == nil || before.Type != v.Type || before.Scale != v.Scale {
		read.NotNull = false // it was checked when it was read
		picked, err := newColumnReader(where, read, &pb.ScanColumn{Type: pb.Type(v.Type), Precision: v.Precision, Scale: v.Scale})
		if err != nil {
			return err
		}
		*c = picked
		c.position = i
	}
	*before = *v
	return nil
}

// fill makes the values of the next run of rows.
func (r *vectorRows) fill(ctx *sql.Context) error {
	if err := r.advance(ctx); err != nil {
		return err
	}
	width := len(r.columns)
	n := min(runRows, r.out.Len()-r.next)
	values := make([]any, n*width)
	part := run{batch: &r.out, start: r.next, n: n, stride: width, first: r.seen + uint64(r.next) + 1}
	for i := range r.readers {
		if direct := r.columns[i].rowsOf(); direct != nil {
			if err := direct.rowValues(r.next, n, width, values[i:]); err != nil {
				return err
			}
			continue
		}
		if r.columns[i].expr == nil {
			continue
		}
		if err := r.readers[i].readRun(ctx, &part, values[i:]); err != nil {
			return err
		}
	}
	r.next += n
	r.values = values
	return nil
}

// Close implements sql.RowIter; twice is harmless.
func (r *vectorRows) Close(*sql.Context) error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.values, r.out = nil, col.Batch{}
	return r.source.Close()
}
