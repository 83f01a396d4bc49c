package spill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/wasql/wasql/abi/col"
)

// A frame is one batch. Numbers are little-endian:
//
//	 0  magic       4
//	 4  checksum    4  CRC-32C of all that follows
//	 8  length      8  of what stands behind the head
//	16  rows        4
//	20  columns     4
//	24  a column each, 24 bytes: type 2, has NULLs 2, precision 4, scale 4, zero 4, bytes of text 8
//	    the buffers of each column: bitmap, values or offsets, text; each begins at a multiple of 8
const (
	magic      = 0x31505357
	headSize   = 24
	columnSize = 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errEncoding = errors.New("a column that is not plain")

// encode appends the frame of a batch.
func encode(dst []byte, b *col.Batch) ([]byte, error) {
	start := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, magic)
	dst = append(dst, make([]byte, 12)...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(b.Rows))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(b.Cols)))
	if b.Sel != nil {
		return dst, errEncoding
	}
	for i := range b.Cols {
		v := &b.Cols[i]
		if v.Encoding != col.Plain || v.Type == col.Bool || v.Type == col.Invalid {
			return dst, errEncoding
		}
		var nulls uint16
		if v.Valid != nil {
			nulls = 1
		}
		dst = binary.LittleEndian.AppendUint16(dst, uint16(v.Type))
		dst = binary.LittleEndian.AppendUint16(dst, nulls)
		dst = binary.LittleEndian.AppendUint32(dst, v.Precision)
		dst = binary.LittleEndian.AppendUint64(dst, uint64(v.Scale))
		text := 0
		if v.Type.Varying() {
			text = int(v.Offsets[b.Rows] - v.Offsets[0])
		}
		dst = binary.LittleEndian.AppendUint64(dst, uint64(text))
	}
	for i := range b.Cols {
		dst = appendColumn(dst, &b.Cols[i], b.Rows)
	}
	frame := dst[start:]
	binary.LittleEndian.PutUint64(frame[8:], uint64(len(frame)-headSize))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(frame[8:], castagnoli))
	return dst, nil
}

func appendColumn(dst []byte, v *col.Vec, rows int) []byte {
	if v.Valid != nil {
		dst = pad(append(dst, v.Valid[:col.BitmapBytes(rows)]...))
	}
	if !v.Type.Varying() {
		return pad(append(dst, v.Fixed[:rows*v.Type.Width()]...))
	}
	first := v.Offsets[0]
	if first == 0 {
		dst = append(dst, col.BytesOf(v.Offsets[:rows+1])...)
	} else {
		for _, at := range v.Offsets[:rows+1] {
			dst = binary.NativeEndian.AppendUint32(dst, uint32(at-first))
		}
	}
	return pad(append(pad(dst), v.Data[first:v.Offsets[rows]]...))
}

// pad appends zeros up to a multiple of 8. A frame begins at the beginning of its buffer.
func pad(dst []byte) []byte { return append(dst, make([]byte, -len(dst)&7)...) }

// decoder makes batches of frames, in memory that it uses again.
type decoder struct {
	words []uint64
	batch col.Batch
}

// room gives n bytes that begin at a multiple of 8.
func (d *decoder) room(n int) []byte {
	if words := (n + 7) / 8; len(d.words) < words {
		d.words = make([]uint64, words)
	}
	return col.BytesOf(d.words)[:n]
}

// decode reads the columns of a frame, whose checksum is right, behind its head.
func (d *decoder) decode(body []byte, rows, columns int) (*col.Batch, error) {
	if len(body) < columns*columnSize {
		return nil, errDamaged
	}
	if cap(d.batch.Cols) < columns {
		d.batch.Cols = make([]col.Vec, columns)
	}
	d.batch.Cols, d.batch.Rows = d.batch.Cols[:columns], rows
	rest := body[columns*columnSize:]
	cut := func(n int) []byte {
		if n < 0 || n > len(rest) {
			rest = nil
			return nil
		}
		part := rest[:n:n]
		rest = rest[min(n+(-n&7), len(rest)):]
		return part
	}
	for i := range columns {
		at := body[i*columnSize:]
		v := col.Vec{Type: col.Type(binary.LittleEndian.Uint16(at)), Len: rows,
			Precision: binary.LittleEndian.Uint32(at[4:]), Scale: binary.LittleEndian.Uint32(at[8:])}
		if binary.LittleEndian.Uint16(at[2:]) != 0 {
			v.Valid = col.Bitmap(cut(col.BitmapBytes(rows)))
		}
		if v.Type.Varying() {
			offsets := col.Vec{Type: col.Int32, Fixed: cut(4 * (rows + 1))}
			v.Offsets = col.Values[int32](&offsets)
			v.Data = cut(int(binary.LittleEndian.Uint64(at[16:])))
			if len(v.Offsets) != rows+1 || int(v.Offsets[rows]) != len(v.Data) {
				return nil, fmt.Errorf("column %d: %w", i, errDamaged)
			}
		} else {
			v.Fixed = cut(rows * v.Type.Width())
			if len(v.Fixed) != rows*v.Type.Width() {
				return nil, fmt.Errorf("column %d: %w", i, errDamaged)
			}
		}
		d.batch.Cols[i] = v
	}
	return &d.batch, nil
}
