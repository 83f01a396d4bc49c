package wire

import (
	"encoding/binary"
	"math"
	"reflect"
)

// Unmarshal reads raw into m, a pointer to a message, which it does not reset. Nothing of raw is kept.
func Unmarshal(raw []byte, m any) error {
	defer lock()()
	return decode(raw, reflect.ValueOf(m).Elem(), 0)
}

func decode(raw []byte, m reflect.Value, depth int) error {
	if depth > depthMax {
		return ErrMalformed
	}
	l := layoutOf(m.Type())
	for len(raw) > 0 {
		key, n := binary.Uvarint(raw)
		if n <= 0 || key>>3 == 0 || key>>3 > 1<<29 {
			return ErrMalformed
		}
		value, number, rest, ok := cut(raw[n:], int(key&7))
		if !ok {
			return ErrMalformed
		}
		raw = rest
		f := l.find(int(key >> 3))
		if f == nil {
			continue
		}
		if err := f.decode(m.Field(f.index), int(key&7), value, number, depth); err != nil {
			return err
		}
	}
	return nil
}

// cut takes one value off raw: bytes for a length, number for the rest.
func cut(raw []byte, wire int) (value []byte, number uint64, rest []byte, ok bool) {
	switch wire {
	case varintWire:
		number, n := binary.Uvarint(raw)
		if n <= 0 {
			return nil, 0, nil, false
		}
		return nil, number, raw[n:], true
	case fixed64:
		if len(raw) < 8 {
			return nil, 0, nil, false
		}
		return nil, binary.LittleEndian.Uint64(raw), raw[8:], true
	case fixed32:
		if len(raw) < 4 {
			return nil, 0, nil, false
		}
		return nil, uint64(binary.LittleEndian.Uint32(raw)), raw[4:], true
	case bytesWire:
		size, n := binary.Uvarint(raw)
		if n <= 0 || size > uint64(len(raw)-n) {
			return nil, 0, nil, false
		}
		end := n + int(size)
		return raw[n:end], 0, raw[end:], true
	}
	return nil, 0, nil, false
}

// wire is the wire type of one value of the field.
func (f *field) wire() int {
	switch f.coding {
	case varint, zigzag:
		return varintWire
	case double:
		return fixed64
	}
	return bytesWire
}

func (f *field) decode(v reflect.Value, wire int, value []byte, number uint64, depth int) error {
	if f.repeated && wire == bytesWire && f.wire() != bytesWire {
		return f.decodePacked(v, value)
	}
	if wire != f.wire() {
		return ErrMalformed
	}
	switch {
	case f.coding == mapping:
		return decodeEntry(v, value)
	case f.wrapper != nil:
		w := reflect.New(f.wrapper)
		if err := f.set(w.Elem().Field(0), value, number, depth); err != nil {
			return err
		}
		v.Set(w)
		return nil
	case f.repeated:
		element := reflect.New(v.Type().Elem()).Elem()
		if err := f.set(element, value, number, depth); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
		return nil
	case f.optional:
		p := reflect.New(v.Type().Elem())
		if err := f.set(p.Elem(), value, number, depth); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	return f.set(v, value, number, depth)
}

func (f *field) set(v reflect.Value, value []byte, number uint64, depth int) error {
	switch f.coding {
	case text:
		v.SetString(string(value))
	case bytesCoding:
		v.SetBytes(append([]byte{}, value...))
	case message:
		if v.IsNil() {
			v.Set(reflect.New(f.inner))
		}
		return decode(value, v.Elem(), depth+1)
	case double:
		v.SetFloat(math.Float64frombits(number))
	case zigzag:
		v.SetInt(int64(number>>1) ^ -int64(number&1))
	default:
		switch v.Kind() {
		case reflect.Bool:
			v.SetBool(number != 0)
		case reflect.Int32, reflect.Int64:
			v.SetInt(int64(int32(number)))
		default:
			v.SetUint(number)
		}
	}
	return nil
}

func (f *field) decodePacked(v reflect.Value, value []byte) error {
	for len(value) > 0 {
		_, number, rest, ok := cut(value, f.wire())
		if !ok {
			return ErrMalformed
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if err := f.set(element, nil, number, 0); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
		value = rest
	}
	return nil
}

func decodeEntry(v reflect.Value, raw []byte) error {
	var pair [2]string
	for len(raw) > 0 {
		key, n := binary.Uvarint(raw)
		if n <= 0 {
			return ErrMalformed
		}
		value, _, rest, ok := cut(raw[n:], int(key&7))
		if !ok {
			return ErrMalformed
		}
		if number := key >> 3; number == 1 || number == 2 {
			pair[number-1] = string(value)
		}
		raw = rest
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	v.SetMapIndex(reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1]))
	return nil
}
