package host

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// rest is what a scan needs to give its instance back while nobody asks for rows, and to go on in another one (SPEC 8.25).
type rest struct {
	connector *Connector
	session   uint64
	request   *pb.OpenScanRequest
	after     time.Duration

	// mu keeps the timer and the reader apart.
	mu    sync.Mutex
	timer *time.Timer
	// asleep: the instance was given back, and token is where to go on.
	asleep bool
	token  []byte
	// never: the guest cannot suspend this scan.
	never bool
}

// rests arranges that the scan may be suspended, when the limits say so and the connector can.
func (s *Scan) rests(c *Connector, session uint64, request *pb.OpenScanRequest) {
	kept := c.manifest.Lifetime == pb.Lifetime_LIFETIME_SESSION || c.manifest.Lifetime == pb.Lifetime_LIFETIME_SHARED
	if c.limits.SuspendAfter <= 0 || s.instance.features&uint64(pb.Feature_FEATURE_SUSPEND) == 0 || kept || request.Keep {
		return
	}
	s.rest = &rest{connector: c, session: session, request: request.CloneVT(), after: c.limits.SuspendAfter}
	if s.first != nil && s.lease == 0 {
		s.first = s.first.Clone() // the instance may be another's before it is read
	}
	s.rest.arm(s)
}

// arm has the scan suspended when nobody asks for more in time; r.mu is held, or nobody else knows the scan yet.
func (r *rest) arm(s *Scan) {
	if s.ended || s.gone || s.err != nil || s.lease != 0 || r.never {
		return
	}
	if r.timer == nil {
		r.timer = time.AfterFunc(r.after, s.suspend)
		return
	}
	r.timer.Reset(r.after)
}

// awake keeps the scan from being suspended until what is returned is called, and goes on with one that is suspended.
func (s *Scan) awake(ctx context.Context) (done func(), err error) {
	r := s.rest
	if r == nil {
		return func() {}, nil
	}
	r.mu.Lock()
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.asleep && s.first == nil { // what has come already needs no instance
		if err := s.resume(ctx); err != nil {
			r.mu.Unlock()
			return nil, err
		}
	}
	return func() {
		if !s.closed {
			r.arm(s)
		}
		r.mu.Unlock()
	}, nil
}

// suspend gives the instance back. What the scan has given stays valid: it was copied.
func (s *Scan) suspend() {
	r := s.rest
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.closed || s.ended || s.gone || s.err != nil || r.asleep || s.instance.Poisoned() {
		return
	}
	answer := &pb.SuspendResponse{}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.instance.callNamed(ctx, s.call, pb.Op_OP_SUSPEND, &pb.SuspendRequest{Scan: s.handle}, answer); err != nil || len(answer.Resume) == 0 {
		r.never = true // it goes on as it is; what is wrong with the instance, the next call tells
		return
	}
	if err := s.instance.closeHandle(s.call, s.handle); err != nil {
		s.err = err
		return
	}
	s.instance.Release()
	r.asleep, r.token = true, answer.Resume
	r.connector.counters.suspended.Add(1)
}

// resume opens the scan behind its last batch, in another instance; r.mu is held.
func (s *Scan) resume(ctx context.Context) error {
	r := s.rest
	i, err := r.connector.Acquire(ctx, r.session)
	if err != nil {
		return err
	}
	request := r.request.CloneVT()
	request.Resume = r.token
	again, err := i.OpenScan(ctx, request)
	if err == nil && len(again.columns) != len(s.columns) {
		err = errors.Join(i.broken(s.call, "8.25", abi.InvalidData, "%d columns where the suspended scan has %d", len(again.columns), len(s.columns)), again.Close())
	}
	for n := 0; err == nil && n < len(s.schema); n++ {
		if again.schema[n].Type != s.schema[n].Type || again.columns[n].Column != s.columns[n].Column {
			err = errors.Join(i.broken(s.call, "8.25", abi.InvalidData, "column %d is not that of the suspended scan", n+1), again.Close())
		}
	}
	if err != nil {
		i.Release()
		return err
	}
	s.instance, s.handle, s.reader, s.gone = i, again.handle, again.reader, again.gone
	s.first, s.ended, s.err, s.lease = again.first, again.ended, again.err, again.lease
	if s.first != nil && s.lease == 0 {
		s.first = s.first.Clone()
	}
	s.counters.Calls += again.counters.Calls
	s.counters.Fuel += again.counters.Fuel
	s.counters.Wall += again.counters.Wall
	r.asleep, r.token = false, nil
	return nil
}
