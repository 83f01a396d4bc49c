package main

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// page is a batch to be, of some columns of a table.
type page struct {
	// of is the table's definition, wanted are the columns' positions.
	of      *definition
	wanted  []int
	columns []pageColumn
	rows    int
	bytes   int
	out     col.Batch
}

type pageColumn struct {
	strip
	at    int
	typ   col.Type
	scale uint32
	// number: it is the row number, which is the key.
	number bool
	bits   col.Bitmap
}

func newPage(t *definition, wanted []int) page {
	p := page{of: t, wanted: slices.Clone(wanted), columns: make([]pageColumn, len(wanted))}
	for i, at := range wanted {
		c := &t.columns[at]
		p.columns[i] = pageColumn{at: at, typ: c.Type, scale: uint32(c.Scale), number: at == t.layout.hidden}
		p.columns[i].width = t.layout.widths[at]
		if p.columns[i].number {
			p.columns[i].width = 8
		}
	}
	p.out.Cols = make([]col.Vec, len(wanted))
	return p
}

// size is how much memory the page has, in bytes.
func (p *page) size() int {
	total := 0
	for i := range p.columns {
		c := &p.columns[i]
		total += cap(c.fixed) + 4*cap(c.offsets) + cap(c.data)
	}
	return total
}

func (p *page) reset() {
	p.rows, p.bytes = 0, 0
	for i := range p.columns {
		p.columns[i].reset()
	}
}

// add copies rows of a block.
func (p *page) add(b *block, from, end int) {
	for i := range p.columns {
		c := &p.columns[i]
		switch {
		case c.number:
			for row := from; row < end; row++ {
				key := b.keys.fixed[8*row:]
				c.fixed = append(c.fixed, key[7], key[6], key[5], key[4], key[3], key[2], key[1], key[0])
			}
		default:
			c.append(p.rows, &b.columns[c.at], from, end)
		}
		p.bytes += c.width * (end - from)
		if c.width == 0 {
			p.bytes += int(b.columns[c.at].offsets[end] - b.columns[c.at].offsets[from])
		}
	}
	p.rows += end - from
}

func (p *page) batch(last bool) *col.Batch {
	p.out.Rows, p.out.Last = p.rows, last
	for i := range p.columns {
		c := &p.columns[i]
		v := &p.out.Cols[i]
		*v = col.Vec{Type: c.typ, Len: p.rows, Scale: c.scale, Valid: c.valid}
		switch {
		case c.width == 0:
			v.Offsets, v.Data = c.offsets, c.data
		case c.typ == col.Bool:
			v.Fixed = c.pack()
		default:
			v.Fixed = c.fixed
		}
	}
	return &p.out
}

// pack makes bits of bools.
func (c *pageColumn) pack() col.Bitmap {
	size := col.BitmapBytes(len(c.fixed))
	c.bits = slices.Grow(c.bits[:0], size)[:size]
	clear(c.bits)
	for i, b := range c.fixed {
		c.bits[i>>3] |= b << (i & 7)
	}
	return c.bits
}

var zeros [32]byte
