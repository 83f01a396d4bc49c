package vec

import (
	"bytes"
	"unicode/utf8"
)

// Collation compares text by the weights of its characters; nil compares bytes.
type Collation struct {
	weight func(rune) int32
	// ascii has the weights of the first 128 characters, and twin the first of them with the same weight.
	ascii [128]int32
	twin  [128]byte
	// first is twin for the other characters, by weight.
	first map[int32]byte
}

// NewCollation makes one of the weights of characters. Equal weights are equal characters, and the text that ends first comes first.
func NewCollation(weight func(rune) int32) *Collation {
	c := &Collation{weight: weight, first: map[int32]byte{}}
	for r := range c.ascii {
		w := weight(rune(r))
		c.ascii[r] = w
		if _, there := c.first[w]; !there {
			c.first[w] = byte(r)
		}
		c.twin[r] = c.first[w]
	}
	return c
}

// Compare orders two texts in UTF-8.
func (c *Collation) Compare(a, b []byte) int {
	if c == nil {
		return bytes.Compare(a, b)
	}
	for len(a) > 0 && len(b) > 0 {
		var x, y int32
		x, a = c.next(a)
		y, b = c.next(b)
		if x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	switch {
	case len(a) > 0:
		return 1
	case len(b) > 0:
		return -1
	}
	return 0
}

// next gives the weight of the first character, and what is behind it.
func (c *Collation) next(s []byte) (int32, []byte) {
	if s[0] < utf8.RuneSelf {
		return c.ascii[s[0]], s[1:]
	}
	r, size := utf8.DecodeRune(s)
	return c.weight(r), s[size:]
}

// escape stands in a key before a weight that no ASCII character has.
const escape = 0xff

// AppendKey appends bytes that are the same for texts that are equal, and differ for others.
func (c *Collation) AppendKey(dst, text []byte) []byte {
	if c == nil {
		return append(dst, text...)
	}
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			dst, text = append(dst, c.twin[text[0]]), text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		w := c.weight(r)
		if twin, there := c.first[w]; there {
			dst = append(dst, twin)
			continue
		}
		dst = append(dst, escape, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return dst
}
