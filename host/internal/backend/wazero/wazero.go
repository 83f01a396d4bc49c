// Package wazero is the default backend: tetratelabs/wazero, pure Go, compiling ahead of time on
// amd64 and arm64. It is the only package that imports wazero.
//
// One Engine holds one wazero runtime with one compilation cache: wazero 1.12 confuses type ids
// when a compiled module crosses runtimes that share a cache. Only core features 2.0 are on.
// WithCloseOnContextDone is not used (it makes guests three to five times slower): modules come
// metered.
package wazero

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasql/wasql/host/internal/backend"
)

// compileWorkers bounds the threads of one compilation. With more than one, wazero also looks at
// the context between functions.
const compileWorkers = 2

// Store keeps compiled code between processes. Implementations authenticate what Load gives.
type Store interface {
	// Load puts the code saved under key into the folder, as it was found there.
	Load(key [32]byte, folder string) (found bool)
	// Save moves the code from the folder, where every file belongs to it.
	Save(key [32]byte, folder string) error
	// Clear removes what is left in the folder.
	Clear(folder string)
}

// Config are the choices of an engine.
type Config struct {
	// Interpret uses the interpreter, fifty times slower, also where the compiler would do.
	Interpret bool
	// Exchange is an empty folder, private to the process, through which wazero passes compiled
	// code; empty: code is kept in memory only.
	Exchange string
	Store    Store
}

// Engine implements backend.Engine.
type Engine struct {
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	config  Config
	// compile lets one module at a time be compiled: memory and cores are shared, and what wazero
	// leaves in the exchange folder is then known to belong to it.
	compile chan struct{}
	// folders are those wazero made in the exchange; whoever cleans up takes them only for a while.
	folders []string
}

var _ backend.Engine = (*Engine)(nil)

// New makes an engine.
func New(ctx context.Context, config Config) (*Engine, error) {
	e := &Engine{config: config, compile: make(chan struct{}, 1)}
	var err error
	if config.Exchange != "" {
		if e.cache, err = wazero.NewCompilationCacheWithDir(config.Exchange); err != nil {
			return nil, fmt.Errorf("open exchange folder of compiled code: %w", err)
		}
		if e.folders, err = filepath.Glob(filepath.Join(config.Exchange, "*")); err != nil {
			return nil, fmt.Errorf("open exchange folder of compiled code: %w", err)
		}
	} else {
		e.cache = wazero.NewCompilationCache()
	}
	rc := wazero.NewRuntimeConfig()
	if config.Interpret {
		rc = wazero.NewRuntimeConfigInterpreter()
	}
	rc = rc.WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(65_535).
		WithMemoryCapacityFromMax(false).WithDebugInfoEnabled(false).WithCompilationCache(e.cache)
	e.runtime = wazero.NewRuntimeWithConfig(ctx, rc)
	return e, nil
}

// Name implements backend.Engine.
func (e *Engine) Name() string {
	kind := "compiler"
	if e.config.Interpret {
		kind = "interpreter"
	}
	return "wazero " + version() + " " + kind + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// version is wazero's, from the build; a binary without build information says so, and then only
// shares code with its equals.
var version = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/tetratelabs/wazero" {
				if m.Replace != nil {
					m = m.Replace
				}
				return m.Version + m.Sum
			}
		}
	}
	return "unknown"
})

// Compile implements backend.Engine.
func (e *Engine) Compile(ctx context.Context, source backend.Source) (_ backend.Module, err error) {
	select {
	case e.compile <- struct{}{}:
		defer func() { <-e.compile }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: compiler panicked: %v", backend.ErrHost, r)
		}
	}()
	found := false
	for _, folder := range e.folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("%w: exchange folder of compiled code: %w", backend.ErrHost, err)
		}
	}
	if e.config.Store != nil {
		found = e.config.Store.Load(source.Key, e.config.Exchange)
		defer e.config.Store.Clear(e.config.Exchange)
	}
	code, err := e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, compileWorkers), source.Code)
	if err != nil {
		return nil, err
	}
	m := &module{engine: e, code: code, hosts: make(map[string]api.Module)}
	if err := m.link(ctx, source.Imports); err != nil {
		_ = m.Close(ctx) // the first error says more
		return nil, err
	}
	if e.config.Store != nil && !found {
		if err := e.config.Store.Save(source.Key, e.config.Exchange); err != nil {
			return m, nil //nolint:nilerr // a cache that cannot be written costs time, nothing else
		}
	}
	return m, nil
}

// Close implements backend.Engine.
func (e *Engine) Close(ctx context.Context) error {
	err := e.runtime.Close(ctx)
	if cacheErr := e.cache.Close(ctx); err == nil {
		err = cacheErr
	}
	return err
}
