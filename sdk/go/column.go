package wasql

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Type is the physical type of a column: how its values lie in a batch.
type Type = col.Type

// The physical types; SPEC section 5 has their value ranges.
const (
	Bool       = col.Bool
	Int8       = col.Int8
	Int16      = col.Int16
	Int32      = col.Int32
	Int64      = col.Int64
	Uint8      = col.Uint8
	Uint16     = col.Uint16
	Uint32     = col.Uint32
	Uint64     = col.Uint64
	Float32    = col.Float32
	Float64    = col.Float64
	Decimal128 = col.Decimal128
	Decimal256 = col.Decimal256
	Date       = col.Date
	Time       = col.Time
	Datetime   = col.Datetime
	UTF8       = col.UTF8
	Binary     = col.Binary
	JSON       = col.JSON
	Enum       = col.Enum
	Set        = col.Set
	Bit        = col.Bit
	Year       = col.Year
	Geometry   = col.Geometry
	Vector     = col.Vector
)

// Column declares one column of a table. Name and Type are enough; the rest says more.
type Column struct {
	Name string
	Type Type
	// SQLType is MySQL's own text, such as "varchar(20)" or "decimal(10,2) unsigned". Empty: the natural one
	// of Type (SPEC 5.3). It must be one whose values lie as Type says (SPEC 5.2).
	SQLType string
	NotNull bool
	// Hidden columns are not part of SELECT *.
	Hidden bool
	// Required columns must be constrained by =, IN or a range, else there is no plan.
	Required bool
	// Argument is the 1-based position as an argument of the table function; 0: not an argument.
	Argument int
	// Precision and Scale are the digits of a decimal; Scale also the fractional digits of time types.
	Precision, Scale int
	// Length is characters of char and varchar, bytes of binary, bits of bit, dimensions of vector; 0: the widest.
	Length int
	// Members of an enum or set, in order.
	Members []string
	// Collation of a text column; empty: the table's, then utf8mb4_0900_ai_ci.
	Collation string
	Comment   string
	// Default is the SQL text of the default expression; empty means none.
	Default string
	// Generated is the SQL text of a generated column, which is stored when Stored is set.
	Generated     string
	Stored        bool
	AutoIncrement bool
	SRID          int
	// Options are per-column options as given in SQL.
	Options map[string]string
}

func (c *Column) message() *pb.Column {
	m := &pb.Column{
		Name: c.Name, Type: pb.Type(c.Type), SqlType: c.SQLType, NotNull: c.NotNull, Hidden: c.Hidden,
		Required: c.Required, Argument: uint32(c.Argument), Precision: uint32(c.Precision), Scale: uint32(c.Scale),
		Length: uint32(c.Length), Members: c.Members, Collation: c.Collation, Comment: c.Comment,
		GeneratedSql: c.Generated, GeneratedStored: c.Stored, AutoIncrement: c.AutoIncrement, Srid: uint32(c.SRID),
		Options: c.Options,
	}
	if c.Default != "" {
		m.DefaultSql = &c.Default
	}
	return m
}

func columnFrom(m *pb.Column) Column {
	return Column{
		Name: m.GetName(), Type: Type(m.GetType()), SQLType: m.GetSqlType(), NotNull: m.GetNotNull(), Hidden: m.GetHidden(),
		Required: m.GetRequired(), Argument: int(m.GetArgument()), Precision: int(m.GetPrecision()), Scale: int(m.GetScale()),
		Length: int(m.GetLength()), Members: m.GetMembers(), Collation: m.GetCollation(), Comment: m.GetComment(),
		Default: m.GetDefaultSql(), Generated: m.GetGeneratedSql(), Stored: m.GetGeneratedStored(),
		AutoIncrement: m.GetAutoIncrement(), SRID: int(m.GetSrid()), Options: m.GetOptions(),
	}
}

func columnsFrom(ms []*pb.Column) []Column {
	columns := make([]Column, len(ms))
	for i, m := range ms {
		columns[i] = columnFrom(m)
	}
	return columns
}

// field is the column as a batch has it.
func (c *Column) field() col.Field {
	return col.Field{
		Name: c.Name, Type: c.Type, Nullable: !c.NotNull,
		Precision: uint32(c.Precision), Scale: uint32(c.Scale), Members: c.Members,
	}
}

func (c *Column) scanColumn(position int) *pb.ScanColumn {
	return &pb.ScanColumn{
		Column: uint32(position), Type: pb.Type(c.Type), Precision: uint32(c.Precision), Scale: uint32(c.Scale), Nullable: !c.NotNull,
	}
}
