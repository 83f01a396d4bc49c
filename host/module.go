package host

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"sync"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall/wasi"
	"github.com/wasql/wasql/host/internal/loader"
)

// Module is a connector's code: verified, compiled, immutable. Safe for concurrent use.
type Module struct {
	runtime  *Runtime
	name     string
	compiled *compilation
	info     ModuleInfo

	mu       sync.Mutex
	open     map[*Connector]struct{}
	manifest *pb.HelloResponse
}

// ModuleInfo is what can be known of a module without running it.
type ModuleInfo struct {
	// Digest is the SHA-256 of the module, in hex.
	Digest    string
	SizeBytes int
	// Imports and Exports are names of functions; imports with their module before a dot.
	Imports, Exports []string
	// Majors are the ABI majors it speaks.
	Majors []int
	// MemoryMinBytes and MemoryMaxBytes are what it declares; 0: no maximum.
	MemoryMinBytes, MemoryMaxBytes uint64
	// TableEntries is the least number of entries of its tables.
	TableEntries uint64
	// CompileCost is the loader's estimate.
	CompileCost uint64
	// HasNames tells whether traps can name functions.
	HasNames bool
	// Powers bounds what the module could ask for, proven from its imports: a module without
	// host_call and WASI files can never reach a file, whatever it is granted.
	Powers []string
}

func moduleInfo(info *loader.Info) ModuleInfo {
	out := ModuleInfo{Digest: hex.EncodeToString(info.Digest[:]), SizeBytes: info.Size, Majors: info.ABI,
		CompileCost: info.CompileCost, HasNames: info.HasNames}
	for _, i := range info.Imports {
		out.Imports = append(out.Imports, i.Module+"."+i.Name)
		for _, p := range powersOf(i.Module, i.Name) {
			if !slices.Contains(out.Powers, p) {
				out.Powers = append(out.Powers, p)
			}
		}
	}
	slices.Sort(out.Powers)
	for _, e := range info.Exports {
		if e.Kind == loader.Func {
			out.Exports = append(out.Exports, e.Name)
		}
	}
	if m := info.Memory; m != nil {
		out.MemoryMinBytes, out.MemoryMaxBytes = uint64(m.Min)<<16, uint64(m.Max)<<16
	}
	for _, t := range info.Tables {
		out.TableEntries += uint64(t.Min)
	}
	return out
}

// powersOf names what an import can be used for.
func powersOf(module, name string) []string {
	switch {
	case name == "host_call":
		return []string{"env", "files", "http", "kv", "log", "net", "random", "secret"}
	case name == "log":
		return []string{"log"}
	case name == "now" || name == "monotonic" || name == "remaining_ns" || strings.HasPrefix(name, "clock_"):
		return []string{"clock"}
	case module != wasi.Module:
		return nil
	case name == "random_get":
		return []string{"random"}
	case strings.HasPrefix(name, "environ_"):
		return []string{"env"}
	case name == "path_open" || name == "path_filestat_get" || name == "fd_readdir":
		return []string{"files"}
	}
	return nil
}

// Name is what the module was compiled under.
func (m *Module) Name() string { return m.name }

// Info is what can be known without running it. Do not change its slices.
func (m *Module) Info() ModuleInfo { return m.info }

// Manifest asks the module who it is (HELLO), in an instance of its own without any grant, and
// keeps the answer, also in the cache of the Runtime. Do not change it.
func (m *Module) Manifest(ctx context.Context) (*pb.HelloResponse, error) {
	m.mu.Lock()
	manifest := m.manifest
	m.mu.Unlock()
	if manifest != nil {
		return manifest, nil
	}
	c := &Connector{module: m, name: m.name, limits: m.runtime.limits}
	i, err := c.start(ctx)
	if err != nil {
		return nil, err
	}
	defer i.drop()
	m.runtime.keepFacts(m.compiled, i.manifest)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.manifest == nil {
		m.manifest = i.manifest
	}
	return m.manifest, nil
}

// connectors lists the open ones.
func (m *Module) connectors() []*Connector {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]*Connector, 0, len(m.open))
	for c := range m.open {
		out = append(out, c)
	}
	return out
}

// Close forgets the module, and frees its code when no other name stands for the same bytes. Its
// connectors must be closed, and their instances released, before; else it fails and changes
// nothing. The module must not be used after.
func (m *Module) Close(ctx context.Context) error {
	r := m.runtime
	r.mu.Lock()
	m.mu.Lock()
	used := len(m.open) > 0 || m.compiled.live.Load() > 0
	m.mu.Unlock()
	key := moduleKey{m.compiled.info.Digest, m.name}
	if used || r.modules[key] != m {
		r.mu.Unlock()
		if used {
			return &Error{Kind: KindClosed, Connector: m.name, Call: "close module", Message: "connectors or instances are still in use"}
		}
		return nil
	}
	delete(r.modules, key)
	shared := false
	for _, other := range r.modules {
		shared = shared || other.compiled == m.compiled
	}
	if !shared {
		delete(r.code, key.digest)
	}
	r.mu.Unlock()
	if shared || m.compiled.code == nil {
		return nil
	}
	if err := m.compiled.code.Close(ctx); err != nil {
		return &Error{Kind: KindHost, Connector: m.name, Call: "close module", Message: err.Error(), Err: err}
	}
	return nil
}
