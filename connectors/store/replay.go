package main

import (
	"encoding/binary"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// change is one change, read back.
type change struct {
	kind     byte
	key, row string
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
		if err := readChanges(textOf(c.bytes), do); err != nil {
			return err
		}
	}
	return nil
}

// readChanges reads changes that lie one behind the other. Keys and rows share the memory of text.
func readChanges(text string, do func(change) error) error {
	for len(text) > 0 {
		c := change{kind: text[0]}
		ok := true
		text = text[1:]
		switch c.kind {
		case changePut:
			if c.key, text, ok = cut(text); ok {
				c.row, text, ok = cut(text)
			}
		case changeDelete:
			c.key, text, ok = cut(text)
		case changeTruncate:
		default:
			ok = false
		}
		if !ok {
			return wasql.Errorf(wasql.Corrupt, "a change of kind %d is not whole", c.kind)
		}
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}

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
		if row, ok := v.rows.Get(c.key); ok {
			v.unlink(c.key, row, v.spare())
		}
		return nil
	}
	if len(c.row) < v.layout.head {
		return wasql.Errorf(wasql.Corrupt, "a row of table %s.%s has %d bytes, at least %d are needed", v.database, v.name(), len(c.row), v.layout.head)
	}
	cells := v.spare()
	if row, ok := v.rows.Get(c.key); ok {
		v.unlink(c.key, row, cells)
	}
	v.layout.read(cells, c.key, c.row)
	for i := range v.indexes {
		if _, taken := v.taken(i, nil, cells); taken {
			return conflict("key %s of table %s.%s holds a value that another transaction wrote since this one began", v.definition.indexes[i].name, v.database, v.name())
		}
	}
	v.link(c.key, c.row)
	v.enter(c.key, cells)
	return nil
}

// spare gives room for the columns of a row, until the next call.
func (v *version) spare() []cell {
	if len(spareCells) < len(v.columns) {
		spareCells = make([]cell, len(v.columns))
	}
	return spareCells[:len(v.columns)]
}

var spareCells []cell
