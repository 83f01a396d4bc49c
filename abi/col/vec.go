package col

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Vec is one column of a batch. Which slices are set depends on Type and Encoding:
//
//	plain, fixed width   Fixed: Len values          bool: Fixed holds Len bits
//	plain, varying       Offsets: Len+1, Data
//	view                 Views: Len, Buffers
//	constant             as plain or view, for one row
//	dictionary           Index: Len, Dict: a plain Vec
//
// Fixed is aligned to the width of the type, at most 8. A NULL row may hold any value.
type Vec struct {
	Type     Type
	Encoding Encoding
	// Len is the number of rows.
	Len int
	// Valid has a bit a row (one bit when constant); nil means no row is NULL.
	Valid   Bitmap
	Fixed   []byte
	Offsets []int32
	Data    []byte
	Views   []StringView
	Buffers [][]byte
	Index   []uint32
	Dict    *Vec
	// Precision and Scale of a decimal, Scale of time types.
	Precision, Scale uint32
}

// StringView is Arrow's 16-byte view: length, then the bytes themselves when there are at most 12,
// else a prefix of 4, the number of the buffer, and the offset in it.
type StringView struct {
	Length uint32
	Inline [12]byte
}

// Number is any Go type a fixed-width column can be read as.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Values reads the fixed-width buffer as Ts, without copying. T must have the width of v.Type.
// The slice shares the Vec's memory and its lifetime.
func Values[T Number](v *Vec) []T {
	if len(v.Fixed) == 0 {
		return nil
	}
	// Fixed is aligned for its type by whoever made the Vec: Builder, or the host's view check.
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(v.Fixed))), len(v.Fixed)/int(unsafe.Sizeof(*new(T))))
}

// BytesOf gives the memory of a slice of numbers, without copying.
func BytesOf[T Number](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	// The bytes of a number slice are always readable; the length covers exactly its elements.
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(s[0])))
}

// resolve gives the vector and the position that hold the value of row i.
func (v *Vec) resolve(i int) (*Vec, int) {
	switch v.Encoding {
	case Constant:
		return v, 0
	case Dictionary:
		return v.Dict, int(v.Index[i])
	}
	return v, i
}

// IsNull tells whether row i is NULL.
func (v *Vec) IsNull(i int) bool {
	if v.Type == Null {
		return true
	}
	if v.Encoding == Constant {
		return !v.Valid.Get(0)
	}
	if !v.Valid.Get(i) {
		return true
	}
	return v.Encoding == Dictionary && !v.Dict.Valid.Get(int(v.Index[i]))
}

// Bool gives row i of a bool column.
func (v *Vec) Bool(i int) bool {
	v, i = v.resolve(i)
	return Bitmap(v.Fixed).Get(i)
}

// Int64 gives row i of any integer, date, time, datetime, enum, year column as int64.
// A uint64 above the largest int64 wraps: use Uint64 for uint64, set and bit.
func (v *Vec) Int64(i int) int64 {
	v, i = v.resolve(i)
	switch v.Type {
	case Int8:
		return int64(int8(v.Fixed[i]))
	case Uint8:
		return int64(v.Fixed[i])
	case Int16:
		return int64(int16(binary.LittleEndian.Uint16(v.Fixed[2*i:])))
	case Uint16, Enum, Year:
		return int64(binary.LittleEndian.Uint16(v.Fixed[2*i:]))
	case Int32, Date:
		return int64(int32(binary.LittleEndian.Uint32(v.Fixed[4*i:])))
	case Uint32:
		return int64(binary.LittleEndian.Uint32(v.Fixed[4*i:]))
	case Bool:
		if Bitmap(v.Fixed).Get(i) {
			return 1
		}
		return 0
	}
	return int64(binary.LittleEndian.Uint64(v.Fixed[8*i:]))
}

// Uint64 gives row i of an unsigned integer, set, bit, enum or year column.
func (v *Vec) Uint64(i int) uint64 { return uint64(v.Int64(i)) }

// Float64 gives row i of a float column.
func (v *Vec) Float64(i int) float64 {
	v, i = v.resolve(i)
	if v.Type == Float32 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.Fixed[4*i:])))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(v.Fixed[8*i:]))
}

// Bytes gives row i of a column of varying length, without copying.
func (v *Vec) Bytes(i int) []byte {
	v, i = v.resolve(i)
	if v.Views != nil {
		return v.Views[i].bytes(v.Buffers)
	}
	return v.Data[v.Offsets[i]:v.Offsets[i+1]]
}

// Text gives row i of a column of varying length as a string that shares the Vec's memory.
func (v *Vec) Text(i int) string {
	b := v.Bytes(i)
	// The string lives as long as the batch, which is the documented lifetime.
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Decimal gives row i of a decimal column, widened to 256 bits.
func (v *Vec) Decimal(i int) Dec256 {
	v, i = v.resolve(i)
	if v.Type == Decimal128 {
		return decFrom128(v.Fixed[16*i:])
	}
	return decFrom256(v.Fixed[32*i:])
}

func (s *StringView) bytes(buffers [][]byte) []byte {
	if s.Length <= 12 {
		return s.Inline[:s.Length]
	}
	buffer := binary.LittleEndian.Uint32(s.Inline[4:])
	start := binary.LittleEndian.Uint32(s.Inline[8:])
	return buffers[buffer][start : uint64(start)+uint64(s.Length)]
}

// Nulls counts the NULL rows.
func (v *Vec) Nulls() int {
	if v.Type == Null {
		return v.Len
	}
	if v.Encoding == Plain || v.Encoding == View {
		return v.Len - v.Valid.Count(v.Len)
	}
	nulls := 0
	for i := range v.Len {
		if v.IsNull(i) {
			nulls++
		}
	}
	return nulls
}
