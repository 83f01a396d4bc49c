package view

import (
	"encoding/binary"
	"unsafe"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// column checks the descriptor at at, and everything it points to, for rows rows.
func (r *Reader) column(v *col.Vec, at uint64, rows int) *Violation {
	field := &r.schema[r.at]
	d := r.mem[at : at+abi.ColumnBytes]
	typ := col.Type(binary.LittleEndian.Uint16(d[abi.ColumnType:]))
	if typ != field.Type {
		return breach("6.2", at, "type %v, the scan says %v", typ, field.Type)
	}
	encoding := col.Encoding(binary.LittleEndian.Uint16(d[abi.ColumnEncoding:]))
	buffers := v.Buffers
	*v = col.Vec{Type: typ, Encoding: encoding, Len: rows, Precision: field.Precision, Scale: field.Scale, Buffers: buffers[:0]}
	stored := rows
	switch encoding {
	case col.Plain:
	case col.View:
		if !r.has(pb.Feature_FEATURE_STRING_VIEW) {
			return breach("6.9", at+abi.ColumnEncoding, "encoding view without feature STRING_VIEW")
		}
	case col.Constant:
		if !r.has(pb.Feature_FEATURE_CONSTANT) {
			return breach("6.7", at+abi.ColumnEncoding, "encoding constant without feature CONSTANT")
		}
		stored = 1
	case col.Dictionary:
		if !r.has(pb.Feature_FEATURE_DICTIONARY) {
			return breach("6.8", at+abi.ColumnEncoding, "encoding dictionary without feature DICTIONARY")
		}
	default:
		return breach("6.1", at+abi.ColumnEncoding, "unknown encoding %d", uint16(encoding))
	}
	if typ == col.Null {
		v.Encoding, v.Buffers = col.Plain, nil
		return nil
	}
	if bad := r.validity(v, d, at, stored); bad != nil {
		return bad
	}
	if encoding == col.Dictionary {
		return r.dictionary(v, d, at)
	}
	if bad := r.values(v, d, at, stored); bad != nil {
		return bad
	}
	if r.unread != nil && r.unread[r.at] {
		return nil
	}
	return r.checkValues(v, field, stored, at)
}

func (r *Reader) has(f pb.Feature) bool { return r.features&uint64(f) != 0 }

// values sets the buffers of a plain, constant or view column of n stored values.
func (r *Reader) values(v *col.Vec, d []byte, at uint64, n int) *Violation {
	switch {
	case v.Type == col.Bool:
		return r.buffer(&v.Fixed, d, at, abi.ColumnBuffer1, uint64(col.BitmapBytes(n)), 1)
	case v.Type.Varying():
		// A constant of varying length is a view when it lists buffers or has no offsets.
		if v.Encoding == col.View || v.Encoding == col.Constant && r.constantView(d) {
			return r.views(v, d, at, n)
		}
		return r.offsets(v, d, at, n)
	case v.Encoding == col.View:
		return breach("6.9", at+abi.ColumnEncoding, "encoding view for type %v", v.Type)
	}
	width := uint64(v.Type.Width())
	return r.buffer(&v.Fixed, d, at, abi.ColumnBuffer1, uint64(n)*width, min(width, 8))
}

// constantView tells a constant stored as one view from one with offsets: two offsets are 8 bytes,
// a view is 16 and has no second buffer.
func (r *Reader) constantView(d []byte) bool {
	return u32(d, abi.ColumnBuffer1+4) >= 16 && u32(d, abi.ColumnBuffer2) == 0 && u32(d, abi.ColumnBuffer2+4) == 0 &&
		r.has(pb.Feature_FEATURE_STRING_VIEW)
}

// buffer takes need bytes of the {ptr, bytes} pair at field of the descriptor d that lies at at.
func (r *Reader) buffer(out *[]byte, d []byte, at, field, need, align uint64) *Violation {
	ptr, bytes := uint64(u32(d, field)), uint64(u32(d, field+4))
	size := uint64(len(r.mem))
	if ptr > size || bytes > size-ptr {
		return breach("6.4", at+field, "buffer of %d bytes at %#x outside memory of %d bytes", bytes, ptr, size)
	}
	if bytes < need {
		return breach("6.4", at+field, "buffer of %d bytes, the rows need %d", bytes, need)
	}
	if ptr&(align-1) != 0 && need > 0 {
		return breach("6.4", at+field, "buffer at %#x not %d-aligned", ptr, align)
	}
	*out = r.mem[ptr : ptr+need : ptr+need]
	return r.charge(need, at+field)
}

func (r *Reader) validity(v *col.Vec, d []byte, at uint64, n int) *Violation {
	nulls := binary.LittleEndian.Uint64(d[abi.ColumnNullCount:])
	if u32(d, abi.ColumnValidity) == 0 && u32(d, abi.ColumnValidity+4) == 0 {
		if nulls != 0 && nulls != abi.NullCountUnknown {
			return breach("6.5", at+abi.ColumnNullCount, "null count %d without a validity bitmap", nulls)
		}
		return nil
	}
	var bits []byte
	if bad := r.buffer(&bits, d, at, abi.ColumnValidity, uint64(col.BitmapBytes(n)), 1); bad != nil {
		return bad
	}
	if n == 0 {
		return nil
	}
	v.Valid = bits
	set := countBits(bits, n)
	if nulls != abi.NullCountUnknown && nulls != uint64(n-set) {
		return breach("6.5", at+abi.ColumnNullCount, "null count %d, the bitmap says %d", nulls, n-set)
	}
	if set == n {
		// All rows are valid: readers take the short way.
		v.Valid = nil
	}
	return nil
}

func (r *Reader) offsets(v *col.Vec, d []byte, at uint64, n int) *Violation {
	var offsets, data []byte
	if bad := r.buffer(&offsets, d, at, abi.ColumnBuffer1, 4*(uint64(n)+1), 4); bad != nil {
		return bad
	}
	ptr, bytes := uint64(u32(d, abi.ColumnBuffer2)), uint64(u32(d, abi.ColumnBuffer2+4))
	if size := uint64(len(r.mem)); ptr > size || bytes > size-ptr {
		return breach("6.4", at+abi.ColumnBuffer2, "buffer of %d bytes at %#x outside memory of %d bytes", bytes, ptr, size)
	}
	data = r.mem[ptr : ptr+bytes : ptr+bytes]
	v.Offsets, v.Data = slice[int32](offsets), data
	if i := risingOffsets(v.Offsets); i >= 0 {
		bad := breach("6.6", uint64(u32(d, abi.ColumnBuffer1))+4*uint64(i), "offset %d is %d, after %d", i, v.Offsets[i], v.Offsets[max(i-1, 0)])
		bad.Row = max(i-1, 0)
		return bad
	}
	if last := uint64(v.Offsets[n]); last > bytes {
		return breach("6.6", uint64(u32(d, abi.ColumnBuffer1))+4*uint64(n), "last offset %d behind the %d bytes at %#x", last, bytes, ptr)
	}
	return r.charge(uint64(v.Offsets[n]-v.Offsets[0]), at+abi.ColumnBuffer2)
}

func (r *Reader) views(v *col.Vec, d []byte, at uint64, n int) *Violation {
	var views []byte
	if bad := r.buffer(&views, d, at, abi.ColumnBuffer1, 16*uint64(n), 8); bad != nil {
		return bad
	}
	ptr, count := uint64(u32(d, abi.ColumnChildren)), uint64(u32(d, abi.ColumnChildren+4))
	size := uint64(len(r.mem))
	if count > buffersMax {
		return breach("6.9", at+abi.ColumnChildren+4, "%d buffers, at most %d", count, buffersMax)
	}
	if count > 0 && (ptr&3 != 0 || ptr > size || 8*count > size-ptr) {
		return breach("6.9", at+abi.ColumnChildren, "%d buffers at %#x outside memory or not aligned", count, ptr)
	}
	for i := range count {
		p, bytes := uint64(u32(r.mem, ptr+8*i)), uint64(u32(r.mem, ptr+8*i+4))
		if p > size || bytes > size-p {
			return breach("6.9", ptr+8*i, "buffer %d of %d bytes at %#x outside memory", i, bytes, p)
		}
		v.Buffers = append(v.Buffers, r.mem[p:p+bytes:p+bytes])
	}
	if n == 0 {
		v.Views = []col.StringView{}
		return nil
	}
	// views holds 16*n bytes, 8-aligned; StringView is 16 bytes and needs 4.
	v.Views = unsafe.Slice((*col.StringView)(unsafe.Pointer(unsafe.SliceData(views))), n)
	base := uint64(u32(d, abi.ColumnBuffer1))
	for i := range v.Views {
		s := &v.Views[i]
		if s.Length <= 12 || !v.Valid.Get(i) {
			continue
		}
		if bad := viewInside(s, v.Buffers); bad != "" {
			out := breach("6.9", base+16*uint64(i), "view of %d bytes: %s", s.Length, bad)
			out.Row = i
			return out
		}
		if bad := r.charge(uint64(s.Length), base+16*uint64(i)); bad != nil {
			return bad
		}
	}
	return nil
}

// viewInside says what is wrong with a long view.
func viewInside(s *col.StringView, buffers [][]byte) string {
	number, start := binary.LittleEndian.Uint32(s.Inline[4:]), binary.LittleEndian.Uint32(s.Inline[8:])
	if uint64(number) >= uint64(len(buffers)) {
		return "no such buffer"
	}
	buffer := buffers[number]
	if uint64(start)+uint64(s.Length) > uint64(len(buffer)) {
		return "outside its buffer"
	}
	if [4]byte(buffer[start:start+4]) != [4]byte(s.Inline[:4]) {
		return "prefix differs from the bytes"
	}
	return ""
}

// dictionary reads the indexes, and the plain column they point into.
func (r *Reader) dictionary(v *col.Vec, d []byte, at uint64) *Violation {
	var index []byte
	if bad := r.buffer(&index, d, at, abi.ColumnBuffer1, 4*uint64(v.Len), 4); bad != nil {
		return bad
	}
	v.Index = slice[uint32](index)
	ptr, entries := uint64(u32(d, abi.ColumnDict)), uint64(u32(d, abi.ColumnDictRows))
	size := uint64(len(r.mem))
	if ptr&7 != 0 || ptr > size || size-ptr < abi.ColumnBytes {
		return breach("6.8", at+abi.ColumnDict, "dictionary at %#x outside memory or not 8-aligned", ptr)
	}
	dd := r.mem[ptr : ptr+abi.ColumnBytes]
	dict := &r.dicts[r.at]
	*dict = col.Vec{Type: v.Type, Len: int(entries), Precision: v.Precision, Scale: v.Scale}
	if typ := col.Type(binary.LittleEndian.Uint16(dd[abi.ColumnType:])); typ != v.Type {
		return breach("6.8", ptr, "dictionary of type %v for a column of type %v", typ, v.Type)
	}
	if e := binary.LittleEndian.Uint16(dd[abi.ColumnEncoding:]); e != uint16(col.Plain) {
		return breach("6.8", ptr+abi.ColumnEncoding, "dictionary with encoding %v", col.Encoding(e))
	}
	if bad := r.validity(dict, dd, ptr, int(entries)); bad != nil {
		return bad
	}
	if bad := r.values(dict, dd, ptr, int(entries)); bad != nil {
		return bad
	}
	v.Dict = dict
	if bad := r.indexes(v, uint64(u32(d, abi.ColumnBuffer1)), entries); bad != nil {
		return bad
	}
	if r.unread != nil && r.unread[r.at] {
		return nil
	}
	return r.checkValues(dict, &r.schema[r.at], int(entries), ptr)
}

// indexes checks that valid rows point into the dictionary. NULL rows may hold anything.
func (r *Reader) indexes(v *col.Vec, base, entries uint64) *Violation {
	var top uint32
	for _, x := range v.Index {
		top = max(top, x)
	}
	if len(v.Index) == 0 || uint64(top) < entries {
		return nil
	}
	for i, x := range v.Index {
		if uint64(x) >= entries && v.Valid.Get(i) {
			bad := breach("6.8", base+4*uint64(i), "index %d into a dictionary of %d rows", x, entries)
			bad.Row = i
			return bad
		}
	}
	return nil
}
