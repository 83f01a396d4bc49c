//go:build !wasm

package guest

import (
	"sync"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// host is the host of the call that runs now.
var host Host = noHost{}

// calling serialises the calls of all instances of a test program, as one instance's calls are in a module.
var calling sync.Mutex

// Enter makes h the host until the returned function is called. One caller at a time is inside.
func Enter(h Host) (leave func()) {
	calling.Lock()
	host = h
	return func() {
		host = noHost{}
		calling.Unlock()
	}
}

// registered is the connector of the program.
var registered Handler

// Serve makes h the connector of this program.
func Serve(h Handler) { registered = h }

// Registered gives what Serve was given, or nil.
func Registered() Handler { return registered }

// placed are the batches that tests and connectors passed to each other by address, the newest of each.
var placed [2]*col.Batch

// Where batches of the connector and of the test are.
const (
	givenPlace   = 1
	writtenPlace = 2
)

// RequestSpace is nowhere: tests hand requests over as they are.
func RequestSpace() (ptr, bytes uint32) { return 0, 0 }

// Give places a batch for the test; see Given.
func Give(_ uint32, batch *col.Batch) uint32 {
	if batch == nil {
		return 0
	}
	placed[givenPlace-1] = batch
	return givenPlace
}

// Given is the batch that the connector placed last.
func Given() *col.Batch { return placed[givenPlace-1] }

// Place makes b the batch of the next request, and gives its address.
func Place(b *col.Batch) uint32 {
	placed[writtenPlace-1] = b
	return writtenPlace
}

// Read is the batch that the test placed.
func Read(uint32) *col.Batch { return placed[writtenPlace-1] }

// noHost denies everything: what a connector gets outside of a call.
type noHost struct{}

func (noHost) Log(int32, string) int64                 { return 0 }
func (noHost) HostCall(int32, []byte, []byte) int64    { return -int64(abi.Denied) }
func (noHost) StreamRead(uint32, []byte) int64         { return -int64(abi.BadHandle) }
func (noHost) StreamPRead(uint32, int64, []byte) int64 { return -int64(abi.BadHandle) }
func (noHost) StreamWrite(uint32, []byte) int64        { return -int64(abi.BadHandle) }
func (noHost) StreamClose(uint32) int64                { return -int64(abi.BadHandle) }
func (noHost) Poll([]byte, int32) int64                { return 0 }
func (noHost) Now() int64                              { return 0 }
func (noHost) Monotonic() int64                        { return 0 }
func (noHost) Remaining() int64                        { return 0 }
