package host

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/internal/loader"
)

// compilation is code being compiled, or compiled.
type compilation struct {
	done chan struct{}
	info *loader.Info
	code backend.Module
	err  *Error
	// live counts the instances that run the code.
	live atomic.Int64
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
			r.compile(ctx, c, name, wasm)
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
		m = &Module{runtime: r, name: name, compiled: c, open: make(map[*Connector]struct{})}
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
	c = &compilation{done: make(chan struct{})}
	r.code[digest] = c
	return c, true, nil
}

func (r *Runtime) compile(ctx context.Context, c *compilation, name string, wasm []byte) {
	defer func() {
		if p := recover(); p != nil {
			c.err = &Error{Kind: KindHost, Call: "compile", Message: fmt.Sprint(p)}
		}
	}()
	limits := loader.Limits{MemoryPages: memoryBytesMax >> 16, StackUnits: r.limits.StackUnits}
	var err error
	if c.info, err = loader.Inspect(wasm, limits); err != nil {
		c.err = refused(err)
		return
	}
	if c.err = checkExports(c.info); c.err != nil {
		return
	}
	imports, fault := link(c.info)
	if fault != nil {
		c.err = fault
		return
	}
	metered, err := loader.Rewrite(wasm, c.info, loader.RewriteOptions{StackUnits: r.limits.StackUnits})
	if err != nil {
		c.err = refused(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.limits.LoadTime)
	defer cancel()
	source := backend.Source{Name: name, Code: metered, Key: cacheKey(c.info, r.engine, r.limits.StackUnits), Imports: imports}
	if c.code, err = r.engine.Compile(ctx, source); err != nil {
		switch {
		case ctx.Err() != nil:
			c.err = cancelled(name, "compile", ctx)
		case errors.Is(err, backend.ErrHost):
			c.err = &Error{Kind: KindHost, Call: "compile", Message: err.Error(), Err: err}
		default:
			c.err = &Error{Kind: KindModule, Call: "compile", Message: hostcall.Escape(err.Error()), Clause: "1.1", Code: abi.InvalidData, Err: err}
		}
	}
}

// cacheKey stands for the module, what the meter makes of it, and the runtime that compiles it.
func cacheKey(info *loader.Info, engine backend.Engine, stackUnits uint32) [32]byte {
	h := sha256.New()
	h.Write(info.Digest[:])
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(loader.RewriteVersion)))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(stackUnits)))
	h.Write([]byte(engine.Name()))
	return [32]byte(h.Sum(nil))
}
