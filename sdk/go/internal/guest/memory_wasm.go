//go:build wasm

package guest

import (
	"unsafe"

	"github.com/wasql/wasql/abi/col"
)

// allocationTable keeps the space alive that the host was given to write into.
type allocationTable struct {
	blocks []allocation
}

type allocation struct {
	start uint32
	bytes []byte
}

// alignMax is the widest alignment a host may ask for (SPEC 7.1).
const alignMax = 64

// alloc makes room for size bytes; 0 says that align is not lawful.
func (t *allocationTable) alloc(size, align uint32) uint32 {
	if align == 0 || align > alignMax || align&(align-1) != 0 || uint64(size) > 1<<31 {
		return 0
	}
	slack := uint32(0)
	if align > 8 {
		slack = align - 8
	}
	words := make([]uint64, (uint64(size)+uint64(slack)+7)/8+1)
	base := address(unsafe.Pointer(unsafe.SliceData(words)))
	start := (base + align - 1) &^ (align - 1)
	// The table must hold a slice made of words, not of the number: else words may lie on the stack.
	t.blocks = append(t.blocks, allocation{start, col.BytesOf(words)[start-base:][:size]})
	return start
}

// take gives the request that the host wrote and lets its space go with it.
func (t *allocationTable) take(ptr, n uint32) []byte {
	if n == 0 {
		return nil
	}
	for i := len(t.blocks) - 1; i >= 0; i-- {
		if block := t.blocks[i]; block.start == ptr && uint64(n) <= uint64(len(block.bytes)) {
			t.blocks = append(t.blocks[:i], t.blocks[i+1:]...)
			return block.bytes[:n]
		}
	}
	// The host may reuse space of its own inside the module, such as a static buffer.
	return unsafe.Slice((*byte)(pointer(ptr)), n)
}

// forget lets the space go that holds one of these places: slices made of it keep what they need alive.
func (t *allocationTable) forget(places []uint32) {
	for _, place := range places {
		for i, block := range t.blocks {
			if place >= block.start && uint64(place) < uint64(block.start)+uint64(len(block.bytes)) {
				t.blocks = append(t.blocks[:i], t.blocks[i+1:]...)
				break
			}
		}
	}
}

// pointer is the Go pointer of a place in linear memory. The host names only places it was given,
// and the garbage collector does not move them.
func pointer(ptr uint32) unsafe.Pointer {
	address := uintptr(ptr)
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}
