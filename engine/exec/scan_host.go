package exec

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// hostSource reads a table through its connector in the sandbox.
type hostSource struct {
	table *gms.Table
}

// HostSource is the Source of a connector's table.
func HostSource(t *gms.Table) Source { return hostSource{t} }

// Connector implements Source.
func (s hostSource) Connector() string { return s.table.Connector().Name() }

// Plan implements Source.
func (s hostSource) Plan(ctx *sql.Context, request *pb.PlanRequest) (*pb.PlanResponse, error) {
	instance, err := s.table.Connector().Acquire(ctx, s.table.Session(ctx))
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	if request.Table, err = gms.InTransaction(ctx, s.table.Connector(), request.Table); err != nil {
		return nil, err
	}
	request.Snapshot, request.AsOf = request.Table.GetSnapshot(), s.table.AsOf()
	return instance.Plan(ctx, request)
}

// Explain implements Source.
func (s hostSource) Explain(ctx *sql.Context, request *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	instance, err := s.table.Connector().Acquire(ctx, s.table.Session(ctx))
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	return instance.Explain(ctx, request)
}

// Open implements Source.
func (s hostSource) Open(ctx *sql.Context, request *pb.OpenScanRequest, columns []ColumnRead) (Cursor, error) {
	var err error
	if request.Table, err = gms.InTransaction(ctx, s.table.Connector(), request.Table); err != nil {
		return nil, err
	}
	request.Snapshot = request.Table.GetSnapshot()
	scan, err := s.table.Connector().OpenScan(ctx, s.table.Session(ctx), request)
	if err != nil {
		return nil, err
	}
	rows, err := NewRows(scan, fmt.Sprintf("connector %s: table %s", s.Connector(), s.table.Name()), columns)
	if err != nil {
		_ = scan.Close() // the first error is the one to tell
		return nil, err
	}
	return &hostCursor{Rows: rows, scan: scan}, nil
}

// Grants implements Source.
func (s hostSource) Grants() []string { return s.table.Connector().Granted() }

// hostCursor adds the scan's counters to its rows.
type hostCursor struct {
	*Rows
	scan *host.Scan
}

// Counters implements Cursor.
func (c *hostCursor) Counters() Counters {
	n := c.scan.Counters()
	return Counters{Batches: n.Batches, Rows: n.Rows, Bytes: n.Bytes, Calls: n.Calls, Fuel: n.Fuel,
		MemoryPeakBytes: n.MemoryPeakBytes, Wall: n.Wall}
}
