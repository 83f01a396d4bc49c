package host

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/internal/loader"
)

// hostFeatures are the feature bits this host knows.
const hostFeatures = uint64(pb.Feature_FEATURE_LEASES | pb.Feature_FEATURE_DICTIONARY | pb.Feature_FEATURE_STRING_VIEW |
	pb.Feature_FEATURE_CONSTANT | pb.Feature_FEATURE_SELECTION | pb.Feature_FEATURE_WRITES | pb.Feature_FEATURE_TRANSACTIONS |
	pb.Feature_FEATURE_PREPARE | pb.Feature_FEATURE_SAVEPOINTS | pb.Feature_FEATURE_DEFINITION | pb.Feature_FEATURE_INDEX_DRIVER |
	pb.Feature_FEATURE_FUNCTIONS | pb.Feature_FEATURE_LOOKUP | pb.Feature_FEATURE_PARTITIONS | pb.Feature_FEATURE_SNAPSHOTS |
	pb.Feature_FEATURE_SUSPEND | pb.Feature_FEATURE_DATABASES | pb.Feature_FEATURE_OBJECTS | pb.Feature_FEATURE_AGGREGATES |
	pb.Feature_FEATURE_JOINS | pb.Feature_FEATURE_ONE_CALL)

// state is where an instance is in its life (SPEC 4.1).
type state int32

const (
	stateNew state = iota
	stateReady
	statePoisoned
	stateDropped
)

// Instance is one linear memory. One call at a time: instances of lifetime stateless belong to
// whoever acquired them; those of session and shared may be acquired by several, whose calls wait
// for each other. Give it back with Release.
type Instance struct {
	connector *Connector
	module    *Module
	limits    *Limits
	guest     *hostcall.Guest
	vm        backend.Instance
	exports   exports
	meter     meter
	manifest  *pb.HelloResponse
	features  uint64
	session   uint64
	// number counts the connector's instances; since is when it was made.
	number int64
	since  time.Time
	// space is where requests are written that fit (SPEC 7.6).
	space space
	// exclusive: one user at a time, so that batches can be read in place.
	exclusive bool
	// users counts who acquired it; guarded by connector.mu.
	users int
	// handles counts open scans and sinks.
	handles atomic.Int64

	// shapes are those of scans that were opened, by the bytes of their columns; whoever has the turn may use it.
	shapes map[string]*scanShape

	state atomic.Int32
	// turn holds a token while a call is in progress.
	turn  chan struct{}
	stack [8]uint64
}

type exports struct {
	alloc, call, next, release, write, close backend.Func
}

// meter reads the counters the loader put into the module.
type meter struct{ spent, left, depth backend.Global }

func (m *meter) fuel() int64 {
	return loader.Fuel(int64(m.spent.Get()), int64(m.left.Get()), loader.Quantum)
}

// overflown tells whether the guest used more stack than it was given.
func (m *meter) overflown() bool { return int32(uint32(m.depth.Get())) < 0 }

// start makes an instance and brings it to where it can be configured: start section,
// _initialize, marker, HELLO.
func (c *Connector) start(ctx context.Context) (_ *Instance, err error) {
	m := c.module
	i := &Instance{connector: c, module: m, limits: &c.limits, guest: hostcall.NewGuest(c.granted, c.limits.hostcall()), turn: make(chan struct{}, 1)}
	memory := m.compiled.info.Memory
	if need := int64(memory.Min) << 16; need > c.limits.MemoryBytes {
		return nil, &Error{Kind: KindLimit, Connector: c.name, Call: "start", Code: abi.Resource, Clause: "3.6", Setting: "MemoryBytes",
			Message: fmt.Sprintf("the module begins with %d bytes of memory, at most %d", need, c.limits.MemoryBytes)}
	}
	code, err := m.runtime.ready(ctx, m.compiled, c.name)
	if err != nil {
		return nil, err
	}
	if !m.mapped() {
		return nil, &Error{Kind: KindClosed, Connector: c.name, Call: "start", Message: "the runtime is closed"}
	}
	if err := i.instantiate(ctx, code); err != nil {
		return nil, err
	}
	i.number, i.since = c.counters.instances.Add(1), time.Now()
	c.counters.live.Add(1)
	defer func() {
		if err != nil {
			i.drop()
		}
	}()
	if err := i.find(); err != nil {
		return nil, err
	}
	t, err := i.begin(ctx, "start")
	if err != nil {
		return nil, err
	}
	t.deadline = time.Now().Add(c.limits.LoadTime)
	defer i.end()
	if init := i.vm.Function(abi.ExportInitialize); init != nil {
		if _, err := i.invoke(&t, init); err != nil {
			return nil, err
		}
	}
	minor, err := i.invoke(&t, i.vm.Function(abi.ExportMarker))
	if err != nil {
		return nil, err
	}
	if minor < 0 || minor > 1<<16 {
		return nil, i.broken("start", "2.2", abi.InvalidData, "%s answered %d", abi.ExportMarker, minor)
	}
	return i, i.hello(&t)
}

// instantiate makes the virtual machine. The start section runs as a call.
func (i *Instance) instantiate(ctx context.Context, code backend.Module) error {
	i.guest.Begin(ctx, time.Now().Add(i.limits.LoadTime), int64(i.limits.Fuel))
	vm, err := code.Instantiate(ctx, backend.InstanceConfig{Guest: i.guest, MemoryBytes: uint64(i.limits.MemoryBytes), Attach: i.guest.Attach})
	i.guest.End()
	if err == nil {
		i.vm = vm
		return nil
	}
	i.module.unmapped()
	if closeErr := i.guest.Close(); closeErr != nil {
		i.module.runtime.log.Warn("drop instance", "connector", i.connector.name, "error", closeErr)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return cancelled(i.connector.name, "start", ctx)
	}
	return i.fault("start", err)
}

// find gets handles of the exports and of the meter.
func (i *Instance) find() error {
	e := &i.exports
	for name, f := range map[string]*backend.Func{abi.ExportAlloc: &e.alloc, abi.ExportCall: &e.call, abi.ExportNext: &e.next,
		abi.ExportRelease: &e.release, abi.ExportWrite: &e.write, abi.ExportClose: &e.close} {
		if *f = i.vm.Function(name); *f == nil {
			return &Error{Kind: KindHost, Connector: i.connector.name, Call: "start", Message: "export " + name + " is gone"}
		}
	}
	i.meter = meter{i.vm.Global(loader.FuelSpent), i.vm.Global(loader.FuelLeft), i.vm.Global(loader.StackLeft)}
	if i.meter.spent == nil || i.meter.left == nil || i.meter.depth == nil {
		return &Error{Kind: KindHost, Connector: i.connector.name, Call: "start", Message: "the meter is gone"}
	}
	if i.limits.StackUnits != i.module.runtime.limits.StackUnits {
		i.meter.depth.Set(uint64(i.limits.StackUnits))
	}
	return nil
}

// hello exchanges versions and features (SPEC 2.3).
func (i *Instance) hello(t *turn) error {
	resp := &pb.HelloResponse{}
	if err := i.exchange(t, pb.Op_OP_HELLO, helloRequest(i.limits), resp); err != nil {
		return err
	}
	if _, ok := pb.Lifetime_name[int32(resp.Lifetime)]; !ok {
		return i.broken(t.call, "2.5", abi.InvalidData, "unknown lifetime %d", int32(resp.Lifetime))
	}
	i.manifest = resp
	i.features = hostFeatures & resp.Features
	return nil
}

// configure gives the instance its options and makes it ready.
func (i *Instance) configure(ctx context.Context, session uint64) error {
	o := &i.connector.options
	req := &pb.ConfigureRequest{Server: o.Server, Options: o.Options, Tables: o.Tables, Arguments: o.Arguments,
		ConstructionData: o.ConstructionData, User: o.User, TimeZone: o.TimeZone, Session: session}
	t, err := i.begin(ctx, "configure")
	if err != nil {
		return err
	}
	t.deadline = time.Now().Add(i.limits.LoadTime)
	defer i.end()
	resp := &pb.ConfigureResponse{}
	if err := i.exchange(&t, pb.Op_OP_CONFIGURE, req, resp); err != nil {
		return err
	}
	if i.space, err = i.spaceOf(t.call, resp); err != nil {
		return err
	}
	i.session = session
	i.state.CompareAndSwap(int32(stateNew), int32(stateReady))
	return nil
}

// poison bars every further call. The memory stays until the last user lets go.
func (i *Instance) poison() {
	for _, from := range []state{stateNew, stateReady} {
		if i.state.CompareAndSwap(int32(from), int32(statePoisoned)) {
			i.connector.counters.poisoned.Add(1)
		}
	}
}

// Poisoned tells whether a call ended in a way that no other can follow.
func (i *Instance) Poisoned() bool { return state(i.state.Load()) >= statePoisoned }

// Features are the feature bits both sides know.
func (i *Instance) Features() uint64 { return i.features }

// drop ends the instance and unmaps its memory. No user may be left.
func (i *Instance) drop() {
	if state(i.state.Swap(int32(stateDropped))) == stateDropped {
		return
	}
	c := i.connector
	c.counters.live.Add(-1)
	c.counters.peak(i.vm.Memory().PeakBytes())
	err := errors.Join(i.guest.Close(), i.vm.Close(context.Background()), c.closeFiles())
	if err != nil {
		i.module.runtime.log.Warn("drop instance", "connector", c.name, "error", err)
	}
	i.module.unmapped()
}

// Release gives the instance back: to the pool, or to be dropped. It must not be used after, and
// its scans must be closed before.
func (i *Instance) Release() { i.connector.put(i) }
