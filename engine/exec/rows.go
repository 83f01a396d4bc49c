package exec

import (
	"context"
	"fmt"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// runRows is the number of rows that share one allocation of values, and that are read column by
// column: large enough that allocations do not count, small enough that a row kept by a sort or a
// hash table does not hold much of its neighbours.
const runRows = 256

// Batches is an open scan as Rows reads it; host.Scan is one.
type Batches interface {
	// Columns says what the batches hold, in order.
	Columns() []*pb.ScanColumn
	// Next gives a batch that is valid until the next call, or io.EOF.
	Next(ctx context.Context) (*col.Batch, error)
	// Rescan starts again from the first row.
	Rescan(ctx context.Context, request *pb.RescanRequest) error
	// Close ends the scan; twice is harmless.
	Close() error
}

// ColumnRead is one value of the rows that Rows makes.
type ColumnRead struct {
	Name string
	// Type decides the Go type of the values: the one go-mysql-server uses for it.
	Type    sql.Type
	NotNull bool
	// Column is the declared position; a negative column is not read and stays NULL.
	Column int
}

// Rows turns the batches of a scan into rows. The rows are their reader's to keep: nothing in them
// points into a batch. Not safe for concurrent use.
type Rows struct {
	batches Batches
	readers []columnReader
	width   int

	batch *col.Batch
	// next is the position of the first row of the batch that is not in values yet.
	next int
	// values holds rows made and not yet given, width values each.
	values []any
	// seen counts the rows of all batches before this one.
	seen uint64
	done bool
}

// NewRows prepares to read columns from batches. where names connector and table in messages. An
// error says that the scan's columns do not fit the declared ones; batches is then not closed.
func NewRows(batches Batches, where string, columns []ColumnRead) (*Rows, error) {
	r := &Rows{batches: batches, width: len(columns)}
	sent := make(map[int]int, len(columns))
	scanned := batches.Columns()
	for i, c := range scanned {
		sent[int(c.Column)] = i
	}
	for target, column := range columns {
		if column.Column < 0 {
			continue
		}
		position, ok := sent[column.Column]
		if !ok {
			return nil, fmt.Errorf("%s: open scan: column %s was asked for and is not among the %d columns sent", where, column.Name, len(scanned))
		}
		read, err := newColumnReader(where, column, scanned[position])
		if err != nil {
			return nil, err
		}
		read.position, read.target = position, target
		r.readers = append(r.readers, read)
	}
	return r, nil
}

// Next gives the next row, or io.EOF at the end and ever after.
func (r *Rows) Next(ctx *sql.Context) (sql.Row, error) {
	if len(r.values) < r.width || r.width == 0 {
		if r.width == 0 {
			return r.nextEmpty(ctx)
		}
		if err := r.fill(ctx); err != nil {
			return nil, err
		}
	}
	row := r.values[:r.width:r.width]
	r.values = r.values[r.width:]
	return row, nil
}

// nextEmpty gives rows without values, as COUNT(*) wants them.
func (r *Rows) nextEmpty(ctx *sql.Context) (sql.Row, error) {
	if err := r.advance(ctx); err != nil {
		return nil, err
	}
	r.next++
	return sql.Row{}, nil
}

// advance makes sure that the batch has a row left.
func (r *Rows) advance(ctx *sql.Context) error {
	for r.batch == nil || r.next >= r.batch.Len() {
		if r.done {
			return io.EOF
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if r.batch != nil {
			r.seen += uint64(r.batch.Len())
		}
		batch, err := r.batches.Next(ctx)
		if err != nil {
			r.batch, r.done = nil, err == io.EOF
			return err
		}
		r.batch, r.next = batch, 0
	}
	return nil
}

// fill makes the values of the next run of rows, column by column.
func (r *Rows) fill(ctx *sql.Context) error {
	if err := r.advance(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	n := min(runRows, r.batch.Len()-r.next)
	values := make([]any, n*r.width)
	part := run{batch: r.batch, start: r.next, n: n, stride: r.width, first: r.seen + uint64(r.next) + 1}
	for i := range r.readers {
		read := &r.readers[i]
		if err := read.readRun(ctx, &part, values[read.target:]); err != nil {
			return err
		}
	}
	r.next += n
	r.values = values
	return nil
}

// Rescan starts again from the first row, with other values.
func (r *Rows) Rescan(ctx *sql.Context, request *pb.RescanRequest) error {
	if err := r.batches.Rescan(ctx, request); err != nil {
		return err
	}
	r.batch, r.next, r.values, r.seen, r.done = nil, 0, nil, 0, false
	return nil
}

// Close ends the scan; twice is harmless. Rows already given stay valid.
func (r *Rows) Close() error {
	r.batch, r.values, r.done = nil, nil, true
	return r.batches.Close()
}

// run is a stretch of rows of a batch that is read at once.
type run struct {
	batch    *col.Batch
	start, n int
	// stride is the distance between two values of a column.
	stride int
	// first is the number of the first row in the scan, from 1.
	first uint64
}

// ReadTable reads a whole table: all rows, no filter, the projected columns. It is what serves
// when no plan was negotiated.
func ReadTable(ctx *sql.Context, t *gms.Table) (sql.RowIter, error) {
	connector, session := t.Connector(), t.Session(ctx)
	columns := t.Columns()
	wanted := make([]uint32, len(columns))
	for i, position := range columns {
		wanted[i] = uint32(position)
	}
	ref, err := t.RefIn(ctx)
	if err != nil {
		return nil, err
	}
	instance, err := connector.Acquire(ctx, session)
	if err != nil {
		return nil, err
	}
	answer, err := instance.Plan(ctx, &pb.PlanRequest{Table: ref, Columns: sortedUnique(wanted), Loops: 1, Snapshot: ref.GetSnapshot()})
	instance.Release()
	if err != nil {
		return nil, err
	}
	if answer.NoPlan != nil {
		return nil, sqlerr.New(1296, "HY000", "table %s cannot be read as a whole: %s", t.Name(), answer.NoPlan.Message).
			WithHint("constrain the columns it needs: %v", answer.NoPlan.RequiredColumns)
	}
	scan, err := connector.OpenScan(ctx, session, &pb.OpenScanRequest{Table: ref, Plan: answer.Plan, Columns: sortedUnique(wanted), Snapshot: ref.GetSnapshot()})
	if err != nil {
		return nil, err
	}
	reads := make([]ColumnRead, len(columns))
	for i, c := range t.Schema(ctx) {
		reads[i] = ColumnRead{Name: c.Name, Type: c.Type, NotNull: !c.Nullable, Column: columns[i]}
	}
	rows, err := NewRows(scan, "table "+t.Name(), reads)
	if err != nil {
		_ = scan.Close() // the first error is the one to tell
		return nil, err
	}
	// Nobody closes a cursor of a procedure that it leaves open.
	forget := atEnd(ctx, func() { _ = rows.Close() }) // the statement has been answered
	return wholeTable{rows, forget}, nil
}

// wholeTable fits Rows to sql.RowIter.
type wholeTable struct {
	*Rows
	forget func()
}

// Close implements sql.RowIter.
func (w wholeTable) Close(*sql.Context) error {
	w.forget()
	return w.Rows.Close()
}
