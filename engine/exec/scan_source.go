package exec

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// Source is a connector's table as a scan reads it: it negotiates, explains and opens. The one
// made by HostSource speaks to a connector in its sandbox; tests bring fakes. It may be used
// concurrently.
type Source interface {
	// Connector is the name used in messages.
	Connector() string
	// Plan asks how the table would be read.
	Plan(ctx *sql.Context, request *pb.PlanRequest) (*pb.PlanResponse, error)
	// Explain asks for the connector's own words on a plan. errors.ErrUnsupported means that it has none.
	Explain(ctx *sql.Context, request *pb.ExplainRequest) (*pb.ExplainResponse, error)
	// Open starts reading. The rows of the cursor, which must be closed, have one value for each of
	// columns; columns with a negative position are not read and stay NULL.
	Open(ctx *sql.Context, request *pb.OpenScanRequest, columns []ColumnRead) (Cursor, error)
	// Grants lists in words what the connector may reach.
	Grants() []string
}

// Cursor reads the rows of one open scan. It is not safe for concurrent use.
type Cursor interface {
	// Next gives a row of its own, or io.EOF at the end and ever after.
	Next(ctx *sql.Context) (sql.Row, error)
	// Rescan starts again from the first row, with other values.
	Rescan(ctx *sql.Context, request *pb.RescanRequest) error
	// Counters tells what the scan has cost since it was opened.
	Counters() Counters
	// Close ends the scan; twice is harmless.
	Close() error
}

// Counters is what scans did, for EXPLAIN ANALYZE.
type Counters struct {
	// Scans opened, and started again without opening.
	Scans, Rescans int64
	Batches        int64
	Rows           int64
	// Bytes that crossed the wall.
	Bytes int64
	// Calls into the guest.
	Calls int64
	Fuel  int64
	// Keys were sent to lookups, in so many calls.
	Keys, KeyBatches int64
	// Pieces that were read by instances beside each other, and how many of these.
	Pieces, Lanes int64
	// MemoryPeakBytes is the highest guest memory seen.
	MemoryPeakBytes int64
	Wall            time.Duration
}

// Add sums two runs; the memory peak is the higher one.
func (c *Counters) Add(o Counters) {
	c.Scans += o.Scans
	c.Rescans += o.Rescans
	c.Batches += o.Batches
	c.Rows += o.Rows
	c.Bytes += o.Bytes
	c.Calls += o.Calls
	c.Fuel += o.Fuel
	c.Keys += o.Keys
	c.KeyBatches += o.KeyBatches
	c.Pieces += o.Pieces
	c.Lanes = max(c.Lanes, o.Lanes)
	c.MemoryPeakBytes = max(c.MemoryPeakBytes, o.MemoryPeakBytes)
	c.Wall += o.Wall
}
