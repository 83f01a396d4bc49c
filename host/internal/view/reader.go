package view

import (
	"encoding/binary"
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// ColumnsMax bounds the columns of a scan; MySQL tables have at most 4096.
const ColumnsMax = 4096

// buffersMax bounds the buffers of one view column, and so what the host allocates for them.
const buffersMax = 64 << 10

// Reader checks the batches of one scan. One goroutine at a time.
type Reader struct {
	schema   col.Schema
	features uint64
	unread   []bool
	bytesMax uint64
	bytes    uint64
	batch    col.Batch
	dicts    []col.Vec
	// at is the column being read, for violations.
	at  int
	mem []byte
}

// NewReader makes a reader of batches with the columns of schema, that may use what the feature
// bits allow. Members of enum and set fields, and precisions, are checked when they are there.
// A batch whose values, dictionaries counted once a column, take more than bytesMax fails with
// code RESOURCE: checking costs time in proportion, during which nothing can be interrupted.
func NewReader(schema col.Schema, features uint64, bytesMax int64) *Reader {
	return &Reader{schema: schema, features: features, bytesMax: uint64(max(bytesMax, 1)), batch: col.Batch{Cols: make([]col.Vec, len(schema))},
		dicts: make([]col.Vec, len(schema))}
}

// Unread says that the values of a column will not be looked at: its buffers and offsets are still
// checked, its values are not.
func (r *Reader) Unread(column int) {
	if r.unread == nil {
		r.unread = make([]bool, len(r.schema))
	}
	r.unread[column] = true
}

// Read checks the batch at ptr in mem, of at most rowsMax rows, and gives it. The batch belongs to
// the reader: it is valid until the next Read, and while mem is. The error is a *Violation.
func (r *Reader) Read(mem []byte, ptr uint64, rowsMax int) (*col.Batch, error) {
	r.mem, r.at, r.bytes = mem, -1, 0
	h, v := r.header(ptr, rowsMax)
	if v == nil {
		v = r.columns(&h)
	}
	if v == nil && h.flags&abi.FlagSelection != 0 {
		r.at = -1
		v = r.selection(&h)
	}
	r.mem = nil
	if v != nil {
		if v.Column < 0 {
			v.Column = r.at
		}
		return nil, v
	}
	return &r.batch, nil
}

type header struct {
	ptr, columnsPtr, stride, rows uint64
	flags                         uint32
}

func (r *Reader) header(ptr uint64, rowsMax int) (header, *Violation) {
	h := header{ptr: ptr}
	size := uint64(len(r.mem))
	if ptr > size || size-ptr < abi.HeaderBytes {
		return h, breach("6.1", ptr, "batch header outside memory of %d bytes", size)
	}
	if ptr&7 != 0 {
		return h, breach("6.1", ptr, "batch header not 8-aligned")
	}
	b := r.mem[ptr : ptr+abi.HeaderBytes]
	if n := u32(b, abi.HeaderSize); n < abi.HeaderBytes || uint64(n) > size-ptr {
		return h, breach("6.1", ptr+abi.HeaderSize, "batch header of %d bytes", n)
	}
	if n := u32(b, abi.HeaderColumns); uint64(n) != uint64(len(r.schema)) {
		return h, breach("6.2", ptr+abi.HeaderColumns, "%d columns, the scan has %d", n, len(r.schema))
	}
	if h.rows = binary.LittleEndian.Uint64(b[abi.HeaderRows:]); h.rows > uint64(rowsMax) {
		return h, breach("6.3", ptr+abi.HeaderRows, "%d rows, asked for at most %d", h.rows, rowsMax)
	}
	h.flags = u32(b, abi.HeaderFlags)
	h.columnsPtr, h.stride = uint64(u32(b, abi.HeaderColumnsPtr)), uint64(u32(b, abi.HeaderStride))
	if len(r.schema) > 0 {
		if h.stride < abi.ColumnBytes || h.stride&7 != 0 {
			return h, breach("6.1", ptr+abi.HeaderStride, "column descriptors of %d bytes", h.stride)
		}
		if h.columnsPtr&7 != 0 || h.columnsPtr > size || uint64(len(r.schema))*h.stride > size-h.columnsPtr {
			return h, breach("6.1", ptr+abi.HeaderColumnsPtr, "column descriptors at %#x outside memory or not 8-aligned", h.columnsPtr)
		}
	}
	r.batch.Rows = int(h.rows)
	r.batch.Lease = int64(binary.LittleEndian.Uint64(b[abi.HeaderLease:]))
	r.batch.Last = h.flags&abi.FlagLast != 0
	r.batch.Sel = nil
	if h.flags&abi.FlagSelection != 0 && r.features&uint64(pb.Feature_FEATURE_SELECTION) == 0 {
		return h, breach("6.10", ptr+abi.HeaderFlags, "a selection without feature SELECTION")
	}
	if r.batch.Lease != 0 && r.features&uint64(pb.Feature_FEATURE_LEASES) == 0 {
		r.batch.Lease = 0
	}
	return h, nil
}

func (r *Reader) columns(h *header) *Violation {
	for i := range r.schema {
		r.at = i
		if h.rows == 0 {
			r.empty(&r.batch.Cols[i])
			continue
		}
		at := h.columnsPtr + uint64(i)*h.stride
		if v := r.column(&r.batch.Cols[i], at, int(h.rows)); v != nil {
			return v
		}
	}
	return nil
}

// empty sets a column of no rows; whatever its descriptor says is not looked at.
func (r *Reader) empty(v *col.Vec) {
	field := &r.schema[r.at]
	*v = col.Vec{Type: field.Type, Precision: field.Precision, Scale: field.Scale, Buffers: v.Buffers[:0]}
	if field.Type.Varying() {
		v.Offsets = noOffsets
	}
}

var noOffsets = make([]int32, 1)

// charge counts bytes that are about to be checked.
func (r *Reader) charge(bytes, at uint64) *Violation {
	r.bytes += bytes
	if r.bytes <= r.bytesMax {
		return nil
	}
	v := breach("6.3", at, "batch of more than %d bytes", r.bytesMax)
	v.Code = abi.Resource
	return v
}

// selection reads the rows that count.
func (r *Reader) selection(h *header) *Violation {
	ptr, n := uint64(u32(r.mem, h.ptr+abi.HeaderSelPtr)), uint64(u32(r.mem, h.ptr+abi.HeaderSelLen))
	if n > h.rows {
		return breach("6.10", h.ptr+abi.HeaderSelLen, "a selection of %d of %d rows", n, h.rows)
	}
	if n == 0 {
		r.batch.Sel = []uint32{}
		return nil
	}
	if ptr&3 != 0 || ptr > uint64(len(r.mem)) || 4*n > uint64(len(r.mem))-ptr {
		return breach("6.10", h.ptr+abi.HeaderSelPtr, "selection at %#x outside memory or not aligned", ptr)
	}
	sel := slice[uint32](r.mem[ptr : ptr+4*n])
	last := int64(-1)
	for i, row := range sel {
		if int64(row) <= last || uint64(row) >= h.rows {
			v := breach("6.10", ptr+4*uint64(i), "selection entry %d is %d, after %d, of %d rows", i, row, last, h.rows)
			return v
		}
		last = int64(row)
	}
	r.batch.Sel = sel
	return nil
}

func u32(b []byte, at uint64) uint32 { return binary.LittleEndian.Uint32(b[at:]) }

// slice reads b as numbers. The caller has checked that b is aligned for T within guest memory,
// whose base is a page, and that its length is a multiple of T's size.
func slice[T col.Number](b []byte) []T {
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(T))))
}
