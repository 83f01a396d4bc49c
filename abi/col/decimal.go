package col

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Dec256 is a signed 256-bit integer, two's complement, least significant word first: the
// unscaled digits of a decimal.
type Dec256 [4]uint64

// DigitsMax is the largest number of digits a MySQL DECIMAL has.
const DigitsMax = 65

var errDecimal = errors.New("not a decimal number")

func decFrom128(b []byte) Dec256 {
	lo, hi := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	sign := uint64(int64(hi) >> 63)
	return Dec256{lo, hi, sign, sign}
}

func decFrom256(b []byte) Dec256 {
	return Dec256{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:]), binary.LittleEndian.Uint64(b[24:])}
}

// Negative tells whether the number is below zero.
func (d Dec256) Negative() bool { return d[3]>>63 != 0 }

// Fits128 tells whether the number can be stored in 16 bytes.
func (d Dec256) Fits128() bool {
	sign := uint64(int64(d[1]) >> 63)
	return d[2] == sign && d[3] == sign
}

// Negate gives -d. The least number has no counterpart, and is given back.
func (d Dec256) Negate() Dec256 {
	var carry uint64 = 1
	for i := range d {
		d[i], carry = bits.Add64(^d[i], 0, carry)
	}
	return d
}

// mulAdd computes d*m + a, reporting overflow of the unsigned 256 bits.
func (d Dec256) mulAdd(m, a uint64) (Dec256, bool) {
	carry := a
	for i := range d {
		hi, lo := bits.Mul64(d[i], m)
		var c uint64
		d[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	return d, carry != 0 || d[3]>>63 != 0
}

func (d Dec256) divMod(m uint64) (Dec256, uint64) {
	var rest uint64
	for i := 3; i >= 0; i-- {
		d[i], rest = bits.Div64(rest, d[i], m)
	}
	return d, rest
}

// ParseDecimal reads an optional sign, digits and point into an integer of the given scale. More
// fractional digits than the scale are rounded half away from zero, as MySQL does.
func ParseDecimal(s string, scale uint32) (Dec256, error) {
	var d Dec256
	rest, negative := s, false
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	digits, fraction, point, over := 0, uint32(0), false, false
	roundUp := false
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return d, fmt.Errorf("%w: %q", errDecimal, s)
		}
		digits++
		if point && fraction >= scale {
			if fraction == scale {
				roundUp = c >= '5'
			}
			fraction++
			continue
		}
		if point {
			fraction++
		}
		if d, over = d.mulAdd(10, uint64(c-'0')); over {
			return d, fmt.Errorf("decimal %q needs more than 256 bits", s)
		}
	}
	if digits == 0 {
		return d, fmt.Errorf("%w: %q", errDecimal, s)
	}
	for ; fraction < scale; fraction++ {
		if d, over = d.mulAdd(10, 0); over {
			return d, fmt.Errorf("decimal %q needs more than 256 bits at scale %d", s, scale)
		}
	}
	if roundUp {
		if d, over = d.mulAdd(1, 1); over {
			return d, fmt.Errorf("decimal %q needs more than 256 bits", s)
		}
	}
	if negative {
		d = d.Negate()
	}
	return d, nil
}

// Append writes the number with scale fractional digits to dst.
func (d Dec256) Append(dst []byte, scale uint32) []byte {
	if d.Negative() {
		dst, d = append(dst, '-'), d.Negate()
	}
	// 2^255 has 77 digits; a larger scale than that needs zeros before them.
	var room [80]byte
	digits := room[:]
	if scale >= uint32(len(room)) {
		digits = make([]byte, int(scale)+1)
	}
	n := len(digits)
	for d != (Dec256{}) {
		var chunk uint64
		d, chunk = d.divMod(1e18)
		for i := 0; i < 18 && (chunk != 0 || d != (Dec256{})); i++ {
			n--
			digits[n] = byte('0' + chunk%10)
			chunk /= 10
		}
	}
	for len(digits)-n <= int(scale) && n > 0 {
		n--
		digits[n] = '0'
	}
	whole := len(digits) - int(scale)
	dst = append(dst, digits[n:whole]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[whole:]...)
	}
	return dst
}

// Text formats the number with scale fractional digits.
func (d Dec256) Text(scale uint32) string { return string(d.Append(nil, scale)) }

func (d Dec256) put128(b []byte) {
	binary.LittleEndian.PutUint64(b, d[0])
	binary.LittleEndian.PutUint64(b[8:], d[1])
}

func (d Dec256) put256(b []byte) {
	for i, word := range d {
		binary.LittleEndian.PutUint64(b[8*i:], word)
	}
}
