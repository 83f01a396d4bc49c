package server

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// bitBytes is the width of a BIT column in bytes.
func bitBytes(c engine.Column) int {
	_, digits, _ := strings.Cut(strings.ToLower(c.SQLType), "bit(")
	bits, err := strconv.Atoi(strings.TrimSuffix(digits, ")"))
	if err != nil || bits < 1 || bits > 64 {
		return 8
	}
	return (bits + 7) / 8
}

// appendBits writes a BIT value, the highest byte first.
func (c *cells) appendBits(dst []byte, x uint64) []byte {
	dst = append(dst, byte(c.bytes))
	for i := c.bytes - 1; i >= 0; i-- {
		dst = append(dst, byte(x>>(8*i)))
	}
	return dst
}

// text writes a value of a row, as engine.Row has them, in the text protocol.
func (c *cells) text(dst []byte, value any) []byte {
	switch x := value.(type) {
	case nil:
		return append(dst, nullCell)
	case string:
		return appendText(dst, x)
	case []byte:
		return appendText(dst, x)
	case int64:
		if c.column.Type == col.Year {
			return appendYear(dst, x)
		}
		return appendInteger(dst, x)
	case uint64:
		if c.column.Type == col.Bit {
			return c.appendBits(dst, x)
		}
		return appendUnsigned(dst, x)
	case float64:
		if c.column.Type == col.Float32 {
			return measured(dst, func(dst []byte) []byte { return appendFloat(dst, float32(x)) })
		}
		return measured(dst, func(dst []byte) []byte { return appendDouble(dst, x) })
	case bool:
		return appendInteger(dst, truth(x))
	}
	return appendText(dst, fmt.Sprint(value))
}

func truth(x bool) int64 {
	if x {
		return 1
	}
	return 0
}

// binaryValue writes a value of a row that is not NULL in the binary protocol.
func (c *cells) binaryValue(dst []byte, value any) []byte {
	switch x := value.(type) {
	case int64:
		return c.appendWidth(dst, uint64(x))
	case uint64:
		if c.column.Type == col.Bit {
			return c.appendBits(dst, x)
		}
		return c.appendWidth(dst, x)
	case bool:
		return c.appendWidth(dst, uint64(truth(x)))
	case float64:
		if c.column.Type == col.Float32 {
			return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(x)))
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(x))
	case []byte:
		return appendText(dst, x)
	case string:
		switch c.column.Type {
		case col.Date, col.Datetime:
			return appendMomentText(dst, x)
		case col.Time:
			return appendDurationText(dst, x)
		}
		return appendText(dst, x)
	}
	return appendText(dst, fmt.Sprint(value))
}

// appendWidth writes a whole number in the width of its column.
func (c *cells) appendWidth(dst []byte, x uint64) []byte {
	switch c.column.Type.Width() {
	case 1:
		return append(dst, byte(x))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(x))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(x))
	}
	return binary.LittleEndian.AppendUint64(dst, x)
}

// clock reads digits, with anything but digits between them, and a fraction of up to six.
func clock(text string) (numbers [4]int, micros int64) {
	text, fraction, _ := strings.Cut(text, ".")
	for i, part := range strings.Split(text, ":") {
		if i < len(numbers) {
			numbers[i], _ = strconv.Atoi(part) // the engine wrote it
		}
	}
	for i := range 6 {
		micros *= 10
		if i < len(fraction) {
			micros += int64(fraction[i] - '0')
		}
	}
	return numbers, micros
}

// appendMomentText writes a date or datetime that the engine wrote as text.
func appendMomentText(dst []byte, text string) []byte {
	date, time, _ := strings.Cut(text, " ")
	year, rest, _ := strings.Cut(date, "-")
	month, day, _ := strings.Cut(rest, "-")
	y, _ := strconv.Atoi(year) // the engine wrote it
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	at, micros := clock(time)
	micros += int64(at[0]*3600+at[1]*60+at[2]) * secondMicros
	if y == 0 && m == 0 && d == 0 && micros == 0 {
		return append(dst, 0)
	}
	return appendMoment(dst, y, m, d, micros)
}

// appendDurationText writes a time that the engine wrote as text.
func appendDurationText(dst []byte, text string) []byte {
	text, negative := strings.CutPrefix(text, "-")
	at, micros := clock(text)
	micros += int64(at[0]*3600+at[1]*60+at[2]) * secondMicros
	if negative {
		micros = -micros
	}
	return appendDuration(dst, micros)
}
