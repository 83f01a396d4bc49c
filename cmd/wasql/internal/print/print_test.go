package print

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine"
)

var columns = []engine.Column{
	{Name: "n", Type: col.Int64}, {Name: "u", Type: col.Uint64}, {Name: "f", Type: col.Float64},
	{Name: "s", Type: col.UTF8}, {Name: "d", Type: col.Decimal128, Precision: 10, Scale: 2},
	{Name: "day", Type: col.Date}, {Name: "at", Type: col.Datetime}, {Name: "t", Type: col.Time},
	{Name: "b", Type: col.Binary}, {Name: "j", Type: col.JSON}, {Name: "ok", Type: col.Bool},
}

var rows = []engine.Row{
	{int64(-1), uint64(18446744073709551615), 0.1, "a,\"b\"\tc\n", "12.50", "2013-01-31", "2013-01-31 05:00:00.000000", "-838:59:59.000001", []byte{0, 255}, `{"a": 1}`, true},
	{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
	{int64(0), uint64(0), 1e300, "", "-0.05", "0000-00-00", "1969-12-31 23:59:59.999999", "00:00:00", []byte("x"), `[]`, false},
}

func render(t *testing.T, format string, columns []engine.Column, rows []engine.Row) string {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDelimitedTellsNullFromEmpty(t *testing.T) {
	csv := render(t, "csv", columns, rows)
	want := "n,u,f,s,d,day,at,t,b,j,ok\n" +
		"-1,18446744073709551615,0.1,\"a,\"\"b\"\"\tc\n\",12.50,2013-01-31,2013-01-31 05:00:00.000000,-838:59:59.000001,0x00ff,\"{\"\"a\"\": 1}\",1\n" +
		",,,,,,,,,,\n" +
		"0,0,1e+300,\"\",-0.05,0000-00-00,1969-12-31 23:59:59.999999,00:00:00,x,[],0\n"
	if csv != want {
		t.Errorf("csv:\n%s\nwant:\n%s", csv, want)
	}
	tsv := strings.Split(render(t, "tsv", columns, rows), "\n")
	if tsv[2] != strings.TrimSuffix(strings.Repeat("\\N\t", 11), "\t") || !strings.Contains(tsv[1], `a,"b"\tc\n`) {
		t.Errorf("tsv: %q", tsv)
	}
}

func TestJSONIsValidAndKeepsDigits(t *testing.T) {
	text := render(t, "json", columns, rows)
	var back []map[string]any
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if len(back) != 3 || back[1]["s"] != nil || back[2]["s"] != "" {
		t.Errorf("rows: %v", back)
	}
	for _, want := range []string{`"u":18446744073709551615`, `"d":12.50`, `"j":{"a": 1}`, `"b":"0x00ff"`, `"ok":true`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if lines := strings.Split(strings.TrimSpace(render(t, "ndjson", columns, rows)), "\n"); len(lines) != 3 {
		t.Errorf("ndjson has %d lines, want 3", len(lines))
	}
	if got := render(t, "json", columns, nil); got != "[]\n" {
		t.Errorf("no rows: %q", got)
	}
}

func TestTableShowsControlCharacters(t *testing.T) {
	text := render(t, "table", []engine.Column{{Name: "x", Type: col.UTF8}, {Name: "n", Type: col.Int64}},
		[]engine.Row{{"a\x1b[2J\u202eb\n", int64(7)}, {nil, int64(12)}})
	want := "┌─────────────────────┬────┐\n│ x                   │  n │\n├─────────────────────┼────┤\n" +
		"│ a\\u001b[2J\\u202eb\\n │  7 │\n│ NULL                │ 12 │\n└─────────────────────┴────┘\n2 rows\n"
	if text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	if got := render(t, "table", []engine.Column{{Name: "x"}}, nil); !strings.Contains(got, "0 rows") {
		t.Errorf("empty table: %q", got)
	}
}

func TestLongTableIsPrintedInBlocks(t *testing.T) {
	many := make([]engine.Row, blockRows+1)
	for i := range many {
		many[i] = engine.Row{int64(i)}
	}
	text := render(t, "table", []engine.Column{{Name: "n", Type: col.Int64}}, many)
	if n := strings.Count(text, "┌"); n != 2 {
		t.Errorf("%d blocks, want 2", n)
	}
	if !strings.HasSuffix(text, "1001 rows\n") {
		t.Errorf("ends with %q", text[len(text)-20:])
	}
}

func TestVerticalAlignsNames(t *testing.T) {
	got := render(t, "vertical", []engine.Column{{Name: "id"}, {Name: "name"}}, []engine.Row{{int64(1), nil}})
	want := "*************************** 1. row ***************************\n  id: 1\nname: NULL\n1 row\n"
	if got != want {
		t.Errorf("got:\n%s", got)
	}
}

func TestMarkdown(t *testing.T) {
	got := render(t, "markdown", []engine.Column{{Name: "id", Type: col.Int64}, {Name: "a|b"}}, []engine.Row{{int64(1), "x|y"}})
	if !strings.Contains(got, `| 1 | x\|y |`) {
		t.Errorf("got:\n%s", got)
	}
}

func TestArrowStreamReadsBack(t *testing.T) {
	reader, err := ipc.NewReader(strings.NewReader(render(t, "arrow", columns, rows)))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	total := int64(0)
	for reader.Next() {
		record := reader.RecordBatch()
		total += record.NumRows()
		if got := record.Column(0).(*array.Int64).Value(0); got != -1 {
			t.Errorf("n: %d", got)
		}
		if got := record.Column(4).(*array.Decimal128).ValueStr(0); got != "12.50" && got != "12.5" {
			t.Errorf("d: %s", got)
		}
		if !record.Column(3).IsNull(1) || record.Column(3).IsNull(2) {
			t.Error("NULL and the empty string are mixed up")
		}
		if got := int64(record.Column(7).(*array.Duration).Value(0)); got != -(838*3600+59*60+59)*1_000_000-1 {
			t.Errorf("t: %d", got)
		}
	}
	if total != 3 {
		t.Errorf("%d rows, want 3", total)
	}
}

func TestParquetReadsBack(t *testing.T) {
	text := render(t, "parquet", columns, rows)
	reader, err := file.NewParquetReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if reader.NumRows() != 3 || reader.MetaData().Schema.NumColumns() != len(columns) {
		t.Errorf("%d rows, %d columns", reader.NumRows(), reader.MetaData().Schema.NumColumns())
	}
}

func TestUnknownFormatNamesTheKnown(t *testing.T) {
	_, err := New("xml", nil)
	if err == nil || !strings.Contains(err.Error(), "ndjson") {
		t.Errorf("error: %v", err)
	}
}
