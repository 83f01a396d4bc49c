package gms

import (
	"fmt"
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"
	"github.com/dolthub/vitess/go/vt/proto/query"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// physicalTypes has the physical type of every MySQL base type (SPEC 5.2); decimals are apart.
var physicalTypes = map[query.Type]col.Type{
	sqltypes.Int8: col.Int8, sqltypes.Int16: col.Int16, sqltypes.Int24: col.Int32, sqltypes.Int32: col.Int32, sqltypes.Int64: col.Int64,
	sqltypes.Uint8: col.Uint8, sqltypes.Uint16: col.Uint16, sqltypes.Uint24: col.Uint32, sqltypes.Uint32: col.Uint32, sqltypes.Uint64: col.Uint64,
	sqltypes.Float32: col.Float32, sqltypes.Float64: col.Float64,
	sqltypes.Date: col.Date, sqltypes.Time: col.Time, sqltypes.Datetime: col.Datetime, sqltypes.Timestamp: col.Datetime, sqltypes.Year: col.Year,
	sqltypes.Char: col.UTF8, sqltypes.VarChar: col.UTF8, sqltypes.Text: col.UTF8,
	sqltypes.Binary: col.Binary, sqltypes.VarBinary: col.Binary, sqltypes.Blob: col.Binary,
	sqltypes.TypeJSON: col.JSON, sqltypes.Enum: col.Enum, sqltypes.Set: col.Set, sqltypes.Bit: col.Bit,
	sqltypes.Geometry: col.Geometry, sqltypes.Vector: col.Vector, sqltypes.Null: col.Null,
}

// Physical is the physical type that a column of a MySQL type travels as, with the digits of a
// decimal and, in Scale, the fractional digits of a time type. Name and Nullable are left alone.
func Physical(t sql.Type) (col.Field, error) {
	if d, ok := t.(sql.DecimalType); ok {
		field := col.Field{Type: col.Decimal128, Precision: uint32(d.Precision()), Scale: uint32(d.Scale())}
		if d.Precision() > 38 {
			field.Type = col.Decimal256
		}
		return field, nil
	}
	physical, ok := physicalTypes[t.Type()]
	if !ok {
		return col.Field{}, fmt.Errorf("type %s has no form in the ABI", t)
	}
	field := col.Field{Type: physical}
	switch x := t.(type) {
	case sql.DatetimeType:
		if t.Type() != sqltypes.Date {
			field.Scale = uint32(x.Precision())
		}
	case sql.EnumType:
		field.Members = x.Values()
	case sql.SetType:
		field.Members = x.Values()
	}
	if physical == col.Time {
		field.Scale = types.MaxDatetimePrecision
	}
	return field, nil
}

// Column declares a column of a schema in the ABI's words, the other way round from Declare.
func Column(c *sql.Column) (*pb.Column, error) {
	field, err := Physical(c.Type)
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.Name, err)
	}
	declared := &pb.Column{
		Name: c.Name, Type: pb.Type(field.Type), SqlType: c.Type.String(), NotNull: !c.Nullable,
		AutoIncrement: c.AutoIncrement, Comment: c.Comment, Hidden: c.HiddenSystem,
		Precision: field.Precision, Scale: field.Scale, Members: field.Members,
	}
	if text, ok := c.Type.(sql.TypeWithCollation); ok && field.Type != col.Binary && field.Type != col.Vector {
		declared.Collation = text.Collation().Name()
		declared.SqlType = text.StringWithTableCollation(text.Collation())
	}
	if spatial, ok := c.Type.(sql.SpatialColumnType); ok {
		if srid, defined := spatial.GetSpatialTypeSRID(); defined {
			// In the text too: a column of SRID 0 takes no others, and one without a SRID takes all.
			declared.Srid, declared.SqlType = srid, fmt.Sprintf("%s srid %d", declared.SqlType, srid)
		}
	}
	if text, ok := c.Type.(sql.StringType); ok {
		declared.Length = uint32(min(text.MaxCharacterLength(), longestText))
	}
	if c.Default != nil {
		text := expressionText(c.Default)
		declared.DefaultSql = &text
	}
	if c.Generated != nil {
		declared.GeneratedSql, declared.GeneratedStored = expressionText(c.Generated), !c.Virtual
	}
	if c.OnUpdate != nil {
		declared.OnUpdateSql = expressionText(c.OnUpdate)
	}
	return declared, nil
}

// expressionText is an expression of a column as it is written in SQL, parentheses included. One
// that was never resolved is the text it was read from.
func expressionText(value *sql.ColumnDefaultValue) string {
	if text, ok := value.Expr.(*sql.UnresolvedColumnDefault); ok {
		return text.ExprString
	}
	return value.String()
}

// TableOf declares a table that SQL defines.
func TableOf(name string, schema sql.PrimaryKeySchema, collation sql.CollationID, comment string) (*pb.Table, error) {
	table := &pb.Table{Name: name, Comment: comment, Collation: collation.Name()}
	for _, c := range schema.Schema {
		declared, err := Column(c)
		if err != nil {
			return nil, err
		}
		table.Columns = append(table.Columns, declared)
	}
	for _, position := range schema.PkOrdinals {
		table.PrimaryKey = append(table.PrimaryKey, uint32(position))
		table.Columns[position].NotNull = true
	}
	return table, nil
}

// IntegerRange is the least and the greatest number that a whole-number type holds; 0 and 0 for other types.
func IntegerRange(t sql.Type) (least int64, most uint64) {
	switch t.Type() {
	case sqltypes.Int8:
		return math.MinInt8, math.MaxInt8
	case sqltypes.Int16:
		return math.MinInt16, math.MaxInt16
	case sqltypes.Int24:
		return -1 << 23, 1<<23 - 1
	case sqltypes.Int32:
		return math.MinInt32, math.MaxInt32
	case sqltypes.Int64:
		return math.MinInt64, math.MaxInt64
	case sqltypes.Uint8:
		return 0, math.MaxUint8
	case sqltypes.Uint16:
		return 0, math.MaxUint16
	case sqltypes.Uint24:
		return 0, 1<<24 - 1
	case sqltypes.Uint32:
		return 0, math.MaxUint32
	case sqltypes.Uint64:
		return 0, math.MaxUint64
	}
	return 0, 0
}
