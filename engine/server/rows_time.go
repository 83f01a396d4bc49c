package server

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
)

const (
	secondMicros = 1_000_000
	dayMicros    = 86_400 * secondMicros
)

func dateText(c *cells, dst []byte, row int) []byte {
	at := len(dst)
	dst = col.AppendDate(append(dst, 0), int32(c.vec.Int64(row)))
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

func datetimeText(c *cells, dst []byte, row int) []byte {
	at := len(dst)
	dst = col.AppendDatetime(append(dst, 0), c.vec.Int64(row), c.column.Scale)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

// timeText shows a fraction only where there is one, as the engine's rows do.
func timeText(c *cells, dst []byte, row int) []byte {
	x, scale := c.vec.Int64(row), uint32(0)
	if x%secondMicros != 0 {
		scale = 6
	}
	at := len(dst)
	dst = col.AppendTime(append(dst, 0), x, scale)
	dst[at] = byte(len(dst) - at - 1)
	return dst
}

func dateBinary(c *cells, dst []byte, row int) []byte {
	days := int32(c.vec.Int64(row))
	if days == col.ZeroDate {
		return append(dst, 0)
	}
	year, month, day := col.CivilFromDays(days)
	return append(dst, 4, byte(year), byte(year>>8), byte(month), byte(day))
}

func datetimeBinary(c *cells, dst []byte, row int) []byte {
	micros := c.vec.Int64(row)
	if micros == col.ZeroDatetime {
		return append(dst, 0)
	}
	days := micros / dayMicros
	rest := micros % dayMicros
	if rest < 0 {
		days, rest = days-1, rest+dayMicros
	}
	year, month, day := col.CivilFromDays(int32(days))
	return appendMoment(dst, year, month, day, rest)
}

// appendMoment writes a date with the microseconds since its midnight, as short as it can be.
func appendMoment(dst []byte, year, month, day int, micros int64) []byte {
	seconds, fraction := micros/secondMicros, uint32(micros%secondMicros)
	at := len(dst)
	dst = append(dst, 4, byte(year), byte(year>>8), byte(month), byte(day))
	if micros == 0 {
		return dst
	}
	dst[at] = 7
	dst = append(dst, byte(seconds/3600), byte(seconds/60%60), byte(seconds%60))
	if fraction == 0 {
		return dst
	}
	dst[at] = 11
	return binary.LittleEndian.AppendUint32(dst, fraction)
}

func timeBinary(c *cells, dst []byte, row int) []byte { return appendDuration(dst, c.vec.Int64(row)) }

// appendDuration writes a TIME of the binary protocol.
func appendDuration(dst []byte, micros int64) []byte {
	if micros == 0 {
		return append(dst, 0)
	}
	negative := byte(0)
	if micros < 0 {
		negative, micros = 1, -micros
	}
	at := len(dst)
	dst = append(dst, 8, negative)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(micros/dayMicros))
	seconds := micros % dayMicros / secondMicros
	dst = append(dst, byte(seconds/3600), byte(seconds/60%60), byte(seconds%60))
	if fraction := uint32(micros % secondMicros); fraction != 0 {
		dst[at] = 12
		dst = binary.LittleEndian.AppendUint32(dst, fraction)
	}
	return dst
}
