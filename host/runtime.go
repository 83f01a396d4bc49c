package host

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/backend/wazero"
	"github.com/wasql/wasql/host/internal/cache"
)

// Config are the choices of a Runtime; the zero Config works.
type Config struct {
	// CacheDir keeps compiled code between processes; "" keeps it in memory only. It is made with
	// mode 0700, and entries are authenticated: code that this user's key did not sign is not run.
	CacheDir string
	// Limits are the defaults of connectors.
	Limits Limits
	// Log takes the records of connectors whose grant has Log; nil drops them.
	Log *slog.Logger
	// Interpret runs guests in the interpreter, some fifty times slower.
	Interpret bool
	// Collation gives the weights by which the characters from first on compare under a collation
	// (SPEC 5.6); nil: guests are told that none is known. It is called from several goroutines.
	Collation func(name string, first rune, weights []int32) error
}

// Runtime compiles and runs connectors. Safe for concurrent use.
type Runtime struct {
	engine backend.Engine
	cache  *cache.Cache
	limits Limits
	log    *slog.Logger

	collation func(name string, first rune, weights []int32) error

	// compiled counts the modules whose code was made, or taken from the cache; instances those that were started.
	compiled, instances atomic.Int64

	mu      sync.Mutex
	modules map[moduleKey]*Module
	code    map[[sha256.Size]byte]*compilation
	// live counts instances whose memory is mapped; changed is closed and replaced when it falls.
	live    int
	changed chan struct{}
	closed  bool
}

type moduleKey struct {
	digest [sha256.Size]byte
	name   string
}

// New makes a runtime. Close it.
func New(ctx context.Context, config Config) (*Runtime, error) {
	r := &Runtime{limits: config.Limits.or(DefaultLimits()), log: config.Log, collation: config.Collation, modules: make(map[moduleKey]*Module),
		code: make(map[[sha256.Size]byte]*compilation), changed: make(chan struct{})}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	engineConfig := wazero.Config{Interpret: config.Interpret}
	if config.CacheDir != "" {
		opened, err := cache.Open(config.CacheDir)
		if err != nil {
			return nil, &Error{Kind: KindHost, Call: "open compile cache", Message: err.Error(), Err: err}
		}
		r.cache = opened
		engineConfig.Store, engineConfig.Exchange = opened, opened.Exchange()
	}
	engine, err := wazero.New(ctx, engineConfig)
	if err != nil {
		return nil, &Error{Kind: KindHost, Call: "start runtime", Message: err.Error(), Err: err}
	}
	r.engine = engine
	return r, nil
}

// Close frees all code. It waits for instances in use until ctx ends, and then fails and leaves
// what they use in place. Connectors must be closed before; those that are not are closed here.
func (r *Runtime) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	var open []*Connector
	for _, m := range r.modules {
		open = append(open, m.connectors()...)
	}
	r.mu.Unlock()
	for _, c := range open {
		if err := c.Close(ctx); err != nil {
			return err
		}
	}
	for {
		r.mu.Lock()
		live, changed := r.live, r.changed
		r.mu.Unlock()
		if live == 0 {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return &Error{Kind: KindClosed, Call: "close runtime", Message: fmt.Sprintf("%d instances are still in use", live), Err: ctx.Err()}
		}
	}
	err := r.engine.Close(ctx)
	if r.cache != nil {
		if cacheErr := r.cache.Close(); err == nil {
			err = cacheErr
		}
	}
	if err != nil {
		return &Error{Kind: KindHost, Call: "close runtime", Message: err.Error(), Err: err}
	}
	return nil
}

// RuntimeCounters are the totals of a Runtime.
type RuntimeCounters struct {
	// Compiled counts the modules that were made ready to run, by compiling them or from the cache; Instances those started.
	Compiled, Instances int64
}

// Counters gives the totals so far.
func (r *Runtime) Counters() RuntimeCounters {
	return RuntimeCounters{Compiled: r.compiled.Load(), Instances: r.instances.Load()}
}

// mapped counts an instance in; false when the runtime is closed.
func (m *Module) mapped() bool {
	r := m.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.live++
	r.instances.Add(1)
	m.compiled.live.Add(1)
	return true
}

// unmapped counts it out.
func (m *Module) unmapped() {
	r := m.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live--
	m.compiled.live.Add(-1)
	close(r.changed)
	r.changed = make(chan struct{})
}
