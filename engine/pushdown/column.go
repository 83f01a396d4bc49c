package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
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
		least, most := gms.IntegerRange(c.Type)
		if out.class == classUint {
			out.maxUint = most
		} else {
			out.min, out.max = least, int64(most)
		}
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
