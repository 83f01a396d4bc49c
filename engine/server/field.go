package server

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// The protocol's types.
const (
	typeTiny       = 1
	typeShort      = 2
	typeLong       = 3
	typeFloat      = 4
	typeDouble     = 5
	typeNull       = 6
	typeTimestamp  = 7
	typeLongLong   = 8
	typeInt24      = 9
	typeDate       = 10
	typeTime       = 11
	typeDatetime   = 12
	typeYear       = 13
	typeVarChar    = 15
	typeBit        = 16
	typeJSON       = 245
	typeNewDecimal = 246
	typeTinyBlob   = 249
	typeMediumBlob = 250
	typeLongBlob   = 251
	typeBlob       = 252
	typeVarString  = 253
	typeString     = 254
	typeGeometry   = 255
)

// The flags of a column.
const (
	flagNotNull       = 1
	flagPrimaryKey    = 2
	flagBlob          = 16
	flagUnsigned      = 32
	flagBinary        = 128
	flagEnum          = 256
	flagAutoIncrement = 512
	flagTimestamp     = 1024
	flagSet           = 2048
	flagNumber        = 32768
)

const (
	charsetBinary = 63
	// decimalsFloating is the number of digits behind the point of a number that has no fixed one.
	decimalsFloating = 31
	timeDigits       = 6
)

// wireType is a type as the protocol describes it.
type wireType struct {
	kind     byte
	flags    uint16
	decimals byte
}

var wireTypes = map[col.Type]wireType{
	col.Bool: {kind: typeTiny, flags: flagNumber}, col.Int8: {kind: typeTiny, flags: flagNumber}, col.Int16: {kind: typeShort, flags: flagNumber},
	col.Int32: {kind: typeLong, flags: flagNumber}, col.Int64: {kind: typeLongLong, flags: flagNumber},
	col.Uint8: {kind: typeTiny, flags: flagNumber | flagUnsigned}, col.Uint16: {kind: typeShort, flags: flagNumber | flagUnsigned},
	col.Uint32: {kind: typeLong, flags: flagNumber | flagUnsigned}, col.Uint64: {kind: typeLongLong, flags: flagNumber | flagUnsigned},
	col.Float32: {kind: typeFloat, flags: flagNumber, decimals: decimalsFloating}, col.Float64: {kind: typeDouble, flags: flagNumber, decimals: decimalsFloating},
	col.Decimal128: {kind: typeNewDecimal, flags: flagNumber}, col.Decimal256: {kind: typeNewDecimal, flags: flagNumber},
	col.Date: {kind: typeDate, flags: flagBinary}, col.Time: {kind: typeTime, flags: flagBinary, decimals: timeDigits}, col.Datetime: {kind: typeDatetime, flags: flagBinary},
	col.Year: {kind: typeYear, flags: flagNumber | flagUnsigned}, col.UTF8: {kind: typeVarString}, col.Binary: {kind: typeVarString, flags: flagBinary},
	col.JSON: {kind: typeJSON, flags: flagBlob | flagBinary}, col.Enum: {kind: typeString, flags: flagEnum}, col.Set: {kind: typeString, flags: flagSet},
	col.Bit: {kind: typeBit, flags: flagUnsigned}, col.Geometry: {kind: typeGeometry, flags: flagBlob | flagBinary},
	col.Vector: {kind: typeBlob, flags: flagBlob | flagBinary}, col.Null: {kind: typeNull, flags: flagBinary},
}

func wireTypeOf(c engine.Column) wireType {
	t := wireTypes[c.Type]
	switch c.Kind {
	case engine.KindInt24:
		t.kind = typeInt24
	case engine.KindTimestamp:
		t.kind, t.flags = typeTimestamp, t.flags|flagTimestamp
	case engine.KindChar:
		t.kind = typeString
	case engine.KindBlob:
		t.kind, t.flags = typeBlob, t.flags|flagBlob
	}
	switch c.Type {
	case col.Decimal128, col.Decimal256, col.Datetime:
		t.decimals = byte(c.Scale)
	}
	if t.flags&flagNumber != 0 {
		t.flags |= flagBinary
	}
	for flag, set := range map[uint16]bool{flagNotNull: !c.Nullable && c.Type != col.Null, flagPrimaryKey: c.PrimaryKey, flagAutoIncrement: c.AutoIncrement} {
		if set {
			t.flags |= flag
		}
	}
	return t
}

// charsetOf is the collation that texts of a column are said to have: the client's own, as they are sent in its character set.
func (c *conn) charsetOf(column engine.Column) uint16 {
	switch column.Type {
	case col.UTF8, col.Enum, col.Set:
		if column.Collation != charsetBinary {
			return c.charset
		}
	}
	return charsetBinary
}

// definition writes the packet that describes a column.
func (c *conn) definition(column engine.Column, listed bool) error {
	t := wireTypeOf(column)
	c.begin()
	out := appendText(c.out, "def")
	out = appendText(out, column.Database)
	out = appendText(out, column.Table)
	out = appendText(out, column.Table)
	out = appendText(out, column.Name)
	original := column.Name
	if column.Table == "" {
		original = ""
	}
	out = append(appendText(out, original), 0x0c)
	out = binary.LittleEndian.AppendUint16(out, c.charsetOf(column))
	out = binary.LittleEndian.AppendUint32(out, column.Length)
	out = append(out, t.kind)
	out = binary.LittleEndian.AppendUint16(out, t.flags)
	out = append(out, t.decimals, 0, 0)
	if listed {
		out = append(out, nullCell) // the default, which is not told
	}
	c.out = out
	return c.end()
}

// definitions describes the columns of an answer.
func (c *conn) definitions(columns []engine.Column) error {
	c.begin()
	c.out = appendLength(c.out, uint64(len(columns)))
	if err := c.end(); err != nil {
		return err
	}
	for _, column := range columns {
		if err := c.definition(column, false); err != nil {
			return err
		}
	}
	if c.deprecatesEOF {
		return nil
	}
	return c.eof(0, c.status(false))
}
