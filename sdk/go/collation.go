package wasql

import (
	"strings"
	"unicode/utf8"

	"github.com/wasql/wasql/abi/pb"
)

// Collation compares text as the engine does (SPEC 5.6). It asks the host for the weights of the
// characters it meets, a page at a time, and keeps them: get one with CollationOf and hold on to it.
// Its methods may not be called at the same time.
type Collation struct {
	name string
	// bytewise: text compares as its bytes do.
	bytewise bool
	pages    map[rune]*[pageRunes]int32
	// ascii is the first page.
	ascii *[pageRunes]int32
}

const pageRunes = 256

var collations = map[string]*Collation{}

// CollationOf gives a collation by MySQL's name, such as utf8mb4_0900_ai_ci; empty is binary. One that the host does
// not know is an error with code NotFound.
func CollationOf(name string) (*Collation, error) {
	name = strings.ToLower(name)
	if c := collations[name]; c != nil {
		return c, nil
	}
	c := &Collation{name: name}
	// UTF-8 sorts as its code points do.
	c.bytewise = name == "" || name == "binary" || name == "utf8mb4_0900_bin"
	if !c.bytewise {
		var err error
		if c.ascii, err = c.page(0); err != nil {
			return nil, err
		}
	}
	collations[name] = c
	return c, nil
}

// Name is MySQL's name of the collation.
func (c *Collation) Name() string { return c.name }

// Bytewise tells whether text compares as its bytes do; AppendKey then appends the text itself.
func (c *Collation) Bytewise() bool { return c.bytewise }

func (c *Collation) page(first rune) (*[pageRunes]int32, error) {
	var response pb.HostCollationResponse
	request := &pb.HostCollationRequest{Collation: c.name, First: uint32(first), Count: pageRunes}
	if err := ask(pb.HostOp_HOST_OP_COLLATION, request, &response); err != nil {
		return nil, err
	}
	if len(response.Weights) != pageRunes {
		return nil, Errorf(Internal, "the host gave %d weights, %d were asked for", len(response.Weights), pageRunes)
	}
	page := (*[pageRunes]int32)(response.Weights)
	if c.pages == nil {
		c.pages = map[rune]*[pageRunes]int32{}
	}
	c.pages[first] = page
	return page, nil
}

// weight panics with the host's error, which fails the call: a page that the host had once it has again.
func (c *Collation) weight(r rune) int32 {
	if r < pageRunes {
		return c.ascii[r]
	}
	page := c.pages[r&^(pageRunes-1)]
	if page == nil {
		var err error
		if page, err = c.page(r &^ (pageRunes - 1)); err != nil {
			panic(err)
		}
	}
	return page[r&(pageRunes-1)]
}

// AppendKey appends a key to dst: two keys compare, as bytes, as their texts do under the collation. No key is the
// beginning of another unless its text is the beginning of the other's. Unless the collation is Bytewise, a key holds
// no zero byte, and mostly a byte or two a character.
func (c *Collation) AppendKey(dst []byte, text string) []byte {
	if c.bytewise {
		return append(dst, text...)
	}
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		dst = appendWeight(dst, c.weight(r))
		i += n
	}
	return dst
}

// What a weight takes in a key. The first byte tells the length, all others count from 1 to 255, so that bytes
// compare as the weights do and none is zero:
//
//	02 .. 7f                    a small weight
//	80 .. bf, one more
//	c0 .. df, two more
//	e0, five more               a large one
//	01, five more               one below zero
const (
	weightBase  = 255
	smallWeight = 0x80 - 2
	twoBytes    = smallWeight + 0x40*weightBase
	threeBytes  = twoBytes + 0x20*weightBase*weightBase
)

func appendWeight(dst []byte, weight int32) []byte {
	w := uint32(weight)
	switch {
	case w < smallWeight:
		return append(dst, byte(2+w))
	case w < twoBytes:
		w -= smallWeight
		return append(dst, byte(0x80+w/weightBase), byte(1+w%weightBase))
	case w < threeBytes:
		w -= twoBytes
		return append(dst, byte(0xc0+w/(weightBase*weightBase)), byte(1+w/weightBase%weightBase), byte(1+w%weightBase))
	}
	first := byte(0xe0)
	if weight < 0 {
		first = 0x01
	}
	at := len(dst)
	dst = append(dst, first, 0, 0, 0, 0, 0)
	for i := at + 5; i > at; i-- {
		dst[i] = byte(1 + w%weightBase)
		w /= weightBase
	}
	return dst
}

// Compare gives -1, 0 or 1 as a comes before, is equal to, or comes after b.
func (c *Collation) Compare(a, b string) int {
	if c.bytewise {
		return strings.Compare(a, b)
	}
	for len(a) > 0 && len(b) > 0 {
		ra, na := utf8.DecodeRuneInString(a)
		rb, nb := utf8.DecodeRuneInString(b)
		if wa, wb := c.weight(ra), c.weight(rb); wa != wb {
			if wa < wb {
				return -1
			}
			return 1
		}
		a, b = a[na:], b[nb:]
	}
	switch {
	case len(a) > 0:
		return 1
	case len(b) > 0:
		return -1
	}
	return 0
}
