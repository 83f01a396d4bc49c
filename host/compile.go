package host

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/internal/loader"
)

// compilation is a module being verified, or verified. Its code is compiled by then, unless the cache knows what can be said
// of the module: then that waits for the first instance.
type compilation struct {
	done chan struct{}
	info *loader.Info
	err  *Error
	// manifest is what the cache knows the module to answer HELLO with; nil: it is asked.
	manifest *pb.HelloResponse
	imports  []backend.Import
	// live counts the instances that run the code.
	live atomic.Int64

	// turn holds a token while the code is being made.
	turn chan struct{}
	code backend.Module
	// wasm is what the code is made of; nil once it is.
	wasm []byte
}

// Compile verifies, meters and compiles a connector. name is for messages and names nothing else.
// The same bytes under the same name give the same Module; the same bytes are compiled once.
// Errors are of KindModule, KindLimit or KindCancelled.
func (r *Runtime) Compile(ctx context.Context, name string, wasm []byte) (*Module, error) {
	digest := sha256.Sum256(wasm)
	for {
		c, mine, err := r.compilation(digest, name)
		if err != nil {
			return nil, err
		}
		if mine {
			r.verify(ctx, c, digest, name, wasm)
			close(c.done)
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, cancelled(name, "compile", ctx)
		}
		m, fault := r.module(c, digest, name)
		switch {
		case m != nil:
			return m, nil
		case fault == nil:
			// The code was freed in between, by the last Module that stood for it.
			continue
		case fault.Kind == KindCancelled && !mine && ctx.Err() == nil:
			// Another caller gave up in the middle; this one has not.
			continue
		}
		return nil, fault
	}
}

// module gives the Module of a finished compilation, or neither it nor an error when its code is
// not kept any more.
func (r *Runtime) module(c *compilation, digest [sha256.Size]byte, name string) (*Module, *Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.err != nil {
		// What failed is tried again: limits and memory change.
		if r.code[digest] == c {
			delete(r.code, digest)
		}
		out := *c.err
		out.Connector = name
		return nil, &out
	}
	if r.code[digest] != c {
		return nil, nil
	}
	key := moduleKey{digest, name}
	m := r.modules[key]
	if m == nil {
		m = &Module{runtime: r, name: name, compiled: c, manifest: c.manifest, open: make(map[*Connector]struct{})}
		m.info = moduleInfo(c.info)
		r.modules[key] = m
	}
	return m, nil
}

// compilation finds or starts the compilation of a digest.
func (r *Runtime) compilation(digest [sha256.Size]byte, name string) (c *compilation, mine bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, &Error{Kind: KindClosed, Connector: name, Call: "compile", Message: "the runtime is closed"}
	}
	if c = r.code[digest]; c != nil {
		return c, false, nil
	}
	c = &compilation{done: make(chan struct{}), turn: make(chan struct{}, 1)}
	r.code[digest] = c
	return c, true, nil
}

// verify learns what can be known of the module: from the cache, or by compiling it.
func (r *Runtime) verify(ctx context.Context, c *compilation, digest [sha256.Size]byte, name string, wasm []byte) {
	defer func() {
		if p := recover(); p != nil {
			c.err = &Error{Kind: KindHost, Call: "compile", Message: fmt.Sprint(p)}
		}
	}()
	c.wasm = wasm
	if c.info, c.manifest = r.facts(digest); c.info != nil {
		c.imports, c.err = link(c.info)
		return
	}
	metered, fault := r.meter(c, wasm)
	if fault == nil {
		fault = r.compile(ctx, c, name, metered)
	}
	c.err = fault
}

// meter inspects a module and rewrites it.
func (r *Runtime) meter(c *compilation, wasm []byte) ([]byte, *Error) {
	info, err := loader.Inspect(wasm, loader.Limits{MemoryPages: memoryBytesMax >> 16, StackUnits: r.limits.StackUnits})
	if err != nil {
		return nil, refused(err)
	}
	if fault := checkExports(info); fault != nil {
		return nil, fault
	}
	imports, fault := link(info)
	if fault != nil {
		return nil, fault
	}
	metered, err := loader.Rewrite(wasm, info, loader.RewriteOptions{StackUnits: r.limits.StackUnits})
	if err != nil {
		return nil, refused(err)
	}
	if c.info == nil {
		c.info, c.imports = info, imports
	}
	if r.cache != nil {
		_ = r.cache.SaveFile(r.cacheKey(info.Digest), meteredFile, metered) // a cache that cannot be written costs time, nothing else
	}
	return metered, nil
}

// compile makes the code of a module that was rewritten.
func (r *Runtime) compile(ctx context.Context, c *compilation, name string, metered []byte) *Error {
	ctx, cancel := context.WithTimeout(ctx, r.limits.LoadTime)
	defer cancel()
	source := backend.Source{Name: name, Code: metered, Key: r.cacheKey(c.info.Digest), Imports: c.imports}
	code, err := r.engine.Compile(ctx, source)
	switch {
	case err == nil:
		c.code, c.wasm = code, nil
		r.compiled.Add(1)
		return nil
	case ctx.Err() != nil:
		return cancelled(name, "compile", ctx)
	case errors.Is(err, backend.ErrHost):
		return &Error{Kind: KindHost, Call: "compile", Message: err.Error(), Err: err}
	}
	return &Error{Kind: KindModule, Call: "compile", Message: hostcall.Escape(err.Error()), Clause: "1.1", Code: abi.InvalidData, Err: err}
}

// ready gives the code of a module, which is made now when nobody needed it before.
func (r *Runtime) ready(ctx context.Context, c *compilation, name string) (_ backend.Module, err error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, cancelled(name, "compile", ctx)
	}
	if c.code != nil {
		return c.code, nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Kind: KindHost, Connector: name, Call: "compile", Message: fmt.Sprint(p)}
		}
	}()
	var fault *Error
	metered, found := r.cache.LoadFile(r.cacheKey(c.info.Digest), meteredFile)
	if !found {
		metered, fault = r.meter(c, c.wasm)
	}
	if fault == nil {
		fault = r.compile(ctx, c, name, metered)
	}
	if fault != nil {
		fault.Connector = name
		return nil, fault
	}
	return c.code, nil
}
