//go:build wasm

package guest

import (
	"encoding/binary"
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// readBatch makes a batch of what the host wrote. The slices share that memory, which the host
// does not touch again (SPEC 7.1). The host is trusted: it can reach all of this memory anyway.
func readBatch(ptr uint32) *col.Batch {
	b := &col.Batch{}
	readInto(b, ptr)
	return b
}

// readInto is readBatch with room for the batch.
func readInto(b *col.Batch, ptr uint32) {
	touched = touched[:0]
	// Only when all is read may the space go: numbers do not keep it alive.
	defer func() { allocations.forget(touched) }()
	header := bytesAt(ptr, abi.HeaderBytes)
	u32 := binary.LittleEndian.Uint32
	columns := int(u32(header[abi.HeaderColumns:]))
	if cap(b.Cols) < columns {
		b.Cols = make([]col.Vec, columns)
	}
	b.Cols, b.Sel = b.Cols[:columns], nil
	b.Rows = int(binary.LittleEndian.Uint64(header[abi.HeaderRows:]))
	b.Last = u32(header[abi.HeaderFlags:])&abi.FlagLast != 0
	if u32(header[abi.HeaderFlags:])&abi.FlagSelection != 0 {
		b.Sel = []uint32{}
		if n := u32(header[abi.HeaderSelLen:]); n > 0 {
			b.Sel = numbers[uint32](bytesAt(u32(header[abi.HeaderSelPtr:]), 4*n))
		}
	}
	first, stride := u32(header[abi.HeaderColumnsPtr:]), u32(header[abi.HeaderStride:])
	for i := range b.Cols {
		b.Cols[i] = readColumn(first+uint32(i)*stride, b.Rows)
	}
}

func readColumn(ptr uint32, rows int) col.Vec {
	c := bytesAt(ptr, abi.ColumnBytes)
	u32 := binary.LittleEndian.Uint32
	pair := func(offset int) []byte { return bytesAt(u32(c[offset:]), u32(c[offset+4:])) }
	v := col.Vec{
		Type:     col.Type(binary.LittleEndian.Uint16(c[abi.ColumnType:])),
		Encoding: col.Encoding(binary.LittleEndian.Uint16(c[abi.ColumnEncoding:])),
		Len:      rows,
	}
	if valid := pair(abi.ColumnValidity); valid != nil {
		v.Valid = valid
	}
	first := pair(abi.ColumnBuffer1)
	switch {
	case v.Encoding == col.Dictionary:
		v.Index = numbers[uint32](first)
		dict := readColumn(u32(c[abi.ColumnDict:]), int(u32(c[abi.ColumnDictRows:])))
		v.Dict = &dict
	case v.Encoding == col.View || v.Encoding == col.Constant && v.Type.Varying() && u32(c[abi.ColumnChildren:]) != 0:
		v.Views = unsafe.Slice((*col.StringView)(unsafe.Pointer(unsafe.SliceData(first))), len(first)/16)
		children := bytesAt(u32(c[abi.ColumnChildren:]), 8*u32(c[abi.ColumnChildren+4:]))
		for ; len(children) > 0; children = children[8:] {
			v.Buffers = append(v.Buffers, bytesAt(u32(children), u32(children[4:])))
		}
	case v.Type.Varying():
		v.Offsets, v.Data = numbers[int32](first), pair(abi.ColumnBuffer2)
	default:
		v.Fixed = first
	}
	return v
}

// touched lists the places that a batch names.
var touched []uint32

// bytesAt is a range of linear memory, or nil when it is empty.
func bytesAt(ptr, n uint32) []byte {
	if n == 0 {
		return nil
	}
	touched = append(touched, ptr)
	return unsafe.Slice((*byte)(pointer(ptr)), n)
}

func numbers[T int32 | uint32](b []byte) []T {
	if len(b) < 4 {
		return nil
	}
	// The host aligns buffers to the width of their values (SPEC 6.4).
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}
