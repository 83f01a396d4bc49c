package main

import (
	"encoding/binary"
	"math"
	"unsafe"

	"github.com/wasql/wasql/abi/col"
)

// cell is one value on its way from a batch into a row, or out of a row: the bytes it has in a batch
// (SPEC 5.1), little-endian, as wide as its type; a bool is a byte. It shares the memory it was read from.
type cell struct {
	raw  string
	null bool
}

var nullCell = cell{null: true}

// width of a value of fixed width in a row.
func width(t col.Type) int {
	if t == col.Bool {
		return 1
	}
	return t.Width()
}

// cellAt reads row i of a plain column.
func cellAt(v *col.Vec, i int) cell {
	if !v.Valid.Get(i) || v.Type == col.Null {
		return nullCell
	}
	switch {
	case v.Type == col.Bool:
		if col.Bitmap(v.Fixed).Get(i) {
			return cell{raw: "\x01"}
		}
		return cell{raw: "\x00"}
	case v.Views != nil:
		return cell{raw: v.Text(i)}
	case v.Offsets != nil:
		return cell{raw: textOf(v.Data[v.Offsets[i]:v.Offsets[i+1]])}
	}
	w := v.Type.Width()
	return cell{raw: textOf(v.Fixed[i*w : i*w+w])}
}

// textOf is b as a string that shares its memory: b is not changed while the string lives.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// number reads a cell of a whole number, date or time of any width.
func (c cell) number(t col.Type) int64 {
	switch t {
	case col.Bool, col.Uint8:
		return int64(c.raw[0])
	case col.Int8:
		return int64(int8(c.raw[0]))
	case col.Int16:
		return int64(int16(load16(c.raw)))
	case col.Uint16, col.Enum, col.Year:
		return int64(load16(c.raw))
	case col.Int32, col.Date:
		return int64(int32(load32(c.raw)))
	case col.Uint32:
		return int64(load32(c.raw))
	}
	return int64(load64(c.raw))
}

// numberCell makes the cell of a whole number in buffer, which the cell then shares.
func numberCell(buffer *[8]byte, t col.Type, n int64) cell {
	binary.LittleEndian.PutUint64(buffer[:], uint64(n))
	return cell{raw: textOf(buffer[:width(t)])}
}

func load16(s string) uint16 { return uint16(s[0]) | uint16(s[1])<<8 }

func load32(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(load32(s)) | uint64(load32(s[4:]))<<32
}

// float reads a cell of a float.
func (c cell) float(t col.Type) float64 {
	if t == col.Float32 {
		return float64(math.Float32frombits(load32(c.raw)))
	}
	return math.Float64frombits(load64(c.raw))
}

// decimal reads a cell of a decimal of either width.
func (c cell) decimal() col.Dec256 {
	if len(c.raw) == 16 {
		sign := uint64(int64(load64(c.raw[8:])) >> 63)
		return col.Dec256{load64(c.raw), load64(c.raw[8:]), sign, sign}
	}
	return col.Dec256{load64(c.raw), load64(c.raw[8:]), load64(c.raw[16:]), load64(c.raw[24:])}
}
