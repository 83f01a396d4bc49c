package engine

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/sqlerr"
)

// WithBatches gives a context for a statement whose answer is read with Result.NextBatch where it has columns: rows are then not made
// of what can be read without. A Result of such a statement that is read with Next is the same, and slower.
func WithBatches(ctx context.Context) context.Context { return exec.WithColumns(ctx) }

// batches is an answer that is read as columns.
type batches struct {
	source exec.ColumnSource
	out    Batch
	// rows counts those that were given.
	rows int64
	// found: FOUND_ROWS() is their number.
	found bool
}

// openBatches finds the columns behind the iterator; nil: there are none.
func (r *result) openBatches() *batches {
	if r.polish != nil || r.ended || r.iter == nil {
		return nil
	}
	source := exec.ColumnsOf(r.iter)
	if source == nil {
		return nil
	}
	return &batches{source: source, found: countsRows(r.iter), out: Batch{Columns: make([]BatchColumn, len(r.columns))}}
}

// countsRows tells whether an iterator counts the rows that it gives, for FOUND_ROWS(): batches pass it by.
func countsRows(iter sql.RowIter) bool {
	for {
		if tracked, ok := iter.(*plan.TrackedRowIter); ok {
			return tracked.ShouldSetFoundRows
		}
		wrapped, ok := iter.(interface{ GetIter() sql.RowIter })
		if !ok {
			return false
		}
		iter = wrapped.GetIter()
	}
}

// counted keeps the number of rows for FOUND_ROWS(), once the iterators are closed.
func (b *batches) counted(ctx *sql.Context) {
	if b != nil && b.found {
		ctx.GetLastQueryInfo().FoundRows.Store(b.rows)
	}
}

// NextBatch implements Result.
func (r *result) NextBatch(ctx context.Context) (_ *Batch, err error) {
	if r.batches == nil {
		if r.batches = r.openBatches(); r.batches == nil {
			return nil, nil
		}
	}
	if r.ended {
		return nil, io.EOF
	}
	defer func() {
		if p := recover(); p != nil {
			err = r.end(r.session.panicked(p))
		}
	}()
	if ctx.Err() != nil {
		r.cancel(context.Cause(ctx))
	}
	columns, err := r.batches.source.NextColumns(r.ctx)
	if errors.Is(err, io.EOF) && r.ctx.Err() == nil {
		// Those who watch the iterator see its end too.
		if _, err := r.iter.Next(r.ctx); err == nil {
			return nil, r.end(sqlerr.New(1815, "HY000", "internal error: a row behind the last batch"))
		} else if !errors.Is(err, io.EOF) {
			return nil, r.end(err)
		}
		if err := r.end(nil); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	if err == nil && r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	if err == nil {
		err = r.take(columns)
	}
	if err != nil {
		return nil, r.end(err)
	}
	return &r.batches.out, nil
}

// take makes a batch of columns, whose values are those of rows.
func (r *result) take(columns *exec.Columns) error {
	out := &r.batches.out
	if len(columns.Values) != len(out.Columns) {
		return sqlerr.New(1815, "HY000", "internal error: a batch of %d columns where %d were announced", len(columns.Values), len(out.Columns))
	}
	out.Rows, out.Sel = columns.Batch.Rows, columns.Batch.Sel
	r.batches.rows += int64(out.Len())
	for i, values := range columns.Values {
		if values == nil {
			out.Columns[i] = BatchColumn{Vec: &columns.Batch.Cols[i]}
			continue
		}
		for at, value := range values {
			read, err := r.readers[i](r.ctx, value)
			if err != nil {
				return err
			}
			values[at] = read
		}
		out.Columns[i] = BatchColumn{Values: values}
	}
	return nil
}
