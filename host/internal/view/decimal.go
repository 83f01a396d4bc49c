package view

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// limb256 is an unsigned 256-bit number, least significant limb first.
type limb256 [4]uint64

// powers holds 10^p for p digits; 10^77 and more do not fit and bound nothing.
var powers = func() (p [78]limb256) {
	p[0] = limb256{1}
	for i := 1; i < len(p); i++ {
		var carry uint64
		for j, x := range p[i-1] {
			hi, lo := bits.Mul64(x, 10)
			var c uint64
			p[i][j], c = bits.Add64(lo, carry, 0)
			carry = hi + c
		}
	}
	return p
}()

// decimalFits tells whether the magnitude of a little-endian two's complement number of 16 or 32
// bytes has at most precision digits.
func decimalFits(b []byte, precision uint32) bool {
	if precision >= 77 {
		return true
	}
	var m limb256
	sign := uint64(int64(binary.LittleEndian.Uint64(b[len(b)-8:])) >> 63)
	for i := range m {
		m[i] = sign
		if 8*i < len(b) {
			m[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
	}
	if sign != 0 {
		carry := uint64(1)
		for i := range m {
			m[i], carry = bits.Add64(^m[i], 0, carry)
		}
	}
	limit := &powers[precision]
	for i := 3; i >= 0; i-- {
		if m[i] != limit[i] {
			return m[i] < limit[i]
		}
	}
	return false
}

// smallDecimals tells whether all numbers of 16 bytes fit into 8 and have at most precision digits: the usual case, looked at
// without a branch for each.
func smallDecimals(b []byte, precision uint32) bool {
	most := uint64(math.MaxInt64)
	if precision < 19 {
		most = powers[precision][0] - 1
	}
	odd := uint64(0)
	for ; len(b) >= 16; b = b[16:] {
		low, high := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		sign := uint64(int64(low) >> 63)
		odd |= high ^ sign
		if magnitude := (low ^ sign) - sign; magnitude > most {
			odd = 1
		}
	}
	return odd == 0
}
