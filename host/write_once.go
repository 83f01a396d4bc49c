package host

import (
	"context"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/view"
)

// First is what became of the batch that a sink was opened with.
type First struct {
	// Answer is the guest's answer to the batch, or nil when it has none; valid until the next use of the sink.
	Answer *col.Batch
	// Flushed sums the write up when it was to end with the batch, and did: the sink can only be closed then, and
	// the transaction is committed if req said so. It is nil when a row had the outcome conflict or error.
	Flushed *pb.FlushSinkResponse
}

// OpenSinkWith acquires an instance and starts a write with its first batch; Close releases it.
func (c *Connector) OpenSinkWith(ctx context.Context, session uint64, req *pb.OpenSinkRequest, b *col.Batch) (*Sink, First, error) {
	i, err := c.Acquire(ctx, session)
	if err != nil {
		return nil, First{}, err
	}
	s, first, err := i.OpenSinkWith(ctx, req, b)
	if err != nil {
		i.Release()
		return nil, First{}, err
	}
	s.owned = true
	return s, first, nil
}

// OpenSinkWith starts a write and sends b. With req.Flush it then flushes, and with req.Commit, which needs that,
// commits the transaction, unless a row was not taken. It is one call into a guest that has feature ONE_CALL, when
// b is small, and several into any other; what comes of it is the same. After an error nothing of
// the write stays, except that a commit that failed may have happened. Close the sink before the instance is released.
func (i *Instance) OpenSinkWith(ctx context.Context, req *pb.OpenSinkRequest, b *col.Batch) (*Sink, First, error) {
	layout, err := view.NewLayout(b)
	if err != nil {
		return nil, First{}, &Error{Kind: KindLimit, Connector: i.connector.name, Call: about("write", req.Table), Code: abi.Resource, Message: err.Error(), Setting: "BatchRows"}
	}
	// The batch lies in front: its address is in the message.
	behind := (int(layout.Size()) + 7) &^ 7
	req.Batch = i.space.ptr
	size := req.SizeVT()
	if i.features&uint64(pb.Feature_FEATURE_ONE_CALL) == 0 || behind+size > i.space.bytes {
		req.Batch = 0
		return i.stepwise(ctx, req, b)
	}
	start := time.Now()
	t, err := i.begin(ctx, about("write", req.Table))
	if err != nil {
		return nil, First{}, err
	}
	resp := &pb.OpenSinkResponse{}
	layout.Put(i.vm.Memory().Bytes(), i.space.ptr)
	var s *Sink
	var first First
	if err = i.ask(&t, pb.Op_OP_OPEN_SINK, req, i.space.ptr+uint32(behind), size, resp); err == nil {
		s, first, err = i.taken(t.call, req, resp, b.Len())
	}
	i.end()
	switch {
	case err != nil:
		if s != nil {
			_ = s.Close() // the first error is the one to tell
		}
		return nil, First{}, err
	case !resp.Taken:
		return s.rest(ctx, req, b)
	}
	s.count(&t, start)
	s.wrote(b.Len(), int64(layout.Size()))
	return s, first, nil
}

// taken makes a sink of the answer to an OPEN_SINK that carried a batch of so many rows (SPEC 8.29). A sink that comes with
// an error is to be closed.
func (i *Instance) taken(call string, req *pb.OpenSinkRequest, resp *pb.OpenSinkResponse, rows int) (*Sink, First, error) {
	done := resp.Flushed != nil
	switch {
	case !resp.Taken && (resp.Batch != 0 || done):
		return nil, First{}, i.broken(call, "8.29", abi.InvalidData, "a batch that was not taken is answered")
	case done && !req.Flush:
		return nil, First{}, i.broken(call, "8.29", abi.InvalidData, "the sink was flushed, which was not asked for")
	case done && resp.Sink != 0:
		return nil, First{}, i.broken(call, "8.29", abi.InvalidData, "the sink was flushed, and has the number %d", resp.Sink)
	}
	s, err := i.sinkOf(call, resp, done)
	if err != nil {
		return nil, First{}, err
	}
	if err = s.answers(len(req.Returning)); err == nil && resp.Batch != 0 {
		s.last, err = i.batch(call, s.reader, int64(resp.Batch), max(rows, i.limits.BatchRows))
		if err == nil {
			err = s.answered(s.last, rows)
		}
	}
	if err == nil && done && !s.allTaken() {
		err = i.broken(call, "8.29", abi.InvalidData, "the sink was flushed although a row was not taken")
	}
	if err != nil {
		return s, First{}, err
	}
	if s.last != nil && !i.exclusive {
		s.last = s.last.Clone()
	}
	for _, e := range resp.Flushed.GetErrors() {
		e.Status = cleanStatus(e.Status)
	}
	return s, First{Answer: s.last, Flushed: resp.Flushed}, nil
}

// sinkOf is the sink that OPEN_SINK answered with; done: the guest has closed it.
func (i *Instance) sinkOf(call string, resp *pb.OpenSinkResponse, done bool) (*Sink, error) {
	if !done {
		s, err := i.SinkHandle(call, resp.Sink, resp.Answer)
		if err == nil {
			s.rows = true
		}
		return s, err
	}
	schema, err := i.checkColumns(call, resp.Answer)
	if err != nil {
		return nil, err
	}
	return &Sink{instance: i, rows: true, gone: true, call: call, answer: schema, reader: view.NewReader(schema, i.features, i.limits.MemoryBytes)}, nil
}

// stepwise is OpenSinkWith for a guest that knows no more than one thing a call.
func (i *Instance) stepwise(ctx context.Context, req *pb.OpenSinkRequest, b *col.Batch) (*Sink, First, error) {
	plain := *req //nolint:govet // messages of protobuf-go-lite hold no lock
	plain.Batch, plain.Flush, plain.Commit = 0, false, nil
	s, err := i.OpenSink(ctx, &plain)
	if err != nil {
		return nil, First{}, err
	}
	return s.rest(ctx, req, b)
}

// rest writes the batch that a sink was to be opened with, and ends the write when req says so.
func (s *Sink) rest(ctx context.Context, req *pb.OpenSinkRequest, b *col.Batch) (*Sink, First, error) {
	answer, err := s.Write(ctx, b)
	if err != nil {
		return nil, First{}, s.abandon(ctx, err)
	}
	s.last = answer
	if !req.Flush || !s.allTaken() {
		return s, First{Answer: answer}, nil
	}
	if answer != nil {
		answer = answer.Clone() // the flush is a use of the sink
	}
	flushed, err := s.Flush(ctx, false)
	if err != nil {
		return nil, First{}, s.abandon(ctx, err)
	}
	if req.Commit != nil {
		if err := s.instance.Call(ctx, pb.Op_OP_COMMIT, req.Commit, &pb.CommitResponse{}); err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, First{}, err
		}
	}
	return s, First{Answer: answer, Flushed: flushed}, nil
}

// abandon takes back what was written and closes the sink, because of err.
func (s *Sink) abandon(ctx context.Context, err error) error {
	_, _ = s.Flush(context.WithoutCancel(ctx), true) // the first error is the one to tell
	_ = s.Close()
	return err
}

// allTaken tells whether no row of the last answer has the outcome conflict or error.
func (s *Sink) allTaken() bool {
	if s.last == nil {
		return true
	}
	for n := range s.last.Len() {
		if s.last.Cols[1].Uint64(s.last.Row(n)) >= abi.OutcomeConflict {
			return false
		}
	}
	return true
}
