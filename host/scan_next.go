package host

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/view"
)

// emptyMax is the number of empty batches in a row that break the contract (SPEC 6.3).
const emptyMax = 16

// Next gives the next batch that has rows, or io.EOF after the last and ever after. The batch is
// valid until the next Next, Rescan or Close; it aliases guest memory. After an error other than
// one of KindConnector, every Next fails with the same one; so it does after that, too, as a scan
// cannot go on behind a failure.
func (s *Scan) Next(ctx context.Context) (*col.Batch, error) {
	done, err := s.awake(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	switch {
	case s.closed:
		return nil, &Error{Kind: KindClosed, Connector: s.instance.connector.name, Call: s.call, Message: "the scan is closed"}
	case s.first != nil:
		b := s.first
		s.first = nil
		return b, nil
	case s.err != nil:
		return nil, s.err
	case s.ended:
		// What is leased still goes back with the scan.
		return nil, io.EOF
	}
	b, err := s.next(ctx)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return b, err
}

func (s *Scan) next(ctx context.Context) (*col.Batch, error) {
	i := s.instance
	start := time.Now()
	t, err := i.begin(ctx, s.call)
	if err != nil {
		return nil, err
	}
	defer i.end()
	defer func() { s.count(&t, start) }()
	if err := s.releaseLease(&t); err != nil {
		return nil, err
	}
	for empty := 0; !s.ended; {
		b, err := s.pull(&t)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Last {
			s.ended = true
		}
		if b == nil {
			break
		}
		if b.Len() > 0 {
			return s.hand(b), nil
		}
		if b.Lease != 0 {
			s.lease = b.Lease
			if err := s.releaseLease(&t); err != nil {
				return nil, err
			}
		}
		if b.Rows == 0 && !b.Last {
			if empty++; empty >= emptyMax {
				return nil, i.broken(s.call, "6.3", abi.InvalidData, "%d empty batches in a row", empty)
			}
		}
		// Every call has its own deadline, also when a selection leaves nothing of many batches.
		t.deadline = time.Now().Add(i.limits.CallTime)
		if ctx.Err() != nil {
			return nil, cancelled(i.connector.name, s.call, ctx)
		}
	}
	return nil, io.EOF
}

// pull asks for one batch; nil means the end.
func (s *Scan) pull(t *turn) (*col.Batch, error) {
	i := s.instance
	result, err := i.invoke(t, i.exports.next, uint64(s.handle), uint64(uint32(s.rows)), uint64(min(s.bytes, math.MaxUint32)))
	switch {
	case err != nil:
		return nil, err
	case result == 0:
		return nil, nil
	case result == -int64(abi.Pending) && i.features&uint64(pb.Feature_FEATURE_PENDING) == 0:
		return nil, i.broken(s.call, "8.14", abi.InvalidData, "PENDING without feature PENDING")
	case result < 0:
		return nil, i.refused(t, pb.Op_OP_UNSPECIFIED, result)
	}
	return i.batch(s.call, s.reader, result, s.rows)
}

// batch checks the batch that an export answered with.
func (i *Instance) batch(call string, reader *view.Reader, result int64, rowsMax int) (*col.Batch, error) {
	b, err := reader.Read(i.vm.Memory().Bytes(), uint64(result), rowsMax)
	if err == nil {
		return b, nil
	}
	var v *view.Violation
	if !errors.As(err, &v) {
		return nil, &Error{Kind: KindHost, Connector: i.connector.name, Call: call, Message: err.Error(), Err: err}
	}
	out := &Error{Kind: KindContract, Connector: i.connector.name, Call: call, Code: v.Code, Clause: v.Clause, Message: v.Error(), Err: v}
	if v.Code == abi.Resource {
		out.Kind, out.Setting = KindLimit, "MemoryBytes"
	}
	if v.Lawless() {
		i.poison()
	}
	return nil, out
}

// hand counts a batch and gives it in a form that stays valid until the scan's next call: instances
// with several users may be called for another scan in between, so that their batches are copied,
// unless the guest leased them.
func (s *Scan) hand(b *col.Batch) *col.Batch {
	bytes := int64(b.Bytes())
	s.counters.Batches++
	s.counters.Rows += int64(b.Len())
	s.counters.Bytes += bytes
	s.instance.connector.counters.rows.Add(int64(b.Len()))
	s.instance.connector.counters.bytes.Add(bytes)
	s.lease = b.Lease
	if b.Lease != 0 || s.instance.exclusive && s.rest == nil {
		return b
	}
	return b.Clone()
}

func (s *Scan) releaseLease(t *turn) error {
	lease := s.lease
	if lease == 0 {
		return nil
	}
	s.lease = 0
	i := s.instance
	result, err := i.invoke(t, i.exports.release, uint64(s.handle), uint64(lease))
	if err == nil && result < 0 {
		err = i.refused(t, pb.Op_OP_UNSPECIFIED, result)
	}
	return err
}
