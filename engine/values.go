package engine

import (
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
)

// valueReader turns a value of go-mysql-server into one of a Row.
type valueReader func(ctx *sql.Context, v any) (any, error)

// describe gives the columns of a schema with how their values are read.
func describe(ctx *sql.Context, schema sql.Schema) ([]Column, []valueReader, error) {
	columns := make([]Column, len(schema))
	readers := make([]valueReader, len(schema))
	for i, c := range schema {
		field, err := gms.Physical(c.Type)
		if err != nil {
			field = col.Field{Type: col.UTF8} // a type of the engine's own: its text is shown
		}
		if field.Type == col.Bool {
			field.Type = col.Int8
		}
		columns[i] = Column{Name: c.Name, Type: field.Type, SQLType: c.Type.String(), Precision: field.Precision, Scale: field.Scale, Nullable: c.Nullable,
			Database: c.DatabaseSource, Table: c.Source, Kind: kindOf(c.Type), Collation: uint16(collationOf(c.Type)), Length: c.Type.MaxTextResponseByteLength(ctx),
			PrimaryKey: c.PrimaryKey, AutoIncrement: c.AutoIncrement}
		readers[i] = readerOf(c.Type, field)
	}
	return columns, readers, ctx.Err()
}

func kindOf(t sql.Type) Kind {
	switch t.Type() {
	case sqltypes.Int24, sqltypes.Uint24:
		return KindInt24
	case sqltypes.Timestamp:
		return KindTimestamp
	case sqltypes.Char, sqltypes.Binary:
		return KindChar
	case sqltypes.Text, sqltypes.Blob:
		return KindBlob
	}
	return KindPlain
}

// collationOf is the collation of texts, and binary for all else.
func collationOf(t sql.Type) sql.CollationID {
	text, ok := t.(sql.TypeWithCollation)
	if !ok || types.IsBinaryType(t) || text.Collation() == sql.Collation_Unspecified {
		return sql.Collation_binary
	}
	return text.Collation()
}

func readerOf(t sql.Type, field col.Field) valueReader {
	switch field.Type {
	case col.Int8, col.Int16, col.Int32, col.Int64, col.Year:
		return readInt
	case col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Bit:
		return readUint
	case col.Float32, col.Float64:
		return readFloat
	case col.UTF8:
		return func(ctx *sql.Context, v any) (any, error) {
			if s, ok := v.(string); ok {
				return s, nil
			}
			return readText(ctx, t, v)
		}
	case col.Date:
		return func(ctx *sql.Context, v any) (any, error) { return readDate(ctx, t, v) }
	case col.Datetime:
		return func(ctx *sql.Context, v any) (any, error) { return readDatetime(ctx, t, field.Scale, v) }
	case col.Time:
		return func(ctx *sql.Context, v any) (any, error) { return readTime(ctx, t, v) }
	case col.Binary, col.Geometry, col.Vector:
		return func(ctx *sql.Context, v any) (any, error) { return readBytes(ctx, t, v) }
	}
	return func(ctx *sql.Context, v any) (any, error) { return readText(ctx, t, v) }
}

func readInt(ctx *sql.Context, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		return x, nil
	case int8:
		return int64(x), nil
	case int16:
		return int64(x), nil
	case int32:
		return int64(x), nil
	case bool:
		return int64(number(x)), nil
	}
	converted, _, err := types.Int64.Convert(ctx, v)
	return converted, err
}

func readUint(ctx *sql.Context, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case uint64:
		return x, nil
	case uint8:
		return uint64(x), nil
	case uint16:
		return uint64(x), nil
	case uint32:
		return uint64(x), nil
	}
	converted, _, err := types.Uint64.Convert(ctx, v)
	return converted, err
}

func readFloat(ctx *sql.Context, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case float64:
		return x, nil
	case float32:
		return float64(x), nil
	}
	converted, _, err := types.Float64.Convert(ctx, v)
	return converted, err
}

// readText shows a value as its type does.
func readText(ctx *sql.Context, t sql.Type, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	shown, err := t.SQL(ctx, nil, v)
	if err != nil || shown.IsNull() {
		return nil, err
	}
	return shown.ToString(), nil
}

func readBytes(ctx *sql.Context, t sql.Type, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		return x, nil
	}
	shown, err := t.SQL(ctx, nil, v)
	if err != nil || shown.IsNull() {
		return nil, err
	}
	return shown.ToBytes(), nil
}

// readDate writes years before 1000 with four digits, which go-mysql-server does not.
func readDate(ctx *sql.Context, t sql.Type, v any) (any, error) {
	if x, ok := v.(time.Time); ok {
		return string(col.AppendDate(nil, gms.DaysOfTime(x))), nil
	}
	return readText(ctx, t, v)
}

func readDatetime(ctx *sql.Context, t sql.Type, scale uint32, v any) (any, error) {
	if x, ok := v.(time.Time); ok {
		return string(col.AppendDatetime(nil, gms.MicrosecondsOfTime(x), scale)), nil
	}
	return readText(ctx, t, v)
}

// readTime shows a fraction only where there is one: go-mysql-server has no TIME without.
func readTime(ctx *sql.Context, t sql.Type, v any) (any, error) {
	x, ok := v.(types.Timespan)
	if !ok {
		return readText(ctx, t, v)
	}
	scale := uint32(types.MaxDatetimePrecision)
	if x.AsMicroseconds()%1_000_000 == 0 {
		scale = 0
	}
	return string(col.AppendTime(nil, x.AsMicroseconds(), scale)), nil
}
