package wasqltest

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/sdk/go/internal/guest"
)

// Host grants powers to an instance; the zero Host grants none.
type Host struct{}

func (h *Host) guest() guest.Host { return hostCalls{h} }

// hostCalls answers the imports.
type hostCalls struct{ *Host }

func (hostCalls) Log(int32, string) int64                 { return 0 }
func (hostCalls) HostCall(int32, []byte, []byte) int64    { return -int64(abi.Denied) }
func (hostCalls) StreamRead(uint32, []byte) int64         { return -int64(abi.BadHandle) }
func (hostCalls) StreamPRead(uint32, int64, []byte) int64 { return -int64(abi.BadHandle) }
func (hostCalls) StreamWrite(uint32, []byte) int64        { return -int64(abi.BadHandle) }
func (hostCalls) StreamClose(uint32) int64                { return -int64(abi.BadHandle) }
func (hostCalls) Poll([]byte, int32) int64                { return 0 }
func (hostCalls) Now() int64                              { return 0 }
func (hostCalls) Monotonic() int64                        { return 0 }
func (hostCalls) Remaining() int64                        { return 0 }
