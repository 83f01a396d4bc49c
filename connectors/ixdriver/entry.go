package main

import (
	"encoding/binary"
	"math"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// kind says how values of a type are read, sorted and written.
type kind uint8

const (
	signed kind = iota
	unsigned
	float
	decimal
	bytes
	text
)

func kindOf(t col.Type) kind {
	switch t {
	case col.Bool, col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Enum, col.Set, col.Bit, col.Year:
		return unsigned
	case col.Float32, col.Float64:
		return float
	case col.Decimal128, col.Decimal256:
		return decimal
	case col.UTF8:
		return text
	case col.Binary, col.JSON, col.Geometry, col.Vector:
		return bytes
	}
	return signed
}

// column is one column of an entry.
type column struct {
	typ   col.Type
	kind  kind
	scale uint32
	// collation of text; nil in a location, whose order is nobody's affair.
	collation *wasql.Collation
}

// shape says what the entries of an index are: the columns of the key, then those of the location.
type shape struct {
	columns []column
	keys    int
}

func shapeOf(x *pb.DriverIndex) (*shape, error) {
	s := &shape{keys: len(x.GetColumns())}
	for i, c := range append(append([]*pb.Column{}, x.GetColumns()...), x.GetLocation()...) {
		t := col.Type(c.GetType())
		if !t.Known() || t == col.Null {
			return nil, wasql.Errorf(wasql.InvalidArgument, "index %s: column %s has no type", x.GetName(), c.GetName())
		}
		made := column{typ: t, kind: kindOf(t), scale: c.GetScale()}
		if made.kind == text && i < s.keys {
			name := c.GetCollation()
			if name == "" {
				name = "utf8mb4_0900_ai_ci"
			}
			var err error
			if made.collation, err = wasql.CollationOf(name); err != nil {
				return nil, err
			}
		}
		s.columns = append(s.columns, made)
	}
	if s.keys == 0 || len(s.columns) == s.keys {
		return nil, wasql.Errorf(wasql.InvalidArgument, "index %s needs columns of a key and of a location", x.GetName())
	}
	return s, nil
}

// value is one value on its way in or out. It may share the memory that it was read from.
type value struct {
	null bool
	// bits of a number: an int64, a uint64, or a float64.
	bits uint64
	dec  col.Dec256
	raw  string
}

// read takes row i of a column of a batch.
func (c *column) read(v *col.Vec, i int) value {
	if v.IsNull(i) {
		return value{null: true}
	}
	switch c.kind {
	case signed, unsigned:
		return value{bits: uint64(v.Int64(i))}
	case float:
		return value{bits: math.Float64bits(v.Float64(i))}
	case decimal:
		return value{dec: v.Decimal(i)}
	}
	return value{raw: v.Text(i)}
}

// The byte before a value of a key; NULL comes first.
const (
	keyNull  = 0
	keyValue = 1
)

// appendKey adds the bytes that sort as the value does, none of which is the beginning of another's:
//
//	numbers   eight bytes, most significant first, the sign flipped
//	decimals  the same of 32 bytes
//	text      the weights of its characters, and a 0
//	bytes     escaped, and a 0
func (c *column) appendKey(dst []byte, v value) []byte {
	if v.null {
		return append(dst, keyNull)
	}
	dst = append(dst, keyValue)
	switch c.kind {
	case signed:
		return binary.BigEndian.AppendUint64(dst, v.bits^1<<63)
	case unsigned:
		return binary.BigEndian.AppendUint64(dst, v.bits)
	case float:
		switch {
		case v.bits == 1<<63: // minus zero is zero
			return binary.BigEndian.AppendUint64(dst, 1<<63)
		case v.bits>>63 != 0:
			return binary.BigEndian.AppendUint64(dst, ^v.bits)
		}
		return binary.BigEndian.AppendUint64(dst, v.bits|1<<63)
	case decimal:
		dst = binary.BigEndian.AppendUint64(dst, v.dec[3]^1<<63)
		for i := 2; i >= 0; i-- {
			dst = binary.BigEndian.AppendUint64(dst, v.dec[i])
		}
		return dst
	}
	if c.kind == text && c.collation != nil && !c.collation.Bytewise() {
		return append(c.collation.AppendKey(dst, v.raw), 0)
	}
	for i := 0; i < len(v.raw); i++ {
		if b := v.raw[i]; b > 1 {
			dst = append(dst, b)
		} else {
			dst = append(dst, 1, b+1)
		}
	}
	return append(dst, 0)
}

// appendValue adds the value itself, so that it can be read back.
func (c *column) appendValue(dst []byte, v value) []byte {
	if v.null {
		return append(dst, keyNull)
	}
	dst = append(dst, keyValue)
	switch c.kind {
	case signed, unsigned, float:
		return binary.LittleEndian.AppendUint64(dst, v.bits)
	case decimal:
		for _, word := range v.dec {
			dst = binary.LittleEndian.AppendUint64(dst, word)
		}
		return dst
	}
	return append(binary.AppendUvarint(dst, uint64(len(v.raw))), v.raw...)
}

// cutValue reads what appendValue wrote; rest is what follows. The checksums say that it is there.
func (c *column) cutValue(b string) (v value, rest string) {
	if b[0] == keyNull {
		return value{null: true}, b[1:]
	}
	b = b[1:]
	switch c.kind {
	case signed, unsigned, float:
		return value{bits: load64(b)}, b[8:]
	case decimal:
		for i := range v.dec {
			v.dec[i] = load64(b[8*i:])
		}
		return v, b[32:]
	}
	n, width := cutUvarint(b)
	b = b[width:]
	return value{raw: b[:n]}, b[n:]
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func cutUvarint(s string) (n uint64, width int) {
	for shift := 0; ; shift += 7 {
		b := s[width]
		width++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n, width
		}
	}
}

// entry is a key and the values behind it.
type entry struct {
	// bytes are the key, keyLen of them, then the values of all columns.
	bytes   string
	keyLen  int
	removed bool
}

// entryOf makes the entry of row i of a batch.
func (s *shape) entryOf(scratch []byte, b *col.Batch, i int) (entry, []byte) {
	at := b.Row(i)
	dst := scratch[:0]
	for c := range s.keys {
		dst = s.columns[c].appendKey(dst, s.columns[c].read(&b.Cols[c], at))
	}
	n := len(dst)
	for c := range s.columns {
		dst = s.columns[c].appendValue(dst, s.columns[c].read(&b.Cols[c], at))
	}
	return entry{bytes: string(dst), keyLen: n}, dst
}

// put gives the values of an entry as a row.
func (s *shape) put(out *wasql.Rows, e *entry) {
	rest := e.bytes[e.keyLen:]
	for i := range s.columns {
		c := &s.columns[i]
		var v value
		v, rest = c.cutValue(rest)
		switch {
		case v.null:
			out.Null(i)
		case c.kind == signed:
			out.Int64(i, int64(v.bits))
		case c.kind == unsigned:
			out.Uint64(i, v.bits)
		case c.kind == float:
			out.Float64(i, math.Float64frombits(v.bits))
		case c.kind == decimal:
			out.Decimal(i, v.dec.Text(c.scale))
		default:
			out.String(i, v.raw)
		}
	}
	out.EndRow()
}
