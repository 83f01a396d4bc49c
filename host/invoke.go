package host

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// turn is one use of an instance: one or several calls into the guest under one deadline.
type turn struct {
	ctx      context.Context
	call     string
	deadline time.Time
	// fuel and calls are what it took.
	fuel  int64
	calls int
}

// begin waits for the instance to be free and starts a turn; end must follow.
func (i *Instance) begin(ctx context.Context, call string) (turn, error) {
	select {
	case i.turn <- struct{}{}:
	default:
		select {
		case i.turn <- struct{}{}:
		case <-ctx.Done():
			return turn{}, cancelled(i.connector.name, call, ctx)
		}
	}
	var err *Error
	switch state(i.state.Load()) {
	case statePoisoned:
		err = &Error{Kind: KindClosed, Connector: i.connector.name, Call: call, Message: "the instance was lost in an earlier call"}
	case stateDropped:
		err = &Error{Kind: KindClosed, Connector: i.connector.name, Call: call, Message: "the instance was released"}
	default:
		if ctx.Err() != nil {
			err = cancelled(i.connector.name, call, ctx)
		}
	}
	if err != nil {
		<-i.turn
		return turn{}, err
	}
	return turn{ctx: ctx, call: call, deadline: time.Now().Add(i.limits.CallTime)}, nil
}

func (i *Instance) end() { <-i.turn }

// invoke calls one export and gives its result. Whatever goes wrong inside poisons the instance.
func (i *Instance) invoke(t *turn, f backend.Func, args ...uint64) (result int64, err error) {
	i.stack[0] = 0
	copy(i.stack[:], args)
	before := i.meter.fuel()
	fuelMax := int64(0)
	if i.limits.Fuel > 0 {
		fuelMax = before + int64(min(i.limits.Fuel, math.MaxInt64/2))
	}
	i.guest.Begin(i.interruptible(t.ctx), t.deadline, fuelMax)
	fault := protect(f, i.stack[:])
	raised := i.guest.End()
	after := i.meter.fuel()
	t.fuel += after - before
	t.calls++
	i.connector.counters.called(after - before)
	switch {
	case fault != nil:
		return 0, i.fault(t.call, fault)
	case fuelMax > 0 && after > fuelMax:
		return 0, i.fault(t.call, &backend.Ended{Err: &hostcall.Stop{Reason: hostcall.StopFuel, Message: "fuel used up", Limit: "Fuel"}})
	case raised != nil:
		return 0, i.raised(t.call, raised)
	}
	return int64(i.stack[0]), nil
}

// interruptible is the context under which guest code runs. A call that is broken off takes its
// instance with it, and that of a shared connector is everybody's, with all that it keeps in memory:
// whoever cancels waits there for the end of the call, which its deadline still bounds.
func (i *Instance) interruptible(ctx context.Context) context.Context {
	if i.manifest.GetLifetime() == pb.Lifetime_LIFETIME_SHARED {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// protect turns a panic on the way, ours or the runtime's, into an error.
func protect(f backend.Func, stack []uint64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", backend.ErrHost, p)
		}
	}()
	return f.Call(stack)
}

// raised is the failure of a statement whose guest logged an ERROR, or CRITICAL (SPEC 9.4).
func (i *Instance) raised(call string, r *hostcall.Record) *Error {
	if r.Level >= pb.LogLevel_LOG_LEVEL_CRITICAL {
		i.poison()
	}
	return &Error{Kind: KindConnector, Connector: i.connector.name, Call: call, Code: abi.Internal, Clause: "9.4", Message: r.Message, Hint: r.Hint,
		Status: &pb.Status{Code: pb.Code(abi.Internal), Message: r.Message, Hint: r.Hint}}
}

// fault turns what ended a call into an Error, and poisons the instance.
func (i *Instance) fault(call string, err error) *Error {
	i.poison()
	out := &Error{Kind: KindHost, Connector: i.connector.name, Call: call, Code: abi.Internal, Err: err, Message: err.Error()}
	var stop *hostcall.Stop
	var trap *backend.Trap
	switch {
	case errors.As(err, &stop):
		stopped(out, stop)
	case errors.As(err, &trap):
		i.trapped(out, trap)
	}
	return out
}

func stopped(out *Error, stop *hostcall.Stop) {
	out.Kind, out.Code, out.Clause, out.Message, out.Setting, out.Err = KindLimit, abi.Resource, "4.5", stop.Message, stop.Limit, stop.Err
	switch stop.Reason {
	case hostcall.StopDeadline:
		out.Code = abi.Deadline
	case hostcall.StopCancelled:
		out.Kind, out.Code, out.Clause = KindCancelled, abi.Cancelled, ""
	case hostcall.StopExit, hostcall.StopState:
		out.Kind, out.Code = KindTrap, abi.Aborted
	}
}

// trapped explains a trap: by the limit behind it, or by what the guest wrote before it died.
func (i *Instance) trapped(out *Error, trap *backend.Trap) {
	out.Kind, out.Code, out.Clause, out.Err = KindTrap, abi.Aborted, "4.5", trap
	out.Message = hostcall.Escape(trap.Reason)
	for _, f := range trap.Frames {
		out.Frames = append(out.Frames, hostcall.Escape(demangle(f)))
	}
	switch {
	case trap.Stack, i.vm != nil && i.meter.depth != nil && i.meter.overflown():
		out.Kind, out.Code, out.Setting = KindLimit, abi.Resource, "StackUnits"
		out.Message = fmt.Sprintf("the guest's calls went deeper than %d stack units", i.limits.StackUnits)
	case i.vm != nil && i.vm.Memory().Refused() > 0:
		out.Kind, out.Code, out.Setting = KindLimit, abi.Resource, "MemoryBytes"
		out.Message += fmt.Sprintf(", after memory beyond %d bytes was refused", i.limits.MemoryBytes)
	}
	if len(out.Frames) > 0 {
		out.Message += " in " + joinFrames(out.Frames)
	}
	if said := i.guest.Stderr(); said != "" {
		out.Hint = "the guest wrote: " + said
	}
}

func joinFrames(frames []string) string {
	const shown = 5
	text := ""
	for n, f := range frames {
		if n == shown {
			return text + " < …"
		}
		if n > 0 {
			text += " < "
		}
		text += f
	}
	return text
}

// broken is the failure of a guest that broke the contract.
func (i *Instance) broken(call, clause string, code abi.Code, format string, args ...any) *Error {
	i.poison()
	return &Error{Kind: KindContract, Connector: i.connector.name, Call: call, Code: code, Clause: clause, Message: hostcall.Escape(fmt.Sprintf(format, args...))}
}

// cancelled is the failure of a call whose context ended before or while it ran.
func cancelled(connector, call string, ctx context.Context) *Error {
	err := context.Cause(ctx)
	return &Error{Kind: KindCancelled, Connector: connector, Call: call, Code: abi.Cancelled, Message: err.Error(), Err: err}
}
