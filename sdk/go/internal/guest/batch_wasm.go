//go:build wasm

package guest

import (
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

// header and column are what SPEC 6.1 says, in memory.
type header struct {
	size, columns      uint32
	rows               uint64
	lease              int64
	columnsPtr, stride uint32
	selection          bytes
	flags, schema      uint32
	_                  [2]uint64
}

type column struct {
	typ, encoding                       uint16
	_                                   uint32
	nulls                               uint64
	validity, buffer1, buffer2, buffer3 bytes
	children                            bytes
	dict, dictRows                      uint32
}

// bytes is where a buffer is, and how long.
type bytes struct{ ptr, n uint32 }

// Both are as long as they are there.
var (
	_ [abi.HeaderBytes]byte = [unsafe.Sizeof(header{})]byte{}
	_ [abi.ColumnBytes]byte = [unsafe.Sizeof(column{})]byte{}
)

// describe writes header and columns of a batch into words, which it grows when needed.
func describe(b *col.Batch, words []uint64) []uint64 {
	size, first := (abi.HeaderBytes+abi.ColumnBytes*len(b.Cols))/8, abi.HeaderBytes/8
	for i := range b.Cols {
		if v := &b.Cols[i]; v.Encoding != col.Plain {
			size += extraBytes(v) / 8
		}
	}
	if cap(words) < size {
		words = make([]uint64, size)
	}
	words = words[:size]
	base := address(unsafe.Pointer(unsafe.SliceData(words)))
	h := header{size: abi.HeaderBytes, columns: uint32(len(b.Cols)), rows: uint64(b.Rows), lease: b.Lease, columnsPtr: base + abi.HeaderBytes, stride: abi.ColumnBytes}
	if b.Last {
		h.flags = abi.FlagLast
	}
	if b.Sel != nil {
		h.flags |= abi.FlagSelection
		h.selection = bytes{address(unsafe.Pointer(unsafe.SliceData(b.Sel))), uint32(len(b.Sel))}
	}
	*(*header)(unsafe.Pointer(unsafe.SliceData(words))) = h
	d := descriptor{words: words, base: base, free: first + abi.ColumnBytes/8*len(b.Cols)}
	for i := range b.Cols {
		d.column(first+abi.ColumnBytes/8*i, &b.Cols[i])
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

// descriptor writes columns; free is the first unused word behind them.
type descriptor struct {
	words []uint64
	base  uint32
	free  int
}

// place is the address of a word.
func (d *descriptor) place(word int) uint32 { return d.base + uint32(8*word) }

func (d *descriptor) column(word int, v *col.Vec) {
	c := (*column)(unsafe.Pointer(&d.words[word : word+abi.ColumnBytes/8][0]))
	*c = column{typ: uint16(v.Type), encoding: uint16(v.Encoding), nulls: nullCount(v), validity: buffer(v.Valid)}
	switch {
	case v.Encoding == col.Dictionary:
		c.buffer1 = buffer(col.BytesOf(v.Index))
		at := d.free
		c.dict, c.dictRows = d.place(at), uint32(v.Dict.Len)
		d.free += abi.ColumnBytes / 8
		d.column(at, v.Dict)
	case v.Views != nil:
		// A StringView is 16 bytes without padding, as in SPEC 6.9.
		c.buffer1 = buffer(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v.Views))), 16*len(v.Views)))
		c.children = bytes{d.place(d.free), uint32(len(v.Buffers))}
		for _, child := range v.Buffers {
			*(*bytes)(unsafe.Pointer(&d.words[d.free])) = buffer(child)
			d.free++
		}
	case v.Offsets != nil:
		c.buffer1, c.buffer2 = buffer(col.BytesOf(v.Offsets)), buffer(v.Data)
	default:
		c.buffer1 = buffer(v.Fixed)
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

// buffer is where bytes are; an empty one is nowhere.
func buffer(b []byte) bytes {
	if len(b) == 0 {
		return bytes{}
	}
	return bytes{address(at(b)), uint32(len(b))}
}
