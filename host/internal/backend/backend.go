// Package backend is the seam between the host and a WebAssembly runtime: compile a module with
// the functions it imports, make instances, call exports, look at linear memory. Everything above
// it is written once; everything below it is one folder a runtime (wazero), judged by the one
// suite in backendtest.
//
// A backend knows nothing of the ABI: no operation, no batch, no grant. It does not meter either;
// modules come rewritten (host/internal/loader) and ask for time through an import like any other.
package backend

import (
	"context"
	"errors"
	"strings"
)

// ValueType is a WebAssembly number type by its code in the binary format.
type ValueType byte

// The number types.
const (
	I32 ValueType = 0x7f
	I64 ValueType = 0x7e
	F32 ValueType = 0x7d
	F64 ValueType = 0x7c
)

// HostFunc is the host's side of an import. guest is what the instance was made with. stack holds
// the parameters, one a slot, and takes the result in slot 0; 32-bit parameters fill the lower
// half of theirs, and the upper half holds anything. It runs on the goroutine of the call, must
// not call into any instance, and ends the guest's call with End.
type HostFunc func(guest any, stack []uint64)

// Import is a function that a module may import.
type Import struct {
	Module, Name    string
	Params, Results []ValueType
	Func            HostFunc
}

// Source is a module to compile.
type Source struct {
	// Name is for messages.
	Name string
	Code []byte
	// Key stands for Code and everything it was made from, in caches of compiled code.
	Key [32]byte
	// Imports holds exactly what the module imports.
	Imports []Import
}

// Engine compiles modules. Safe for concurrent use.
type Engine interface {
	// Name is the runtime with its version: code compiled by one is never given to another.
	Name() string
	// Compile validates and compiles. The context bounds it as far as the runtime can be stopped.
	Compile(ctx context.Context, source Source) (Module, error)
	// Close frees all code. All instances must be closed before.
	Close(ctx context.Context) error
}

// Module is compiled code. Safe for concurrent use.
type Module interface {
	// Instantiate makes an instance and runs its start section. An error is a *Trap, an *Ended
	// or of the host.
	Instantiate(ctx context.Context, config InstanceConfig) (Instance, error)
	// Close frees the code. All instances must be closed before.
	Close(ctx context.Context) error
}

// InstanceConfig says what an instance gets.
type InstanceConfig struct {
	// Guest is handed to every HostFunc.
	Guest any
	// MemoryBytes bounds linear memory; growing beyond it gives the guest -1.
	MemoryBytes uint64
	// Attach is called before any code of the guest runs, so that imports can see its memory.
	Attach func(Memory)
}

// Memory is the linear memory of one instance. It never moves: slices stay valid until Close.
type Memory interface {
	// Bytes is all of it as it is now. Growth makes later results longer.
	Bytes() []byte
	// Refused counts growths that were refused because of InstanceConfig.MemoryBytes.
	Refused() int
	// PeakBytes is the largest size it had, also after Close.
	PeakBytes() uint64
}

// Instance is one instantiation. One goroutine at a time.
type Instance interface {
	// Function finds an exported function, or gives nil. The handle is for one goroutine at a time.
	Function(name string) Func
	// Global finds an exported global, or gives nil.
	Global(name string) Global
	Memory() Memory
	// Close unmaps the memory. Nothing may be running, and no slice of memory in use. Twice is harmless.
	Close(ctx context.Context) error
}

// Func is an exported function.
type Func interface {
	// Call takes parameters from stack and leaves the result in stack[0]. An error is a *Trap, or
	// an *Ended; the instance must not be called again after either.
	Call(stack []uint64) error
}

// Global is an exported global.
type Global interface {
	Get() uint64
	Set(value uint64)
}

// End ends the guest's call from inside a HostFunc. The call returns an *Ended holding err.
func End(err error) { panic(&Ended{Err: err}) }

// Ended is what a call returns that a HostFunc ended.
type Ended struct{ Err error }

// Error gives the reason.
func (e *Ended) Error() string { return "call ended by the host: " + e.Err.Error() }

// Unwrap gives what End was given.
func (e *Ended) Unwrap() error { return e.Err }

// Trap is a fault of the guest.
type Trap struct {
	// Reason is the runtime's word, such as "unreachable".
	Reason string
	// Frames are the functions that ran, innermost first, as the name section calls them; they are
	// the guest's words.
	Frames []string
	// Stack is set when the runtime's own stack ran out.
	Stack bool
}

// Error gives the reason and the frames.
func (t *Trap) Error() string {
	if len(t.Frames) == 0 {
		return t.Reason
	}
	return t.Reason + " in " + strings.Join(t.Frames, " < ")
}

// ErrHost is wrapped by errors that are the host's own fault, such as a panic in a HostFunc.
var ErrHost = errors.New("host fault")

// ErrNoMemory says that address space for a linear memory could not be had.
var ErrNoMemory = errors.New("no address space for linear memory")
