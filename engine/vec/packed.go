package vec

import (
	"bytes"
	"hash/maphash"
)

// packedTable numbers keys of bytes. Behind equal hashes the keys themselves are compared.
type packedTable struct {
	seed   maphash.Seed
	hashes []uint64
	ends   []int
	arena  []byte
	// length is that of all keys; -1: they differ.
	length int
	// table has one more than the number in the lower half, and in the upper one of the hash; 0: free.
	table []uint64
	count int
}

// init makes the table ready: its hash is one that nobody outside can know.
func (t *packedTable) init() { t.seed = maphash.MakeSeed() }

// size is the memory of the table, in bytes.
func (t *packedTable) size() int64 {
	return 8*int64(cap(t.hashes)+cap(t.ends)+len(t.table)) + int64(cap(t.arena))
}

// more is about what it takes beyond that for n more keys, of the length that they have on average.
func (t *packedTable) more(n int) int64 {
	more := 8*grown(t.count+n, cap(t.hashes)) + 8*grown(t.count+n, cap(t.ends))
	more += grown(len(t.arena)+n*(len(t.arena)/max(t.count, 1)), cap(t.arena))
	if 2*(t.count+n) > len(t.table) {
		more += 8 * int64(len(t.table))
	}
	return more
}

// upper is the half of a hash, or of what a table has, that says most.
const upper = ^uint64(1<<32 - 1)

// find gives the number of a key that has one.
func (t *packedTable) find(key []byte) (uint32, bool) {
	if t.count == 0 {
		return 0, false
	}
	hash := maphash.Bytes(t.seed, key)
	mask := uint64(len(t.table) - 1)
	for at := hash & mask; t.table[at] != 0; at = (at + 1) & mask {
		if entry := t.table[at]; (entry^hash)&upper == 0 {
			if id := uint32(entry) - 1; bytes.Equal(t.key(id), key) {
				return id, true
			}
		}
	}
	return 0, false
}

// id gives the number of a key, which is new when it has none.
func (t *packedTable) id(key []byte) uint32 {
	if 2*(t.count+1) > len(t.table) {
		t.grow()
	}
	hash := maphash.Bytes(t.seed, key)
	mask := uint64(len(t.table) - 1)
	at := hash & mask
	for t.table[at] != 0 {
		if entry := t.table[at]; (entry^hash)&upper == 0 {
			if id := uint32(entry) - 1; bytes.Equal(t.key(id), key) {
				return id
			}
		}
		at = (at + 1) & mask
	}
	switch {
	case t.count == 0:
		t.length = len(key)
	case t.length != len(key):
		t.length = -1
	}
	t.table[at] = hash&upper | uint64(t.count+1)
	t.hashes = append(t.hashes, hash)
	t.arena = append(t.arena, key...)
	t.ends = append(t.ends, len(t.arena))
	t.count++
	return uint32(t.count - 1)
}

func (t *packedTable) key(id uint32) []byte {
	if t.length >= 0 {
		start := int(id) * t.length
		return t.arena[start : start+t.length]
	}
	start := 0
	if id > 0 {
		start = t.ends[id-1]
	}
	return t.arena[start:t.ends[id]]
}

func (t *packedTable) grow() {
	t.table = make([]uint64, max(1024, 2*len(t.table)))
	mask := uint64(len(t.table) - 1)
	for id, hash := range t.hashes {
		at := hash & mask
		for t.table[at] != 0 {
			at = (at + 1) & mask
		}
		t.table[at] = hash&upper | uint64(id+1)
	}
}
