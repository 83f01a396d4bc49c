package pushdown

import (
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/pb"
)

// class is how values of a column compare.
type class uint8

const (
	// classOther columns are compared by the engine only.
	classOther class = iota
	classInt
	classUint
	classBool
	classFloat32
	classFloat64
	classDecimal
	classText
	classBytes
	classDate
	classDatetime
	classTime
	classYear
)

// column is a column of the table that a condition names.
type column struct {
	// position in the declared table.
	position uint32
	name     string
	typ      sql.Type
	class    class
	// min and max of the integer classes and of year; max of classUint is in maxUint.
	min, max int64
	maxUint  uint64
	// notNull: the connector declared that no value is NULL.
	notNull bool
}

// newColumn classifies a column of the declared table.
func newColumn(position int, c *sql.Column, declared *pb.Column) column {
	out := column{position: uint32(position), name: c.Name, typ: c.Type, notNull: !c.Nullable}
	out.class = classOf(c.Type)
	switch out.class {
	case classInt, classUint:
		out.bounds()
		if declared.GetType() == pb.Type_TYPE_BOOL {
			out.class, out.min, out.max = classBool, 0, 1
		}
	case classYear:
		out.min, out.max = 1901, 2155
	}
	return out
}

func classOf(t sql.Type) class {
	switch t.Type() {
	case sqltypes.Int8, sqltypes.Int16, sqltypes.Int24, sqltypes.Int32, sqltypes.Int64:
		return classInt
	case sqltypes.Uint8, sqltypes.Uint16, sqltypes.Uint24, sqltypes.Uint32, sqltypes.Uint64:
		return classUint
	case sqltypes.Float32:
		return classFloat32
	case sqltypes.Float64:
		return classFloat64
	case sqltypes.Decimal:
		return classDecimal
	case sqltypes.Char, sqltypes.VarChar, sqltypes.Text:
		if types.IsTextOnly(t) {
			return classText
		}
	case sqltypes.VarBinary, sqltypes.Blob:
		return classBytes
	case sqltypes.Date:
		return classDate
	case sqltypes.Datetime, sqltypes.Timestamp:
		return classDatetime
	case sqltypes.Time:
		return classTime
	case sqltypes.Year:
		return classYear
	}
	return classOther
}

func (c *column) bounds() {
	switch c.typ.Type() {
	case sqltypes.Int8:
		c.min, c.max = math.MinInt8, math.MaxInt8
	case sqltypes.Int16:
		c.min, c.max = math.MinInt16, math.MaxInt16
	case sqltypes.Int24:
		c.min, c.max = -1<<23, 1<<23-1
	case sqltypes.Int32:
		c.min, c.max = math.MinInt32, math.MaxInt32
	case sqltypes.Int64:
		c.min, c.max = math.MinInt64, math.MaxInt64
	case sqltypes.Uint8:
		c.maxUint = math.MaxUint8
	case sqltypes.Uint16:
		c.maxUint = math.MaxUint16
	case sqltypes.Uint24:
		c.maxUint = 1<<24 - 1
	case sqltypes.Uint32:
		c.maxUint = math.MaxUint32
	case sqltypes.Uint64:
		c.maxUint = math.MaxUint64
	}
}

// paramTypes has the type that a param of each class travels as.
var paramTypes = map[class]pb.Type{classInt: pb.Type_TYPE_INT64, classUint: pb.Type_TYPE_UINT64, classBool: pb.Type_TYPE_BOOL,
	classFloat32: pb.Type_TYPE_FLOAT64, classFloat64: pb.Type_TYPE_FLOAT64, classDecimal: pb.Type_TYPE_DECIMAL128,
	classText: pb.Type_TYPE_UTF8, classBytes: pb.Type_TYPE_BINARY, classDate: pb.Type_TYPE_DATE,
	classDatetime: pb.Type_TYPE_DATETIME, classTime: pb.Type_TYPE_TIME, classYear: pb.Type_TYPE_UINT64}

// number tells whether the class compares as a number, 0 being false.
func (k class) number() bool {
	switch k {
	case classInt, classUint, classBool, classFloat32, classFloat64, classDecimal:
		return true
	}
	return false
}
