package main

import (
	"encoding/binary"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// layout says what the strips of a tree's blocks are: widths in bytes, 0 for values that vary.
type layout struct {
	key    int
	widths []int
	// hidden is the position of the row number, which is the key and has no strip of its own, its width is -1; -1: none.
	hidden int
}

func newLayout(columns []wasql.Column, hidden int) layout {
	l := layout{widths: make([]int, len(columns)), hidden: hidden}
	for i := range columns {
		switch t := columns[i].Type; {
		case i == hidden:
			l.widths[i] = -1
		case !t.Varying():
			l.widths[i] = width(t)
		}
	}
	return l
}

func (l *layout) equal(other *layout) bool {
	return l.key == other.key && l.hidden == other.hidden && slices.Equal(l.widths, other.widths)
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

// rowNumberOf reads such a key.
func rowNumberOf(key string) uint64 { return load64(rowNumberCell(key).raw) }
