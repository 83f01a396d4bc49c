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

// Sink takes batches into the guest: rows to write, keys to look up, arguments of functions. One
// goroutine at a time.
type Sink struct {
	instance *Instance
	// owned: the sink acquired its instance and releases it.
	owned bool
	// rows: it writes rows of a table, and its answers say what became of them.
	rows bool
	// gone: the guest has flushed and closed it.
	gone bool
	// last is the answer to the batch it was opened with.
	last     *col.Batch
	handle   uint32
	call     string
	answer   col.Schema
	reader   *view.Reader
	closed   bool
	err      error
	counters ScanCounters
}

// OpenSink acquires an instance and starts a write on it; Close releases it.
func (c *Connector) OpenSink(ctx context.Context, session uint64, req *pb.OpenSinkRequest) (*Sink, error) {
	i, err := c.Acquire(ctx, session)
	if err != nil {
		return nil, err
	}
	s, err := i.OpenSink(ctx, req)
	if err != nil {
		i.Release()
		return nil, err
	}
	s.owned = true
	return s, nil
}

// OpenSink starts a write. Batches then hold keys, values and old values, in that order (SPEC 8.17).
// Close the sink before the instance is released.
func (i *Instance) OpenSink(ctx context.Context, req *pb.OpenSinkRequest) (*Sink, error) {
	resp := &pb.OpenSinkResponse{}
	if err := i.callNamed(ctx, about("open sink", req.Table), pb.Op_OP_OPEN_SINK, req, resp); err != nil {
		return nil, err
	}
	s, err := i.SinkHandle(about("write", req.Table), resp.Sink, resp.Answer)
	if err != nil {
		return nil, err
	}
	s.rows = true
	if err := s.answers(len(req.Returning)); err != nil {
		_ = s.Close() // the instance is lost, which is the error
		return nil, err
	}
	return s, nil
}

// SinkHandle makes a Sink of a handle that an operation answered with. answer are the columns of
// the batches that Write gives back; none when it gives back nothing.
func (i *Instance) SinkHandle(call string, handle uint32, answer []*pb.ScanColumn) (*Sink, error) {
	schema, err := i.scanSchema(call, handle, answer)
	if err != nil {
		return nil, err
	}
	if i.handles.Load() >= int64(i.limits.Handles) {
		return nil, &Error{Kind: KindLimit, Connector: i.connector.name, Call: call, Code: abi.Resource, Setting: "Handles", Message: "too many open handles"}
	}
	i.handles.Add(1)
	return &Sink{instance: i, handle: handle, call: call, answer: schema, reader: view.NewReader(schema, i.features, i.limits.MemoryBytes)}, nil
}

// ScanHandle makes a Scan of a handle that an operation answered with, other than OPEN_SCAN.
func (i *Instance) ScanHandle(call string, handle uint32, columns []*pb.ScanColumn) (*Scan, error) {
	schema, err := i.scanSchema(call, handle, columns)
	if err != nil {
		return nil, err
	}
	if i.handles.Load() >= int64(i.limits.Handles) {
		return nil, &Error{Kind: KindLimit, Connector: i.connector.name, Call: call, Code: abi.Resource, Setting: "Handles", Message: "too many open handles"}
	}
	i.handles.Add(1)
	return &Scan{instance: i, handle: handle, call: call, columns: columns, schema: schema, rows: i.limits.BatchRows, bytes: i.limits.BatchBytes,
		reader: view.NewReader(schema, i.features, i.limits.MemoryBytes)}, nil
}

// Answer is the schema of what Write gives back.
func (s *Sink) Answer() col.Schema { return s.answer }

// Handle is the guest's number for the sink, for operations that name it.
func (s *Sink) Handle() uint32 { return s.handle }

// Instance is where the sink lives, for operations that belong to it. It is the sink's.
func (s *Sink) Instance() *Instance { return s.instance }

// Counters are the totals so far; rows and bytes are those written.
func (s *Sink) Counters() ScanCounters { return s.counters }

// Write sends a batch, in any encoding, and gives the guest's answer, or nil when it has none. The
// batch is copied into the guest. The answer is valid until the next use of the sink. After an
// error the sink can only be closed, or flushed with discard.
func (s *Sink) Write(ctx context.Context, b *col.Batch) (*col.Batch, error) {
	if err := s.finished(); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	layout, err := view.NewLayout(b)
	if err != nil {
		return nil, &Error{Kind: KindLimit, Connector: s.instance.connector.name, Call: s.call, Code: abi.Resource, Message: err.Error(), Setting: "BatchRows"}
	}
	answer, err := s.write(ctx, layout, b.Len())
	s.err = err
	return answer, err
}

func (s *Sink) write(ctx context.Context, layout *view.Layout, rows int) (*col.Batch, error) {
	i := s.instance
	start := time.Now()
	t, err := i.begin(ctx, s.call)
	if err != nil {
		return nil, err
	}
	defer i.end()
	defer func() { s.count(&t, start) }()
	ptr, err := i.alloc(&t, layout.Size(), view.Align)
	if err != nil {
		return nil, err
	}
	layout.Put(i.vm.Memory().Bytes(), ptr)
	result, err := i.invoke(&t, i.exports.write, uint64(s.handle), uint64(ptr))
	switch {
	case err != nil:
		return nil, err
	case result < 0:
		return nil, i.refused(&t, pb.Op_OP_UNSPECIFIED, result)
	}
	s.wrote(rows, int64(layout.Size()))
	if result == 0 {
		return nil, nil
	}
	answer, err := i.batch(s.call, s.reader, result, max(rows, i.limits.BatchRows))
	if err == nil {
		err = s.answered(answer, rows)
	}
	if err != nil || i.exclusive {
		return answer, err
	}
	return answer.Clone(), nil
}

func (s *Sink) count(t *turn, start time.Time) {
	c := &s.counters
	c.Calls += int64(t.calls)
	c.Fuel += t.fuel
	c.Wall += time.Since(start)
	c.MemoryPeakBytes = max(c.MemoryPeakBytes, int64(s.instance.vm.Memory().PeakBytes()))
}

func (s *Sink) wrote(rows int, bytes int64) {
	s.counters.Batches++
	s.counters.Rows += int64(rows)
	s.counters.Bytes += bytes
}

// finished is the error for the use of a sink that has ended; nil: it has not.
func (s *Sink) finished() error {
	switch {
	case s.closed:
		return &Error{Kind: KindClosed, Connector: s.instance.connector.name, Call: s.call, Message: "the sink is closed"}
	case s.gone:
		return &Error{Kind: KindClosed, Connector: s.instance.connector.name, Call: s.call, Message: "the sink was flushed with its first batch"}
	}
	return nil
}

// Flush ends a statement; discard takes back everything the sink wrote.
func (s *Sink) Flush(ctx context.Context, discard bool) (*pb.FlushSinkResponse, error) {
	if err := s.finished(); err != nil {
		return nil, err
	}
	if s.err != nil && !discard {
		return nil, s.err
	}
	resp := &pb.FlushSinkResponse{}
	if err := s.instance.callNamed(ctx, s.call, pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: s.handle, Discard: discard}, resp); err != nil {
		s.err = err
		return nil, err
	}
	for _, e := range resp.Errors {
		e.Status = cleanStatus(e.Status)
	}
	return resp, nil
}

// Close ends the sink, and releases the instance when Connector.OpenSink acquired it. What was not
// flushed is the connector's to forget. Twice is harmless.
func (s *Sink) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if !s.gone {
		err = s.instance.closeHandle(s.call, s.handle)
	}
	if s.owned {
		s.instance.Release()
	}
	return err
}

// Lookup answers keys with rows: write a batch of keys, then read rows whose first column is the
// position of their key (SPEC 8.16). One goroutine at a time.
type Lookup struct {
	sink *Sink
	scan *Scan
	keys []*pb.ScanColumn
	// positions are those of the keys last written.
	positions keyed
}

// OpenLookup starts a lookup. Close it before the instance is released.
func (i *Instance) OpenLookup(ctx context.Context, req *pb.OpenLookupRequest) (*Lookup, error) {
	call := about("lookup", req.Table)
	if req.BatchRows == 0 {
		req.BatchRows = uint32(i.limits.BatchRows)
	}
	if req.BatchBytes == 0 {
		req.BatchBytes = uint64(i.limits.BatchBytes)
	}
	resp := &pb.OpenLookupResponse{}
	if err := i.callNamed(ctx, call, pb.Op_OP_OPEN_LOOKUP, req, resp); err != nil {
		return nil, err
	}
	if _, err := i.scanSchema(call, resp.Scan, resp.Keys); err != nil {
		return nil, err
	}
	if len(resp.Columns) == 0 || resp.Columns[0].GetType() != pb.Type_TYPE_UINT32 {
		return nil, i.broken(call, "8.16", abi.InvalidData, "the first column of a lookup must be the uint32 position of the key")
	}
	scan, err := i.ScanHandle(call, resp.Scan, resp.Columns)
	if err != nil {
		return nil, err
	}
	scan.rows = int(min(req.BatchRows, batchRowsMax))
	scan.bytes = int64(min(req.BatchBytes, math.MaxUint32))
	sink := &Sink{instance: i, handle: resp.Scan, call: call, reader: view.NewReader(nil, i.features, i.limits.MemoryBytes)}
	return &Lookup{sink: sink, scan: scan, keys: resp.Keys}, nil
}

// Keys are the columns that batches of keys must have.
func (l *Lookup) Keys() []*pb.ScanColumn { return l.keys }

// Columns are those of the rows; the first is the position of the key.
func (l *Lookup) Columns() []*pb.ScanColumn { return l.scan.columns }

// Write sends keys. Rows of earlier keys that were not read are lost.
func (l *Lookup) Write(ctx context.Context, keys *col.Batch) error {
	if l.scan.err != nil {
		return l.scan.err
	}
	_, err := l.sink.Write(ctx, keys)
	l.positions.reset(keys.Len())
	l.scan.ended, l.scan.lease = false, 0
	return err
}

// Next gives rows for the keys last written, or io.EOF when there are no more; see Scan.Next.
func (l *Lookup) Next(ctx context.Context) (*col.Batch, error) {
	b, err := l.scan.Next(ctx)
	if err != nil {
		return nil, err
	}
	if wrong := l.positions.check(b); wrong != "" {
		l.scan.err = l.scan.instance.broken(l.scan.call, "8.16", abi.InvalidData, "%s", wrong)
		return nil, l.scan.err
	}
	return b, nil
}

// Counters are the totals: rows, batches and bytes of what was read; calls, fuel and time with those of writing keys.
func (l *Lookup) Counters() ScanCounters {
	c, keys := l.scan.counters, &l.sink.counters
	c.Calls += keys.Calls
	c.Fuel += keys.Fuel
	c.Wall += keys.Wall
	c.MemoryPeakBytes = max(c.MemoryPeakBytes, keys.MemoryPeakBytes)
	return c
}

// Close ends the lookup. Twice is harmless.
func (l *Lookup) Close() error {
	l.sink.closed = true
	return l.scan.Close()
}
