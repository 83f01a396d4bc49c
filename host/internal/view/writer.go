package view

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
)

// Align is the alignment of a batch in guest memory.
const Align = 8

// Layout is a batch as it will lie in guest memory: plain columns, no selection. Other encodings
// are written out, so that any guest can read it. It shares the batch's memory.
type Layout struct {
	batch *col.Batch
	rows  int
	size  uint64
}

// NewLayout measures a batch. It fails when the batch would not fit into 32 bits.
func NewLayout(b *col.Batch) (*Layout, error) {
	l := &Layout{batch: b, rows: b.Len()}
	l.size = abi.HeaderBytes + uint64(len(b.Cols))*abi.ColumnBytes
	for i := range b.Cols {
		l.size += l.columnBytes(&b.Cols[i])
	}
	if l.size > math.MaxInt32 {
		return nil, fmt.Errorf("batch of %d rows needs %d bytes in guest memory, at most %d", l.rows, l.size, math.MaxInt32)
	}
	return l, nil
}

// Size is the number of bytes to ask the guest for, aligned to Align.
func (l *Layout) Size() uint32 { return uint32(l.size) }

func align8(n uint64) uint64 { return (n + 7) &^ 7 }

func (l *Layout) columnBytes(v *col.Vec) uint64 {
	if v.Type == col.Null {
		return 0
	}
	n := align8(uint64(col.BitmapBytes(l.rows)))
	switch {
	case v.Type == col.Bool:
		return 2 * n
	case v.Type.Varying():
		n += align8(4 * (uint64(l.rows) + 1))
		var data uint64
		for i := range l.rows {
			if row := l.batch.Row(i); !v.IsNull(row) {
				data += uint64(len(v.Bytes(row)))
			}
		}
		return n + align8(data)
	}
	return n + align8(uint64(l.rows)*uint64(v.Type.Width()))
}

// Put writes the batch into mem at base, which must be Align-aligned and have Size bytes there.
func (l *Layout) Put(mem []byte, base uint32) {
	area := mem[base : uint64(base)+l.size]
	clear(area)
	put32(area, abi.HeaderSize, abi.HeaderBytes)
	put32(area, abi.HeaderColumns, uint32(len(l.batch.Cols)))
	binary.LittleEndian.PutUint64(area[abi.HeaderRows:], uint64(l.rows))
	put32(area, abi.HeaderColumnsPtr, base+abi.HeaderBytes)
	put32(area, abi.HeaderStride, abi.ColumnBytes)
	at := uint64(abi.HeaderBytes + len(l.batch.Cols)*abi.ColumnBytes)
	for i := range l.batch.Cols {
		d := area[abi.HeaderBytes+i*abi.ColumnBytes:][:abi.ColumnBytes]
		at = l.column(&l.batch.Cols[i], d, area, at, base)
	}
}

// column writes the descriptor d and the buffers of v at at, and gives the place behind them.
func (l *Layout) column(v *col.Vec, d, area []byte, at uint64, base uint32) uint64 {
	binary.LittleEndian.PutUint16(d[abi.ColumnType:], uint16(v.Type))
	if v.Type == col.Null {
		binary.LittleEndian.PutUint64(d[abi.ColumnNullCount:], uint64(l.rows))
		return at
	}
	valid := col.Bitmap(area[at : at+uint64(col.BitmapBytes(l.rows))])
	next := at + align8(uint64(len(valid)))
	var end uint64
	switch {
	case v.Type == col.Bool:
		end = l.bools(v, d, area, valid, next, base)
	case v.Type.Varying():
		end = l.varying(v, d, area, valid, next, base)
	default:
		end = l.fixed(v, d, area, valid, next, base)
	}
	nulls := l.rows - valid.Count(l.rows)
	binary.LittleEndian.PutUint64(d[abi.ColumnNullCount:], uint64(nulls))
	if nulls > 0 {
		put32(d, abi.ColumnValidity, base+uint32(at))
		put32(d, abi.ColumnValidity+4, uint32(len(valid)))
	}
	return end
}

func (l *Layout) fixed(v *col.Vec, d, area []byte, valid col.Bitmap, at uint64, base uint32) uint64 {
	width := v.Type.Width()
	out := area[at : at+uint64(l.rows*width)]
	put32(d, abi.ColumnBuffer1, base+uint32(at))
	put32(d, abi.ColumnBuffer1+4, uint32(len(out)))
	for i := range l.rows {
		row := l.batch.Row(i)
		if v.IsNull(row) {
			continue
		}
		valid.Set(i)
		from, at := stored(v, row)
		copy(out[i*width:(i+1)*width], from.Fixed[at*width:])
	}
	return at + align8(uint64(len(out)))
}

func (l *Layout) bools(v *col.Vec, d, area []byte, valid col.Bitmap, at uint64, base uint32) uint64 {
	out := col.Bitmap(area[at : at+uint64(col.BitmapBytes(l.rows))])
	put32(d, abi.ColumnBuffer1, base+uint32(at))
	put32(d, abi.ColumnBuffer1+4, uint32(len(out)))
	for i := range l.rows {
		row := l.batch.Row(i)
		if v.IsNull(row) {
			continue
		}
		valid.Set(i)
		if v.Bool(row) {
			out.Set(i)
		}
	}
	return at + align8(uint64(len(out)))
}

func (l *Layout) varying(v *col.Vec, d, area []byte, valid col.Bitmap, at uint64, base uint32) uint64 {
	start := at + align8(4*(uint64(l.rows)+1))
	end := start
	for i := range l.rows {
		if row := l.batch.Row(i); !v.IsNull(row) {
			valid.Set(i)
			end += uint64(copy(area[end:], v.Bytes(row)))
		}
		put32(area, at+4*uint64(i)+4, uint32(end-start))
	}
	put32(d, abi.ColumnBuffer1, base+uint32(at))
	put32(d, abi.ColumnBuffer1+4, uint32(4*(l.rows+1)))
	put32(d, abi.ColumnBuffer2, base+uint32(start))
	put32(d, abi.ColumnBuffer2+4, uint32(end-start))
	return start + align8(end-start)
}

// stored gives the vector and the position that hold the value of a row.
func stored(v *col.Vec, row int) (*col.Vec, int) {
	switch v.Encoding {
	case col.Constant:
		return v, 0
	case col.Dictionary:
		return v.Dict, int(v.Index[row])
	}
	return v, row
}

func put32(b []byte, at uint64, x uint32) { binary.LittleEndian.PutUint32(b[at:], x) }
