package vec

import (
	"errors"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// ErrDecimalRange is a decimal that needs more than 256 bits.
var ErrDecimalRange = errors.New("a DECIMAL value is out of range")

// small gives a decimal's digits as an int64, when they fit.
func small(d col.Dec256) (int64, bool) {
	sign := uint64(int64(d[0]) >> 63)
	return int64(d[0]), d[1] == sign && d[2] == sign && d[3] == sign
}

// decimalOf is a whole number as a decimal of scale 0.
func decimalOf(x int64) col.Dec256 {
	sign := uint64(x >> 63)
	return col.Dec256{uint64(x), sign, sign, sign}
}

// compareDecimals orders two decimals of the same scale.
func compareDecimals(a, b col.Dec256) int {
	if a.Negative() != b.Negative() {
		if a.Negative() {
			return -1
		}
		return 1
	}
	for i := 3; i >= 0; i-- {
		switch {
		case a[i] < b[i]:
			return -1
		case a[i] > b[i]:
			return 1
		}
	}
	return 0
}

// addDecimals adds two decimals of the same scale; false: the sum needs more than 256 bits.
func addDecimals(a, b col.Dec256) (col.Dec256, bool) {
	var sum col.Dec256
	var carry uint64
	for i := range sum {
		sum[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return sum, a.Negative() != b.Negative() || a.Negative() == sum.Negative()
}

// mulDecimals multiplies; the scales add up. false: the product needs more than 256 bits.
func mulDecimals(a, b col.Dec256) (col.Dec256, bool) {
	negative := a.Negative() != b.Negative()
	if a.Negative() {
		a = a.Negate()
	}
	if b.Negative() {
		b = b.Negate()
	}
	var product [8]uint64
	for i, x := range a {
		if x == 0 {
			continue
		}
		var carry uint64
		for j, y := range b {
			hi, lo := bits.Mul64(x, y)
			var c uint64
			lo, c = bits.Add64(lo, carry, 0)
			hi += c
			product[i+j], c = bits.Add64(product[i+j], lo, 0)
			carry = hi + c
		}
		product[i+4] = carry
	}
	out := col.Dec256{product[0], product[1], product[2], product[3]}
	fits := product[4]|product[5]|product[6]|product[7] == 0 && !out.Negative()
	if negative {
		out = out.Negate()
	}
	return out, fits
}

// scaled multiplies by ten to the power of digits. What leaves 256 bits becomes the greatest, or the least: it is for comparing.
func scaled(d col.Dec256, digits uint32) col.Dec256 {
	for range digits {
		next, fits := mulDecimals(d, col.Dec256{10})
		if !fits {
			if d.Negative() {
				return col.Dec256{0, 0, 0, 1 << 63}
			}
			return col.Dec256{^uint64(0), ^uint64(0), ^uint64(0), 1<<63 - 1}
		}
		d = next
	}
	return d
}

// divideDecimal divides by a count, which is above 0, to digits more behind the point, and rounds half away from zero; false: the quotient
// needs more than 256 bits on the way.
func divideDecimal(d col.Dec256, count uint64, digits uint32) (col.Dec256, bool) {
	negative := d.Negative()
	if negative {
		d = d.Negate()
	}
	for range digits {
		var fits bool
		if d, fits = mulDecimals(d, col.Dec256{10}); !fits {
			return d, false
		}
	}
	var rest uint64
	for i := 3; i >= 0; i-- {
		d[i], rest = bits.Div64(rest, d[i], count)
	}
	if rest >= count-rest {
		d, _ = addDecimals(d, col.Dec256{1})
	}
	if negative {
		d = d.Negate()
	}
	return d, true
}
