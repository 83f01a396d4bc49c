package host

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

// Options set a connector up.
type Options struct {
	// Server is the database or server name in SQL; it also names the connector in messages.
	Server string
	// Key tells it from other connectors of the same name; empty: there is none.
	Key string
	// Options are checked against those the manifest declares.
	Options   map[string]string
	Arguments []*pb.Argument
	// Tables are those whose columns were given in SQL.
	Tables           []*pb.Table
	ConstructionData []byte
	Grant            Grant
	// Limits override those of the Runtime where they are not zero.
	Limits         Limits
	User, TimeZone string
}

// Connector is a module with its options, grant, limits and instances. Safe for concurrent use.
type Connector struct {
	module   *Module
	name     string
	options  Options
	grant    Grant
	limits   Limits
	manifest *pb.HelloResponse
	granted  hostcall.Powers
	counters counters

	mu       sync.Mutex
	closed   bool
	idle     []*Instance
	sessions map[uint64]*place
	shared   place
	// alive are all instances that are set up.
	alive map[*Instance]struct{}
	// waiting counts those who wait for an instance of lifetime stateless; handed has those that were put back for them.
	waiting int
	handed  chan *Instance
	// slots holds a token for every instance alive.
	slots chan struct{}
}

// Open sets the module up: it checks the options, opens the grant, and configures one instance so
// that what is wrong shows at once. Close the connector.
func (m *Module) Open(ctx context.Context, o Options) (*Connector, error) {
	name := o.Server
	if name == "" {
		name = m.name
	}
	manifest, err := m.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := CheckOptions(manifest, ScopeServer, o.Options); err != nil {
		return nil, named(err, name, "open")
	}
	c := &Connector{module: m, name: name, options: o, grant: o.Grant, limits: o.Limits.or(m.runtime.limits), manifest: manifest,
		sessions: make(map[uint64]*place), alive: make(map[*Instance]struct{})}
	c.slots = make(chan struct{}, c.limits.Instances)
	c.handed = make(chan *Instance, c.limits.Instances)
	if c.granted, err = c.powers(); err != nil {
		return nil, &Error{Kind: KindOption, Connector: name, Call: "open", Message: err.Error(), Err: err, Setting: "Grant"}
	}
	m.mu.Lock()
	m.open[c] = struct{}{}
	m.mu.Unlock()
	first, err := c.Acquire(ctx, 0)
	if err != nil {
		_ = c.Close(context.WithoutCancel(ctx)) // the first error says more
		return nil, err
	}
	first.Release()
	if manifest.Lifetime == pb.Lifetime_LIFETIME_SESSION {
		c.EndSession(0)
	}
	return c, nil
}

// named puts the connector's name into an Error that does not know it.
func named(err *Error, connector, call string) *Error {
	err.Connector, err.Call = connector, call
	return err
}

// Name is the server's, or the module's.
func (c *Connector) Name() string { return c.name }

// Key is its name, or, when others have it too, what tells it from them.
func (c *Connector) Key() string {
	if c.options.Key != "" {
		return c.options.Key
	}
	return c.name
}

// Module is what it runs.
func (c *Connector) Module() *Module { return c.module }

// Manifest is what the connector says of itself. Do not change it.
func (c *Connector) Manifest() *pb.HelloResponse { return c.manifest }

// Features are the feature bits both sides know.
func (c *Connector) Features() uint64 { return hostFeatures & c.manifest.Features }

// Durable tells whether what the connector does may outlive the process: it may write files.
func (c *Connector) Durable() bool {
	return slices.ContainsFunc(c.grant.Files, func(f FileGrant) bool { return f.Write })
}

// Limits are the limits in force.
func (c *Connector) Limits() Limits { return c.limits }

// Close drops idle instances. Those in use go on, files and all, until their users release them.
// Twice is harmless.
func (c *Connector) Close(context.Context) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	gone := c.idle
	c.idle = nil
	for session, p := range c.sessions {
		gone = p.leave(gone)
		delete(c.sessions, session)
	}
	gone = c.shared.leave(gone)
	c.mu.Unlock()
	for _, i := range gone {
		c.discard(i)
	}
	c.module.mu.Lock()
	delete(c.module.open, c)
	c.module.mu.Unlock()
	return c.closeFiles()
}

// closeFiles closes the grants of a closed connector once its last instance is gone: until then
// queries that run may open files.
func (c *Connector) closeFiles() error {
	c.mu.Lock()
	done := c.closed && c.counters.live.Load() == 0
	c.mu.Unlock()
	if !done {
		return nil
	}
	if err := c.granted.Files.Close(); err != nil {
		return &Error{Kind: KindHost, Connector: c.name, Call: "close", Message: err.Error(), Err: err}
	}
	return nil
}

// Counters are the totals of a connector.
type Counters struct {
	// Instances were made; Live are mapped now; Poisoned were lost.
	Instances, Live, Poisoned int64
	// Calls into guests, and the fuel they took.
	Calls, Fuel int64
	// Rows and Bytes came in batches.
	Rows, Bytes int64
	// MemoryPeakBytes is the largest an instance that is gone has been.
	MemoryPeakBytes int64
	// Suspended counts the scans that gave their instance back while nobody read; see Limits.SuspendAfter.
	Suspended int64
}

type counters struct {
	instances, live, poisoned, calls, fuel, rows, bytes, memoryPeak, suspended atomic.Int64
}

func (c *counters) called(fuel int64) {
	c.calls.Add(1)
	c.fuel.Add(fuel)
}

func (c *counters) peak(bytes uint64) {
	for {
		old := c.memoryPeak.Load()
		if int64(bytes) <= old || c.memoryPeak.CompareAndSwap(old, int64(bytes)) {
			return
		}
	}
}

// Counters gives the totals so far.
func (c *Connector) Counters() Counters {
	n := &c.counters
	return Counters{Instances: n.instances.Load(), Live: n.live.Load(), Poisoned: n.poisoned.Load(), Calls: n.calls.Load(),
		Fuel: n.fuel.Load(), Rows: n.rows.Load(), Bytes: n.bytes.Load(), MemoryPeakBytes: n.memoryPeak.Load(), Suspended: n.suspended.Load()}
}
