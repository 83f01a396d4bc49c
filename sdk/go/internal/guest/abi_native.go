//go:build !wasm

package guest

import (
	"sync"

	"github.com/wasql/wasql/abi"
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
