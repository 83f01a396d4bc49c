package hostcall

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/backend"
)

// Clock gives the time.
type Clock interface{ Now() time.Time }

// Record is a log record of a guest, bounded and escaped.
type Record struct {
	Level         pb.LogLevel
	Message, Hint string
	Fields        []*pb.Pair
}

// Decision is one answer to a guest that asked for a power.
type Decision struct {
	Power, Target string
	Allowed       bool
	Reason        string
}

// Powers are the grants of a connector in the form the imports use. Nil denies.
type Powers struct {
	Files  *Files
	Env    map[string]string
	Clock  Clock
	Random io.Reader
	// Log takes records; nil drops them. WARNING and above come also when Logging is off.
	Log     func(context.Context, Record)
	Logging bool
	Decide  func(Decision)
	// Collation gives the weights of characters; nil: none are known.
	Collation func(name string, first rune, weights []int32) error
}

// Limits bound what one instance may do with its powers.
type Limits struct {
	CallTime     time.Duration
	MessageBytes int
	Handles      int
	OpenFiles    int
	HostCalls    int
	LogLines     int
	FilesListed  int
}

// Guest is the host's side of one instance. One goroutine at a time.
type Guest struct {
	powers Powers
	limits Limits
	memory backend.Memory
	call   call
	clock  guestClock
	random io.Reader
	log    logBucket
	// streams are the files it opened through host_call.
	streams    map[uint32]*stream
	lastStream uint32
	openFiles  int
	lastFault  *Fault
	stderr     tail
	// wasi is what package wasi keeps, made on first use.
	wasi io.Closer
}

// call is the state of the call in progress.
type call struct {
	active    bool
	ctx       context.Context
	done      <-chan struct{}
	deadline  time.Time
	fuelMax   int64 // sum of the instance at which the call must end; 0: unlimited
	hostCalls int
	raised    *Record
}

// NewGuest makes the host's side of an instance.
func NewGuest(powers Powers, limits Limits) *Guest {
	g := &Guest{powers: powers, limits: limits, streams: make(map[uint32]*stream)}
	g.clock.source = powers.Clock
	g.random = powers.Random
	g.log.limit = limits.LogLines
	return g
}

// Attach tells the guest its memory.
func (g *Guest) Attach(m backend.Memory) { g.memory = m }

// Begin starts a call: imports look at ctx and deadline, and fuel may rise to fuelMax (0: any).
func (g *Guest) Begin(ctx context.Context, deadline time.Time, fuelMax int64) {
	g.call = call{active: true, ctx: ctx, done: ctx.Done(), deadline: deadline, fuelMax: fuelMax}
}

// End ends the call and gives the most severe record of level ERROR or above that the guest logged.
func (g *Guest) End() *Record {
	raised := g.call.raised
	g.call = call{}
	return raised
}

// Close closes everything the guest opened.
func (g *Guest) Close() error {
	var first error
	for handle, s := range g.streams {
		if err := s.file.Close(); err != nil && first == nil {
			first = err
		}
		delete(g.streams, handle)
	}
	if g.wasi != nil {
		if err := g.wasi.Close(); err != nil && first == nil {
			first = err
		}
		g.wasi = nil
	}
	g.openFiles = 0
	return first
}

// Stderr is the end of what the guest wrote to its standard error, escaped.
func (g *Guest) Stderr() string { return g.stderr.String() }

// check ends the call when it was cancelled or its time is up.
func (g *Guest) check() {
	c := &g.call
	if !c.active {
		backend.End(&Stop{Reason: StopState, Message: "import used outside a call"})
	}
	select {
	case <-c.done:
		g.cancelled()
	default:
	}
	if !c.deadline.IsZero() && time.Until(c.deadline) <= 0 {
		g.late()
	}
}

func (g *Guest) cancelled() {
	err := context.Cause(g.call.ctx)
	backend.End(&Stop{Reason: StopCancelled, Message: err.Error(), Err: err})
}

func (g *Guest) late() {
	backend.End(&Stop{Reason: StopDeadline, Message: fmt.Sprintf("no answer within %v", g.limits.CallTime), Limit: "CallTime"})
}

// enter is the first thing every import does.
func (g *Guest) enter() {
	c := &g.call
	c.hostCalls++
	if g.limits.HostCalls > 0 && c.hostCalls > g.limits.HostCalls {
		backend.End(&Stop{Reason: StopHostCalls, Message: fmt.Sprintf("more than %d host calls in one call", g.limits.HostCalls), Limit: "HostCalls"})
	}
	g.check()
}

// Yield is the meter's import: spent is the fuel of the instance's life.
func (g *Guest) yield(spent int64) {
	g.check()
	if g.call.fuelMax > 0 && spent > g.call.fuelMax {
		backend.End(&Stop{Reason: StopFuel, Message: "fuel used up", Limit: "Fuel"})
	}
}

// Context is that of the call in progress.
func (g *Guest) Context() context.Context { return g.call.ctx }

// Wait waits for d, or ends the call with its deadline or context. It counts as the guest's time.
func (g *Guest) Wait(d time.Duration) {
	if !g.call.deadline.IsZero() {
		// One tick more than what is left, so that check below finds it used up.
		d = min(d, time.Until(g.call.deadline)+time.Millisecond)
	}
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.call.done:
	}
	g.check()
}

// WASI gives what package wasi keeps for the guest, made on first use and closed with it.
func (g *Guest) WASI(make func() io.Closer) io.Closer {
	if g.wasi == nil {
		g.wasi = make()
	}
	return g.wasi
}

// Enter is what imports of other modules do first.
func (g *Guest) Enter() { g.enter() }

// Check ends the call when it was cancelled or its time is up; long imports use it.
func (g *Guest) Check() { g.check() }

// Folders are the names of the granted folders, and of those that hold granted files.
func (g *Guest) Folders() []string { return g.powers.Files.Folders() }

// Bytes gives n bytes of guest memory at ptr, or false when they are not all there.
func (g *Guest) Bytes(ptr, n uint32) ([]byte, bool) {
	if g.memory == nil {
		return nil, n == 0
	}
	all := g.memory.Bytes()
	start, end := uint64(ptr), uint64(ptr)+uint64(n)
	if end > uint64(len(all)) {
		return nil, false
	}
	return all[start:end:end], true
}

// decide tells the audit hook, and makes the fault of a refusal.
func (g *Guest) decide(power, target, missing string) *Fault {
	g.audit(power, target, missing)
	if missing == "" {
		return nil
	}
	return denied(power, missing)
}

func (g *Guest) audit(power, target, reason string) {
	if g.powers.Decide != nil {
		g.powers.Decide(Decision{Power: power, Target: target, Allowed: reason == "", Reason: reason})
	}
}
