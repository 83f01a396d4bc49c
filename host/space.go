package host

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// space is memory of the guest that it left to the host for requests (SPEC 7.6). The zero space holds nothing.
type space struct {
	ptr   uint32
	bytes int
}

// spaceAlign is what the address of a request space is a multiple of: also a batch may lie there.
const spaceAlign = 64

// spaceOf checks the request space that CONFIGURE answered with.
func (i *Instance) spaceOf(call string, resp *pb.ConfigureResponse) (space, error) {
	ptr, bytes := uint64(resp.RequestPtr), uint64(resp.RequestBytes)
	if bytes == 0 {
		return space{}, nil
	}
	memory := uint64(len(i.vm.Memory().Bytes()))
	switch {
	case ptr == 0 || ptr+bytes > memory:
		return space{}, i.broken(call, "7.6", abi.InvalidData, "request space of %d bytes at %#x, outside memory of %d bytes", bytes, ptr, memory)
	case ptr%spaceAlign != 0:
		return space{}, i.broken(call, "7.6", abi.InvalidData, "request space at %#x, not aligned to %d", ptr, spaceAlign)
	}
	return space{uint32(ptr), int(bytes)}, nil
}
