//go:build wasm

package guest

import (
	"encoding/binary"
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// batchTable keeps the batches reachable that the host may still read, with their descriptors.
// A batch without a lease lives until the next one: there is one slot for it.
type batchTable struct {
	plain  given
	leased []given
	spare  [][]uint64
}

// given is a batch the host holds. words is its header and columns, as in SPEC 6.1.
type given struct {
	handle uint32
	batch  *col.Batch
	words  []uint64
}

func (t *batchTable) give(handle uint32, batch *col.Batch) uint32 {
	if batch.Lease == 0 {
		t.plain.batch = batch
		t.plain.words = describe(batch, t.plain.words)
		return address(unsafe.Pointer(unsafe.SliceData(t.plain.words)))
	}
	var words []uint64
	if last := len(t.spare) - 1; last >= 0 {
		words, t.spare = t.spare[last], t.spare[:last]
	}
	words = describe(batch, words)
	t.leased = append(t.leased, given{handle, batch, words})
	return address(unsafe.Pointer(unsafe.SliceData(words)))
}

func (t *batchTable) release(handle uint32, lease int64) {
	for i := range t.leased {
		if t.leased[i].handle == handle && t.leased[i].batch.Lease == lease {
			t.drop(i)
			return
		}
	}
}

func (t *batchTable) close(handle uint32) {
	for i := len(t.leased) - 1; i >= 0; i-- {
		if t.leased[i].handle == handle {
			t.drop(i)
		}
	}
}

func (t *batchTable) drop(i int) {
	t.spare = append(t.spare, t.leased[i].words)
	last := len(t.leased) - 1
	t.leased[i] = t.leased[last]
	t.leased[last] = given{}
	t.leased = t.leased[:last]
}

// describe writes header and columns of a batch into words, which it grows when needed.
func describe(b *col.Batch, words []uint64) []uint64 {
	size := abi.HeaderBytes + abi.ColumnBytes*len(b.Cols)
	for i := range b.Cols {
		size += extraBytes(&b.Cols[i])
	}
	if cap(words) < size/8 {
		words = make([]uint64, size/8)
	}
	words = words[:size/8]
	clear(words)
	raw := col.BytesOf(words)
	base := address(at(raw))
	put := binary.LittleEndian.PutUint32
	put(raw[abi.HeaderSize:], abi.HeaderBytes)
	put(raw[abi.HeaderColumns:], uint32(len(b.Cols)))
	binary.LittleEndian.PutUint64(raw[abi.HeaderRows:], uint64(b.Rows))
	binary.LittleEndian.PutUint64(raw[abi.HeaderLease:], uint64(b.Lease))
	put(raw[abi.HeaderColumnsPtr:], base+abi.HeaderBytes)
	put(raw[abi.HeaderStride:], abi.ColumnBytes)
	flags := uint32(0)
	if b.Last {
		flags |= abi.FlagLast
	}
	if b.Sel != nil {
		flags |= abi.FlagSelection
		put(raw[abi.HeaderSelPtr:], address(unsafe.Pointer(unsafe.SliceData(b.Sel))))
		put(raw[abi.HeaderSelLen:], uint32(len(b.Sel)))
	}
	put(raw[abi.HeaderFlags:], flags)
	d := descriptor{raw: raw, base: base, free: abi.HeaderBytes + abi.ColumnBytes*len(b.Cols)}
	for i := range b.Cols {
		d.column(abi.HeaderBytes+abi.ColumnBytes*i, &b.Cols[i])
	}
	return words
}

// extraBytes is the descriptor space a column needs behind the columns.
func extraBytes(v *col.Vec) int {
	n := 8 * len(v.Buffers)
	if v.Encoding == col.Dictionary && v.Dict != nil {
		n += abi.ColumnBytes + extraBytes(v.Dict)
	}
	return n
}

// descriptor writes columns; free is the first unused byte behind them.
type descriptor struct {
	raw  []byte
	base uint32
	free int
}

func (d *descriptor) column(offset int, v *col.Vec) {
	c := d.raw[offset : offset+abi.ColumnBytes]
	binary.LittleEndian.PutUint16(c[abi.ColumnType:], uint16(v.Type))
	binary.LittleEndian.PutUint16(c[abi.ColumnEncoding:], uint16(v.Encoding))
	binary.LittleEndian.PutUint64(c[abi.ColumnNullCount:], nullCount(v))
	buffer(c[abi.ColumnValidity:], v.Valid)
	switch {
	case v.Encoding == col.Dictionary:
		buffer(c[abi.ColumnBuffer1:], col.BytesOf(v.Index))
		binary.LittleEndian.PutUint32(c[abi.ColumnDict:], d.base+uint32(d.free))
		binary.LittleEndian.PutUint32(c[abi.ColumnDictRows:], uint32(v.Dict.Len))
		at := d.free
		d.free += abi.ColumnBytes
		d.column(at, v.Dict)
	case v.Views != nil:
		// A StringView is 16 bytes without padding, as in SPEC 6.9.
		views := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v.Views))), 16*len(v.Views))
		buffer(c[abi.ColumnBuffer1:], views)
		binary.LittleEndian.PutUint32(c[abi.ColumnChildren:], d.base+uint32(d.free))
		binary.LittleEndian.PutUint32(c[abi.ColumnChildren+4:], uint32(len(v.Buffers)))
		for _, child := range v.Buffers {
			buffer(d.raw[d.free:], child)
			d.free += 8
		}
	case v.Offsets != nil:
		buffer(c[abi.ColumnBuffer1:], col.BytesOf(v.Offsets))
		buffer(c[abi.ColumnBuffer2:], v.Data)
	default:
		buffer(c[abi.ColumnBuffer1:], v.Fixed)
	}
}

func nullCount(v *col.Vec) uint64 {
	switch {
	case v.Type == col.Null:
		return uint64(v.Len)
	case v.Valid == nil && v.Encoding != col.Dictionary:
		return 0
	}
	return abi.NullCountUnknown
}

func buffer(dst, bytes []byte) {
	if len(bytes) == 0 {
		return
	}
	binary.LittleEndian.PutUint32(dst, address(at(bytes)))
	binary.LittleEndian.PutUint32(dst[4:], uint32(len(bytes)))
}
