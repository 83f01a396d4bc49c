package gms

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
)

// encoder puts the values of one column into a builder: exactly what Rows of engine/exec read, the
// other way round.
type encoder struct {
	field col.Field
	typ   sql.Type
	put   func(e *encoder, b *col.Builder, at int, v any) bool
	// scratch is for digits.
	scratch []byte
}

// newEncoder prepares to send values of a column.
func newEncoder(c *sql.Column) (encoder, error) {
	field, err := Physical(c.Type)
	if err != nil {
		return encoder{}, fmt.Errorf("column %s: %w", c.Name, err)
	}
	field.Name, field.Nullable = c.Name, true
	return encoder{field: field, typ: c.Type, put: putters[field.Type]}, nil
}

// putters put a value that has the Go type go-mysql-server uses for the column; false: it has another.
var putters = map[col.Type]func(*encoder, *col.Builder, int, any) bool{
	col.Int8: putInteger, col.Int16: putInteger, col.Int32: putInteger, col.Int64: putInteger,
	col.Uint8: putInteger, col.Uint16: putInteger, col.Uint32: putInteger, col.Uint64: putInteger,
	col.Year: putInteger, col.Enum: putInteger, col.Set: putInteger, col.Bit: putInteger,
	col.Float32: putFloat, col.Float64: putFloat, col.Decimal128: putDecimal, col.Decimal256: putDecimal,
	col.Date: putDate, col.Datetime: putDatetime, col.Time: putTime,
	col.UTF8: putText, col.Binary: putBytes, col.Vector: putBytes, col.JSON: putJSON, col.Geometry: putGeometry,
	col.Null: func(*encoder, *col.Builder, int, any) bool { return false },
}

// encode puts v into column at of the builder's current row. A value of another Go type than the
// column's is converted first.
func (e *encoder) encode(ctx *sql.Context, b *col.Builder, at int, v any) error {
	if v == nil {
		b.Null(at)
		return nil
	}
	if e.put(e, b, at, v) {
		return nil
	}
	if wrapped, ok := v.(sql.AnyWrapper); ok {
		plain, err := sql.UnwrapAny(ctx, wrapped)
		if err != nil {
			return fmt.Errorf("column %s: %w", e.field.Name, err)
		}
		if v = plain; v != nil && e.put(e, b, at, v) {
			return nil
		}
	}
	converted, in, err := e.typ.Convert(ctx, v)
	switch {
	case err != nil:
		return fmt.Errorf("column %s: %w", e.field.Name, err)
	case in != sql.InRange:
		return sql.ErrValueOutOfRange.New(v, e.typ)
	case converted == nil:
		b.Null(at)
		return nil
	case e.put(e, b, at, converted):
		return nil
	case e.field.Type == col.Float32 || e.field.Type == col.Float64:
		return sql.ErrValueOutOfRange.New(v, e.typ)
	default:
		return fmt.Errorf("column %s: a value of Go type %T is none of %s", e.field.Name, converted, e.typ)
	}
}

func putInteger(_ *encoder, b *col.Builder, at int, v any) bool {
	switch x := v.(type) {
	case int64:
		b.Int64(at, x)
	case int32:
		b.Int64(at, int64(x))
	case uint64:
		b.Uint64(at, x)
	case int16:
		b.Int64(at, int64(x))
	case int8:
		b.Int64(at, int64(x))
	case uint32:
		b.Uint64(at, uint64(x))
	case uint16:
		b.Uint64(at, uint64(x))
	case uint8:
		b.Uint64(at, uint64(x))
	default:
		return false
	}
	return true
}

func putFloat(e *encoder, b *col.Builder, at int, v any) bool {
	switch x := v.(type) {
	case float64:
		if x-x != 0 || e.field.Type == col.Float32 && math.Abs(x) > math.MaxFloat32 {
			return false
		}
		b.Float64(at, x)
	case float32:
		if x-x != 0 {
			return false
		}
		b.Float64(at, float64(x))
	default:
		return false
	}
	return true
}

func putDecimal(e *encoder, b *col.Builder, at int, v any) bool {
	d, ok := v.(*apd.Decimal)
	if !ok || d.Form != apd.Finite {
		return false
	}
	if -int64(d.Exponent) == int64(e.field.Scale) {
		// The usual case: a column's own value, with its scale.
		if unscaled, fits := unscaledOf(d); fits {
			b.Dec256(at, unscaled)
			return true
		}
	}
	e.scratch = d.Append(e.scratch[:0], 'f')
	b.Decimal(at, string(e.scratch))
	return true
}

// unscaledOf is the number without its decimal point.
func unscaledOf(d *apd.Decimal) (unscaled col.Dec256, fits bool) {
	if d.Coeff.IsUint64() {
		unscaled[0] = d.Coeff.Uint64()
	} else {
		if d.Coeff.BitLen() > 255 {
			return unscaled, false
		}
		var bytes [32]byte
		d.Coeff.FillBytes(bytes[:])
		for i := range unscaled {
			unscaled[i] = binary.BigEndian.Uint64(bytes[24-8*i:])
		}
	}
	if d.Negative {
		unscaled = unscaled.Negate()
	}
	return unscaled, true
}

func putDate(_ *encoder, b *col.Builder, at int, v any) bool {
	t, ok := v.(time.Time)
	if ok {
		b.Int64(at, int64(DaysOfTime(t)))
	}
	return ok
}

func putDatetime(_ *encoder, b *col.Builder, at int, v any) bool {
	t, ok := v.(time.Time)
	if ok {
		b.Int64(at, MicrosecondsOfTime(t))
	}
	return ok
}

func putTime(_ *encoder, b *col.Builder, at int, v any) bool {
	t, ok := v.(types.Timespan)
	if ok {
		b.Int64(at, t.AsMicroseconds())
	}
	return ok
}

func putText(_ *encoder, b *col.Builder, at int, v any) bool {
	switch x := v.(type) {
	case string:
		b.String(at, x)
	case []byte:
		b.Bytes(at, x)
	default:
		return false
	}
	return true
}

func putBytes(_ *encoder, b *col.Builder, at int, v any) bool {
	switch x := v.(type) {
	case []byte:
		b.Bytes(at, x)
	case string:
		b.String(at, x)
	default:
		return false
	}
	return true
}

func putJSON(e *encoder, b *col.Builder, at int, v any) bool {
	document, ok := v.(sql.JSONWrapper)
	if !ok {
		return false
	}
	text, err := jsonText(document)
	if err != nil {
		return false // Convert fails with the reason
	}
	b.Bytes(at, text)
	return true
}

// jsonText writes a document as MySQL does; one that is text already stays as it is.
func jsonText(document sql.JSONWrapper) ([]byte, error) {
	if written, ok := document.(types.JSONBytes); ok {
		return written.GetBytes(context.Background())
	}
	return types.JsonToMySqlBytes(context.Background(), document)
}

func putGeometry(_ *encoder, b *col.Builder, at int, v any) bool {
	g, ok := v.(types.GeometryValue)
	if ok {
		b.Bytes(at, g.Serialize())
	}
	return ok
}

// ValueEncoder puts values of one type into batches, as they lie in a column of it.
type ValueEncoder struct{ encoder }

// NewValueEncoder prepares to put values of a type, which must have a form in the ABI.
func NewValueEncoder(t sql.Type) (*ValueEncoder, error) {
	e, err := newEncoder(&sql.Column{Name: "of an expression", Type: t})
	return &ValueEncoder{e}, err
}

// Put sets a column of the builder's current row. A value of another Go type than the column's is converted first.
func (e *ValueEncoder) Put(ctx *sql.Context, b *col.Builder, at int, v any) error {
	return e.encode(ctx, b, at, v)
}
