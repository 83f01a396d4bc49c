package main

import (
	"encoding/binary"
	"slices"
	"unsafe"

	wasql "github.com/wasql/wasql/sdk/go"
)

// change is one change, read back.
type change struct {
	kind byte
	// rows of a put, with their keys, in no order that is certain.
	rows *rowset
	// key of a delete.
	key string
}

// chunks gives the changes since the last commit, the oldest first.
func (v *version) chunks() []*chunk {
	var chunks []*chunk
	for c := v.changes; c != nil; c = c.before {
		chunks = append(chunks, c)
	}
	slices.Reverse(chunks)
	return chunks
}

// eachChange reads the changes since the last commit, the oldest first.
func (v *version) eachChange(do func(change) error) error {
	for _, c := range v.chunks() {
		if err := v.readChanges(textOf(c.bytes), do); err != nil {
			return err
		}
	}
	return nil
}

// readChanges reads changes that lie one behind the other. Keys and rows share the memory of text, and are valid until do returns.
func (d *definition) readChanges(text string, do func(change) error) error {
	var r rowset
	for len(text) > 0 {
		c := change{kind: text[0]}
		ok := true
		text = text[1:]
		switch c.kind {
		case changePut:
			if text, ok = d.layout.readRows(&r, text); ok {
				if c.rows = &r; d.layout.hidden < 0 {
					d.primary.keysOf(&r)
				}
			}
		case changeDelete:
			c.key, text, ok = cut(text)
		case changeTruncate:
		default:
			ok = false
		}
		if !ok {
			return wasql.Errorf(wasql.Corrupt, "a change of kind %d of table %s.%s is not whole", c.kind, d.database, d.name())
		}
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}

// readRows reads rows behind the letter of a put, without the keys that are made of columns.
func (l *layout) readRows(r *rowset, text string) (rest string, ok bool) {
	n, text, ok := uvarint(text)
	if !ok || n == 0 || n > uint64(len(text)) {
		return "", false
	}
	r.n = int(n)
	if len(r.columns) != len(l.widths) {
		r.columns = make([]strip, len(l.widths))
	}
	if l.hidden >= 0 {
		if text, ok = r.readNumbers(text); !ok {
			return "", false
		}
	}
	for i, w := range l.widths {
		if w < 0 {
			continue
		}
		s := &r.columns[i]
		s.width = w
		if text, ok = s.read(r.n, text); !ok {
			return "", false
		}
	}
	return text, true
}

// readNumbers reads the keys of rows without primary key.
func (r *rowset) readNumbers(text string) (rest string, ok bool) {
	if text == "" {
		return "", false
	}
	kind := text[0]
	text = text[1:]
	r.keys.width = 8
	if kind == 1 {
		if len(text) < 8*r.n {
			return "", false
		}
		r.keys.fixed = append(r.keys.fixed[:0], text[:8*r.n]...)
		return text[8*r.n:], true
	}
	first, text, ok := uvarint(text)
	r.keys.number(first, r.n)
	return text, ok
}

// number makes the keys of n rows without primary key.
func (s *strip) number(first uint64, n int) {
	s.width, s.fixed = 8, slices.Grow(s.fixed[:0], 8*n)
	for i := range uint64(n) {
		s.fixed = rowNumberKey(s.fixed, first+i)
	}
}

// read reads a column of n rows.
func (s *strip) read(n int, text string) (rest string, ok bool) {
	if text == "" {
		return "", false
	}
	kind := text[0]
	text = text[1:]
	s.valid = nil
	if size := (n + 7) / 8; kind == 1 {
		if len(text) < size {
			return "", false
		}
		s.valid, text = bytesOf(text[:size]), text[size:]
	}
	if s.width > 0 {
		if len(text) < n*s.width {
			return "", false
		}
		s.fixed = bytesOf(text[:n*s.width])
		return text[n*s.width:], true
	}
	if len(text) < 4*n {
		return "", false
	}
	ends := bytesOf(text[:4*n])
	text = text[4*n:]
	s.offsets = append(slices.Grow(s.offsets[:0], n+1), 0)
	for last := int32(0); len(ends) > 0; ends = ends[4:] {
		end := int32(binary.LittleEndian.Uint32(ends))
		if end < last || int(end) > len(text) {
			return "", false
		}
		s.offsets, last = append(s.offsets, end), end
	}
	size := int(s.offsets[n])
	s.data = bytesOf(text[:size])
	return text[size:], true
}

// bytesOf is a text as bytes that share its memory, and must not be changed.
func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// cut reads a length and as many bytes.
func cut(text string) (head, rest string, ok bool) {
	n, used := binary.Uvarint([]byte(text[:min(len(text), binary.MaxVarintLen64)]))
	if used <= 0 || n > uint64(len(text)-used) {
		return "", "", false
	}
	return text[used : used+int(n)], text[used+int(n):], true
}

// again does a change once more, without writing it down. A value that a unique index holds already is a conflict.
func (v *version) again(c change) error {
	switch c.kind {
	case changeTruncate:
		v.clear()
		return nil
	case changeDelete:
		if at, ok := v.rows.find(c.key); ok {
			v.unlink(c.key, at, v.spare())
		}
		return nil
	}
	if c.rows.n > 1 {
		if a, ok := v.arrive(c.rows); ok {
			v.add(a)
			return nil
		}
		if v.putOver(c.rows) {
			return nil
		}
	}
	for i := range c.rows.n {
		if err := v.putAgain(c.rows, i); err != nil {
			return err
		}
	}
	return nil
}

// putAgain puts one row.
func (v *version) putAgain(r *rowset, i int) error {
	key, cells := r.keys.raw(i), v.spare()
	if at, ok := v.rows.find(key); ok {
		old := make([]cell, len(cells))
		v.layout.read(old, at)
		v.layout.cells(cells, r, i)
		if v.keeps(old, cells) {
			v.rows.set(v.owner, key, old, cells)
			return nil
		}
		v.unlink(key, at, old)
	}
	v.layout.cells(cells, r, i)
	for k := range v.indexes {
		if _, taken := v.taken(k, cells); taken {
			return conflict("key %s of table %s.%s holds a value that another transaction wrote since this one began", v.definition.indexes[k].name, v.database, v.name())
		}
	}
	v.link(key, cells)
	return nil
}

// keeps tells whether two rows have the same keys in all indexes.
func (v *version) keeps(old, cells []cell) bool {
	for i := range v.definition.indexes {
		if x := &v.definition.indexes[i]; x.kept && x.spec.differs(old, cells) {
			return false
		}
	}
	return true
}

// cells gives the columns of a row, in the memory of r.
func (l *layout) cells(cells []cell, r *rowset, i int) {
	for c, w := range l.widths {
		if w >= 0 {
			cells[c] = r.columns[c].cell(i)
		}
	}
}

// spare gives room for the columns of a row, until the next call.
func (v *version) spare() []cell {
	if len(spareCells) < len(v.columns) {
		spareCells = make([]cell, len(v.columns))
	}
	return spareCells[:len(v.columns)]
}

var spareCells []cell
