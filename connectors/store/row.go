package main

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// layout says where the columns of a table lie in the bytes of a row:
//
//	a bit a column, set when it is NULL
//	the values of fixed width, and for the others where they end (uint32, counted from the end of this part)
//	the bytes of the others
//
// so that any column is found without reading those before it.
type layout struct {
	slots []slot
	// head is where the bytes of varying length begin.
	head int
	// hidden is the position of the row number, which is the key and not in the row; -1: none.
	hidden int
}

type slot struct {
	typ     col.Type
	width   int
	at      int
	varying bool
	// first of the varying ones.
	first bool
}

func newLayout(columns []wasql.Column, hidden int) layout {
	l := layout{slots: make([]slot, len(columns)), head: (len(columns) + 7) / 8, hidden: hidden}
	first := true
	for i := range columns {
		s := &l.slots[i]
		s.typ, s.at = columns[i].Type, l.head
		switch {
		case i == hidden:
			s.width = 0
		case s.typ.Varying():
			s.varying, s.width, s.first = true, 4, first
			first = false
		default:
			s.width = width(s.typ)
		}
		l.head += s.width
	}
	return l
}

// size of the row that cells make.
func (l *layout) size(cells []cell) int {
	n := l.head
	for i := range l.slots {
		if l.slots[i].varying {
			n += len(cells[i].raw)
		}
	}
	return n
}

// put writes the row of cells to dst, which has its size and is zero.
func (l *layout) put(dst []byte, cells []cell) {
	end := 0
	for i := range l.slots {
		s, c := &l.slots[i], &cells[i]
		if c.null {
			dst[i>>3] |= 1 << (i & 7)
		}
		if !s.varying {
			copy(dst[s.at:s.at+s.width], c.raw)
			continue
		}
		copy(dst[l.head+end:], c.raw)
		end += len(c.raw)
		binary.LittleEndian.PutUint32(dst[s.at:], uint32(end))
	}
}

// get reads column i of a row. key is the row's key, for the row number.
func (l *layout) get(key, row string, i int) cell {
	if i == l.hidden {
		return rowNumberCell(key)
	}
	if row[i>>3]&(1<<(i&7)) != 0 {
		return nullCell
	}
	s := &l.slots[i]
	if !s.varying {
		return cell{raw: row[s.at : s.at+s.width]}
	}
	start := 0
	if !s.first {
		start = int(load32(row[l.before(i):]))
	}
	return cell{raw: row[l.head+start : l.head+int(load32(row[s.at:]))]}
}

// before is where the end of the varying column before i stands.
func (l *layout) before(i int) int {
	for i--; !l.slots[i].varying; i-- {
	}
	return l.slots[i].at
}

// read gets all columns of a row.
func (l *layout) read(cells []cell, key, row string) {
	for i := range l.slots {
		cells[i] = l.get(key, row, i)
	}
}

// rowNumberCell is the row number as a cell; the key has it most significant byte first.
func rowNumberCell(key string) cell {
	var b [8]byte
	for i := range b {
		b[i] = key[7-i]
	}
	return cell{raw: string(b[:])}
}

// rowNumberKey is the key of a row that has no primary key.
func rowNumberKey(dst []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(dst, n) }
