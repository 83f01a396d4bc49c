package abitest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/wasql/wasql/host"
)

// TestFileConnectorsConform runs the suite on the connectors that read files, over small ones
// with NULLs, duplicates, negative numbers, dates before 1970 and letters beyond ASCII.
func TestFileConnectorsConform(t *testing.T) {
	folder := t.TempDir()
	writeParquet(t, filepath.Join(folder, "numbers.parquet"))
	for name, c := range map[string]struct {
		folder  string
		options map[string]string
	}{
		"csv":     {"testdata/files", map[string]string{"null": "NA"}},
		"json":    {"testdata/files", nil},
		"parquet": {folder, nil},
	} {
		t.Run(name, func(t *testing.T) {
			options := map[string]string{"path": "data"}
			for k, v := range c.options {
				options[k] = v
			}
			grant := host.Grant{Files: []host.FileGrant{{Path: "data", Host: c.folder}}}
			Run(t, built(t, name), Options{Options: options, Grant: grant})
		})
	}
}

// writeParquet makes 2,000 rows in eight row groups, some of whose statistics exclude each other.
func writeParquet(t *testing.T, path string) {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64},
		{Name: "maybe", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "x", Type: arrow.PrimitiveTypes.Float64},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "d", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us},
		{Name: "money", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}},
		{Name: "ok", Type: arrow.FixedWidthTypes.Boolean},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range 2000 {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%7 == 0 {
			b.Field(1).AppendNull()
			b.Field(3).AppendNull()
			b.Field(4).AppendNull()
		} else {
			b.Field(1).(*array.Int32Builder).Append(int32(i%50 - 25))
			b.Field(3).(*array.StringBuilder).Append([]string{"a", "Ada", "ä", "", "zz"}[i%5])
			b.Field(4).(*array.Date32Builder).Append(arrow.Date32(i - 1000))
		}
		b.Field(2).(*array.Float64Builder).Append(float64(i) / 8)
		b.Field(5).(*array.TimestampBuilder).Append(arrow.Timestamp(int64(i-1000) * 3_600_000_001))
		if err := b.Field(6).AppendValueFromString([]string{"0.00", "-12.50", "99999.99"}[i%3]); err != nil {
			t.Fatal(err)
		}
		b.Field(7).(*array.BooleanBuilder).Append(i%2 == 0)
	}
	record := b.NewRecordBatch()
	defer record.Release()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	properties := parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(250), parquet.WithCompression(compress.Codecs.Zstd))
	w, err := pqarrow.NewFileWriter(schema, file, properties, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(record); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
