package print

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// nullText stands for NULL where people read.
const nullText = "NULL"

// appendText writes a value that is not NULL as MySQL's client would show it. Bytes that are
// not text are shown as 0x and hexadecimal digits.
func appendText(dst []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		if v {
			return append(dst, '1')
		}
		return append(dst, '0')
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case uint64:
		return strconv.AppendUint(dst, v, 10)
	case float64:
		return appendFloat(dst, v)
	case string:
		return append(dst, v...)
	case []byte:
		if printable(v) {
			return append(dst, v...)
		}
		return hex.AppendEncode(append(dst, "0x"...), v)
	}
	return append(dst, "?"...)
}

// appendFloat writes the shortest digits that read back as the same number, with an exponent
// only where MySQL would use one.
func appendFloat(dst []byte, v float64) []byte {
	size := v
	if size < 0 {
		size = -size
	}
	if size != 0 && (size < 1e-15 || size >= 1e15) {
		return strconv.AppendFloat(dst, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

func printable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c == 0x7f {
			return false
		}
	}
	return true
}

// number tells whether the values of a column read best when aligned to the right.
func number(c engine.Column) bool {
	switch c.Type {
	case col.Float32, col.Float64, col.Decimal128, col.Decimal256, col.Year, col.Bit:
		return true
	}
	return c.Type.Integer()
}
