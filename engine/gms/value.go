package gms

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

const (
	secondsPerDay         = 86_400
	microsecondsPerSecond = 1_000_000
)

// TimeOfDays is a date as go-mysql-server holds it: midnight UTC, or its zero time.
func TimeOfDays(days int32) time.Time {
	if days == col.ZeroDate {
		return types.ZeroTime
	}
	return time.Unix(int64(days)*secondsPerDay, 0).UTC()
}

// TimeOfMicroseconds is a datetime as go-mysql-server holds it.
func TimeOfMicroseconds(microseconds int64) time.Time {
	if microseconds == col.ZeroDatetime {
		return types.ZeroTime
	}
	return time.UnixMicro(microseconds).UTC()
}

// DaysOfTime is the other way round from TimeOfDays; the time of day is dropped.
func DaysOfTime(t time.Time) int32 {
	if t.Equal(types.ZeroTime) {
		return col.ZeroDate
	}
	year, month, day := t.Date()
	return col.DaysFromCivil(year, int(month), day)
}

// MicrosecondsOfTime is the other way round from TimeOfMicroseconds. The wall clock counts, not the
// zone: a datetime has none.
func MicrosecondsOfTime(t time.Time) int64 {
	if t.Equal(types.ZeroTime) {
		return col.ZeroDatetime
	}
	hour, minute, second := t.Clock()
	seconds := int64(DaysOfTime(t))*secondsPerDay + int64(hour*3600+minute*60+second)
	return seconds*microsecondsPerSecond + int64(t.Nanosecond()/1000)
}

// ToValue carries a value of a MySQL type to a connector. The kind of the answer follows the Go
// type of v, which is one that go-mysql-server uses for t: a time.Time of type DATE is a date, of
// another type a datetime; ENUM and SET travel as their numbers. Values that the ABI has no form
// for, NaN among them, are an error: the caller keeps what needs them to itself.
func ToValue(t sql.Type, v any) (*pb.Value, error) {
	switch x := v.(type) {
	case nil:
		return &pb.Value{Kind: &pb.Value_Null{Null: true}}, nil
	case bool:
		return &pb.Value{Kind: &pb.Value_Bool{Bool: x}}, nil
	case int:
		return int64Value(int64(x)), nil
	case int8:
		return int64Value(int64(x)), nil
	case int16:
		return int64Value(int64(x)), nil
	case int32:
		return int64Value(int64(x)), nil
	case int64:
		return int64Value(x), nil
	case uint:
		return uint64Value(uint64(x)), nil
	case uint8:
		return uint64Value(uint64(x)), nil
	case uint16:
		return uint64Value(uint64(x)), nil
	case uint32:
		return uint64Value(uint64(x)), nil
	case uint64:
		return uint64Value(x), nil
	case float32:
		return floatValue(float64(x))
	case float64:
		return floatValue(x)
	case string:
		return &pb.Value{Kind: &pb.Value_Utf8{Utf8: x}}, nil
	case []byte:
		return &pb.Value{Kind: &pb.Value_Binary{Binary: x}}, nil
	}
	return toOtherValue(t, v)
}

func toOtherValue(t sql.Type, v any) (*pb.Value, error) {
	switch x := v.(type) {
	case *apd.Decimal:
		if x.Form != apd.Finite {
			return nil, fmt.Errorf("decimal %s has no form in the ABI", x)
		}
		return &pb.Value{Kind: &pb.Value_Decimal{Decimal: x.Text('f')}}, nil
	case time.Time:
		if t != nil && t.Type() == sqltypes.Date {
			return &pb.Value{Kind: &pb.Value_Date{Date: DaysOfTime(x)}}, nil
		}
		return &pb.Value{Kind: &pb.Value_Datetime{Datetime: MicrosecondsOfTime(x)}}, nil
	case types.Timespan:
		return &pb.Value{Kind: &pb.Value_Time{Time: x.AsMicroseconds()}}, nil
	case types.GeometryValue:
		return &pb.Value{Kind: &pb.Value_Binary{Binary: x.Serialize()}}, nil
	case sql.JSONWrapper:
		text, err := types.JsonToMySqlString(context.Background(), x)
		if err != nil {
			return nil, err
		}
		return &pb.Value{Kind: &pb.Value_Json{Json: text}}, nil
	case sql.AnyWrapper:
		plain, err := sql.UnwrapAny(context.Background(), x)
		if err != nil {
			return nil, err
		}
		return ToValue(t, plain)
	}
	return nil, fmt.Errorf("value of type %T has no form in the ABI", v)
}

func int64Value(v int64) *pb.Value   { return &pb.Value{Kind: &pb.Value_Int64{Int64: v}} }
func uint64Value(v uint64) *pb.Value { return &pb.Value{Kind: &pb.Value_Uint64{Uint64: v}} }

func floatValue(v float64) (*pb.Value, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("float %v has no form in SQL", v)
	}
	return &pb.Value{Kind: &pb.Value_Float64{Float64: v}}, nil
}

// SQLValue carries a value from a connector into a MySQL type, as the Go type that go-mysql-server
// uses for it. NULL and an unset kind are nil.
func SQLValue(ctx context.Context, t sql.Type, v *pb.Value) (any, error) {
	var raw any
	switch x := v.GetKind().(type) {
	case nil, *pb.Value_Null:
		return nil, nil
	case *pb.Value_Bool:
		raw = x.Bool
	case *pb.Value_Int64:
		raw = x.Int64
	case *pb.Value_Uint64:
		raw = x.Uint64
	case *pb.Value_Float64:
		if math.IsNaN(x.Float64) || math.IsInf(x.Float64, 0) {
			return nil, nil
		}
		raw = x.Float64
	case *pb.Value_Decimal:
		d, _, err := apd.NewFromString(x.Decimal)
		if err != nil {
			return nil, fmt.Errorf("decimal %.80q: %w", x.Decimal, err)
		}
		raw = d
	case *pb.Value_Utf8:
		raw = x.Utf8
	case *pb.Value_Binary:
		raw = x.Binary
		if _, ok := t.(sql.SpatialColumnType); ok {
			return Geometry(x.Binary)
		}
	case *pb.Value_Date:
		raw = TimeOfDays(x.Date)
	case *pb.Value_Time:
		raw = types.Timespan(x.Time)
	case *pb.Value_Datetime:
		raw = TimeOfMicroseconds(x.Datetime)
	case *pb.Value_Json:
		return JSON([]byte(x.Json))
	default:
		return nil, fmt.Errorf("value kind %T is unknown", x)
	}
	if t == nil {
		return raw, nil
	}
	converted, inRange, err := t.Convert(ctx, raw)
	if err != nil {
		return nil, err
	}
	if inRange != sql.InRange {
		return nil, fmt.Errorf("value %v is out of range for %s", raw, t)
	}
	return converted, nil
}

// PutValue puts a value that was bound to a column, as ToValue makes them, into column at of a builder's row; false: it has another
// kind, such as NULL.
func PutValue(b *col.Builder, at int, v *pb.Value) bool {
	switch k := v.GetKind().(type) {
	case *pb.Value_Bool:
		b.Bool(at, k.Bool)
	case *pb.Value_Int64:
		b.Int64(at, k.Int64)
	case *pb.Value_Uint64:
		b.Uint64(at, k.Uint64)
	case *pb.Value_Float64:
		b.Float64(at, k.Float64)
	case *pb.Value_Decimal:
		b.Decimal(at, k.Decimal)
	case *pb.Value_Utf8:
		b.String(at, k.Utf8)
	case *pb.Value_Binary:
		b.Bytes(at, k.Binary)
	case *pb.Value_Date:
		b.Int64(at, int64(k.Date))
	case *pb.Value_Time:
		b.Int64(at, k.Time)
	case *pb.Value_Datetime:
		b.Int64(at, k.Datetime)
	default:
		return false
	}
	return true
}
