package hostcall

import (
	"encoding/binary"
	"time"

	"github.com/wasql/wasql/abi"
)

// badRange is the answer to a pointer and length that do not lie in memory.
func badRange(ptr, n uint32) *Fault {
	return faultf(abi.InvalidArgument, "%d bytes at %#x lie outside memory", n, ptr)
}

// answer turns a fault into the negative code the guest sees, and keeps it for LAST_ERROR.
func (g *Guest) answer(value int64, fault *Fault) uint64 {
	if fault != nil {
		g.lastFault = fault
		return uint64(-int64(fault.Code))
	}
	return uint64(value)
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

func put32(b []byte, x uint32) { binary.LittleEndian.PutUint32(b, x) }

// milliseconds is a timeout of the guest; negative ones wait for ever, which the deadline ends.
func milliseconds(ms int32) time.Duration {
	if ms < 0 {
		return 1<<63 - 1
	}
	return time.Duration(ms) * time.Millisecond
}
