package server

import (
	"encoding/binary"
	"errors"
)

// nullCell stands for NULL in rows of the text protocol.
const nullCell = 0xfb

var errMalformed = errors.New("malformed packet")

// appendLength writes a number in the protocol's lengths.
func appendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 0xfb:
		return append(dst, byte(n))
	case n < 1<<16:
		return append(dst, 0xfc, byte(n), byte(n>>8))
	case n < 1<<24:
		return append(dst, 0xfd, byte(n), byte(n>>8), byte(n>>16))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0xfe), n)
}

// appendText writes bytes behind their length.
func appendText[T []byte | string](dst []byte, text T) []byte {
	return append(appendLength(dst, uint64(len(text))), text...)
}

// parser reads the fields of a packet. After a failure everything is empty.
type parser struct {
	rest   []byte
	failed bool
}

func (p *parser) take(n uint64) []byte {
	if n > uint64(len(p.rest)) {
		p.failed, p.rest = true, nil
		return nil
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

// number reads one of n bytes, the lowest first.
func (p *parser) number(n int) uint64 {
	var x uint64
	for i, b := range p.take(uint64(n)) {
		x |= uint64(b) << (8 * i)
	}
	return x
}

// length reads a number in the protocol's lengths.
func (p *parser) length() uint64 {
	switch first := p.number(1); first {
	case 0xfc:
		return p.number(2)
	case 0xfd:
		return p.number(3)
	case 0xfe:
		return p.number(8)
	case 0xfb, 0xff:
		p.failed, p.rest = true, nil
		return 0
	default:
		return first
	}
}

// text reads bytes behind their length.
func (p *parser) text() []byte { return p.take(p.length()) }
