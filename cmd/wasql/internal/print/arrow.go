package print

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

// arrowRows is the number of rows of one record batch, and parquetRows of one row group.
const (
	arrowRows   = 16_384
	parquetRows = 131_072
)

// recordSink is what the two columnar formats differ in: where a record goes.
type recordSink interface {
	Write(arrow.RecordBatch) error
	Close() error
}

type arrowWriter struct {
	out     io.Writer
	rowsMax int
	// times is the type of TIME columns: Parquet has none for times below zero or above a day.
	times arrow.DataType
	open  func(io.Writer, *arrow.Schema) (recordSink, error)

	schema  *arrow.Schema
	builder *array.RecordBuilder
	sink    recordSink
	columns []engine.Column
	rows    int
}

func newArrowWriter(out io.Writer) Writer {
	return &arrowWriter{out: out, rowsMax: arrowRows, times: arrow.FixedWidthTypes.Duration_us, open: func(out io.Writer, schema *arrow.Schema) (recordSink, error) {
		return ipc.NewWriter(out, ipc.WithSchema(schema)), nil
	}}
}

func newParquetWriter(out io.Writer) Writer {
	return &arrowWriter{out: out, rowsMax: parquetRows, times: arrow.BinaryTypes.String, open: func(out io.Writer, schema *arrow.Schema) (recordSink, error) {
		// The file writer closes what it writes to; the stream is not ours to close.
		properties := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy))
		return pqarrow.NewFileWriter(schema, struct{ io.Writer }{out}, properties, pqarrow.DefaultWriterProps())
	}}
}

func (w *arrowWriter) Begin(columns []engine.Column) error {
	if len(columns) == 0 {
		return nil
	}
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.Name, Type: w.arrowType(c), Nullable: true}
	}
	w.columns, w.schema = columns, arrow.NewSchema(fields, nil)
	w.builder = array.NewRecordBuilder(memory.DefaultAllocator, w.schema)
	sink, err := w.open(w.out, w.schema)
	w.sink = sink
	return err
}

func (w *arrowWriter) Row(row engine.Row) error {
	for i, value := range row {
		if err := appendArrow(w.builder.Field(i), value); err != nil {
			return fmt.Errorf("column %s, row %d: %w", w.columns[i].Name, w.rows+1, err)
		}
	}
	w.rows++
	if w.rows%w.rowsMax == 0 {
		return w.flush()
	}
	return nil
}

func (w *arrowWriter) flush() error {
	record := w.builder.NewRecordBatch()
	defer record.Release()
	return w.sink.Write(record)
}

func (w *arrowWriter) End() error {
	if w.sink == nil {
		return nil
	}
	if w.rows%w.rowsMax != 0 {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.builder.Release()
	return w.sink.Close()
}

var arrowTypes = map[col.Type]arrow.DataType{
	col.Null: arrow.Null, col.Bool: arrow.FixedWidthTypes.Boolean,
	col.Int8: arrow.PrimitiveTypes.Int8, col.Int16: arrow.PrimitiveTypes.Int16, col.Int32: arrow.PrimitiveTypes.Int32, col.Int64: arrow.PrimitiveTypes.Int64,
	col.Uint8: arrow.PrimitiveTypes.Uint8, col.Uint16: arrow.PrimitiveTypes.Uint16, col.Uint32: arrow.PrimitiveTypes.Uint32, col.Uint64: arrow.PrimitiveTypes.Uint64,
	col.Float32: arrow.PrimitiveTypes.Float32, col.Float64: arrow.PrimitiveTypes.Float64,
	col.Date: arrow.FixedWidthTypes.Date32, col.Datetime: &arrow.TimestampType{Unit: arrow.Microsecond},
	col.Year: arrow.PrimitiveTypes.Int16, col.Bit: arrow.PrimitiveTypes.Uint64,
	col.Binary: arrow.BinaryTypes.Binary, col.Geometry: arrow.BinaryTypes.Binary, col.Vector: arrow.BinaryTypes.Binary,
}

func (w *arrowWriter) arrowType(c engine.Column) arrow.DataType {
	switch c.Type {
	case col.Time:
		return w.times
	case col.Decimal128:
		return &arrow.Decimal128Type{Precision: decimalPrecision(c, 38), Scale: int32(c.Scale)}
	case col.Decimal256:
		return &arrow.Decimal256Type{Precision: decimalPrecision(c, 76), Scale: int32(c.Scale)}
	}
	if t, ok := arrowTypes[c.Type]; ok {
		return t
	}
	return arrow.BinaryTypes.String
}

func decimalPrecision(c engine.Column, widest int32) int32 {
	if p := int32(c.Precision); p > 0 && p <= widest {
		return p
	}
	return widest
}

func appendArrow(builder array.Builder, value any) error {
	if value == nil {
		builder.AppendNull()
		return nil
	}
	switch v := value.(type) {
	case int64:
		return appendInteger(builder, v)
	case uint64:
		return appendUnsigned(builder, v)
	case string:
		return appendString(builder, v)
	}
	switch b := builder.(type) {
	case *array.BooleanBuilder:
		b.Append(value == true)
	case *array.Float64Builder:
		b.Append(value.(float64))
	case *array.Float32Builder:
		b.Append(float32(value.(float64)))
	case *array.BinaryBuilder:
		b.Append(value.([]byte))
	default:
		return appendString(builder, string(appendText(nil, value)))
	}
	return nil
}

func appendInteger(builder array.Builder, v int64) error {
	switch b := builder.(type) {
	case *array.Int8Builder:
		b.Append(int8(v))
	case *array.Int16Builder:
		b.Append(int16(v))
	case *array.Int32Builder:
		b.Append(int32(v))
	case *array.Int64Builder:
		b.Append(v)
	case *array.BooleanBuilder:
		b.Append(v != 0)
	default:
		return appendString(builder, strconv.FormatInt(v, 10))
	}
	return nil
}

func appendUnsigned(builder array.Builder, v uint64) error {
	switch b := builder.(type) {
	case *array.Uint8Builder:
		b.Append(uint8(v))
	case *array.Uint16Builder:
		b.Append(uint16(v))
	case *array.Uint32Builder:
		b.Append(uint32(v))
	case *array.Uint64Builder:
		b.Append(v)
	default:
		return appendString(builder, strconv.FormatUint(v, 10))
	}
	return nil
}

// appendString takes the text forms of a result: decimals, dates and times as well as text.
func appendString(builder array.Builder, s string) error {
	switch b := builder.(type) {
	case *array.StringBuilder:
		b.Append(s)
	case *array.BinaryBuilder:
		b.Append([]byte(s))
	case *array.Decimal128Builder:
		scale := b.Type().(*arrow.Decimal128Type).Scale
		n, err := decimal128.FromString(s, 38, scale)
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.Decimal256Builder:
		scale := b.Type().(*arrow.Decimal256Type).Scale
		n, err := decimal256.FromString(s, 76, scale)
		if err != nil {
			return err
		}
		b.Append(n)
	case *array.DurationBuilder:
		microseconds, err := parseTime(s)
		if err != nil {
			return err
		}
		b.Append(arrow.Duration(microseconds))
	case *array.Date32Builder, *array.TimestampBuilder:
		// Arrow has no zero date; MySQL's 0000-00-00 is written as NULL.
		if strings.HasPrefix(s, "0000-00-00") {
			b.AppendNull()
			return nil
		}
		return b.AppendValueFromString(s)
	default:
		return b.AppendValueFromString(s)
	}
	return nil
}

// parseTime reads [-]HHH:MM:SS[.ffffff] as microseconds.
func parseTime(s string) (int64, error) {
	rest, negative := strings.CutPrefix(s, "-")
	clock, fraction, _ := strings.Cut(rest, ".")
	parts := strings.Split(clock, ":")
	if len(parts) != 3 || len(fraction) > 6 {
		return 0, fmt.Errorf("%q is not a time", s)
	}
	total := int64(0)
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time", s)
		}
		total = total*60 + int64(n)
	}
	total *= 1_000_000
	if fraction != "" {
		n, err := strconv.ParseUint((fraction + "000000")[:6], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time", s)
		}
		total += int64(n)
	}
	if negative {
		total = -total
	}
	return total, nil
}
