package wazero

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"

	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"github.com/wasql/wasql/host/internal/backend"
)

type guestKey struct{}

// callContext is the context wazero sees: it knows the guest and nothing else, so that the look-ups
// wazero makes on every call stay short. Deadlines are the meter's business.
type callContext struct {
	context.Context
	guest any
}

// Value finds the guest.
func (c *callContext) Value(key any) any {
	if _, ok := key.(guestKey); ok {
		return c.guest
	}
	return nil
}

type instance struct {
	module api.Module
	region *backend.Region
	ctx    callContext
}

// Function implements backend.Instance.
func (i *instance) Function(name string) backend.Func {
	f := i.module.ExportedFunction(name)
	if f == nil {
		return nil
	}
	return &function{f: f, ctx: &i.ctx}
}

// Global implements backend.Instance.
func (i *instance) Global(name string) backend.Global {
	g := i.module.ExportedGlobal(name)
	if g == nil {
		return nil
	}
	return global{g}
}

// Memory implements backend.Instance.
func (i *instance) Memory() backend.Memory { return i.region }

// Close implements backend.Instance.
func (i *instance) Close(ctx context.Context) error {
	err := i.module.Close(ctx)
	if releaseErr := i.region.Release(); err == nil {
		err = releaseErr
	}
	return err
}

type function struct {
	f   api.Function
	ctx *callContext
}

// Call implements backend.Func.
func (f *function) Call(stack []uint64) (err error) {
	if err = f.f.CallWithStack(f.ctx, stack); err != nil {
		return fault(err)
	}
	return nil
}

type global struct{ api.Global }

// Set implements backend.Global. A global that cannot change is left alone.
func (g global) Set(value uint64) {
	if m, ok := g.Global.(api.MutableGlobal); ok {
		m.Set(value)
	}
}

// fault turns an error of wazero into one of the seam's.
func fault(err error) error {
	var ended *backend.Ended
	if errors.As(err, &ended) {
		return ended
	}
	var bug runtime.Error
	if errors.As(err, &bug) {
		return fmt.Errorf("%w: %w", backend.ErrHost, err)
	}
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		return &backend.Trap{Reason: fmt.Sprintf("module closed with code %d", exit.ExitCode())}
	}
	text := err.Error()
	head, frames, found := strings.Cut(text, "\nwasm stack trace:\n\t")
	_, reason, isTrap := strings.Cut(head, "wasm error: ")
	switch {
	case isTrap:
	case strings.Contains(head, "stack overflow"):
		reason, isTrap = "stack overflow", true
	case found:
		reason, isTrap = strings.TrimSuffix(head, " (recovered by wazero)"), true
	}
	if !isTrap {
		return err
	}
	trap := &backend.Trap{Reason: reason, Stack: strings.Contains(reason, "stack overflow")}
	if found {
		trap.Frames = frameNames(frames)
	}
	return trap
}

// signature is what wazero writes behind a function's name.
var signature = regexp.MustCompile(`\([a-z0-9,]*\)( [a-z0-9]+| \([a-z0-9,]*\))?$`)

// frameNames takes the function names from wazero's stack trace: ".name(types) results" a line.
func frameNames(trace string) []string {
	var names []string
	for line := range strings.SplitSeq(trace, "\n\t") {
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "...") {
			continue
		}
		line, _, _ = strings.Cut(line, "\n")
		line = signature.ReplaceAllString(line, "")
		if name := strings.TrimPrefix(line, "."); name != "" {
			names = append(names, name)
		}
	}
	return names
}
