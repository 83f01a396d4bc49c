package exec

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
)

// Columns is a run of rows of a statement's answer that were not made into rows. It is valid until the next.
type Columns struct {
	// Batch has a column for each of the answer's, and says which rows count.
	Batch col.Batch
	// Values has the column as rows would hold it, a value for each row that counts, where Batch cannot; nil: it is in Batch. The
	// values are their reader's to keep, the slices are not.
	Values [][]any
}

// ColumnSource gives an answer as columns: an iterator of rows which are made only when they are asked for.
type ColumnSource interface {
	sql.RowIter
	// NextColumns gives the next rows, at least one, or io.EOF. Rows that Next gave before are not among them; it is one or the other.
	NextColumns(ctx *sql.Context) (*Columns, error)
}

type wantedColumns struct{ asked bool }

type wantedColumnsKey struct{}

// WithColumns gives a context for one statement whose answer is wanted as columns where it can be: a scan with nothing above it is then
// not made into rows either.
func WithColumns(ctx context.Context) context.Context {
	return context.WithValue(ctx, wantedColumnsKey{}, &wantedColumns{})
}

// wantsColumns tells whether a node's answer is wanted as columns: the one that is built first, which is the root.
func wantsColumns(ctx context.Context) bool {
	wanted, _ := ctx.Value(wantedColumnsKey{}).(*wantedColumns)
	if wanted == nil || wanted.asked {
		return false
	}
	wanted.asked = true
	return true
}

// ColumnsOf finds the columns behind an iterator and those that only watch it; nil: it makes rows.
func ColumnsOf(iter sql.RowIter) ColumnSource {
	for {
		switch x := iter.(type) {
		case ColumnSource:
			return x
		case interface{ GetIter() sql.RowIter }:
			iter = x.GetIter()
		default:
			return nil
		}
	}
}

// NextColumns implements ColumnSource.
func (r *vectorRows) NextColumns(ctx *sql.Context) (*Columns, error) {
	r.next = r.out.Len()
	if err := r.advance(ctx); err != nil {
		if errors.Is(err, io.EOF) {
			r.ended = true
		}
		return nil, err
	}
	if r.batches == nil {
		r.batches = &Columns{Values: make([][]any, len(r.columns))}
	}
	r.batches.Batch = r.out
	for i := range r.columns {
		c, v := &r.columns[i], &r.out.Cols[i]
		r.batches.Values[i] = nil
		switch direct := c.rowsOf(); {
		case direct != nil:
			if err := r.valuesOf(i, func(start, n int, out []any) error { return direct.rowValues(start, n, 1, out) }); err != nil {
				return nil, err
			}
		case c.expr == nil:
			*v = col.Vec{Type: col.Null, Len: r.out.Rows}
			r.batches.Batch.Cols[i] = *v
		case !whole(&r.readers[i], v):
			err := r.valuesOf(i, func(start, n int, out []any) error {
				part := run{batch: &r.out, start: start, n: n, stride: 1, first: r.seen + uint64(start) + 1}
				return r.readers[i].readRun(ctx, &part, out)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return r.batches, nil
}

// valuesOf makes the values of a column, a run at a time.
func (r *vectorRows) valuesOf(i int, read func(start, n int, out []any) error) error {
	n := r.out.Len()
	values := make([]any, n)
	for start := 0; start < n; start += runRows {
		end := min(start+runRows, n)
		if err := read(start, end-start, values[start:end]); err != nil {
			return err
		}
	}
	r.batches.Values[i] = values
	return nil
}

// whole tells whether the values of a column are those that rows would have, so that no row need be made of them.
func whole(read *columnReader, v *col.Vec) bool {
	switch {
	case v.Type == col.Null:
		return true
	case v.Encoding == col.Dictionary:
		return v.Dict.Len == 0 || soundValues(read, v.Dict, v.Dict.Len)
	case v.Encoding == col.Constant:
		return soundValues(read, v, 1)
	}
	return soundValues(read, v, v.Len)
}
