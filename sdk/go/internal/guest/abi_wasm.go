//go:build wasm

package guest

import (
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

//go:wasmimport wasql_v1 log
func importLog(level int32, ptr unsafe.Pointer, n uint32) int64

//go:wasmimport wasql_v1 host_call
func importHostCall(op int32, ptr unsafe.Pointer, n uint32, out unsafe.Pointer, capacity uint32) int64

//go:wasmimport wasql_v1 stream_read
func importStreamRead(stream uint32, ptr unsafe.Pointer, n uint32) int64

//go:wasmimport wasql_v1 stream_pread
func importStreamPRead(stream uint32, offset int64, ptr unsafe.Pointer, n uint32) int64

//go:wasmimport wasql_v1 stream_write
func importStreamWrite(stream uint32, ptr unsafe.Pointer, n uint32) int64

//go:wasmimport wasql_v1 stream_close
func importStreamClose(stream uint32) int64

//go:wasmimport wasql_v1 poll
func importPoll(ptr unsafe.Pointer, count uint32, timeout int32) int64

//go:wasmimport wasql_v1 now
func importNow() int64

//go:wasmimport wasql_v1 monotonic
func importMonotonic() int64

//go:wasmimport wasql_v1 remaining_ns
func importRemaining() int64

// host is the real one.
var host = moduleHost{}

type moduleHost struct{}

// at is the address of p's bytes. Nothing is read through it when p is empty.
func at(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

func (moduleHost) Log(level int32, text string) int64 {
	return importLog(level, unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)))
}

func (moduleHost) HostCall(op int32, request, out []byte) int64 {
	return importHostCall(op, at(request), uint32(len(request)), at(out), uint32(len(out)))
}

func (moduleHost) StreamRead(stream uint32, p []byte) int64 {
	return importStreamRead(stream, at(p), uint32(len(p)))
}

func (moduleHost) StreamPRead(stream uint32, offset int64, p []byte) int64 {
	return importStreamPRead(stream, offset, at(p), uint32(len(p)))
}

func (moduleHost) StreamWrite(stream uint32, p []byte) int64 {
	return importStreamWrite(stream, at(p), uint32(len(p)))
}

func (moduleHost) StreamClose(stream uint32) int64 { return importStreamClose(stream) }

func (moduleHost) Poll(entries []byte, timeout int32) int64 {
	return importPoll(at(entries), uint32(len(entries)/8), timeout)
}

func (moduleHost) Now() int64       { return importNow() }
func (moduleHost) Monotonic() int64 { return importMonotonic() }
func (moduleHost) Remaining() int64 { return importRemaining() }

// Enter is for native tests: a module has the host that runs it.
func Enter(Host) (leave func()) { panic("guest: a test host inside a module") }

// handler is the connector of the module; nil until Serve.
var handler Handler

// Serve makes h the connector of this module. It is called while the module initialises.
func Serve(h Handler) { handler = h }

// memory of the module that the host knows: requests it writes, and what it was given to read.
var (
	allocations allocationTable
	batches     batchTable
	response    []byte
	pair        [abi.ResponseBytes / 4]uint32
)

//go:wasmexport wasql_abi_v1
func exportMarker() int64 { return abi.Minor }

//go:wasmexport wasql_alloc
func exportAlloc(size, align uint32) int64 { return int64(allocations.alloc(size, align)) }

//go:wasmexport wasql_call
func exportCall(op int32, ptr, n uint32) int64 {
	request := allocations.take(ptr, n)
	if handler == nil {
		return -int64(abi.Internal)
	}
	out, code := handler.Call(op, request)
	if code != abi.OK {
		return -int64(code)
	}
	if len(out) == 0 {
		return 0
	}
	response = out
	pair = [2]uint32{address(at(out)), uint32(len(out))}
	return int64(address(unsafe.Pointer(&pair)))
}

//go:wasmexport wasql_next
func exportNext(scan, rowsMax, bytesMax uint32) int64 {
	if handler == nil {
		return -int64(abi.Internal)
	}
	batch, code := handler.Next(scan, int(rowsMax), int(bytesMax))
	return give(scan, batch, code)
}

//go:wasmexport wasql_release
func exportRelease(scan uint32, lease int64) int64 {
	if handler == nil {
		return -int64(abi.Internal)
	}
	batches.release(scan, lease)
	return -int64(handler.Release(scan, lease))
}

//go:wasmexport wasql_write
func exportWrite(handle, ptr uint32) int64 {
	if handler == nil {
		return -int64(abi.Internal)
	}
	batch := readBatch(ptr)
	answer, code := handler.Write(handle, batch)
	return give(handle, answer, code)
}

//go:wasmexport wasql_close
func exportClose(handle uint32) int64 {
	if handler == nil {
		return 0
	}
	batches.close(handle)
	return -int64(handler.Close(handle))
}

// space is the request space (SPEC 7.6); Go's collector moves no variable.
var space [spaceBytes + spaceAlign]byte

const (
	spaceBytes = 64 << 10
	spaceAlign = 64
)

// RequestSpace is where the host may write requests: as much as a statement of a few rows needs.
func RequestSpace() (ptr, bytes uint32) {
	return (address(unsafe.Pointer(&space)) + spaceAlign - 1) &^ (spaceAlign - 1), spaceBytes
}

// Give places a batch for the host, as the answer of an export would, and gives its address; 0 for nil.
func Give(handle uint32, batch *col.Batch) uint32 {
	if batch == nil {
		return 0
	}
	return batches.give(handle, batch)
}

// Read reads a batch that the host wrote into the request space. It is valid during the call.
func Read(ptr uint32) *col.Batch {
	readInto(&requested, ptr)
	return &requested
}

// requested is the batch that Read gave last.
var requested col.Batch

func give(handle uint32, batch *col.Batch, code abi.Code) int64 {
	if code != abi.OK {
		return -int64(code)
	}
	if batch == nil {
		return 0
	}
	return int64(batches.give(handle, batch))
}

// address is the place of a pointer in linear memory. Go's collector does not move objects.
func address(p unsafe.Pointer) uint32 { return uint32(uintptr(p)) }

// Given is nothing here: only tests outside of WebAssembly ask for what a connector placed.
func Given() *col.Batch { return nil }
