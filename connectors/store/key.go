package main

import (
	"encoding/binary"
	"strings"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// keySpec says how a key is made of columns. Keys compare, as bytes, as the columns do in SQL, one after
// the other, and no key is the beginning of another one of the same spec.
type keySpec struct{ parts []keyPart }

// keyPart is one column of a key:
//
//	nullable        one byte before the value: 0 for NULL, which has no value, else 1
//	whole numbers   most significant byte first, the sign flipped
//	floats          the same of their bits; negative ones flipped whole
//	decimals        the unscaled integer
//	text            the weights of its characters under the collation, and a 0
//	bytes           escaped, and a 0
//	descending      all of it flipped
type keyPart struct {
	column   int
	typ      col.Type
	nullable bool
	desc     bool
	// prefix in characters of text, bytes of binary; 0: all.
	prefix    int
	collation *wasql.Collation
}

// The byte before a value that may be NULL.
const (
	keyNull  = 0
	keyValue = 1
)

// append adds the key of a row.
func (s *keySpec) append(dst []byte, cells []cell) []byte {
	if len(s.parts) == 1 {
		// The most usual key needs no more calls.
		if p := &s.parts[0]; p.typ == col.Int64 && !p.nullable && !p.desc {
			return binary.BigEndian.AppendUint64(dst, load64(cells[p.column].raw)^1<<63)
		}
	}
	for i := range s.parts {
		dst = s.parts[i].append(dst, cells[s.parts[i].column])
	}
	return dst
}

// width is that of every key, in bytes; 0: they vary.
func (s *keySpec) width() int {
	total := 0
	for i := range s.parts {
		if p := &s.parts[i]; p.nullable || p.typ.Varying() {
			return 0
		}
		total += width(s.parts[i].typ)
	}
	return total
}

// hasNull tells whether a column of the key is NULL: such a key is never a duplicate.
func (s *keySpec) hasNull(cells []cell) bool {
	for i := range s.parts {
		if s.parts[i].nullable && cells[s.parts[i].column].null {
			return true
		}
	}
	return false
}

// append adds one value.
func (p *keyPart) append(dst []byte, c cell) []byte {
	start := len(dst)
	switch {
	case c.null:
		dst = append(dst, keyNull)
	case p.nullable:
		dst = p.value(append(dst, keyValue), c.raw)
	default:
		dst = p.value(dst, c.raw)
	}
	if p.desc {
		flip(dst[start:])
	}
	return dst
}

func flip(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// value adds a value that is not NULL, ascending.
func (p *keyPart) value(dst []byte, raw string) []byte {
	switch p.typ {
	case col.Bool, col.Uint8:
		return append(dst, raw[0])
	case col.Int8:
		return append(dst, raw[0]^0x80)
	case col.Int16:
		return binary.BigEndian.AppendUint16(dst, load16(raw)^1<<15)
	case col.Uint16, col.Enum, col.Year:
		return binary.BigEndian.AppendUint16(dst, load16(raw))
	case col.Int32, col.Date:
		return binary.BigEndian.AppendUint32(dst, load32(raw)^1<<31)
	case col.Uint32:
		return binary.BigEndian.AppendUint32(dst, load32(raw))
	case col.Int64, col.Time, col.Datetime:
		return binary.BigEndian.AppendUint64(dst, load64(raw)^1<<63)
	case col.Uint64, col.Set, col.Bit:
		return binary.BigEndian.AppendUint64(dst, load64(raw))
	case col.Float32:
		return binary.BigEndian.AppendUint32(dst, orderFloat32(load32(raw)))
	case col.Float64:
		return binary.BigEndian.AppendUint64(dst, orderFloat64(load64(raw)))
	case col.Decimal128, col.Decimal256:
		return appendDecimal(dst, raw)
	case col.UTF8:
		return p.text(dst, raw)
	}
	if p.prefix > 0 && len(raw) > p.prefix {
		raw = raw[:p.prefix]
	}
	return escape(dst, raw)
}

// orderFloat64 gives bits that compare as the floats do; minus zero is zero.
func orderFloat64(b uint64) uint64 {
	switch {
	case b == 1<<63:
		return 1 << 63
	case b>>63 != 0:
		return ^b
	}
	return b | 1<<63
}

func orderFloat32(b uint32) uint32 {
	switch {
	case b == 1<<31:
		return 1 << 31
	case b>>31 != 0:
		return ^b
	}
	return b | 1<<31
}

func appendDecimal(dst []byte, raw string) []byte {
	dst = append(dst, raw[len(raw)-1]^0x80)
	for i := len(raw) - 2; i >= 0; i-- {
		dst = append(dst, raw[i])
	}
	return dst
}

func (p *keyPart) text(dst []byte, raw string) []byte {
	if p.prefix > 0 {
		raw = characters(raw, p.prefix)
	}
	if p.collation.Bytewise() {
		return escape(dst, raw)
	}
	return append(p.collation.AppendKey(dst, raw), 0)
}

// characters gives the first n characters of a text.
func characters(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// escape adds bytes so that a 0 ends them: 0 and 1 among them become 1 1 and 1 2.
func escape(dst []byte, raw string) []byte {
	for i := 0; i < len(raw); i++ {
		if b := raw[i]; b > 1 {
			dst = append(dst, b)
		} else {
			dst = append(dst, 1, b+1)
		}
	}
	return append(dst, 0)
}

// after gives, in place, the first key that is greater than all that begin with key; nil: there is none.
func after(key []byte) []byte {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] != 0xff {
			key[i]++
			return key[:i+1]
		}
	}
	return nil
}

// prefixLength is how many bytes of a key the first parts take.
func prefixLength(parts []keyPart, key string) int {
	at := 0
	for i := range parts {
		at += parts[i].length(key[at:])
	}
	return at
}

// length is how many bytes of key, which begins with it, the value of the part takes.
func (p *keyPart) length(key string) int {
	at := 0
	if p.nullable {
		if !p.desc && key[0] == keyNull || p.desc && key[0] == 0xff-keyNull {
			return 1
		}
		at = 1
	}
	if !p.typ.Varying() {
		return at + width(p.typ)
	}
	end := byte(0)
	if p.desc {
		end = 0xff
	}
	return at + strings.IndexByte(key[at:], end) + 1
}
