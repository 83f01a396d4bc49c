package exec

import (
	"slices"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// hostSource reads a table through its connector in the sandbox.
type hostSource struct {
	table *gms.Table
	// where names connector and table in messages.
	where string
	// fits is how rows were read the last time: a plan that is kept opens the same scan again and again.
	fits *atomic.Pointer[fit]
}

// HostSource is the Source of a connector's table.
func HostSource(t *gms.Table) Source {
	return hostSource{table: t, where: "connector " + t.Connector().Name() + ": table " + t.Name(), fits: new(atomic.Pointer[fit])}
}

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
	request.Snapshot, request.BatchRows = request.Table.GetSnapshot(), batchRows(ctx)
	scan, err := s.table.Connector().OpenScan(ctx, s.table.Session(ctx), request)
	if err != nil {
		return nil, err
	}
	rows := s.fits.Load().rows(scan, columns)
	if rows == nil {
		if rows, err = NewRows(scan, s.where, columns); err != nil {
			_ = scan.Close() // the first error is the one to tell
			return nil, err
		}
		s.fits.Store(fitOf(rows, scan.Columns(), columns))
	}
	return &hostCursor{Rows: rows, scan: scan}, nil
}

// fit is how the columns of a scan are read, found out once for scans that are alike.
type fit struct {
	sent    []sentColumn
	columns []ColumnRead
	readers []columnReader
}

// sentColumn is what counts of a pb.ScanColumn.
type sentColumn struct {
	column uint32
	typ    pb.Type
	scale  uint32
}

func sentAs(c *pb.ScanColumn) sentColumn { return sentColumn{c.Column, c.Type, c.Scale} }

// fitOf notes how rows that were just prepared read.
func fitOf(r *Rows, sent []*pb.ScanColumn, columns []ColumnRead) *fit {
	f := &fit{columns: columns, readers: slices.Clone(r.readers), sent: make([]sentColumn, len(sent))}
	for i, c := range sent {
		f.sent[i] = sentAs(c)
	}
	return f
}

// rows prepares to read another scan in the same way; nil: its columns are others.
func (f *fit) rows(batches Batches, columns []ColumnRead) *Rows {
	if f == nil || len(columns) == 0 || len(f.columns) != len(columns) || &f.columns[0] != &columns[0] {
		return nil
	}
	sent := batches.Columns()
	if len(sent) != len(f.sent) {
		return nil
	}
	for i, c := range sent {
		if sentAs(c) != f.sent[i] {
			return nil
		}
	}
	return &Rows{batches: batches, width: len(columns), readers: slices.Clone(f.readers)}
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
