package server

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// appendFunc writes the value at a row of a vector, which is not NULL.
type appendFunc func(c *cells, dst []byte, row int) []byte

// cells writes the values of one column of an answer.
type cells struct {
	column engine.Column
	// bytes is the width of a BIT column.
	bytes  int
	binary bool
	// vec are the values of the batch at hand, written by append; or values are.
	vec    *col.Vec
	values []any
	append appendFunc
	// of is the type, and view whether it lies in views, that append was chosen for.
	of       col.Type
	encoding col.Encoding
}

// rows writes the rows of an answer as packets.
type rows struct {
	*packets
	cells  []cells
	binary bool
}

func newRows(p *packets, columns []engine.Column, binary bool) *rows {
	r := &rows{packets: p, binary: binary, cells: make([]cells, len(columns))}
	for i, c := range columns {
		r.cells[i] = cells{column: c, binary: binary}
		if c.Type == col.Bit {
			r.cells[i].bytes = bitBytes(c)
		}
	}
	return r
}

// batch writes the rows of a batch.
func (r *rows) batch(b *engine.Batch) error {
	for i := range r.cells {
		r.cells[i].take(b.Columns[i])
	}
	row := r.textRow
	if r.binary {
		row = r.binaryRow
	}
	for at := range b.Len() {
		position := at
		if b.Sel != nil {
			position = int(b.Sel[at])
		}
		if err := row(position, at); err != nil {
			return err
		}
	}
	return nil
}

// textRow writes a row of the text protocol: its position in vectors, and in values.
func (r *rows) textRow(position, at int) error {
	r.begin()
	out := r.out
	for i := range r.cells {
		c := &r.cells[i]
		switch {
		case c.values != nil:
			out = c.text(out, c.values[at])
		case c.vec.IsNull(position):
			out = append(out, nullCell)
		default:
			out = c.append(c, out, position)
		}
	}
	r.out = out
	return r.end()
}

// binaryRow writes a row of the binary protocol.
func (r *rows) binaryRow(position, at int) error {
	r.begin()
	out := append(r.out, 0)
	nulls := len(out)
	for range (len(r.cells) + 9) / 8 {
		out = append(out, 0)
	}
	for i := range r.cells {
		c := &r.cells[i]
		var null bool
		if c.values != nil {
			null = c.values[at] == nil
		} else {
			null = c.vec.IsNull(position)
		}
		switch {
		case null:
			out[nulls+(i+2)/8] |= 1 << ((i + 2) % 8)
		case c.values != nil:
			out = c.binaryValue(out, c.values[at])
		default:
			out = c.append(c, out, position)
		}
	}
	r.out = out
	return r.end()
}

// row writes a row that is one in the engine.
func (r *rows) row(row engine.Row) error {
	r.begin()
	out := r.out
	if !r.binary {
		for i := range r.cells {
			out = r.cells[i].text(out, row[i])
		}
		r.out = out
		return r.end()
	}
	out = append(out, 0)
	nulls := len(out)
	for range (len(r.cells) + 9) / 8 {
		out = append(out, 0)
	}
	for i := range r.cells {
		if row[i] == nil {
			out[nulls+(i+2)/8] |= 1 << ((i + 2) % 8)
			continue
		}
		out = r.cells[i].binaryValue(out, row[i])
	}
	r.out = out
	return r.end()
}

// take makes ready to write the values of a batch.
func (c *cells) take(b engine.BatchColumn) {
	c.vec, c.values = b.Vec, b.Values
	if c.vec == nil {
		if c.values == nil {
			c.values = []any{}
		}
		return
	}
	if c.append != nil && c.of == c.vec.Type && c.encoding == c.vec.Encoding {
		return
	}
	c.of, c.encoding = c.vec.Type, c.vec.Encoding
	c.append = c.choose()
}

// choose finds how values of the vector's type are written as those of the column's.
func (c *cells) choose() appendFunc {
	switch t := c.vec.Type; {
	case t == col.Null:
		return func(_ *cells, dst []byte, _ int) []byte { return append(dst, nullCell) } // never called: all are NULL
	case t == col.Float32 || t == col.Float64:
		return c.chooseFloat()
	case t == col.Decimal128 || t == col.Decimal256:
		return decimalCell
	case t == col.Date:
		return pick(c.binary, dateBinary, dateText)
	case t == col.Datetime:
		return pick(c.binary, datetimeBinary, datetimeText)
	case t == col.Time:
		return pick(c.binary, timeBinary, timeText)
	case t == col.Bool || t == col.Year || t.Integer():
		return c.chooseInteger()
	}
	if c.vec.Encoding == col.Plain {
		return plainBytesCell
	}
	return bytesCell
}

func pick(binary bool, ifBinary, ifText appendFunc) appendFunc {
	if binary {
		return ifBinary
	}
	return ifText
}

func bytesCell(c *cells, dst []byte, row int) []byte { return appendText(dst, c.vec.Bytes(row)) }

func plainBytesCell(c *cells, dst []byte, row int) []byte {
	v := c.vec
	if v.Offsets == nil {
		return appendText(dst, v.Bytes(row))
	}
	return appendText(dst, v.Data[v.Offsets[row]:v.Offsets[row+1]])
}

func decimalCell(c *cells, dst []byte, row int) []byte {
	at := len(dst)
	dst = append(dst, 0)
	dst = appendDecimal(dst, c.vec.Decimal(row), c.vec.Scale)
	dst[at] = byte(len(dst) - at - 1) // a decimal has fewer than 251 bytes
	return dst
}
