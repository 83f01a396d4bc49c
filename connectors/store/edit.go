package main

// Editing single rows of a version that its owner may change. Whoever inserts has made sure, with find and
// taken, that no key is there twice. Cells and keys that are handed in have memory of their own: that of a block moves
// when the block changes.

// find gives the row of a key.
func (v *version) find(key []byte) (spot, bool) { return v.rows.find(textOf(key)) }

// taken gives the key of the row that holds the values of cells in index i, when the index is unique.
func (v *version) taken(i int, cells []cell) (string, bool) {
	x := &v.definition.indexes[i]
	if !x.unique || !x.kept || x.spec.hasNull(cells) {
		return "", false
	}
	scratch = x.spec.append(scratch[:0], cells)
	at, ok := v.indexes[i].find(textOf(scratch))
	if !ok {
		return "", false
	}
	return at.holder(), true
}

// holder is the key of the row that an entry of an index leads to.
func (at spot) holder() string { return at.b.columns[0].raw(at.i) }

// insert puts a new row into the tree of rows and all indexes, and into the changes.
func (v *version) insert(key []byte, cells []cell) {
	v.put(textOf(key), cells)
	v.link(textOf(key), cells)
}

// link puts a row into the trees.
func (v *version) link(key string, cells []cell) {
	for i := range v.definition.indexes {
		v.enter(i, key, cells)
	}
	v.rows.insert(v.owner, key, cells)
}

// enter puts the key of a row into an index.
func (v *version) enter(i int, key string, cells []cell) {
	if x := &v.definition.indexes[i]; x.kept {
		scratch = x.entry(scratch[:0], cells, key)
		leads[0].raw = key
		v.indexes[i].insert(v.owner, textOf(scratch), leads[:])
	}
}

// leave takes the key of a row out of an index.
func (v *version) leave(i int, key string, cells []cell) {
	if x := &v.definition.indexes[i]; x.kept {
		scratch = x.entry(scratch[:0], cells, key)
		v.indexes[i].remove(v.owner, textOf(scratch))
	}
}

// scratch is where keys are made that are not kept, and leads the columns of an entry: a store has one thread.
var (
	scratch []byte
	leads   [1]cell
)

// entry is the key of a row in an index.
func (x *index) entry(dst []byte, cells []cell, key string) []byte {
	dst = x.spec.append(dst, cells)
	if !x.unique || x.spec.hasNull(cells) {
		dst = append(dst, key...)
	}
	return dst
}

// delete takes a row out; cells is room for its columns, which are gone then.
func (v *version) delete(key string, cells []cell) {
	v.remove(key)
	if at, ok := v.rows.find(key); ok {
		v.unlink(key, at, cells)
	}
}

// unlink takes a row out of the trees.
func (v *version) unlink(key string, at spot, cells []cell) {
	v.layout.read(cells, at)
	for i := range v.definition.indexes {
		v.leave(i, key, cells)
	}
	v.rows.remove(v.owner, key)
}

// update gives a row other values under the same key. old and cells are its columns before and after.
func (v *version) update(key string, old, cells []cell) {
	v.put(key, cells)
	for i := range v.definition.indexes {
		if x := &v.definition.indexes[i]; x.kept && x.spec.differs(old, cells) {
			v.leave(i, key, old)
			v.enter(i, key, cells)
		}
	}
	v.rows.set(v.owner, key, old, cells)
}

// differs tells whether a column of the key is not the same in two rows.
func (s *keySpec) differs(a, b []cell) bool {
	for i := range s.parts {
		if at := s.parts[i].column; a[at] != b[at] {
			return true
		}
	}
	return false
}

// detach copies what cells hold into room, which it gives back and which is theirs until the next call with it.
func detach(cells []cell, room []byte) []byte {
	size := 0
	for i := range cells {
		size += len(cells[i].raw)
	}
	if cap(room) < size {
		room = make([]byte, 0, 2*size)
	}
	room = room[:0]
	for i := range cells {
		at := len(room)
		room = append(room, cells[i].raw...)
		cells[i].raw = textOf(room[at:])
	}
	return room
}
