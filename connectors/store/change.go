package main

import (
	"encoding/binary"
)

// A change of a table is written once: these bytes are the part of the log record, and what is done again when a commit
// finds that others committed before it.
//
//	put       1, rows: they are in the table now, in the place of those with the same keys
//	delete    2, length of the key, key
//	truncate  3
//
// where rows are their number; without a primary key 0 and the number of the first row, when they have numbers in order, or else 1 and
// their keys; and for each column
//
//	0, or 1 and a bit a row, set when it is not NULL
//	the values of fixed width, or for each where it ends (uint32) and the bytes of all
//
// so that many rows are read and written by the column. Lengths and numbers are uvarints.
const (
	changePut      = 1
	changeDelete   = 2
	changeTruncate = 3
)

// chunk holds changes one behind the other.
type chunk struct {
	before *chunk
	bytes  []byte
}

// chunkMax is the size of a chunk when changes are small.
const chunkMax = 4096

// reserve gives space for n more bytes of changes.
func (v *version) reserve(n int) []byte {
	if v.room == nil || cap(v.room.bytes)-len(v.room.bytes) < n {
		size := n
		if v.room != nil {
			size = max(n, min(chunkMax, 4*cap(v.room.bytes)))
		}
		v.changes = &chunk{before: v.changes, bytes: make([]byte, 0, size)}
		v.room = v.changes
	}
	return v.room.bytes
}

// put writes that a row is now what cells say.
func (v *version) put(key string, cells []cell) {
	size := 2 + 1 + binary.MaxVarintLen64
	for i, w := range v.layout.widths {
		size += 2 + max(w, 4+len(cells[i].raw))
	}
	b := append(v.reserve(size), changePut, 1)
	if v.layout.hidden >= 0 {
		b = binary.AppendUvarint(append(b, 0), rowNumberOf(key))
	}
	for i, w := range v.layout.widths {
		c := &cells[i]
		switch {
		case w < 0:
			continue
		case c.null:
			b = append(b, 1, 0)
		default:
			b = append(b, 0)
		}
		switch {
		case w == 0:
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(c.raw))), c.raw...)
		case c.null:
			b = append(b, zeros[:w]...)
		default:
			b = append(b, c.raw...)
		}
	}
	v.room.bytes = b
}

// putRows writes that rows are in the table now.
func (v *version) putRows(r *rowset) {
	v.room.bytes = v.layout.appendRows(v.reserve(v.layout.sizeOfRows(r)), r)
}

// sizeOfRows is how many bytes appendRows adds at most.
func (l *layout) sizeOfRows(r *rowset) int {
	size := 1 + 1 + 2*binary.MaxVarintLen64 + 8*r.n
	for i, w := range l.widths {
		if size += 1; r.columns[i].valid != nil {
			size += (r.n + 7) / 8
		}
		if w > 0 {
			size += w * r.n
		} else if w == 0 {
			size += 4*r.n + int(r.columns[i].offsets[r.n]-r.columns[i].offsets[0])
		}
	}
	return size
}

// appendRows writes a put.
func (l *layout) appendRows(b []byte, r *rowset) []byte {
	b = binary.AppendUvarint(append(b, changePut), uint64(r.n))
	if l.hidden >= 0 {
		first := rowNumberOf(r.first())
		if rowNumberOf(r.last())-first == uint64(r.n-1) {
			b = binary.AppendUvarint(append(b, 0), first)
		} else {
			b = append(append(b, 1), r.keys.fixed[:8*r.n]...)
		}
	}
	for i, w := range l.widths {
		if w < 0 {
			continue
		}
		s := &r.columns[i]
		if s.valid == nil {
			b = append(b, 0)
		} else {
			b = append(append(b, 1), s.valid[:(r.n+7)/8]...)
		}
		if w > 0 {
			b = append(b, s.fixed[:w*r.n]...)
			continue
		}
		first := s.offsets[0]
		for _, end := range s.offsets[1 : r.n+1] {
			b = binary.LittleEndian.AppendUint32(b, uint32(end-first))
		}
		b = append(b, s.data[first:s.offsets[r.n]]...)
	}
	return b
}

// remove writes that a row is gone.
func (v *version) remove(key string) {
	b := v.reserve(1 + binary.MaxVarintLen32 + len(key))
	b = append(binary.AppendUvarint(append(b, changeDelete), uint64(len(key))), key...)
	v.room.bytes = b
}

// truncate writes that all rows are gone, and takes them.
func (v *version) truncate() {
	b := v.reserve(1)
	v.room.bytes = append(b, changeTruncate)
	v.clear()
}
