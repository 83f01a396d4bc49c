package view

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// countBits counts the set bits among the first n.
func countBits(b []byte, n int) int {
	total, full := 0, n>>3
	head := b[:full]
	for len(head) >= 8 {
		total += bits.OnesCount64(binary.LittleEndian.Uint64(head))
		head = head[8:]
	}
	for _, x := range head {
		total += bits.OnesCount8(x)
	}
	if rest := uint(n) & 7; rest != 0 {
		total += bits.OnesCount8(b[full] & (1<<rest - 1))
	}
	return total
}

// risingOffsets gives the position of the first offset that is negative or below the one before,
// or -1. Two are compared at a time, in the halves of a 64-bit difference: the lower half's top bit
// tells a fall there; when there is none, nothing was borrowed from the upper half, which then tells
// its own. That holds while all offsets are below 2^31, which signs sees to.
func risingOffsets(offsets []int32) int {
	const top = 0x8000_0000_8000_0000
	n := len(offsets)
	if n == 0 {
		return -1
	}
	p := unsafe.Pointer(unsafe.SliceData(offsets))
	var signs, falls uint64
	i := 0
	// The last read of a turn takes 8 bytes at 4*(i+7), within the n offsets as i+9 <= n; reads need
	// no alignment on the machines the runtime compiles for.
	for ; i+9 <= n; i += 8 {
		a, b := load(p, i), load(p, i+2)
		c, d := load(p, i+4), load(p, i+6)
		signs |= a | b | c | d
		falls |= (load(p, i+1) - a) | (load(p, i+3) - b) | (load(p, i+5) - c) | (load(p, i+7) - d)
	}
	if (signs|falls)&top != 0 {
		return firstFall(offsets)
	}
	last := offsets[i]
	if last < 0 {
		return firstFall(offsets)
	}
	for _, x := range offsets[i:] {
		if x < last {
			return firstFall(offsets)
		}
		last = x
	}
	return -1
}

func load(p unsafe.Pointer, i int) uint64 { return *(*uint64)(unsafe.Add(p, 4*i)) }

func firstFall(offsets []int32) int {
	last := int32(0)
	for i, x := range offsets {
		if x < last {
			return i
		}
		last = x
	}
	return -1
}

// ascii tells whether no byte is above 127.
func ascii(b []byte) bool {
	const high = 0x8080_8080_8080_8080
	for len(b) >= 32 {
		x := binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) |
			binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		if x&high != 0 {
			return false
		}
		b = b[32:]
	}
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
		b = b[8:]
	}
	for _, x := range b {
		if x >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
