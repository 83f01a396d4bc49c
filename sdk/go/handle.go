package wasql

import (
	"errors"
	"io"
	"math"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// handle is what a number of this instance stands for: a scan, a lookup, a sink, a function.
type handle interface {
	// name of the table, for errors; empty when there is none.
	name() string
	close() error
}

// reader is a handle that gives batches.
type reader interface {
	handle
	next(in *instance, rowsMax, bytesMax int) (*col.Batch, error)
	release(lease int64)
}

// writer is a handle that takes batches.
type writer interface {
	handle
	write(in *instance, batch *col.Batch) (*col.Batch, error)
}

// open gives h a number that was never used in this instance.
func (in *instance) open(h handle) uint32 {
	number := in.number()
	in.handles[number] = h
	return number
}

// number gives one that was never used.
func (in *instance) number() uint32 {
	in.numbers++
	return in.numbers
}

// handleOf finds a handle of the kind H.
func handleOf[H handle](in *instance, number uint32, what string) (H, error) {
	h, ok := in.handles[number].(H)
	if !ok {
		return h, Errorf(BadHandle, "there is no %s %d", what, number)
	}
	return h, nil
}

// Next gives the next batch of a scan.
func (in *instance) Next(number uint32, rowsMax, bytesMax int) (batch *col.Batch, code abi.Code) {
	defer in.rescue(&code)
	r, err := handleOf[reader](in, number, "scan")
	if err != nil {
		return nil, in.fail(err)
	}
	if rowsMax <= 0 {
		return nil, in.fail(Errorf(InvalidArgument, "a batch of %d rows is asked for", rowsMax))
	}
	batch, err = r.next(in, rowsMax, min(bytesMax, math.MaxInt32))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, in.fail(named(err, r.name()))
	}
	return batch, abi.OK
}

// Release takes a leased batch back.
func (in *instance) Release(number uint32, lease int64) (code abi.Code) {
	defer in.rescue(&code)
	if r, ok := in.handles[number].(reader); ok {
		r.release(lease)
	}
	return abi.OK
}

// Write takes rows for a handle.
func (in *instance) Write(number uint32, batch *col.Batch) (answer *col.Batch, code abi.Code) {
	defer in.rescue(&code)
	w, err := handleOf[writer](in, number, "sink")
	if err != nil {
		return nil, in.fail(err)
	}
	answer, err = w.write(in, batch)
	if err != nil {
		return nil, in.fail(named(err, w.name()))
	}
	return answer, abi.OK
}

// Close ends a scan, sink, lookup or function; an unknown one is no error.
func (in *instance) Close(number uint32) (code abi.Code) {
	defer in.rescue(&code)
	if h := in.handles[number]; h != nil {
		delete(in.handles, number)
		if err := h.close(); err != nil {
			return in.fail(named(err, h.name()))
		}
	}
	return abi.OK
}

// buffers are the batches of one reader: spare ones, and those the host holds.
type buffers struct {
	spare  []*Rows
	leased map[int64]*Rows
	// current is the buffer of a batch without a lease.
	current *Rows
}

// take gives an empty buffer that the host does not read, made by new when there is none that fits.
func (b *buffers) take(rowsMax, bytesMax int, make func() *Rows) *Rows {
	if b.current != nil {
		b.spare, b.current = append(b.spare, b.current), nil
	}
	for last := len(b.spare) - 1; last >= 0; last-- {
		rows := b.spare[last]
		b.spare = b.spare[:last]
		if rows.rowsMax == rowsMax && rows.bytesMax == bytesMax {
			rows.builder.Reset()
			return rows
		}
	}
	return make()
}

// reclaim takes all leased batches back, as the host has let go of them.
func (b *buffers) reclaim() {
	for lease, rows := range b.leased {
		delete(b.leased, lease)
		b.spare = append(b.spare, rows)
	}
}

// last makes the last batch of a scan that is closed behind it.
func (b *buffers) last(rows *Rows) *col.Batch {
	batch := rows.builder.Batch()
	batch.Last, batch.Lease, b.current = true, 0, rows
	return batch
}

// give makes a batch of the rows, leased when the host knows leases.
func (b *buffers) give(in *instance, rows *Rows, last bool) *col.Batch {
	batch := rows.builder.Batch()
	batch.Last, batch.Lease = last, 0
	if !in.leasing() {
		b.current = rows
		return batch
	}
	in.leases++
	batch.Lease = in.leases
	if b.leased == nil {
		b.leased = map[int64]*Rows{}
	}
	b.leased[batch.Lease] = rows
	return batch
}

func (b *buffers) release(lease int64) {
	if rows := b.leased[lease]; rows != nil {
		delete(b.leased, lease)
		b.spare = append(b.spare, rows)
	}
}

// fill lets a cursor fill rows, and tells whether the cursor is at its end.
func fill(cursor Cursor, rows *Rows) (end bool, err error) {
	for range emptyMax {
		before := rows.Len()
		err := cursor.Next(rows)
		if wrong := rows.builder.Err(); wrong != nil {
			return true, Errorf(InvalidData, "%w", wrong)
		}
		if err != nil {
			if err == io.EOF || errors.Is(err, io.EOF) { //nolint:errorlint // the usual case costs a comparison
				err = nil
			}
			return true, err
		}
		if rows.Len() > before {
			return false, nil
		}
	}
	return true, Errorf(Internal, "Next gave no row and no io.EOF %d times in a row", emptyMax)
}

// emptyMax is how often a cursor may give nothing before it is taken for one that never will.
const emptyMax = 1000
