package server

import (
	"math/bits"
	"strconv"

	"github.com/wasql/wasql/abi/col"
)

const (
	// floatDigits is how many digits MySQL shows of a FLOAT.
	floatDigits = 6
	// plainExponent is the exponent of ten, of a number 0.ddd, up to which MySQL writes it without one.
	plainExponent = 15
)

// appendDouble writes a DOUBLE as MySQL does: the shortest digits that read back as the same number.
func appendDouble(dst []byte, x float64) []byte {
	var buffer [32]byte
	return appendDigits(dst, strconv.AppendFloat(buffer[:0], x, 'e', -1, 64))
}

// appendFloat writes a FLOAT as MySQL does.
func appendFloat(dst []byte, x float32) []byte {
	var buffer [32]byte
	return appendDigits(dst, strconv.AppendFloat(buffer[:0], float64(x), 'e', floatDigits-1, 64))
}

// appendDigits writes a number that is given as -d.ddde±dd.
func appendDigits(dst, text []byte) []byte {
	if text[0] == '-' {
		dst, text = append(dst, '-'), text[1:]
	}
	if text[0] > '9' {
		return append(dst, text...) // infinite, or no number: SQL has none
	}
	mark := len(text) - 1
	for text[mark] != 'e' {
		mark--
	}
	exponent := 0
	for _, c := range text[mark+2:] {
		exponent = 10*exponent + int(c-'0')
	}
	if text[mark+1] == '-' {
		exponent = -exponent
	}
	// The digits without the point, and without zeros at the end.
	digits := text[:1]
	if mark > 1 {
		text[1] = text[0]
		digits = text[1:mark]
	}
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	switch point := exponent + 1; {
	case point > plainExponent || point <= -plainExponent:
		dst = append(dst, digits[0])
		if len(digits) > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'e'), int64(exponent), 10)
	case point <= 0:
		return append(appendZeros(append(dst, '0', '.'), -point), digits...)
	case point >= len(digits):
		return appendZeros(append(dst, digits...), point-len(digits))
	default:
		return append(append(append(dst, digits[:point]...), '.'), digits[point:]...)
	}
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}

// appendDecimal writes a decimal of scale digits behind the point.
func appendDecimal(dst []byte, d col.Dec256, scale uint32) []byte {
	low, high := d[0], d[1]
	negative := int64(d[3]) < 0
	if negative {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
	}
	sign := uint64(int64(d[3]) >> 63)
	if high != 0 || d[1] != sign || d[2] != sign || d[3] != sign || scale > 18 {
		return d.Append(dst, scale)
	}
	if negative {
		dst = append(dst, '-')
	}
	at := len(dst)
	dst = strconv.AppendUint(dst, low, 10)
	if scale == 0 {
		return dst
	}
	if missing := int(scale) + 1 - (len(dst) - at); missing > 0 {
		digits := len(dst) - at
		dst = appendZeros(dst, missing)
		copy(dst[at+missing:], dst[at:at+digits])
		for i := range missing {
			dst[at+i] = '0'
		}
	}
	dst = append(dst, 0)
	point := len(dst) - 1 - int(scale)
	copy(dst[point+1:], dst[point:])
	dst[point] = '.'
	return dst
}
