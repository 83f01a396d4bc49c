package wire

import "encoding/binary"

// Field is a field of a message as it lies in its bytes.
type Field struct {
	Number int
	// Value is what lies behind the length of a field that has one, else nil, and N the number.
	Value []byte
	N     uint64
	// Whole is the field with its key.
	Whole []byte
}

// Next takes the first field off a message that is not empty; false: the bytes are no message.
func Next(raw []byte) (f Field, rest []byte, ok bool) {
	// Most fields have numbers and lengths of one byte each.
	if len(raw) >= 2 && raw[0] < 0x80 && raw[0] >= 8 && raw[1] < 0x80 {
		switch end := 2 + int(raw[1]); {
		case raw[0]&7 == varintWire:
			return Field{Number: int(raw[0] >> 3), N: uint64(raw[1]), Whole: raw[:2]}, raw[2:], true
		case raw[0]&7 == bytesWire && end <= len(raw):
			return Field{Number: int(raw[0] >> 3), Value: raw[2:end], Whole: raw[:end]}, raw[end:], true
		}
	}
	key, n := binary.Uvarint(raw)
	if n <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
		return Field{}, nil, false
	}
	f.Number = int(key >> 3)
	f.Value, f.N, rest, ok = cut(raw[n:], int(key&7))
	f.Whole = raw[:len(raw)-len(rest)]
	return f, rest, ok
}

// AppendNumber writes a field that is a number, unless it is zero.
func AppendNumber(dst []byte, field int, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(field)<<3|varintWire), n)
}

// AppendBytes writes a field that has a length.
func AppendBytes(dst []byte, field int, value []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(field)<<3|bytesWire)
	return append(binary.AppendUvarint(dst, uint64(len(value))), value...)
}
