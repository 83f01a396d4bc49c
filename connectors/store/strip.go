package main

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/wasql/wasql/abi/col"
)

// strip is the values of one column of some rows, one behind the other, as Arrow has them: values of fixed width, or the bytes of all
// values with the places where each ends. A bool takes a byte. How many rows there are is known to whoever
// has the strip.
type strip struct {
	// width of a value in bytes; 0: they vary.
	width int
	fixed []byte
	// offsets has one more entry than there are rows, the first is 0; nil while there are none.
	offsets []int32
	data    []byte
	// valid has a bit a row, set when it is not NULL; nil: no row is NULL. A NULL may have any bytes.
	valid col.Bitmap
}

// raw gives the bytes of a value that is not NULL, in the strip's memory.
func (s *strip) raw(i int) string {
	if s.width > 0 {
		return unsafe.String(&s.fixed[i*s.width], s.width)
	}
	return textOf(s.data[s.offsets[i]:s.offsets[i+1]])
}

// cell gives a value in the strip's memory.
func (s *strip) cell(i int) cell {
	if s.valid != nil && s.valid[i>>3]&(1<<(i&7)) == 0 {
		return nullCell
	}
	return cell{raw: s.raw(i)}
}

// bytes is the size of n values.
func (s *strip) bytes(n int) int {
	if s.width > 0 {
		return n * s.width
	}
	return len(s.data) + 4*n
}

// append adds rows from to to-1 of another strip of the same width behind the n rows that are there.
func (s *strip) append(n int, from *strip, start, end int) {
	if from.valid != nil || s.valid != nil {
		s.valid = appendBits(s.valid, n, from.valid, start, end)
	}
	if s.width > 0 {
		s.fixed = append(s.fixed, from.fixed[start*s.width:end*s.width]...)
		return
	}
	if s.offsets == nil {
		s.offsets = append(make([]int32, 0, end-start+1), 0)
	}
	first := from.offsets[start]
	move := int32(len(s.data)) - first
	s.data = append(s.data, from.data[first:from.offsets[end]]...)
	ends := from.offsets[start+1 : end+1]
	at := len(s.offsets)
	s.offsets = slices.Grow(s.offsets, len(ends))[:at+len(ends)]
	room := s.offsets[at:][:len(ends)]
	if move == 0 {
		copy(room, ends)
		return
	}
	for i, o := range ends {
		room[i] = o + move
	}
}

// insert puts a value before row i of n; i may be n.
func (s *strip) insert(n, i int, c cell) {
	if c.null && s.valid == nil {
		s.valid = appendBits(nil, 0, nil, 0, n)
	}
	if s.valid != nil {
		s.valid = insertBit(s.valid, n, i, !c.null)
	}
	if s.width > 0 {
		s.fixed = gap(s.fixed, i*s.width, s.width)
		put(s.fixed[i*s.width:][:s.width], c)
		return
	}
	if s.offsets == nil {
		s.offsets = append(make([]int32, 0, 8), 0)
	}
	start := s.offsets[i]
	s.data = gap(s.data, int(start), len(c.raw))
	copy(s.data[start:], c.raw)
	s.offsets = append(s.offsets, 0)
	for k := len(s.offsets) - 1; k > i; k-- {
		s.offsets[k] = s.offsets[k-1] + int32(len(c.raw))
	}
}

// put writes a value of fixed width; that of NULL is zero.
func put(dst []byte, c cell) {
	if c.null {
		clear(dst)
		return
	}
	copy(dst, c.raw)
}

// gap makes room for n bytes, which may hold anything.
func gap(b []byte, at, n int) []byte {
	size := len(b)
	if cap(b)-size < n {
		b = append(b, make([]byte, n)...)
	} else {
		b = b[:size+n]
	}
	if at < size {
		copy(b[at+n:], b[at:size])
	}
	return b
}

// remove takes row i of n out.
func (s *strip) remove(n, i int) {
	if s.valid != nil {
		s.valid = removeBit(s.valid, n, i)
	}
	if s.width > 0 {
		s.fixed = append(s.fixed[:i*s.width], s.fixed[(i+1)*s.width:]...)
		return
	}
	start, end := s.offsets[i], s.offsets[i+1]
	s.data = append(s.data[:start], s.data[end:]...)
	for k := i + 1; k < len(s.offsets)-1; k++ {
		s.offsets[k] = s.offsets[k+1] - (end - start)
	}
	s.offsets = s.offsets[:len(s.offsets)-1]
}

// set gives row i of n another value.
func (s *strip) set(n, i int, c cell) {
	if s.valid != nil || c.null {
		if s.valid == nil {
			s.valid = appendBits(nil, 0, nil, 0, n)
		}
		if bit := byte(1) << (i & 7); c.null {
			s.valid[i>>3] &^= bit
		} else {
			s.valid[i>>3] |= bit
		}
	}
	if s.width > 0 {
		put(s.fixed[i*s.width:][:s.width], c)
		return
	}
	start, end := int(s.offsets[i]), int(s.offsets[i+1])
	more := len(c.raw) - (end - start)
	if more > 0 {
		s.data = gap(s.data, end, more)
	} else {
		s.data = append(s.data[:end+more], s.data[end:]...)
	}
	copy(s.data[start:], c.raw)
	if more != 0 {
		for k := i + 1; k < len(s.offsets); k++ {
			s.offsets[k] += int32(more)
		}
	}
}

// search gives the first of the rows low to high-1 whose value is not below key; high when there is none. The
// values ascend.
func (s *strip) search(key string, low, high int) int {
	if s.width >= 8 && len(key) >= 8 {
		want, rest := beginning(key), s.width > 8 || len(key) > 8
		for low < high {
			middle := int(uint(low+high) >> 1)
			first := s.beginning(middle)
			if first < want || first == want && rest && s.raw(middle) < key {
				low = middle + 1
			} else {
				high = middle
			}
		}
		return low
	}
	for low < high {
		if middle := int(uint(low+high) >> 1); s.raw(middle) < key {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// beginning is the first eight bytes of a value that has as many, as a number that compares like them. Comparing
// numbers is ten times quicker than comparing strings, which WebAssembly does byte by byte.
func (s *strip) beginning(i int) uint64 {
	b := s.fixed[i*s.width:]
	_ = b[7]
	// Every machine that a store runs on has the least significant byte first.
	return bits.ReverseBytes64(*(*uint64)(unsafe.Pointer(unsafe.SliceData(b))))
}

// beginning is the first eight bytes of a key as a number, with zeros behind a shorter one.
func beginning(key string) uint64 {
	if len(key) >= 8 {
		return bits.ReverseBytes64(*(*uint64)(unsafe.Pointer(unsafe.StringData(key))))
	}
	n := uint64(0)
	for i := range len(key) {
		n |= uint64(key[i]) << (56 - 8*i)
	}
	return n
}

// reset takes all rows and keeps the memory.
func (s *strip) reset() {
	s.fixed, s.data, s.valid = s.fixed[:0], s.data[:0], nil
	if s.offsets != nil {
		s.offsets = s.offsets[:1]
	}
}

// repeat makes n rows of one value.
func repeat(width, n int, c cell) strip {
	s := strip{width: width}
	if c.null {
		s.valid = make(col.Bitmap, col.BitmapBytes(n))
	}
	if width > 0 {
		s.fixed = make([]byte, n*width)
		if !c.null {
			for at := copy(s.fixed, c.raw); at < len(s.fixed); at *= 2 {
				copy(s.fixed[at:], s.fixed[:at])
			}
		}
		return s
	}
	s.offsets = make([]int32, n+1)
	for i := range n {
		s.data = append(s.data, c.raw...)
		s.offsets[i+1] = int32(len(s.data))
	}
	return s
}

// stripOf gives the n rows of a column of a batch, in the batch's memory where they lie there in this way.
func stripOf(v *col.Vec, width, n int) strip {
	if v.Type == col.Null {
		return repeat(width, n, nullCell)
	}
	if v.Encoding == col.Constant {
		return repeat(width, n, cellAt(v, 0))
	}
	if v.Encoding != col.Plain {
		plain := v.Plain()
		v = &plain
	}
	s := strip{width: width, valid: v.Valid}
	if s.valid != nil && allSet(s.valid, n) {
		s.valid = nil
	}
	switch {
	case v.Type == col.Bool:
		s.fixed = make([]byte, n)
		for i := range s.fixed {
			s.fixed[i] = v.Fixed[i>>3] >> (i & 7) & 1
		}
	case width > 0:
		s.fixed = v.Fixed
	default:
		s.offsets, s.data = v.Offsets, v.Data
	}
	return s
}

// allSet tells whether the first n bits are all set.
func allSet(b []byte, n int) bool {
	for _, x := range b[:n>>3] {
		if x != 0xff {
			return false
		}
	}
	rest := byte(1)<<(n&7) - 1
	return rest == 0 || b[n>>3]&rest == rest
}

// appendBits adds bits start to end-1 of another bitmap behind the n bits that are there. A nil bitmap has all bits set.
func appendBits(b col.Bitmap, n int, from col.Bitmap, start, end int) col.Bitmap {
	size := col.BitmapBytes(n + end - start)
	if b == nil {
		b = make(col.Bitmap, col.BitmapBytes(n), size)
		for i := range b {
			b[i] = 0xff
		}
	}
	for len(b) < size {
		b = append(b, 0xff)
	}
	if from == nil {
		// Bits behind the n may be of rows that went.
		for i := n; i < n+end-start && i&7 != 0; i++ {
			b[i>>3] |= 1 << (i & 7)
		}
		return b
	}
	for i := start; i < end; i, n = i+1, n+1 {
		if from[i>>3]&(1<<(i&7)) == 0 {
			b[n>>3] &^= 1 << (n & 7)
		} else {
			b[n>>3] |= 1 << (n & 7)
		}
	}
	return b
}

// insertBit puts a bit before bit i of n.
func insertBit(b col.Bitmap, n, i int, set bool) col.Bitmap {
	if n>>3 == len(b) {
		b = append(b, 0xff)
	}
	for k := n >> 3; k > i>>3; k-- {
		b[k] = b[k]<<1 | b[k-1]>>7
	}
	k, low := i>>3, byte(1)<<(i&7)-1
	b[k] = b[k]&low | b[k]&^low<<1
	if b[k] &^= 1 << (i & 7); set {
		b[k] |= 1 << (i & 7)
	}
	return b
}

// removeBit takes bit i of n out.
func removeBit(b col.Bitmap, n, i int) col.Bitmap {
	k, low := i>>3, byte(1)<<(i&7)-1
	b[k] = b[k]&low | b[k]>>1&^low
	for last := (n - 1) >> 3; k < last; k++ {
		b[k] = b[k]&0x7f | b[k+1]<<7
		b[k+1] >>= 1
	}
	return b[:col.BitmapBytes(n-1)]
}
