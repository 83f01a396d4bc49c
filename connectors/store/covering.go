package main

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
)

// covering makes the columns of a batch out of the keys of an index: the row itself is not looked up.
type covering struct {
	// own are the index's parts, row those of the key of a row.
	own, row []keyPart
	// from has, for each column of the batch, its part: among own, or, behind them, among row.
	from []int
	// cells and room are scratch: what the parts hold, and its bytes.
	cells []cell
	room  []byte
}

// covers gives the way to make columns out of the keys of an index; nil when a column is in none of them, or
// only in a form that its value cannot be made of again.
func (d *definition) covers(index int, columns []int) *covering {
	if index < 0 {
		return nil
	}
	c := &covering{own: d.indexes[index].spec.parts, row: d.rowParts(), from: make([]int, len(columns))}
	for i, at := range columns {
		if c.from[i] = c.part(at); c.from[i] < 0 {
			return nil
		}
	}
	c.cells = make([]cell, len(c.own)+len(c.row))
	return c
}

func (c *covering) part(column int) int {
	for i := range c.own {
		if c.own[i].column == column && c.own[i].reversible() {
			return i
		}
	}
	for i := range c.row {
		if c.row[i].column == column && c.row[i].reversible() {
			return len(c.own) + i
		}
	}
	return -1
}

// reversible tells whether a value can be made of its key again: not of the weights of a text, and not of a
// float, whose zero has lost its sign.
func (p *keyPart) reversible() bool {
	switch {
	case p.prefix > 0 || p.typ == col.Float32 || p.typ == col.Float64:
		return false
	case p.typ == col.UTF8:
		return p.collation.Bytewise()
	}
	return p.typ == col.Binary || !p.typ.Varying()
}

// read makes the values of the parts of an entry: of its key, and of that of its row.
func (c *covering) read(key, holder string) {
	c.room = c.room[:0]
	for i := range c.own {
		n := c.own[i].length(key)
		c.cells[i], c.room = c.own[i].read(key[:n], c.room)
		key = key[n:]
	}
	for i := range c.row {
		n := c.row[i].length(holder)
		c.cells[len(c.own)+i], c.room = c.row[i].read(holder[:n], c.room)
		holder = holder[n:]
	}
}

// read makes the value of a part again, with its bytes behind those in room. A part that is not reversible
// gives nothing that means anything.
func (p *keyPart) read(key string, room []byte) (cell, []byte) {
	start := len(room)
	room = append(room, key...)
	raw := room[start:]
	if p.desc {
		flip(raw)
	}
	if p.nullable {
		if raw[0] == keyNull {
			return cell{null: true}, room
		}
		raw = raw[1:]
	}
	switch p.typ {
	case col.Int8:
		raw[0] ^= 0x80
	case col.Int16:
		binary.LittleEndian.PutUint16(raw, binary.BigEndian.Uint16(raw)^1<<15)
	case col.Uint16, col.Enum, col.Year:
		binary.LittleEndian.PutUint16(raw, binary.BigEndian.Uint16(raw))
	case col.Int32, col.Date:
		binary.LittleEndian.PutUint32(raw, binary.BigEndian.Uint32(raw)^1<<31)
	case col.Uint32:
		binary.LittleEndian.PutUint32(raw, binary.BigEndian.Uint32(raw))
	case col.Int64, col.Time, col.Datetime:
		binary.LittleEndian.PutUint64(raw, binary.BigEndian.Uint64(raw)^1<<63)
	case col.Uint64, col.Set, col.Bit:
		binary.LittleEndian.PutUint64(raw, binary.BigEndian.Uint64(raw))
	case col.Decimal128, col.Decimal256:
		raw[0] ^= 0x80
		for i, j := 0, len(raw)-1; i < j; i, j = i+1, j-1 {
			raw[i], raw[j] = raw[j], raw[i]
		}
	default:
		if p.typ.Varying() {
			raw = unescape(raw)
		}
	}
	return cell{raw: textOf(raw)}, room
}

// unescape takes escape back, in place.
func unescape(raw []byte) []byte {
	n := 0
	for i := 0; i < len(raw)-1; i++ {
		b := raw[i]
		if b == 1 {
			i++
			b = raw[i] - 1
		}
		raw[n] = b
		n++
	}
	return raw[:n]
}

// addKeys puts an entry of an index into the page.
func (p *page) addKeys(c *covering) {
	for i := range p.columns {
		column, value := &p.columns[i], c.cells[c.from[i]]
		column.insert(p.rows, p.rows, value)
		p.bytes += len(value.raw)
	}
	p.rows++
}
