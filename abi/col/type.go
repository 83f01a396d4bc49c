package col

import "fmt"

// Type is the physical type of a column. The numbers are part of the ABI (SPEC section 5).
type Type uint16

// The physical types. See SPEC section 5 for widths and value ranges.
const (
	Invalid    Type = 0
	Null       Type = 1
	Bool       Type = 2
	Int8       Type = 3
	Int16      Type = 4
	Int32      Type = 5
	Int64      Type = 6
	Uint8      Type = 7
	Uint16     Type = 8
	Uint32     Type = 9
	Uint64     Type = 10
	Float32    Type = 11
	Float64    Type = 12
	Decimal128 Type = 13
	Decimal256 Type = 14
	Date       Type = 15 // int32 days since 1970-01-01
	Time       Type = 16 // int64 microseconds, signed
	Datetime   Type = 17 // int64 microseconds since 1970-01-01T00:00:00
	UTF8       Type = 18
	Binary     Type = 19
	JSON       Type = 20
	Enum       Type = 21 // uint16, 1-based
	Set        Type = 22 // uint64, one bit a member
	Bit        Type = 23 // uint64
	Year       Type = 24 // uint16
	Geometry   Type = 25
	Vector     Type = 26
	typeEnd    Type = 27
)

// Encoding says how the values of a Vec lie.
type Encoding uint16

// The encodings.
const (
	// Plain: one value a row.
	Plain Encoding = 0
	// Constant: one value for all rows.
	Constant Encoding = 1
	// Dictionary: a uint32 index a row into another, plain Vec.
	Dictionary Encoding = 2
	// View: a 16-byte string view a row; only for the types of varying length.
	View Encoding = 3
)

var typeNames = [typeEnd]string{"invalid", "null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16",
	"uint32", "uint64", "float32", "float64", "decimal128", "decimal256", "date", "time", "datetime", "utf8",
	"binary", "json", "enum", "set", "bit", "year", "geometry", "vector"}

var typeWidths = [typeEnd]uint8{Int8: 1, Int16: 2, Int32: 4, Int64: 8, Uint8: 1, Uint16: 2, Uint32: 4, Uint64: 8,
	Float32: 4, Float64: 8, Decimal128: 16, Decimal256: 32, Date: 4, Time: 8, Datetime: 8, Enum: 2, Set: 8, Bit: 8, Year: 2}

// String gives the name used in messages and in SPEC.
func (t Type) String() string {
	if t < typeEnd {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint16(t))
}

// Known tells whether t is a type of this ABI.
func (t Type) Known() bool { return t > Invalid && t < typeEnd }

// Width is the size of one value in bytes, or 0 for null, bool (bits) and the types of varying length.
func (t Type) Width() int {
	if t < typeEnd {
		return int(typeWidths[t])
	}
	return 0
}

// Varying tells whether values have their own length each: offsets or views, and bytes.
func (t Type) Varying() bool {
	switch t {
	case UTF8, Binary, JSON, Geometry, Vector:
		return true
	}
	return false
}

// Text tells whether the bytes of a value must be valid UTF-8.
func (t Type) Text() bool { return t == UTF8 || t == JSON }

// Signed tells whether t is a signed integer type.
func (t Type) Signed() bool { return t >= Int8 && t <= Int64 }

// Unsigned tells whether t is an unsigned integer type.
func (t Type) Unsigned() bool { return t >= Uint8 && t <= Uint64 }

// Integer tells whether t is an integer type, signed or not.
func (t Type) Integer() bool { return t >= Int8 && t <= Uint64 }

// String gives the name used in messages and in SPEC.
func (e Encoding) String() string {
	switch e {
	case Plain:
		return "plain"
	case Constant:
		return "constant"
	case Dictionary:
		return "dictionary"
	case View:
		return "view"
	}
	return fmt.Sprintf("encoding(%d)", uint16(e))
}

// Field is one column of a Schema.
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	// Precision and Scale are the digits of a decimal; Scale is also the fractional digits of time types.
	Precision, Scale uint32
	// Members of an enum or set, in order.
	Members []string
}

// Schema lists the columns of a batch, in order.
type Schema []Field

// Index finds a column by its exact name, or gives -1.
func (s Schema) Index(name string) int {
	for i := range s {
		if s[i].Name == name {
			return i
		}
	}
	return -1
}
