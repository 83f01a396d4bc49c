// Package guest is the wall between the SDK and the host. abi_wasm.go holds the only exports and
// imports of the module; abi_native.go is its twin for plain `go test`, where a Host value of the
// test plays the host. Everything above this package is the same code in both worlds.
//
// The package knows bytes, batches and codes. What the operations mean is the business of the
// Handler, which package wasql implements.
package guest

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// Handler serves the exports of a connector. Calls never overlap. No method panics: it reports.
type Handler interface {
	// Call answers one control message. The response is valid until the next call.
	Call(op int32, request []byte) (response []byte, code abi.Code)
	// Next gives the next batch of a scan, or nil at the end and ever after. The batch is valid
	// until the next call, or, with a lease, until its release.
	Next(scan uint32, rowsMax, bytesMax int) (*col.Batch, abi.Code)
	// Release takes a leased batch back.
	Release(scan uint32, lease int64) abi.Code
	// Write takes rows, which are the handler's from then on, and may answer with rows.
	Write(handle uint32, batch *col.Batch) (*col.Batch, abi.Code)
	// Close ends a scan, sink or function; an unknown handle is no error.
	Close(handle uint32) abi.Code
}

// Host is what a connector may ask of its host: the imports of module wasql_v1. Results below zero
// are negated codes.
type Host interface {
	Log(level int32, text string) int64
	// HostCall writes the response into out. When out is too small it answers -TooSmall with the
	// needed length in the first four bytes of out.
	HostCall(op int32, request, out []byte) int64
	StreamRead(stream uint32, p []byte) int64
	StreamPRead(stream uint32, offset int64, p []byte) int64
	StreamWrite(stream uint32, p []byte) int64
	StreamClose(stream uint32) int64
	// Poll waits for entries {u32 stream, u32 ready} at most so many milliseconds.
	Poll(entries []byte, timeout int32) int64
	Now() int64
	Monotonic() int64
	Remaining() int64
}

// hostBuffer holds the responses of host calls; it grows to the largest one.
var hostBuffer = make([]byte, 4096)

// HostCall asks the host and gives its response, valid until the next HostCall.
func HostCall(op int32, request []byte) ([]byte, abi.Code) {
	n := host.HostCall(op, request, hostBuffer)
	if n == -int64(abi.TooSmall) {
		hostBuffer = make([]byte, max(int(binary.LittleEndian.Uint32(hostBuffer)), 2*len(hostBuffer)))
		n = host.HostCall(op, request, hostBuffer)
	}
	if n < 0 {
		return nil, abi.Code(-n)
	}
	return hostBuffer[:n], abi.OK
}

// Log sends one line to the host's log.
func Log(level int32, text string) { host.Log(level, text) }

// StreamRead reads the next bytes of a stream; 0 at the end.
func StreamRead(stream uint32, p []byte) (int, abi.Code) { return count(host.StreamRead(stream, p)) }

// StreamPRead reads at an offset; fewer bytes than asked for only at the end.
func StreamPRead(stream uint32, offset int64, p []byte) (int, abi.Code) {
	return count(host.StreamPRead(stream, offset, p))
}

// StreamWrite writes the next bytes of a stream.
func StreamWrite(stream uint32, p []byte) (int, abi.Code) { return count(host.StreamWrite(stream, p)) }

// StreamClose lets a stream go.
func StreamClose(stream uint32) abi.Code {
	_, code := count(host.StreamClose(stream))
	return code
}

// Poll waits until an entry is ready.
func Poll(entries []byte, timeout int32) (int, abi.Code) { return count(host.Poll(entries, timeout)) }

// Now is the granted clock, in nanoseconds since 1970.
func Now() int64 { return host.Now() }

// Monotonic is the granted clock that never goes back, in nanoseconds.
func Monotonic() int64 { return host.Monotonic() }

// Remaining is the time left for this call, in nanoseconds.
func Remaining() int64 { return host.Remaining() }

func count(n int64) (int, abi.Code) {
	if n < 0 {
		return 0, abi.Code(-n)
	}
	return int(n), abi.OK
}
