package wasql

import (
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Cursor reads the rows of one scan. It may also be an io.Closer, a Rescanner or a Suspender.
type Cursor interface {
	// Next fills out while out.Room() and returns nil, or io.EOF with or after the last rows. It is not
	// called again after an error or io.EOF.
	Next(out *Rows) error
}

// Rescanner starts again with other values, which is cheaper than a new Scan: nested loops do it often.
type Rescanner interface {
	Rescan(plan *Plan) error
}

// Suspender is a cursor that gives a token from which its table, a Resumer, goes on behind the last batch.
type Suspender interface {
	Suspend() ([]byte, error)
}

// Counting cursors tell what they did, for EXPLAIN ANALYZE.
type Counting interface {
	// Counters gives names and values, in order.
	Counters() [][2]string
}

// BatchCursor gives whole batches: the fastest way. It may be an io.Closer, Rescanner or Suspender too.
type BatchCursor interface {
	// NextBatch gives the next batch: the columns of Plan.Columns, in that order, of the types the table
	// declares, in any encoding, at most rowsMax rows and about bytesMax bytes. nil ends the scan. The
	// memory stays the cursor's, who may change it when NextBatch is called again, not before.
	NextBatch(rowsMax, bytesMax int) (*col.Batch, error)
}

// BatchFunc is a BatchCursor made of a function.
type BatchFunc func(rowsMax, bytesMax int) (*col.Batch, error)

// NextBatch calls f.
func (f BatchFunc) NextBatch(rowsMax, bytesMax int) (*col.Batch, error) { return f(rowsMax, bytesMax) }

// Batches makes a cursor of a batch cursor, for Scan to return.
func Batches(c BatchCursor) Cursor { return wholeBatches{c} }

type wholeBatches struct{ inner BatchCursor }

// Next copies nothing and is not used: the SDK asks the inner cursor.
func (wholeBatches) Next(*Rows) error { return io.EOF }
