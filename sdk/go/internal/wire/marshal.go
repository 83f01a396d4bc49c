package wire

import (
	"encoding/binary"
	"math"
	"reflect"
	"slices"
)

// Marshal writes m, a pointer to a message. The same message gives the same bytes.
func Marshal(m any) []byte {
	defer lock()()
	return encode(nil, reflect.ValueOf(m).Elem())
}

func encode(dst []byte, m reflect.Value) []byte {
	l := layoutOf(m.Type())
	for i := range l.fields {
		f := &l.fields[i]
		v := m.Field(f.index)
		switch {
		case f.wrapper != nil:
			if w := v.Elem(); w.IsValid() && w.Kind() == reflect.Pointer && !w.IsNil() && w.Type().Elem() == f.wrapper {
				dst = f.encode(dst, w.Elem().Field(0))
			}
		case f.coding == mapping:
			dst = f.encodeMap(dst, v)
		case f.repeated:
			dst = f.encodeRepeated(dst, v)
		case f.optional:
			if !v.IsNil() {
				dst = f.encode(dst, v.Elem())
			}
		case f.coding == bytesCoding:
			if v.Len() > 0 {
				dst = f.encode(dst, v)
			}
		case !v.IsZero():
			dst = f.encode(dst, v)
		}
	}
	return dst
}

func (f *field) key(dst []byte, wire int) []byte {
	return binary.AppendUvarint(dst, uint64(f.number)<<3|uint64(wire))
}

// encode writes one value with its key.
func (f *field) encode(dst []byte, v reflect.Value) []byte {
	return f.value(f.key(dst, f.wire()), v)
}

func (f *field) value(dst []byte, v reflect.Value) []byte {
	switch f.coding {
	case text:
		s := v.String()
		return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	case bytesCoding:
		b := v.Bytes()
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case message:
		var inner []byte
		if !v.IsNil() {
			inner = encode(nil, v.Elem())
		}
		return append(binary.AppendUvarint(dst, uint64(len(inner))), inner...)
	case double:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float()))
	case zigzag:
		n := v.Int()
		return binary.AppendUvarint(dst, uint64(n)<<1^uint64(n>>63))
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case reflect.Int32, reflect.Int64:
		return binary.AppendUvarint(dst, uint64(v.Int()))
	}
	return binary.AppendUvarint(dst, v.Uint())
}

func (f *field) encodeRepeated(dst []byte, v reflect.Value) []byte {
	if v.Len() == 0 {
		return dst
	}
	if f.wire() == bytesWire {
		for i := range v.Len() {
			dst = f.encode(dst, v.Index(i))
		}
		return dst
	}
	var packed []byte
	for i := range v.Len() {
		packed = f.value(packed, v.Index(i))
	}
	return append(binary.AppendUvarint(f.key(dst, bytesWire), uint64(len(packed))), packed...)
}

func (f *field) encodeMap(dst []byte, v reflect.Value) []byte {
	entries := v.Interface().(map[string]string)
	keys := make([]string, 0, len(entries))
	for k := range entries {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		var entry []byte
		for i, s := range [...]string{k, entries[k]} {
			entry = binary.AppendUvarint(entry, uint64(i+1)<<3|bytesWire)
			entry = append(binary.AppendUvarint(entry, uint64(len(s))), s...)
		}
		dst = append(binary.AppendUvarint(f.key(dst, bytesWire), uint64(len(entry))), entry...)
	}
	return dst
}
