package main

import (
	"encoding/binary"
)

// A change of a table is written once: these bytes are the row in the tree, the part of the log record, and what is
// done again when a commit finds that others committed before it.
//
//	put       1, length of the key, key, length of the row, row
//	delete    2, length of the key, key
//	truncate  3
//
// Lengths are uvarints.
const (
	changePut      = 1
	changeDelete   = 2
	changeTruncate = 3
)

// chunk holds changes one behind the other. What is in it never moves and never changes.
type chunk struct {
	before *chunk
	bytes  []byte
}

// chunkMax is the size of a chunk when rows are small. A row that lives keeps its whole chunk alive, so
// it must not be large; a chunk is one allocation, so it must not be small.
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

// put writes that a row is now what cells say, and gives key and row as they lie in the chunk.
func (v *version) put(key []byte, cells []cell) (string, string) {
	size := v.layout.size(cells)
	var b []byte
	if need := 1 + 2*binary.MaxVarintLen32 + len(key) + size; v.room != nil && cap(v.room.bytes)-len(v.room.bytes) >= need {
		b = v.room.bytes
	} else {
		b = v.reserve(need)
	}
	b = binary.AppendUvarint(append(b, changePut), uint64(len(key)))
	keyAt := len(b)
	b = binary.AppendUvarint(append(b, key...), uint64(size))
	rowAt := len(b)
	b = b[:rowAt+size]
	v.layout.put(b[rowAt:], cells)
	v.room.bytes = b
	return textOf(b[keyAt : keyAt+len(key)]), textOf(b[rowAt:])
}

// remove writes that a row is gone.
func (v *version) remove(key string) {
	b := v.reserve(1 + binary.MaxVarintLen32 + len(key))
	b = append(binary.AppendUvarint(append(b, changeDelete), uint64(len(key))), key...)
	v.room.bytes = b
}

// arena takes small strings, many in one allocation.
type arena struct{ bytes []byte }

const arenaMax = 4096

// keep copies b.
func (a *arena) keep(b []byte) string {
	if cap(a.bytes)-len(a.bytes) < len(b) {
		a.bytes = make([]byte, 0, max(len(b), min(arenaMax, 4*cap(a.bytes))))
	}
	at := len(a.bytes)
	a.bytes = append(a.bytes, b...)
	return textOf(a.bytes[at:])
}

// truncate writes that all rows are gone, and takes them.
func (v *version) truncate() {
	b := v.reserve(1)
	v.room.bytes = append(b, changeTruncate)
	v.clear()
}
