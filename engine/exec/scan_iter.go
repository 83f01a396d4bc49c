package exec

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// scanIter is one run of a scan.
type scanIter struct {
	plan   *ScanPlan
	access *Access
	params []*pb.Value
	cursor Cursor
	// last is the row before, when the order is watched.
	last sql.Row
	rows uint64
	done bool
}

// Next implements sql.RowIter.
func (it *scanIter) Next(ctx *sql.Context) (sql.Row, error) {
	if it.done {
		return nil, io.EOF
	}
	if it.cursor == nil {
		if err := it.start(ctx); err != nil {
			return nil, err
		}
	}
	row, err := it.cursor.Next(ctx)
	if err == nil && len(it.plan.Watch) > 0 {
		err = it.watch(ctx, row)
	}
	if err != nil {
		if !errors.Is(err, io.EOF) {
			// A failed scan is not used again; what went wrong first is what counts.
			_ = it.drop()
			return nil, err
		}
		if err := it.release(ctx); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	it.rows++
	return row, nil
}

// start opens the scan, or starts the one an earlier run left again.
func (it *scanIter) start(ctx *sql.Context) error {
	p := it.plan
	arguments := it.access.arguments(it.params)
	if cursor := p.take(it.access); cursor != nil {
		err := cursor.Rescan(ctx, &pb.RescanRequest{Params: it.params, Arguments: arguments})
		if err == nil {
			p.rescanned()
			it.cursor = cursor
			return nil
		}
		// A connector may refuse to start again: a new scan does the same.
		if closeErr := p.close(cursor); closeErr != nil {
			return closeErr
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	cursor, err := p.Source.Open(ctx, &pb.OpenScanRequest{Table: it.access.Table, Plan: it.access.Plan, Params: it.params,
		Arguments: arguments, Columns: it.access.Columns, Keep: p.Reuse, Partition: p.token(ctx)}, p.Row)
	if err != nil {
		return err
	}
	p.opened(ctx, cursor)
	it.cursor = cursor
	return nil
}

// release ends the run: the cursor is left to the next one, or closed.
func (it *scanIter) release(ctx *sql.Context) error {
	cursor := it.cursor
	it.cursor, it.done, it.last = nil, true, nil
	if cursor == nil || it.plan.keep(ctx, cursor, it.access) {
		return nil
	}
	return it.plan.close(cursor)
}

func (it *scanIter) drop() error {
	cursor := it.cursor
	it.cursor, it.done = nil, true
	if cursor == nil {
		return nil
	}
	return it.plan.close(cursor)
}

// Close implements sql.RowIter; twice is harmless.
func (it *scanIter) Close(ctx *sql.Context) error {
	if it.done {
		return nil
	}
	return it.release(ctx)
}
