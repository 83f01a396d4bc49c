package exec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// canned is a scan over batches made by hand.
type canned struct {
	columns []*pb.ScanColumn
	batches []*col.Batch
	next    int
	closed  int
}

func (c *canned) Columns() []*pb.ScanColumn { return c.columns }

func (c *canned) Next(context.Context) (*col.Batch, error) {
	if c.next == len(c.batches) {
		return nil, io.EOF
	}
	c.next++
	return c.batches[c.next-1], nil
}

func (c *canned) Rescan(context.Context, *pb.RescanRequest) error {
	c.next = 0
	return nil
}

func (c *canned) Close() error {
	c.closed++
	return nil
}

// oneColumn makes a scan of one column of one batch, filled by fill.
func oneColumn(field col.Field, rows int, fill func(b *col.Builder, row int)) *canned {
	field.Name = "v"
	builder := col.NewBuilder(col.Schema{field}, max(rows, 1), 0)
	for row := range rows {
		fill(builder, row)
		builder.EndRow()
	}
	if builder.Err() != nil {
		panic(builder.Err())
	}
	return &canned{
		columns: []*pb.ScanColumn{{Column: 0, Type: pb.Type(field.Type), Precision: field.Precision, Scale: field.Scale}},
		batches: []*col.Batch{builder.Batch().Clone()},
	}
}

func readAll(ctx *sql.Context, rows *Rows) ([]sql.Row, error) {
	var all []sql.Row
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all, rows.Close()
		}
		if err != nil {
			return all, err
		}
		all = append(all, row)
	}
}

func mustType(t *testing.T, text string) sql.Type {
	t.Helper()
	parsed, err := gms.ParseType(text, gms.DefaultCollation)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func decimal(text string) *apd.Decimal {
	d, _, err := apd.NewFromString(text)
	if err != nil {
		panic(err)
	}
	return d
}

func TestRowsHaveTheGoTypeOfEveryMySQLType(t *testing.T) {
	text := func(s string) func(*col.Builder) { return func(b *col.Builder) { b.String(0, s) } }
	whole := func(n int64) func(*col.Builder) { return func(b *col.Builder) { b.Int64(0, n) } }
	cases := []struct {
		sqlType string
		field   col.Field
		fill    func(*col.Builder)
		want    any
		shown   string
	}{
		{"tinyint", col.Field{Type: col.Int8}, whole(-128), int8(-128), "-128"},
		{"tinyint(1)", col.Field{Type: col.Bool}, func(b *col.Builder) { b.Bool(0, true) }, int8(1), "1"},
		{"tinyint unsigned", col.Field{Type: col.Uint8}, whole(255), uint8(255), "255"},
		{"smallint", col.Field{Type: col.Int16}, whole(-32768), int16(-32768), "-32768"},
		{"smallint unsigned", col.Field{Type: col.Uint16}, whole(65535), uint16(65535), "65535"},
		{"mediumint", col.Field{Type: col.Int32}, whole(-8388608), int32(-8388608), "-8388608"},
		{"mediumint unsigned", col.Field{Type: col.Uint32}, whole(16777215), uint32(16777215), "16777215"},
		{"int", col.Field{Type: col.Int32}, whole(math.MinInt32), int32(math.MinInt32), "-2147483648"},
		{"int unsigned", col.Field{Type: col.Uint32}, whole(math.MaxUint32), uint32(math.MaxUint32), "4294967295"},
		{"bigint", col.Field{Type: col.Int64}, whole(math.MinInt64), int64(math.MinInt64), "-9223372036854775808"},
		{"bigint", col.Field{Type: col.Int8}, whole(-5), int64(-5), "-5"},
		{"bigint", col.Field{Type: col.Uint32}, whole(math.MaxUint32), int64(math.MaxUint32), "4294967295"},
		{"bigint unsigned", col.Field{Type: col.Uint64}, func(b *col.Builder) { b.Uint64(0, math.MaxUint64) }, uint64(math.MaxUint64), "18446744073709551615"},
		{"float", col.Field{Type: col.Float32}, func(b *col.Builder) { b.Float64(0, 1.5) }, float32(1.5), "1.5"},
		{"double", col.Field{Type: col.Float64}, func(b *col.Builder) { b.Float64(0, -2.25) }, -2.25, "-2.25"},
		{"double", col.Field{Type: col.Float32}, func(b *col.Builder) { b.Float64(0, 0.5) }, 0.5, "0.5"},
		{"decimal(10,2)", col.Field{Type: col.Decimal128, Precision: 10, Scale: 2}, text("-99999999.99"), decimal("-99999999.99"), "-99999999.99"},
		{"decimal(38,0)", col.Field{Type: col.Decimal128, Precision: 38}, text(strings.Repeat("9", 38)), decimal(strings.Repeat("9", 38)), strings.Repeat("9", 38)},
		{"decimal(65,30)", col.Field{Type: col.Decimal256, Precision: 65, Scale: 30}, text("-" + strings.Repeat("9", 35) + ".000000000000000000000000000001"),
			decimal("-" + strings.Repeat("9", 35) + ".000000000000000000000000000001"), "-" + strings.Repeat("9", 35) + ".000000000000000000000000000001"},
		{"date", col.Field{Type: col.Date}, whole(19723), time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), "2024-01-01"},
		{"date", col.Field{Type: col.Date}, whole(int64(col.ZeroDate)), types.ZeroTime, "0000-00-00"},
		{"datetime(6)", col.Field{Type: col.Datetime, Scale: 6}, whole(-1), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), "1969-12-31 23:59:59.999999"},
		{"datetime", col.Field{Type: col.Datetime}, whole(1_500_000), time.Date(1970, 1, 1, 0, 0, 2, 0, time.UTC), "1970-01-01 00:00:02"},
		{"timestamp(3)", col.Field{Type: col.Datetime, Scale: 3}, whole(1_001_000), time.Date(1970, 1, 1, 0, 0, 1, 1_000_000, time.UTC), "1970-01-01 00:00:01.001"},
		{"datetime", col.Field{Type: col.Datetime}, whole(col.ZeroDatetime), types.ZeroTime, "0000-00-00 00:00:00"},
		{"time", col.Field{Type: col.Time}, whole(-3_020_399_000_000), types.Timespan(-3_020_399_000_000), "-838:59:59.000000"},
		{"year", col.Field{Type: col.Year}, whole(2155), int16(2155), "2155"},
		{"year", col.Field{Type: col.Year}, whole(0), int16(0), "0"},
		{"char(3)", col.Field{Type: col.UTF8}, text("äöü"), "äöü", "äöü"},
		{"varchar(20)", col.Field{Type: col.UTF8}, text("a longer text of 20b"), "a longer text of 20b", "a longer text of 20b"},
		{"longtext", col.Field{Type: col.UTF8}, text(""), "", ""},
		{"varbinary(4)", col.Field{Type: col.Binary}, text("\x00\xff"), []byte{0, 0xff}, "\x00\xff"},
		{"longblob", col.Field{Type: col.Binary}, text("abc"), []byte("abc"), "abc"},
		{"json", col.Field{Type: col.JSON}, text(`{"b":[1,2.5,"x"],"a":9007199254740993}`),
			types.JSONDocument{Val: map[string]any{"b": []any{int64(1), 2.5, "x"}, "a": int64(9007199254740993)}}, `{"a": 9007199254740993, "b": [1, 2.5, "x"]}`},
		{"enum('a','b')", col.Field{Type: col.Enum}, whole(2), uint16(2), "b"},
		{"enum('a','b')", col.Field{Type: col.Enum}, whole(0), uint16(0), ""},
		{"set('a','b','c')", col.Field{Type: col.Set}, whole(5), uint64(5), "a,c"},
		{"bit(9)", col.Field{Type: col.Bit}, whole(257), uint64(257), "\x01\x01"},
		{"point", col.Field{Type: col.Geometry}, func(b *col.Builder) {
			b.Bytes(0, []byte("\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40"))
		},
			types.Point{X: 1, Y: 2}, "\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x40"},
		{"vector(2)", col.Field{Type: col.Vector}, text("\x00\x00\x80\x3f\x00\x00\x00\x40"), []byte("\x00\x00\x80\x3f\x00\x00\x00\x40"), "\x00\x00\x80\x3f\x00\x00\x00\x40"},
	}
	for _, c := range cases {
		t.Run(c.sqlType+"/"+c.field.Type.String(), func(t *testing.T) {
			ctx := sql.NewEmptyContext()
			typ := mustType(t, c.sqlType)
			// NULL, the value, NULL, the value, through each encoding.
			scan := oneColumn(c.field, 4, func(b *col.Builder, row int) {
				if row%2 == 1 {
					c.fill(b)
				}
			})
			for _, encoded := range encodings(scan.batches[0]) {
				scan := &canned{columns: scan.columns, batches: []*col.Batch{encoded}}
				rows, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: typ}})
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(ctx, rows)
				if err != nil {
					t.Fatal(err)
				}
				checkRows(t, ctx, typ, encoded.Cols[0].Encoding, got, c.want, c.shown)
			}
		})
	}
}

// checkRows wants each odd row to be the value, each even one NULL.
func checkRows(t *testing.T, ctx *sql.Context, typ sql.Type, encoding col.Encoding, got []sql.Row, want any, shown string) {
	t.Helper()
	if len(got) != 4 {
		t.Fatalf("%s: %d rows, want 4", encoding, len(got))
	}
	for i, row := range got {
		if i%2 == 0 && encoding != col.Constant {
			if row[0] != nil {
				t.Errorf("%s: row %d is %v, want NULL", encoding, i, row[0])
			}
			continue
		}
		if fmt.Sprintf("%T %v", row[0], row[0]) != fmt.Sprintf("%T %v", want, want) {
			t.Errorf("%s: row %d is %T %v, want %T %v", encoding, i, row[0], row[0], want, want)
		}
		value, err := typ.SQL(ctx, nil, row[0])
		if err != nil {
			t.Fatal(err)
		}
		if value.ToString() != shown {
			t.Errorf("%s: shown as %q, want %q", encoding, value.ToString(), shown)
		}
		if converted, _, err := typ.Convert(ctx, row[0]); err != nil || fmt.Sprintf("%T", converted) != fmt.Sprintf("%T", row[0]) {
			t.Errorf("%s: %T is not the type go-mysql-server keeps for %s: it makes %T (%v)", encoding, row[0], typ, converted, err)
		}
	}
}

// encodings gives a batch of one column in every encoding, all with the same four rows; constant
// has the last row four times.
func encodings(plain *col.Batch) []*col.Batch {
	v := plain.Cols[0]
	one := last(v)
	dictionary := col.Vec{Type: v.Type, Encoding: col.Dictionary, Len: 4, Index: []uint32{9, 0, 9, 0}, Dict: &one,
		Valid: col.Bitmap{0b1010}, Precision: v.Precision, Scale: v.Scale}
	constant := one
	constant.Encoding, constant.Len = col.Constant, 4
	all := []*col.Batch{plain,
		{Cols: []col.Vec{dictionary}, Rows: 4},
		{Cols: []col.Vec{constant}, Rows: 4},
		// Six rows of which four are selected: the first two are skipped.
		{Cols: []col.Vec{dictionaryOf(dictionary)}, Rows: 6, Sel: []uint32{2, 3, 4, 5}},
	}
	return all
}

func dictionaryOf(v col.Vec) col.Vec {
	v.Len, v.Index, v.Valid = 6, []uint32{0, 0, 0, 0, 0, 0}, col.Bitmap{0b101011}
	return v
}

// last is the last of the four rows as a column of one.
func last(v col.Vec) col.Vec {
	one := col.Vec{Type: v.Type, Len: 1, Precision: v.Precision, Scale: v.Scale}
	switch {
	case v.Offsets != nil:
		data := v.Bytes(3)
		one.Offsets, one.Data = []int32{0, int32(len(data))}, data
	case v.Type == col.Bool:
		one.Fixed = []byte{1}
	default:
		width := v.Type.Width()
		one.Fixed = v.Fixed[3*width : 4*width]
	}
	return one
}

func TestRowsKeepValuesAfterTheBatchIsGone(t *testing.T) {
	const rows = 3*runRows + 7
	scan := oneColumn(col.Field{Type: col.UTF8}, rows, func(b *col.Builder, row int) { b.String(0, fmt.Sprint("row ", row)) })
	r, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: mustType(t, "varchar(20)")}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(sql.NewEmptyContext(), r)
	if err != nil {
		t.Fatal(err)
	}
	clear(scan.batches[0].Cols[0].Data)
	for i, row := range all {
		if row[0] != fmt.Sprint("row ", i) {
			t.Fatalf("row %d is %q once the batch was overwritten", i, row[0])
		}
	}
	if len(all) != rows || scan.closed != 1 {
		t.Errorf("%d rows, closed %d times; want %d and once", len(all), scan.closed, rows)
	}
}

func TestRowsOfNoColumnsAreCounted(t *testing.T) {
	scan := oneColumn(col.Field{Type: col.Int64}, 1000, func(b *col.Builder, row int) { b.Int64(0, 1) })
	scan.batches[0].Sel = []uint32{1, 5, 7}
	r, err := NewRows(scan, "t", nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := readAll(sql.NewEmptyContext(), r)
	if err != nil || len(all) != 3 {
		t.Errorf("%d rows (%v), want 3", len(all), err)
	}
}

func TestRowsRescanStartsAgain(t *testing.T) {
	scan := oneColumn(col.Field{Type: col.Int64}, 300, func(b *col.Builder, row int) { b.Int64(0, int64(row)) })
	r, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: types.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := sql.NewEmptyContext()
	for range 2 {
		for want := range int64(270) {
			row, err := r.Next(ctx)
			if err != nil || row[0] != want {
				t.Fatalf("row is %v (%v), want %d", row, err, want)
			}
		}
		if err := r.Rescan(ctx, &pb.RescanRequest{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRowsReadNaNAsNullWithOneWarning(t *testing.T) {
	scan := oneColumn(col.Field{Type: col.Float64}, 3, func(b *col.Builder, row int) { b.Float64(0, []float64{math.NaN(), 1, math.Inf(-1)}[row]) })
	r, err := NewRows(scan, "table t", []ColumnRead{{Name: "v", Type: types.Float64}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := sql.NewEmptyContext()
	all, err := readAll(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if all[0][0] != nil || all[1][0] != 1.0 || all[2][0] != nil {
		t.Errorf("got %v, want NULL, 1, NULL", all)
	}
	if warnings := ctx.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0].Message, "row 1: NaN") {
		t.Errorf("warnings %v, want one that names row 1 and NaN", warnings)
	}
}

// clause: 5.5
func TestRowsRefuseValuesOutOfTheDeclaredType(t *testing.T) {
	whole := func(n int64) func(*col.Builder, int) { return func(b *col.Builder, _ int) { b.Int64(0, n) } }
	text := func(s string) func(*col.Builder, int) { return func(b *col.Builder, _ int) { b.String(0, s) } }
	cases := []struct {
		sqlType string
		field   col.Field
		fill    func(*col.Builder, int)
		errno   uint16
	}{
		{"year", col.Field{Type: col.Year}, whole(1900), 1264},
		{"date", col.Field{Type: col.Date}, whole(dateMax + 1), 1264},
		{"datetime", col.Field{Type: col.Datetime}, whole(datetimeMax + 1), 1264},
		{"time", col.Field{Type: col.Time}, whole(timeMicros + 1), 1264},
		{"enum('a')", col.Field{Type: col.Enum}, whole(2), 1264},
		{"set('a','b')", col.Field{Type: col.Set}, whole(4), 1264},
		{"bit(3)", col.Field{Type: col.Bit}, whole(8), 1264},
		{"decimal(4,2)", col.Field{Type: col.Decimal128, Precision: 38, Scale: 2}, text("100.00"), 1264},
		{"varchar(3)", col.Field{Type: col.UTF8}, text("abcd"), 1406},
		{"varbinary(3)", col.Field{Type: col.Binary}, text("abcd"), 1406},
		{"json", col.Field{Type: col.JSON}, text("{"), 1366},
		{"json", col.Field{Type: col.JSON}, text("1 2"), 1366},
		{"geometry", col.Field{Type: col.Geometry}, text("\x00\x00\x00\x00\x01\x02\x00\x00\x00\xff\xff\xff\xff"), 1366},
		{"vector(3)", col.Field{Type: col.Vector}, text("\x00\x00\x80\x3f"), 1366},
	}
	for _, c := range cases {
		t.Run(c.sqlType, func(t *testing.T) {
			r, err := NewRows(oneColumn(c.field, 1, c.fill), "table t", []ColumnRead{{Name: "v", Type: mustType(t, c.sqlType)}})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Next(sql.NewEmptyContext())
			if e := sqlerr.From(err); e == nil || e.Errno != c.errno || !strings.Contains(e.Message, "table t, column v, row 1") {
				t.Errorf("error %v (%+v), want number %d naming table, column and row", err, e, c.errno)
			}
		})
	}
}

func TestRowsRefuseNullInNotNullColumns(t *testing.T) {
	r, err := NewRows(oneColumn(col.Field{Type: col.Int64}, 1, func(*col.Builder, int) {}), "table t", []ColumnRead{{Name: "v", Type: types.Int64, NotNull: true}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.Next(sql.NewEmptyContext()); err == nil || !strings.Contains(err.Error(), "NOT NULL") {
		t.Errorf("error %v, want one about NOT NULL", err)
	}
}

// clause: 5.4
func TestNewRowsRefusesTypesThatDoNotFit(t *testing.T) {
	cases := []struct {
		sqlType string
		sent    col.Type
	}{
		{"int", col.Int64}, {"int unsigned", col.Int8}, {"bigint", col.Uint64}, {"float", col.Float64},
		{"varchar(3)", col.Binary}, {"date", col.Datetime}, {"decimal(3,1)", col.Int64}, {"json", col.UTF8},
	}
	for _, c := range cases {
		scan := &canned{columns: []*pb.ScanColumn{{Type: pb.Type(c.sent)}}}
		if _, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: mustType(t, c.sqlType)}}); err == nil {
			t.Errorf("%s is read from %s", c.sqlType, c.sent)
		}
	}
	scan := &canned{columns: []*pb.ScanColumn{{Column: 1, Type: pb.Type(col.Int64)}}}
	if _, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: types.Int64}}); err == nil {
		t.Error("a column that was not sent is read")
	}
}

func TestRowsStopWhenTheStatementIsCancelled(t *testing.T) {
	scan := oneColumn(col.Field{Type: col.Int64}, 2*runRows, func(b *col.Builder, row int) { b.Int64(0, 1) })
	r, err := NewRows(scan, "t", []ColumnRead{{Name: "v", Type: types.Int64}})
	if err != nil {
		t.Fatal(err)
	}
	parent, cancel := context.WithCancelCause(t.Context())
	ctx := sql.NewContext(parent)
	if _, err := r.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel(sqlerr.ErrKilled)
	if _, err := readAll(ctx, r); !errors.Is(err, sqlerr.ErrKilled) {
		t.Errorf("error %v, want the cause of the cancellation", err)
	}
}

// BenchmarkRows is the cost of a row of a bigint, a double and a short text.
func BenchmarkRows(b *testing.B) {
	schema := col.Schema{{Name: "a", Type: col.Int64}, {Name: "b", Type: col.Float64}, {Name: "c", Type: col.UTF8}}
	builder := col.NewBuilder(schema, 4096, 0)
	for i := range 4096 {
		builder.Int64(0, int64(i)*1000)
		builder.Float64(1, float64(i))
		builder.String(2, fmt.Sprint("text ", i))
		builder.EndRow()
	}
	batch := builder.Batch()
	scan := &canned{batches: []*col.Batch{batch}}
	reads := make([]ColumnRead, len(schema))
	for i, text := range []string{"bigint", "double", "varchar(20)"} {
		typ, err := gms.ParseType(text, gms.DefaultCollation)
		if err != nil {
			b.Fatal(err)
		}
		reads[i] = ColumnRead{Name: schema[i].Name, Type: typ, Column: i}
		scan.columns = append(scan.columns, &pb.ScanColumn{Column: uint32(i), Type: pb.Type(schema[i].Type)})
	}
	ctx := sql.NewEmptyContext()
	r, err := NewRows(scan, "t", reads)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += 4096 {
		if err := r.Rescan(ctx, nil); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := r.Next(ctx); err != nil {
				break
			}
		}
	}
}
