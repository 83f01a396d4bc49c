package wasql_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// table is a table made of functions.
type table struct {
	columns []wasql.Column
	scan    func(*wasql.Plan) (wasql.Cursor, error)
}

func (table) Name() string              { return "t" }
func (t table) Columns() []wasql.Column { return t.columns }
func (t table) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	return t.scan(p)
}

type planned struct {
	table
	plan func(*wasql.Plan) error
}

func (t planned) Plan(p *wasql.Plan) error { return t.plan(p) }

func open(t *testing.T, tables ...wasql.Table) *wasqltest.Instance {
	t.Helper()
	return wasqltest.Open(t, wasql.NewTables(wasql.Manifest{Name: "test"}, tables...))
}

var oneInt = []wasql.Column{{Name: "n", Type: wasql.Int64}}

// upTo gives 1 to n.
func upTo(n int64) func(*wasql.Plan) (wasql.Cursor, error) {
	return func(*wasql.Plan) (wasql.Cursor, error) {
		i := int64(0)
		return cursor(func(out *wasql.Rows) error {
			for out.Room() {
				if i == n {
					return io.EOF
				}
				i++
				out.Int64(0, i)
				out.EndRow()
			}
			return nil
		}), nil
	}
}

func TestFailuresSayWhatAndWhere(t *testing.T) {
	for name, c := range map[string]struct {
		scan func(*wasql.Plan) (wasql.Cursor, error)
		code wasql.Code
		text string
	}{
		"panic":         {func(*wasql.Plan) (wasql.Cursor, error) { panic("at the disco") }, wasql.Internal, "panic: at the disco"},
		"runtime panic": {func(*wasql.Plan) (wasql.Cursor, error) { var none []int; _ = none[len(none)]; return nil, nil }, wasql.Internal, "panic: runtime error: index out of range [0] with length 0"},
		"no cursor":     {func(*wasql.Plan) (wasql.Cursor, error) { return nil, nil }, wasql.Internal, "Scan gave no cursor"},
		"plain error":   {func(*wasql.Plan) (wasql.Cursor, error) { return nil, errors.New("broken") }, wasql.Internal, "broken"},
		"wrapped code":  {func(*wasql.Plan) (wasql.Cursor, error) { return nil, fmt.Errorf("scan: %w", wasql.Unavailable) }, wasql.Unavailable, "scan: unavailable"},
		"not there":     {func(*wasql.Plan) (wasql.Cursor, error) { return nil, fmt.Errorf("x: %w", fs.ErrNotExist) }, wasql.NotFound, "x: file does not exist"},
		"value misfits": {func(*wasql.Plan) (wasql.Cursor, error) {
			return cursor(func(out *wasql.Rows) error { out.String(0, "x"); out.EndRow(); return io.EOF }), nil
		}, wasql.InvalidData, `column n, row 1 of the batch: text "x" does not fit type int64`},
		"unknown name": {func(*wasql.Plan) (wasql.Cursor, error) {
			return wasql.Maps(wasql.Sure(slices.Values([]map[string]any{{"m": 1}}))), nil
		}, wasql.InvalidData, `row 1 of the batch has a value for "m", which is no column`},
		"too many values": {func(*wasql.Plan) (wasql.Cursor, error) {
			return wasql.Values(wasql.Sure(slices.Values([][]any{{1, 2}}))), nil
		}, wasql.InvalidData, "row 1 of the batch has 2 values, the table has 1 columns"},
		"never a row": {func(*wasql.Plan) (wasql.Cursor, error) {
			return cursor(func(*wasql.Rows) error { return nil }), nil
		}, wasql.Internal, "Next gave no row and no io.EOF 1000 times in a row"},
		"batch of the wrong type": {func(*wasql.Plan) (wasql.Cursor, error) {
			return wasql.Batches(wasql.BatchFunc(func(int, int) (*col.Batch, error) {
				return &col.Batch{Rows: 1, Cols: []col.Vec{{Type: col.Int32, Len: 1, Fixed: make([]byte, 4)}}}, nil
			})), nil
		}, wasql.Internal, "NextBatch gave type int32 for column n, which is declared as int64"},
	} {
		_, err := open(t, table{oneInt, c.scan}).Try("t", wasqltest.Query{})
		var e *wasql.Error
		if !errors.As(err, &e) || e.Code != c.code || e.Message != c.text || e.Table != "t" && !strings.Contains(name, "panic") {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func TestErrorFields(t *testing.T) {
	cause := errors.New("cause")
	e := wasql.Errorf(wasql.InvalidData, "bad: %w", cause).At("f.csv", 7).In("price", strings.Repeat("x", 300)).OnRow(5).WithHint("try %d", 2).ForSetting("limit")
	e.SQLState, e.Errno, e.Retryable = "22001", 1406, true
	in := open(t, table{oneInt, func(*wasql.Plan) (wasql.Cursor, error) { return nil, fmt.Errorf("outer: %w", e) }})
	_, err := in.Try("t", wasqltest.Query{})
	var got *wasql.Error
	if !errors.As(err, &got) {
		t.Fatal(err)
	}
	if got.File != "f.csv" || got.Line != 7 || got.Column != "price" || len(got.Value) > 210 || got.Row != 5 || got.Hint != "try 2" || got.Setting != "limit" ||
		got.SQLState != "22001" || got.Errno != 1406 || !got.Retryable || got.Message != "outer: f.csv:7: bad: cause" {
		t.Errorf("got %#v", got)
	}
	if !errors.Is(e, cause) || !errors.Is(e, wasql.InvalidData) || errors.Is(e, wasql.NotFound) || !errors.Is(wasql.NoTable("x"), fs.ErrNotExist) {
		t.Error("errors.Is is wrong")
	}
}

func TestClaimsAreSafe(t *testing.T) {
	columns := []wasql.Column{{Name: "n", Type: wasql.Int64}, {Name: "s", Type: wasql.UTF8}, {Name: "d", Type: wasql.Date}, {Name: "x", Type: wasql.Decimal128, Scale: 2}}
	value := func(v wasql.Value) *pb.Operand { return &pb.Operand{Kind: &pb.Operand_Value{Value: v.Message()}} }
	for name, c := range map[string]struct {
		column    uint32
		op        wasql.Op
		operand   *pb.Operand
		collation string
		usable    bool
		want      pb.Use
	}{
		"whole":              {0, wasql.EQ, value(wasql.IntValue(1)), "", true, pb.Use_USE_EXACT},
		"null":               {0, wasql.EQ, value(wasql.NullValue()), "", true, pb.Use_USE_EXACT},
		"not usable":         {0, wasql.EQ, value(wasql.IntValue(1)), "", false, pb.Use_USE_IGNORED},
		"fraction":           {0, wasql.EQ, value(wasql.DecimalValue("1.5")), "", true, pb.Use_USE_IGNORED},
		"text as number":     {0, wasql.EQ, value(wasql.TextValue("1")), "", true, pb.Use_USE_IGNORED},
		"late whole":         {0, wasql.EQ, &pb.Operand{Kind: &pb.Operand_Param{}, Type: pb.Type_TYPE_INT32}, "", true, pb.Use_USE_EXACT},
		"late unknown":       {0, wasql.EQ, &pb.Operand{Kind: &pb.Operand_Param{}}, "", true, pb.Use_USE_IGNORED},
		"column":             {0, wasql.EQ, &pb.Operand{Kind: &pb.Operand_Column{Column: 1}}, "", true, pb.Use_USE_IGNORED},
		"other operator":     {0, wasql.NE, value(wasql.IntValue(1)), "", true, pb.Use_USE_IGNORED},
		"text":               {1, wasql.EQ, value(wasql.TextValue("a")), "utf8mb4_0900_bin", true, pb.Use_USE_EXACT},
		"text, any case":     {1, wasql.EQ, value(wasql.TextValue("a")), "utf8mb4_0900_ai_ci", true, pb.Use_USE_IGNORED},
		"text, no collation": {1, wasql.EQ, value(wasql.TextValue("a")), "", true, pb.Use_USE_IGNORED},
		"date":               {2, wasql.EQ, value(wasql.DateValue(1)), "", true, pb.Use_USE_EXACT},
		"date and time":      {2, wasql.EQ, value(wasql.DatetimeValue(1)), "", true, pb.Use_USE_IGNORED},
		"decimal":            {3, wasql.EQ, value(wasql.DecimalValue("1.5")), "", true, pb.Use_USE_EXACT},
		"double as decimal":  {3, wasql.EQ, value(wasql.FloatValue(1.5)), "", true, pb.Use_USE_IGNORED},
	} {
		in := open(t, planned{table{columns, upTo(0)}, func(p *wasql.Plan) error {
			for _, column := range columns {
				p.ClaimRange(column.Name, wasql.Exact)
			}
			return nil
		}})
		request := &pb.PlanRequest{Table: &pb.TableRef{Name: "t"}, Filters: []*pb.Conjunct{{Usable: c.usable, Filter: &pb.Filter{
			Op: pb.FilterOp(c.op), Column: &c.column, Operands: []*pb.Operand{c.operand}, Collation: c.collation,
		}}}}
		var response pb.PlanResponse
		if err := in.Call(pb.Op_OP_PLAN, request, &response); err != nil || response.GetFilters()[0].GetUse() != c.want {
			t.Errorf("%s: %v, %v, want %v", name, response.GetFilters(), err, c.want)
		}
	}
}

func TestRequiredColumnsAndNoPlan(t *testing.T) {
	columns := []wasql.Column{{Name: "id", Type: wasql.Int64, Required: true}}
	in := open(t, table{columns, upTo(3)})
	if _, err := in.Try("t", wasqltest.Query{}); !errors.Is(err, wasql.NoPlan) || !strings.Contains(err.Error(), "id") {
		t.Errorf("without the column: %v", err)
	}
	wasqltest.Equal(t, in.Query("t", wasqltest.Query{Where: []string{"id = 2"}}), "2")
	in = open(t, planned{table{oneInt, upTo(3)}, func(p *wasql.Plan) error { p.NoPlan("say which", "n"); return nil }})
	if _, err := in.Try("t", wasqltest.Query{}); !errors.Is(err, wasql.NoPlan) || !strings.Contains(err.Error(), "say which: n") {
		t.Errorf("refused: %v", err)
	}
}

func TestPlansAreBytesThatOthersCannotForge(t *testing.T) {
	in := open(t, planned{table{oneInt, func(p *wasql.Plan) (wasql.Cursor, error) {
		return wasql.Values(wasql.Sure(slices.Values([][]any{{len(p.State)}, {len(p.Conjuncts())}}))), nil
	}}, func(p *wasql.Plan) error {
		p.State = []byte("abc")
		p.Claim("n", wasql.GE, wasql.Inexact)
		return nil
	}})
	r := in.Query("t", wasqltest.Query{Where: []string{"n >= 0", "n < 100"}})
	wasqltest.Equal(t, r, "3", "1")
	for _, plan := range [][]byte{{9}, {1}, {1, 200}, {1, 1, 255, 0}, append([]byte{1, 2, 3, 4, 0}, r.Plan.GetPlan()...)} {
		_, err := in.Scan(&pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Plan: plan, Columns: []uint32{0}})
		if !errors.Is(err, wasql.InvalidArgument) {
			t.Errorf("plan %x: %v", plan, err)
		}
	}
	big := open(t, planned{table{oneInt, upTo(1)}, func(p *wasql.Plan) error { p.State = make([]byte, 1<<20); return nil }})
	if _, err := big.Try("t", wasqltest.Query{}); !errors.Is(err, wasql.Resource) {
		t.Errorf("a plan of a megabyte: %v", err)
	}
}

func TestSetTakesAnyValue(t *testing.T) {
	columns := []wasql.Column{
		{Name: "b", Type: wasql.Bool}, {Name: "i", Type: wasql.Int32}, {Name: "u", Type: wasql.Uint64}, {Name: "f", Type: wasql.Float64},
		{Name: "d", Type: wasql.Decimal128, Scale: 2}, {Name: "s", Type: wasql.UTF8}, {Name: "x", Type: wasql.Binary}, {Name: "date", Type: wasql.Date},
		{Name: "at", Type: wasql.Datetime}, {Name: "span", Type: wasql.Time}, {Name: "j", Type: wasql.JSON},
	}
	moment := time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)
	rows := [][]any{
		{true, int8(-1), uint16(7), float32(0.5), "1.005", "text", []byte{1}, moment, moment, -time.Second, `[1]`},
		{nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{1, int64(5), uint8(1), 2, 2.5, 12, "bytes", wasql.DateValue(1), wasql.DatetimeValue(1), wasql.TimeValue(1), wasql.JSONValue("{}")},
	}
	in := open(t, table{columns, func(*wasql.Plan) (wasql.Cursor, error) { return wasql.Values(wasql.Sure(slices.Values(rows))), nil }})
	wasqltest.Equal(t, in.Query("t", wasqltest.Query{}),
		`1 -1 7 0.5 1.01 "text" "\x01" 1969-12-31 1969-12-31 23:59:59.000000 -00:00:01.000000 "[1]"`,
		`null null null null null null null null null null null`,
		`1 5 1 2 2.50 "12" "bytes" 1970-01-02 1970-01-01 00:00:00.000001 00:00:00.000001 "{}"`)
	rows = [][]any{{nil, struct{}{}, nil, nil, nil, nil, nil, nil, nil, nil, nil}}
	if _, err := in.Try("t", wasqltest.Query{}); !errors.Is(err, wasql.InvalidData) || !strings.Contains(err.Error(), "struct {} is no SQL value") {
		t.Errorf("got %v", err)
	}
}

func TestLeasedBatchesStay(t *testing.T) {
	in := open(t, table{oneInt, upTo(9)})
	var scan pb.OpenScanResponse
	if err := in.Call(pb.Op_OP_OPEN_SCAN, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Columns: []uint32{0}}, &scan); err != nil {
		t.Fatal(err)
	}
	var held []*col.Batch
	for range 3 {
		b, err := in.Next(scan.GetScan(), 2, 1<<20)
		if err != nil || b.Lease == 0 {
			t.Fatalf("%+v, %v", b, err)
		}
		held = append(held, b)
	}
	for i, b := range held {
		if got := b.Cols[0].Int64(0); got != int64(2*i+1) {
			t.Errorf("batch %d begins with %d", i, got)
		}
	}
	first := &held[0].Cols[0].Fixed[0]
	if err := in.Release(scan.GetScan(), held[0].Lease); err != nil {
		t.Fatal(err)
	}
	again, err := in.Next(scan.GetScan(), 2, 1<<20)
	if err != nil || &again.Cols[0].Fixed[0] != first || again.Cols[0].Int64(0) != 7 {
		t.Errorf("a released buffer is not used again: %v, %v", again, err)
	}
}

func TestRescanWithoutARescanner(t *testing.T) {
	closed := 0
	in := open(t, planned{table{oneInt, func(p *wasql.Plan) (wasql.Cursor, error) {
		low, _ := p.Int64Range("n")
		return &closing{wasql.Values(wasql.Sure(slices.Values([][]any{{low}}))), &closed}, nil
	}}, func(p *wasql.Plan) error { p.ClaimRange("n", wasql.Exact); return nil }})
	column := uint32(0)
	var plan pb.PlanResponse
	request := &pb.PlanRequest{Table: &pb.TableRef{Name: "t"}, Columns: []uint32{0}, Filters: []*pb.Conjunct{{Usable: true, Filter: &pb.Filter{
		Op: pb.FilterOp_FILTER_OP_EQ, Column: &column, Operands: []*pb.Operand{{Kind: &pb.Operand_Param{}, Type: pb.Type_TYPE_INT64}},
	}}}}
	if err := in.Call(pb.Op_OP_PLAN, request, &plan); err != nil {
		t.Fatal(err)
	}
	open := &pb.OpenScanRequest{Table: request.Table, Plan: plan.GetPlan(), Columns: []uint32{0}, Params: []*pb.Value{wasql.IntValue(1).Message()}}
	var scan pb.OpenScanResponse
	if err := in.Call(pb.Op_OP_OPEN_SCAN, open, &scan); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{5, 6} {
		if err := in.Call(pb.Op_OP_RESCAN, &pb.RescanRequest{Scan: scan.GetScan(), Params: []*pb.Value{wasql.IntValue(n).Message()}}, &pb.RescanResponse{}); err != nil {
			t.Fatal(err)
		}
		rows, err := in.ReadAll(&scan, open)
		if err != nil || len(rows) != 1 || rows[0][0] != wasql.IntValue(n) {
			t.Errorf("rescan with %d gives %v, %v", n, rows, err)
		}
	}
	if err := in.Close(scan.GetScan()); err != nil || closed != 3 {
		t.Errorf("%d cursors of 3 are closed, %v", closed, err)
	}
}

type closing struct {
	wasql.Cursor
	count *int
}

func (c *closing) Close() error { *c.count++; return nil }

func TestFilesAreThoseGranted(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"a.txt": "aaa", "sub/b.txt": "b", "sub/c.csv": "c"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	note := func(parts ...any) { lines = append(lines, strings.TrimSpace(fmt.Sprintln(parts...))) }
	scan := func(*wasql.Plan) (wasql.Cursor, error) {
		content, err := wasql.ReadFile("data/a.txt")
		note(string(content), err)
		_, err = wasql.ReadFile("data/../secret")
		note(errors.Is(err, wasql.Denied))
		_, err = wasql.StatFile("data/none")
		note(errors.Is(err, fs.ErrNotExist))
		files, err := wasql.ListFiles("data/**/*.txt")
		note(len(files), err)
		entries, err := fs.ReadDir(wasql.Folder("data"), ".")
		note(len(entries), entries[0].Name(), entries[1].IsDir(), err)
		_, err = wasql.CreateFile("data/new")
		note(errors.Is(err, wasql.Denied))
		value, found := wasql.Env("USER")
		_, other := wasql.Env("HOME")
		note(value, found, other)
		random := make([]byte, 70_000)
		note(wasql.Random(random), random[0] != random[1] || random[1] != random[2], wasql.Now().Year(), wasql.Remaining() > 0)
		wasql.Log(wasql.LevelWarning, "careful", "look twice", "file", "a.txt")
		wasql.Log(wasql.LevelInfo, "fine", "")
		return upTo(0)(nil)
	}
	host := &wasqltest.Host{Files: map[string]string{"data": folder}, Env: map[string]string{"USER": "me"}}
	in := wasqltest.OpenWith(t, wasql.NewTables(wasql.Manifest{Name: "files"}, table{oneInt, scan}), wasqltest.Options{Host: host})
	in.Query("t", wasqltest.Query{})
	want := []string{"aaa <nil>", "true", "true", "2 <nil>", "2 a.txt true <nil>", "true", "me true false", "<nil> true 1970 true"}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%q\nwant\n%q", lines, want)
	}
	if len(host.Logs) != 2 || host.Logs[0].Hint != "look twice" || host.Logs[0].Fields[0].GetValue() != "a.txt" || host.Logs[1].Message != "fine" || host.OpenStreams() != 0 {
		t.Errorf("logs %+v, %d files open", host.Logs, host.OpenStreams())
	}
}

func TestWrittenFilesComeBack(t *testing.T) {
	scan := func(*wasql.Plan) (wasql.Cursor, error) {
		if err := wasql.MakeFolder("data/x/y"); err != nil {
			return nil, err
		}
		f, err := wasql.CreateFile("data/x/y/f")
		if err != nil {
			return nil, err
		}
		_, err = fmt.Fprint(f, "hello, world")
		if err := errors.Join(err, f.Truncate(5), f.Sync(), f.Close(), wasql.RenameFile("data/x/y/f", "data/g")); err != nil {
			return nil, err
		}
		content, err := wasql.ReadFile("data/g")
		if err != nil || string(content) != "hello" {
			return nil, fmt.Errorf("read %q: %w", content, err)
		}
		return upTo(1)(nil)
	}
	host := &wasqltest.Host{Files: map[string]string{"data": t.TempDir()}, Writable: true}
	in := wasqltest.OpenWith(t, wasql.NewTables(wasql.Manifest{Name: "files"}, table{oneInt, scan}), wasqltest.Options{Host: host})
	wasqltest.Equal(t, in.Query("t", wasqltest.Query{}), "1")
}

func TestOptionsOfAllTypes(t *testing.T) {
	var got []any
	manifest := wasql.Manifest{Name: "o", Options: []wasql.Option{
		{Name: "s", Default: "x"}, {Name: "i", Type: wasql.IntOption, Default: "3"}, {Name: "f", Type: wasql.FloatOption}, {Name: "b", Type: wasql.BoolOption},
		{Name: "z", Type: wasql.BytesOption, Default: "1MiB"}, {Name: "d", Type: wasql.DurationOption}, {Name: "e", Type: wasql.EnumOption, Choices: []string{"on", "off"}},
		{Name: "t", Scope: wasql.TableScope}, {Name: "both", Scope: wasql.BothScopes, Default: "server"},
	}}
	c := wasql.New(manifest, func(o *wasql.Config) (tables, error) {
		got = []any{o.String("s"), o.Int64("i"), o.Float64("f"), o.Bool("b"), o.Bytes("z"), o.Duration("d"), o.String("e"), o.Given("i")}
		return tables{func(ref *wasql.TableRef) string { return ref.Options.String("t") + ref.Options.String("both") }}, nil
	})
	given := map[string]string{"i": "-4", "f": "2.5", "b": "On", "z": "64 kib", "d": "1m30s", "e": "off", "both": "mine"}
	in := wasqltest.OpenWith(t, c, wasqltest.Options{Options: given})
	if want := []any{"x", int64(-4), 2.5, true, int64(65536), 90 * time.Second, "off", true}; !slices.Equal(got, want) {
		t.Errorf("options are %v, want %v", got, want)
	}
	var d pb.DescribeResponse
	if err := in.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: &pb.TableRef{Name: "t", Options: map[string]string{"t": "T"}}}, &d); err != nil || d.GetTable().GetComment() != "Tmine" {
		t.Errorf("the table's options give %q, %v", d.GetTable().GetComment(), err)
	}
	for _, bad := range []map[string]string{{"i": "x"}, {"f": "NaN"}, {"b": "perhaps"}, {"z": "-1"}, {"z": "9999999TiB"}, {"d": "5"}, {"e": "maybe"}, {"none": ""}, {"t": "server"}} {
		_, err := wasqltest.TryOpen(t, c, wasqltest.Options{Options: bad})
		var e *wasql.Error
		if !errors.As(err, &e) || e.Code != wasql.InvalidArgument || e.Hint == "" || e.Setting == "" {
			t.Errorf("%v: %#v", bad, err)
		}
	}
	for _, bad := range []map[string]string{{"s": "at the table"}, {"none": ""}} {
		if err := in.Call(pb.Op_OP_DESCRIBE, &pb.DescribeRequest{Table: &pb.TableRef{Name: "t", Options: bad}}, &d); !errors.Is(err, wasql.InvalidArgument) {
			t.Errorf("table options %v: %v", bad, err)
		}
	}
}

// tables is a source whose table tells about its reference.
type tables struct{ tell func(*wasql.TableRef) string }

func (s tables) Table(ref *wasql.TableRef) (wasql.Table, error) {
	return told{table{oneInt, upTo(1)}, s.tell(ref)}, nil
}

type told struct {
	table
	text string
}

func (t told) Define(d *wasql.Definition) { d.Comment = t.text }

func TestCallsBeforeConfigureAndUnknownOnes(t *testing.T) {
	in := open(t, table{oneInt, upTo(1)})
	for op, code := range map[pb.Op]wasql.Code{
		pb.Op_OP_BEGIN: wasql.Unimplemented, pb.Op(1000): wasql.Unimplemented, pb.Op(-1): wasql.Unimplemented, pb.Op_OP_OPEN_SINK: wasql.ReadOnly,
		pb.Op_OP_CONFIGURE: wasql.Internal, pb.Op_OP_SNAPSHOT: wasql.Unimplemented,
	} {
		if err := in.Call(op, &pb.ListRequest{}, &pb.ListResponse{}); !errors.Is(err, code) {
			t.Errorf("%v: %v, want %v", op, err, code)
		}
	}
	if _, err := in.Next(77, 1, 1); !errors.Is(err, wasql.BadHandle) {
		t.Errorf("an unknown scan: %v", err)
	}
	if err := in.Close(77); err != nil {
		t.Errorf("closing an unknown handle: %v", err)
	}
}
