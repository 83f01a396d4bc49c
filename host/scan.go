package host

import (
	"context"
	"math"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/view"
)

// Scan reads the rows of a plan. One goroutine at a time.
type Scan struct {
	instance *Instance
	// owned: the scan acquired its instance and releases it.
	owned bool
	// rest lets the instance go while nobody reads; nil: it does not.
	rest *rest
	// gone: the guest has closed the scan, all rows of which came at once.
	gone    bool
	handle  uint32
	call    string
	columns []*pb.ScanColumn
	schema  col.Schema
	reader  *view.Reader
	// shape is where columns and schema are from; nil: they are no scan's.
	shape *scanShape
	// whole: the values of all columns are checked.
	whole bool
	rows  int
	bytes int64
	lease int64
	// first is the batch that came with the answer to OPEN_SCAN or RESCAN, until it is asked for.
	first    *col.Batch
	ended    bool
	closed   bool
	err      error
	counters ScanCounters
}

// ScanCounters are the totals of a scan.
type ScanCounters struct {
	Batches, Rows, Bytes int64
	// Calls into the guest, and their fuel, from OPEN_SCAN on.
	Calls, Fuel int64
	// MemoryPeakBytes is the largest linear memory seen.
	MemoryPeakBytes int64
	// Wall is the time spent waiting for the guest.
	Wall time.Duration
}

// OpenScan acquires an instance and starts a scan on it; Close releases it.
func (c *Connector) OpenScan(ctx context.Context, session uint64, req *pb.OpenScanRequest) (*Scan, error) {
	i, err := c.Acquire(ctx, session)
	if err != nil {
		return nil, err
	}
	s, err := i.OpenScan(ctx, req)
	if err != nil {
		i.Release()
		return nil, err
	}
	s.owned = true
	s.rests(c, session, req)
	return s, nil
}

// OpenScan starts a scan. Fields of req that are zero are filled from the limits; First is set when the guest
// can give the first batch with its answer, and Keep counts only then: without it a scan whose rows all came
// cannot be started again. req is not kept.
// Close the scan before the instance is released.
func (i *Instance) OpenScan(ctx context.Context, req *pb.OpenScanRequest) (*Scan, error) {
	s := &Scan{instance: i, call: about("scan", req.Table), rows: i.limits.BatchRows, bytes: i.limits.BatchBytes}
	if req.BatchRows > 0 {
		s.rows = int(min(req.BatchRows, batchRowsMax))
	}
	if req.BatchBytes > 0 {
		s.bytes = int64(min(req.BatchBytes, uint64(i.limits.MemoryBytes)))
	}
	if i.handles.Load() >= int64(i.limits.Handles) {
		return nil, &Error{Kind: KindLimit, Connector: i.connector.name, Call: s.call, Code: abi.Resource, Setting: "Handles", Message: "too many open scans"}
	}
	req.BatchRows, req.BatchBytes = uint32(s.rows), uint64(s.bytes)
	req.First = i.features&uint64(pb.Feature_FEATURE_ONE_CALL) != 0
	req.Keep = req.Keep && req.First
	start := time.Now()
	t, err := i.begin(ctx, about("open scan", req.Table))
	if err != nil {
		return nil, err
	}
	defer i.end()
	resp := &openAnswer{known: i.shapes}
	if err := i.exchange(&t, pb.Op_OP_OPEN_SCAN, req, resp); err != nil {
		return nil, err
	}
	if s.gone = req.First && resp.Finished && resp.Scan == 0; s.gone {
		if req.Keep {
			return nil, i.broken(t.call, "8.28", abi.InvalidData, "the scan was to be kept, and is closed")
		}
	} else if err := i.checkHandle(t.call, resp.Scan); err != nil {
		return nil, err
	}
	if s.shape, err = i.shapeOf(t.call, resp); err != nil {
		return nil, err
	}
	s.handle, s.columns, s.schema = resp.Scan, s.shape.columns, s.shape.schema
	if s.whole = len(req.Columns) == 0 || len(req.Columns) == len(s.columns); s.whole {
		s.reader = s.shape.spare.Swap(nil)
	}
	if s.reader == nil {
		s.reader = view.NewReader(s.schema, i.features, i.limits.MemoryBytes)
	}
	s.skipUnasked(req.Columns)
	if !s.gone {
		i.handles.Add(1)
	}
	s.begin(req.First, resp.Batch, resp.Finished)
	s.count(&t, start)
	return s, nil
}

// begin takes in what came with the answer that started the scan (SPEC 8.28). What is wrong with it, the
// next Next tells.
func (s *Scan) begin(asked bool, batch uint32, finished bool) {
	s.first, s.ended, s.err = nil, false, nil
	switch {
	case batch == 0 && !finished:
		return
	case !asked:
		s.err = s.instance.broken(s.call, "8.28", abi.InvalidData, "a first batch came that was not asked for")
		return
	}
	s.ended = finished
	if batch == 0 {
		return
	}
	b, err := s.instance.batch(s.call, s.reader, int64(batch), s.rows)
	switch {
	case err != nil:
		s.err = err
	case s.gone && b.Lease != 0:
		s.err = s.instance.broken(s.call, "8.28", abi.InvalidData, "the batch of a scan that is closed has lease %d", b.Lease)
	default:
		s.ended = finished || b.Last
		if b.Len() > 0 {
			s.first = s.hand(b)
		} else {
			s.lease = b.Lease
		}
	}
}

// scanSchema checks the answer of an operation that opens something to read.
func (i *Instance) scanSchema(call string, handle uint32, columns []*pb.ScanColumn) (col.Schema, error) {
	if err := i.checkHandle(call, handle); err != nil {
		return nil, err
	}
	return i.checkColumns(call, columns)
}

func (i *Instance) checkHandle(call string, handle uint32) error {
	if handle == 0 || handle > math.MaxInt32 {
		return i.broken(call, "7.4", abi.InvalidData, "handle %d", handle)
	}
	return nil
}

// checkColumns gives the schema of batches with these columns.
func (i *Instance) checkColumns(call string, columns []*pb.ScanColumn) (col.Schema, error) {
	if len(columns) > view.ColumnsMax {
		return nil, i.broken(call, "6.2", abi.InvalidData, "%d columns, at most %d", len(columns), view.ColumnsMax)
	}
	schema := make(col.Schema, len(columns))
	for n, c := range columns {
		typ := col.Type(c.GetType())
		if !typ.Known() || int32(typ) != int32(c.GetType()) {
			return nil, i.broken(call, "5.1", abi.InvalidData, "column %d has type %d", n+1, int32(c.GetType()))
		}
		schema[n] = col.Field{Type: typ, Nullable: c.Nullable, Precision: c.Precision, Scale: c.Scale}
	}
	return schema, nil
}

// skipUnasked saves checking the values of columns that nobody asked for.
func (s *Scan) skipUnasked(asked []uint32) {
	if s.whole {
		return
	}
	wanted := make(map[uint32]bool, len(asked))
	for _, c := range asked {
		wanted[c] = true
	}
	for n, c := range s.columns {
		if !wanted[c.Column] {
			s.reader.Unread(n)
		}
	}
}

// Schema is that of the batches: columns as sent. Names are empty; see Columns.
func (s *Scan) Schema() col.Schema { return s.schema }

// Columns tells which column of the table each one is.
func (s *Scan) Columns() []*pb.ScanColumn { return s.columns }

// Counters are the totals so far.
func (s *Scan) Counters() ScanCounters { return s.counters }

// Features are the feature bits of the instance the scan runs on.
func (s *Scan) Features() uint64 { return s.instance.features }

func (s *Scan) count(t *turn, start time.Time) {
	c := &s.counters
	c.Calls += int64(t.calls)
	c.Fuel += t.fuel
	c.Wall += time.Since(start)
	c.MemoryPeakBytes = max(c.MemoryPeakBytes, int64(s.instance.vm.Memory().PeakBytes()))
}

// Rescan starts the scan again with new values; req.Scan is filled in. The last batch is not valid
// any more.
func (s *Scan) Rescan(ctx context.Context, req *pb.RescanRequest) error {
	done, err := s.awake(ctx)
	if err != nil {
		return err
	}
	defer done()
	if s.first = nil; s.rest != nil && s.rest.asleep {
		if err := s.resume(ctx); err != nil {
			return err
		}
	}
	switch {
	case s.closed:
		return &Error{Kind: KindClosed, Connector: s.instance.connector.name, Call: s.call, Message: "the scan is closed"}
	case s.err != nil && s.instance.Poisoned():
		return s.err
	case s.gone:
		return &Error{Kind: KindConnector, Connector: s.instance.connector.name, Call: s.call, Code: abi.Unimplemented,
			Message: "the scan was not to be kept: it cannot start again"}
	}
	start := time.Now()
	i := s.instance
	t, err := i.begin(ctx, s.call)
	if err != nil {
		return err
	}
	defer i.end()
	defer func() { s.count(&t, start) }()
	s.lease, s.first = 0, nil
	req.Scan, req.First = s.handle, i.features&uint64(pb.Feature_FEATURE_ONE_CALL) != 0
	resp := &pb.RescanResponse{}
	if err := i.exchange(&t, pb.Op_OP_RESCAN, req, resp); err != nil {
		s.err = err
		return err
	}
	s.begin(req.First, resp.Batch, resp.Finished)
	return nil
}

// closeTime bounds the guest's part in closing a scan.
const closeTime = 5 * time.Second

// Close ends the scan, and releases the instance when Connector.OpenScan acquired it. Twice is
// harmless.
func (s *Scan) Close() error {
	if s.closed {
		return nil
	}
	asleep := false
	if r := s.rest; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.timer != nil {
			r.timer.Stop()
		}
		asleep = r.asleep
	}
	s.closed, s.first = true, nil
	if asleep {
		return nil
	}
	var err error
	if !s.gone {
		err = s.instance.closeHandle(s.call, s.handle)
	} else if s.whole && !s.instance.exclusive {
		s.shape.spare.Store(s.reader) // its batch was copied
		s.reader = nil
	}
	if s.owned {
		s.instance.Release()
	}
	return err
}

// closeHandle tells the guest that a handle is not used any more.
func (i *Instance) closeHandle(call string, handle uint32) error {
	defer i.handles.Add(-1)
	if i.Poisoned() {
		return nil
	}
	t, err := i.begin(context.Background(), call)
	if err != nil {
		return err
	}
	defer i.end()
	t.deadline = time.Now().Add(min(closeTime, i.limits.CallTime))
	result, err := i.invoke(&t, i.exports.close, uint64(handle))
	if err == nil && result < 0 {
		err = i.refused(&t, pb.Op_OP_UNSPECIFIED, result)
	}
	return err
}
