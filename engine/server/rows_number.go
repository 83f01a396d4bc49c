package server

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/wasql/wasql/abi/col"
)

// chooseInteger finds how whole numbers are written. The vector's may be narrower than the column's.
func (c *cells) chooseInteger() appendFunc {
	if !c.binary {
		if c.vec.Type == col.Uint64 {
			return unsignedText
		}
		if c.vec.Encoding == col.Plain {
			switch c.vec.Type {
			case col.Int64:
				return plainText[int64]
			case col.Int32:
				return plainText[int32]
			case col.Uint32:
				return plainText[uint32]
			case col.Int16:
				return plainText[int16]
			case col.Uint16:
				return plainText[uint16]
			}
		}
		if c.vec.Type == col.Year {
			return yearText
		}
		return integerText
	}
	switch c.column.Type.Width() {
	case 1:
		return func(c *cells, dst []byte, row int) []byte { return append(dst, byte(c.vec.Int64(row))) }
	case 2:
		return func(c *cells, dst []byte, row int) []byte {
			return binary.LittleEndian.AppendUint16(dst, uint16(c.vec.Int64(row)))
		}
	case 4:
		if c.vec.Type == col.Int32 && c.vec.Encoding == col.Plain {
			return plainBinary4
		}
		return func(c *cells, dst []byte, row int) []byte {
			return binary.LittleEndian.AppendUint32(dst, uint32(c.vec.Int64(row)))
		}
	}
	if (c.vec.Type == col.Int64 || c.vec.Type == col.Uint64) && c.vec.Encoding == col.Plain {
		return plainBinary8
	}
	return func(c *cells, dst []byte, row int) []byte {
		return binary.LittleEndian.AppendUint64(dst, uint64(c.vec.Int64(row)))
	}
}

func plainBinary4(c *cells, dst []byte, row int) []byte {
	return append(dst, c.vec.Fixed[4*row:4*row+4]...)
}

func plainBinary8(c *cells, dst []byte, row int) []byte {
	return append(dst, c.vec.Fixed[8*row:8*row+8]...)
}

// appendInteger writes a number as text, behind its length of one byte.
func appendInteger(dst []byte, x int64) []byte {
	at := len(dst)
	dst = strconv.AppendInt(append(dst, 0), x, 10)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

func appendUnsigned(dst []byte, x uint64) []byte {
	at := len(dst)
	dst = strconv.AppendUint(append(dst, 0), x, 10)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

func plainText[T int16 | int32 | int64 | uint16 | uint32](c *cells, dst []byte, row int) []byte {
	return appendInteger(dst, int64(col.Values[T](c.vec)[row]))
}

func integerText(c *cells, dst []byte, row int) []byte { return appendInteger(dst, c.vec.Int64(row)) }

func unsignedText(c *cells, dst []byte, row int) []byte {
	return appendUnsigned(dst, c.vec.Uint64(row))
}

func yearText(c *cells, dst []byte, row int) []byte { return appendYear(dst, c.vec.Int64(row)) }

// appendYear writes a year with four digits.
func appendYear(dst []byte, year int64) []byte {
	if year == 0 {
		return append(dst, "\x040000"...)
	}
	return appendInteger(dst, year)
}

func (c *cells) chooseFloat() appendFunc {
	single := c.column.Type == col.Float32
	switch {
	case !c.binary && single:
		return func(c *cells, dst []byte, row int) []byte {
			return measured(dst, func(dst []byte) []byte { return appendFloat(dst, float32(c.vec.Float64(row))) })
		}
	case !c.binary:
		return func(c *cells, dst []byte, row int) []byte {
			at := len(dst)
			dst = appendDouble(append(dst, 0), c.vec.Float64(row))
			dst[at] = byte(len(dst) - at - 1)
			return dst
		}
	case single:
		return func(c *cells, dst []byte, row int) []byte {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(c.vec.Float64(row))))
		}
	case c.vec.Type == col.Float64 && c.vec.Encoding == col.Plain:
		return plainBinary8
	}
	return func(c *cells, dst []byte, row int) []byte {
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(c.vec.Float64(row)))
	}
}

// measured writes a short text, fewer than 251 bytes, behind its length.
func measured(dst []byte, write func([]byte) []byte) []byte {
	at := len(dst)
	dst = write(append(dst, 0))
	dst[at] = byte(len(dst) - at - 1)
	return dst
}
