package main

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// page is a batch to be, of some columns of a table.
type page struct {
	columns []pageColumn
	rows    int
	bytes   int
	out     col.Batch
}

type pageColumn struct {
	at      int
	typ     col.Type
	width   int
	fixed   []byte
	offsets []int32
	data    []byte
	valid   col.Bitmap
	nulls   int
	scale   uint32
}

func newPage(columns []wasql.Column, wanted []int) page {
	p := page{columns: make([]pageColumn, len(wanted))}
	for i, at := range wanted {
		p.columns[i] = pageColumn{at: at, typ: columns[at].Type, width: width(columns[at].Type), scale: uint32(columns[at].Scale)}
	}
	p.out.Cols = make([]col.Vec, len(wanted))
	return p
}

func (p *page) reset() {
	p.rows, p.bytes = 0, 0
	for i := range p.columns {
		c := &p.columns[i]
		c.fixed, c.offsets, c.data, c.valid, c.nulls = c.fixed[:0], c.offsets[:0], c.data[:0], c.valid[:0], 0
	}
}

// add copies a row.
func (p *page) add(l *layout, key, row string) {
	for i := range p.columns {
		c := &p.columns[i]
		value := l.get(key, row, c.at)
		if p.rows&7 == 0 {
			c.valid = append(c.valid, 0xff)
		}
		if value.null {
			c.valid[p.rows>>3] &^= 1 << (p.rows & 7)
			c.nulls++
		}
		c.put(value, p.rows)
		p.bytes += len(value.raw)
	}
	p.rows++
}

func (c *pageColumn) put(value cell, row int) {
	switch {
	case c.typ == col.Bool:
		if row&7 == 0 {
			c.fixed = append(c.fixed, 0)
		}
		if !value.null && value.raw[0] != 0 {
			c.fixed[row>>3] |= 1 << (row & 7)
		}
	case c.typ.Varying():
		if row == 0 {
			c.offsets = append(c.offsets, 0)
		}
		c.data = append(c.data, value.raw...)
		c.offsets = append(c.offsets, int32(len(c.data)))
	case value.null:
		c.fixed = append(c.fixed, zeros[:c.width]...)
	case c.width == 8:
		c.fixed = binary.LittleEndian.AppendUint64(c.fixed, load64(value.raw))
	case c.width == 4:
		c.fixed = binary.LittleEndian.AppendUint32(c.fixed, load32(value.raw))
	default:
		c.fixed = append(c.fixed, value.raw...)
	}
}

var zeros [32]byte

func (p *page) batch(last bool) *col.Batch {
	p.out.Rows, p.out.Last = p.rows, last
	for i := range p.columns {
		c := &p.columns[i]
		v := &p.out.Cols[i]
		*v = col.Vec{Type: c.typ, Len: p.rows, Scale: c.scale}
		if c.nulls > 0 {
			v.Valid = c.valid
		}
		if c.typ.Varying() {
			v.Offsets, v.Data = c.offsets, c.data
		} else {
			v.Fixed = c.fixed
		}
	}
	return &p.out
}
