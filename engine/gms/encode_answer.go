package gms

import (
	"fmt"
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
)

// decode reads row i of a column of an answer batch into the Go type that go-mysql-server uses for
// t. Answers are few rows, so each value is made by itself; it shares no memory with the batch.
// engine/exec reads scans, many rows at once.
func decode(ctx *sql.Context, t sql.Type, v *col.Vec, i int) (any, error) {
	if v.IsNull(i) {
		return nil, nil
	}
	raw, err := decodeRaw(t, v, i)
	if err != nil {
		return nil, err
	}
	switch v.Type {
	case col.Date, col.Datetime, col.Time, col.Year, col.Enum, col.Set, col.Bit, col.JSON, col.Vector:
		// Converting would take zero dates, years below 100 and members out of range for input of a user.
		return raw, nil
	}
	converted, in, err := t.Convert(ctx, raw)
	if err == nil && in != sql.InRange {
		err = fmt.Errorf("value %v is out of range for %s", raw, t)
	}
	return converted, err
}

func decodeRaw(t sql.Type, v *col.Vec, i int) (any, error) {
	switch v.Type {
	case col.Bool:
		return v.Bool(i), nil
	case col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Set, col.Bit:
		return v.Uint64(i), nil
	case col.Enum:
		return uint16(v.Uint64(i)), nil
	case col.Year:
		return int16(v.Int64(i)), nil
	case col.Float32:
		return float32(v.Float64(i)), finite(v.Float64(i))
	case col.Float64:
		return v.Float64(i), finite(v.Float64(i))
	case col.Decimal128, col.Decimal256:
		d, _, err := apd.NewFromString(v.Decimal(i).Text(v.Scale))
		return d, err
	case col.Date:
		return TimeOfDays(int32(v.Int64(i))), nil
	case col.Datetime:
		return TimeOfMicroseconds(v.Int64(i)), nil
	case col.Time:
		return types.Timespan(v.Int64(i)), nil
	case col.UTF8:
		return string(v.Bytes(i)), nil
	case col.Binary, col.Vector:
		return append([]byte{}, v.Bytes(i)...), nil
	case col.JSON:
		return JSON(v.Bytes(i))
	case col.Geometry:
		return Geometry(append([]byte{}, v.Bytes(i)...))
	case col.Int8, col.Int16, col.Int32, col.Int64:
		return v.Int64(i), nil
	}
	return nil, fmt.Errorf("a value of type %s for %s", v.Type, t)
}

func finite(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("float %v has no form in SQL", f)
	}
	return nil
}
