package main

// Editing the rows of a version that its owner may change. Whoever inserts has made sure, with find and
// taken, that no key is there twice.

// find gives the row of a key.
func (v *version) find(key []byte) (string, bool) {
	if textOf(key) > v.top {
		return "", false
	}
	return v.rows.Get(textOf(key))
}

// taken gives the key of the row that holds the values of cells in index i, when the index is unique.
func (v *version) taken(i int, scratch []byte, cells []cell) (string, bool) {
	x := &v.definition.indexes[i]
	if !x.unique || !x.kept || x.spec.hasNull(cells) {
		return "", false
	}
	return v.indexes[i].Get(textOf(x.spec.append(scratch[:0], cells)))
}

// insert puts a new row into the tree of rows and all indexes, and into the changes.
func (v *version) insert(key []byte, cells []cell) {
	kept, row := v.put(key, cells)
	v.link(kept, row)
	v.enter(kept, cells)
}

// link puts a row into the tree of rows.
func (v *version) link(key, row string) {
	v.bytes += int64(len(key) + len(row))
	if key > v.top {
		v.top = key
		v.rows.Load(key, row)
		return
	}
	if old, was := v.rows.Set(key, row); was {
		v.bytes -= int64(len(key) + len(old))
	}
}

// enter puts the keys of a row into the indexes.
func (v *version) enter(key string, cells []cell) {
	for i := range v.definition.indexes {
		v.enterOne(i, key, cells)
	}
}

func (v *version) enterOne(i int, key string, cells []cell) {
	if x := &v.definition.indexes[i]; x.kept {
		entry := x.entry(scratch[:0], cells, key)
		scratch = entry
		v.indexes[i].Load(v.keys.keep(entry), key)
	}
}

// leave takes the keys of a row out of the indexes.
func (v *version) leave(key string, cells []cell) {
	for i := range v.definition.indexes {
		v.leaveOne(i, key, cells)
	}
}

func (v *version) leaveOne(i int, key string, cells []cell) {
	if x := &v.definition.indexes[i]; x.kept {
		scratch = x.entry(scratch[:0], cells, key)
		v.indexes[i].Delete(textOf(scratch))
	}
}

// scratch is where keys are made that are not kept: a store has one thread.
var scratch []byte

// entry is the key of a row in an index.
func (x *index) entry(dst []byte, cells []cell, key string) []byte {
	dst = x.spec.append(dst, cells)
	if !x.unique || x.spec.hasNull(cells) {
		dst = append(dst, key...)
	}
	return dst
}

// delete takes a row out; cells is room for its columns.
func (v *version) delete(key, row string, cells []cell) {
	v.remove(key)
	v.unlink(key, row, cells)
}

func (v *version) unlink(key, row string, cells []cell) {
	v.layout.read(cells, key, row)
	v.leave(key, cells)
	v.rows.Delete(key)
	v.bytes -= int64(len(key) + len(row))
}

// update gives a row other values under the same key. old and cells are its columns before and after.
func (v *version) update(key, row string, old, cells []cell) {
	kept, made := v.put([]byte(key), cells)
	v.rows.Set(kept, made)
	v.bytes += int64(len(made) - len(row))
	for i := range v.definition.indexes {
		if x := &v.definition.indexes[i]; x.kept && x.spec.differs(old, cells) {
			v.leaveOne(i, key, old)
			v.enterOne(i, kept, cells)
		}
	}
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
