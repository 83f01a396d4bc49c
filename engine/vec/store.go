package vec

import (
	"encoding/binary"
	"errors"

	"github.com/wasql/wasql/abi/col"
)

// errStoreFull is a column of more text than offsets of 32 bits reach.
var errStoreFull = errors.New("more than 2 GiB of text in one column of an operator")

// store keeps values of one column in memory of its own: plain, growing.
type store struct {
	typ              col.Type
	precision, scale uint32
	width            int
	fixed            []byte
	offsets          []int32
	data             []byte
	valid            col.Bitmap
	rows, nulls      int
}

// as makes the store one for columns like v, when it has no row of another type. A column whose rows are all NULL has no type.
func (s *store) as(v *col.Vec) {
	if s.typ != col.Invalid && s.typ != col.Null || v.Type == col.Null && s.typ == col.Null {
		return
	}
	rows := s.rows
	s.typ, s.precision, s.scale = v.Type, v.Precision, v.Scale
	if s.typ == col.Bool {
		s.typ = col.Int8
	}
	s.width = s.typ.Width()
	if s.typ.Varying() {
		s.offsets = make([]int32, rows+1, rows+1024)
	}
	s.fixed = append(s.fixed[:0], make([]byte, rows*s.width)...)
}

// add keeps row i of v.
func (s *store) add(v *col.Vec, i int) error {
	s.as(v)
	if s.rows&7 == 0 {
		s.valid = append(s.valid, 0)
	}
	if v.IsNull(i) {
		s.nulls++
		s.fixed = append(s.fixed, zeros[:s.width]...)
		if s.offsets != nil {
			s.offsets = append(s.offsets, int32(len(s.data)))
		}
		s.rows++
		return nil
	}
	s.valid.Set(s.rows)
	s.rows++
	switch {
	case s.offsets != nil:
		text := v.Bytes(i)
		if len(s.data)+len(text) > 1<<31-1 {
			return errStoreFull
		}
		s.data = append(s.data, text...)
		s.offsets = append(s.offsets, int32(len(s.data)))
	case s.typ == col.Decimal128:
		d := v.Decimal(i)
		s.fixed = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(s.fixed, d[0]), d[1])
	case s.typ == col.Decimal256:
		d := v.Decimal(i)
		for _, word := range d {
			s.fixed = binary.LittleEndian.AppendUint64(s.fixed, word)
		}
	case v.Type == col.Float32 || v.Type == col.Float64:
		s.fixed = appendFloat(s.fixed, v, i)
	default:
		s.fixed = appendInt(s.fixed, v.Int64(i), s.width)
	}
	return nil
}

var zeros [32]byte

func appendFloat(dst []byte, v *col.Vec, i int) []byte {
	if v.Encoding == col.Constant {
		i = 0
	}
	if v.Encoding == col.Dictionary {
		v, i = v.Dict, int(v.Index[i])
	}
	width := v.Type.Width()
	return append(dst, v.Fixed[i*width:(i+1)*width]...)
}

func appendInt(dst []byte, x int64, width int) []byte {
	switch width {
	case 1:
		return append(dst, byte(x))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(x))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(x))
	}
	return binary.LittleEndian.AppendUint64(dst, uint64(x))
}

// addAll keeps the rows of v that count.
func (s *store) addAll(v *col.Vec, n int, rows []uint32) error {
	s.as(v)
	if rows == nil && v.Encoding == col.Plain && v.Valid == nil && s.width > 0 && v.Type == s.typ && s.rows&7 == 0 {
		// The usual case, in one copy.
		s.fixed = append(s.fixed, v.Fixed[:n*s.width]...)
		for i := 0; i < n; i += 8 {
			s.valid = append(s.valid, 0xff)
		}
		if n&7 != 0 {
			s.valid[len(s.valid)-1] = 1<<(n&7) - 1
		}
		s.rows += n
		return nil
	}
	if s.addFixed(v, n, rows) {
		return nil
	}
	if rows == nil {
		for i := range n {
			if err := s.add(v, i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range rows {
		if err := s.add(v, int(i)); err != nil {
			return err
		}
	}
	return nil
}

// vec gives the column. It shares the store's memory.
func (s *store) vec() col.Vec {
	if s.typ == col.Invalid {
		return col.Vec{Type: col.Null, Len: s.rows}
	}
	v := col.Vec{Type: s.typ, Len: s.rows, Precision: s.precision, Scale: s.scale}
	if s.nulls > 0 {
		v.Valid = s.valid
	}
	if s.offsets != nil {
		v.Offsets, v.Data = s.offsets, s.data
	} else {
		v.Fixed = s.fixed
	}
	return v
}

// slice gives the rows from a multiple of 8 on up to another. Fixed values share the store's memory, and so do texts.
func (s *store) slice(from, to int) col.Vec {
	v := s.vec()
	v.Len = to - from
	if v.Valid != nil {
		v.Valid = v.Valid[from/8:]
	}
	if v.Offsets == nil {
		if len(v.Fixed) > 0 {
			v.Fixed = v.Fixed[from*s.width : to*s.width]
		}
		return v
	}
	offsets := make([]int32, to-from+1)
	for i := range offsets {
		offsets[i] = v.Offsets[from+i] - v.Offsets[from]
	}
	v.Data, v.Offsets = v.Data[v.Offsets[from]:v.Offsets[to]], offsets
	return v
}

// reset forgets the rows, and keeps the memory.
func (s *store) reset() {
	s.rows, s.nulls = 0, 0
	s.fixed, s.data, s.valid = s.fixed[:0], s.data[:0], s.valid[:0]
	if s.offsets != nil {
		s.offsets = s.offsets[:1]
	}
}

// size is the memory that the store holds, in bytes.
func (s *store) size() int64 {
	return int64(cap(s.fixed)+cap(s.data)+cap(s.valid)) + 4*int64(cap(s.offsets))
}

// used is what the rows take of it.
func (s *store) used() int64 {
	return int64(len(s.fixed)+len(s.data)+len(s.valid)) + 4*int64(len(s.offsets))
}

// more is about what the store will take beyond its size for the rows of v that count.
func (s *store) more(v *col.Vec, n int, rows []uint32) int64 {
	added := n
	if rows != nil {
		added = len(rows)
	}
	if !v.Type.Varying() {
		return grown(len(s.fixed)+added*v.Type.Width(), cap(s.fixed))
	}
	return 4*grown(s.rows+1+added, cap(s.offsets)) + grown(len(s.data)+textBytes(v, n, rows), cap(s.data))
}

// grown is what a slice grows by when it is to hold n.
func grown(n, capacity int) int64 {
	if n <= capacity {
		return 0
	}
	return int64(room(n, capacity) - capacity)
}

// doubled is the capacity up to which what grows doubles.
const doubled = 32 << 20

// room is the capacity of a slice that is to hold n, and more later.
func room(n, capacity int) int {
	if capacity < doubled {
		return max(n, 2*capacity)
	}
	return max(n, capacity+capacity/4)
}

// textBytes is the length of the texts of the rows of v that count.
func textBytes(v *col.Vec, n int, rows []uint32) int {
	total := 0
	switch {
	case rows == nil && v.Encoding == col.Plain:
		return int(v.Offsets[n] - v.Offsets[0])
	case rows == nil:
		for i := range n {
			if !v.IsNull(i) {
				total += len(v.Bytes(i))
			}
		}
	default:
		for _, i := range rows {
			if !v.IsNull(int(i)) {
				total += len(v.Bytes(int(i)))
			}
		}
	}
	return total
}

// full tells whether the offsets of a column of text come near to their end.
func (s *store) full() bool { return len(s.data) > 1<<30 }

// keep leaves the rows at, in that order, and nothing else.
func (s *store) keep(at []uint32) error {
	old := s.vec()
	next := store{typ: s.typ, precision: s.precision, scale: s.scale, width: s.width}
	if s.offsets != nil {
		next.offsets = make([]int32, 1, len(at)+1)
	}
	for _, i := range at {
		if err := next.add(&old, int(i)); err != nil {
			return err
		}
	}
	*s = next
	return nil
}
