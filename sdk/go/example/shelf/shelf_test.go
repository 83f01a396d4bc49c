package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

var table = &pb.TableRef{Name: "shelf"}

// all are the columns as a scan has them.
func all() (scanned []*pb.ScanColumn, positions []uint32) {
	for i, c := range columns {
		scanned = append(scanned, &pb.ScanColumn{Column: uint32(i), Type: pb.Type(c.Type), Precision: uint32(c.Precision), Scale: uint32(c.Scale), Nullable: true})
		positions = append(positions, uint32(i))
	}
	return scanned, positions
}

// goods are rows with every kind of value, and a row of NULLs.
var goods = [][]wasql.Value{
	{wasql.IntValue(1), wasql.TextValue("größer"), wasql.DecimalValue("-1.50"), wasql.BoolValue(true), wasql.DateValue(-1), wasql.BinaryValue([]byte{0, 255})},
	{wasql.IntValue(2), {}, {}, {}, {}, {}},
	{wasql.IntValue(3), wasql.TextValue(strings.Repeat("long ", 100)), wasql.DecimalValue("99999999.99"), wasql.BoolValue(false), wasql.DateValue(20000), wasql.BinaryValue(nil)},
}

func TestNatively(t *testing.T) {
	in := wasqltest.Open(t, connector)
	names := []string{"id", "name", "price", "fresh", "born", "picture"}
	changed, err := in.Change("shelf", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: names, Rows: goods})
	if err != nil || changed.GetRowsAffected() != 3 {
		t.Fatalf("%v, %v", changed, err)
	}
	wasqltest.Equal(t, in.Query("shelf", wasqltest.Query{Columns: names[:3], Where: []string{"id < 3"}}), `1 "größer" -1.50`, `2 null null`)
	labels, err := in.CallFunction("label", [][]wasql.Value{{wasql.TextValue("tea"), wasql.DecimalValue("2.00")}})
	if err != nil || labels[0] != wasql.TextValue("tea: 2.00") {
		t.Errorf("labels are %v, %v", labels, err)
	}
	if _, err := in.CallFunction("label", [][]wasql.Value{{wasql.TextValue("x"), {}}, {wasql.TextValue(""), {}}}); err == nil || !strings.Contains(err.Error(), "needs a name") {
		t.Errorf("a label without name: %v", err)
	}
}

// module builds the connector and opens it in the sandbox.
func module(t *testing.T) *host.Instance {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a module")
	}
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "shelf.wasm")
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wasm, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	compiled, err := runtime.Compile(ctx, "shelf", wasm)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := compiled.Open(ctx, host.Options{Server: "shelf"})
	if err != nil {
		t.Fatal(err)
	}
	in, err := connector.Acquire(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Release)
	return in
}

// text formats rows as they came.
func text(rows [][]wasql.Value) string {
	var lines []string
	for _, row := range rows {
		lines = append(lines, fmt.Sprint(row))
	}
	return strings.Join(lines, "\n")
}

// TestInTheSandbox sends every kind of value through linear memory and back: written, scanned, looked up
// and as arguments of a function.
func TestInTheSandbox(t *testing.T) {
	ctx, in := context.Background(), module(t)
	scanned, positions := all()
	write := func(kind pb.WriteKind, keys, values []uint32, columns []*pb.ScanColumn, rows [][]wasql.Value) (*pb.FlushSinkResponse, string) {
		t.Helper()
		sink, err := in.OpenSink(ctx, &pb.OpenSinkRequest{Table: table, Kind: kind, KeyColumns: keys, ValueColumns: values, Returning: positions})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := sink.Write(ctx, wasqltest.Rows(columns, rows))
		if err != nil {
			t.Fatal(err)
		}
		answered := text(wasqltest.Values(answer, append([]*pb.ScanColumn{{}, {}}, scanned...)))
		flushed, err := sink.Flush(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		return flushed, answered
	}
	flushed, answered := write(pb.WriteKind_WRITE_KIND_INSERT, nil, positions, scanned, goods)
	if want := "[0 0 " + strings.ReplaceAll(strings.ReplaceAll(text(goods), "\n[2", "\n[1 0 2"), "\n[3", "\n[2 0 3")[1:]; answered != want || flushed.GetRowsAffected() != 3 {
		t.Errorf("%d rows, answered\n%s\nwant\n%s", flushed.GetRowsAffected(), answered, want)
	}
	flushed, answered = write(pb.WriteKind_WRITE_KIND_INSERT, nil, []uint32{id}, scanned[:1], [][]wasql.Value{{wasql.IntValue(1)}})
	if len(flushed.GetErrors()) != 1 || flushed.GetErrors()[0].GetStatus().GetMessage() != "id 1 is taken" || !strings.HasPrefix(answered, "[0 4 ") {
		t.Errorf("a taken id: %v, %s", flushed.GetErrors(), answered)
	}
	write(pb.WriteKind_WRITE_KIND_UPDATE, []uint32{id}, []uint32{name}, scanned[:2], [][]wasql.Value{{wasql.IntValue(2), wasql.TextValue("two")}})
	goods[1][name] = wasql.TextValue("two")

	scan, err := in.OpenScan(ctx, &pb.OpenScanRequest{Table: table, Columns: positions, BatchRows: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(drain(t, scan, scanned)); got != text(goods) {
		t.Errorf("scanned\n%s\nwant\n%s", got, text(goods))
	}
	lookup(t, in, scanned)
	function(t, in, scanned)
}

func drain(t *testing.T, scan *host.Scan, columns []*pb.ScanColumn) (rows [][]wasql.Value) {
	t.Helper()
	for {
		batch, err := scan.Next(context.Background())
		if errors.Is(err, io.EOF) {
			if err := scan.Close(); err != nil {
				t.Fatal(err)
			}
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, wasqltest.Values(batch, columns)...)
	}
}

func lookup(t *testing.T, in *host.Instance, scanned []*pb.ScanColumn) {
	ctx := context.Background()
	var open pb.OpenLookupResponse
	if err := in.Call(ctx, pb.Op_OP_OPEN_LOOKUP, &pb.OpenLookupRequest{Table: table, KeyColumns: []uint32{id}, Columns: []uint32{name}}, &open); err != nil {
		t.Fatal(err)
	}
	sink, err := in.SinkHandle("lookup", open.GetScan(), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Keys in a dictionary: what a join may send.
	keys := &col.Batch{Rows: 4, Cols: []col.Vec{{
		Type: col.Int64, Encoding: col.Dictionary, Len: 4, Index: []uint32{1, 2, 0, 0}, Dict: &col.Vec{Type: col.Int64, Len: 3, Fixed: col.BytesOf([]int64{1, 2, 77})},
	}}}
	if _, err := sink.Write(ctx, keys); err != nil {
		t.Fatal(err)
	}
	rows, err := in.ScanHandle("lookup", open.GetScan(), open.GetColumns())
	if err != nil {
		t.Fatal(err)
	}
	batch, err := rows.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(wasqltest.Values(batch, append([]*pb.ScanColumn{{}}, scanned[name]))); got != "[0 \"two\"]\n[2 \"größer\"]\n[3 \"größer\"]" {
		t.Errorf("looked up\n%s", got)
	}
	if err := rows.Close(); err != nil {
		t.Error(err)
	}
}

func function(t *testing.T, in *host.Instance, scanned []*pb.ScanColumn) {
	ctx := context.Background()
	var open pb.OpenFunctionResponse
	arguments := []*pb.ScanColumn{scanned[name], scanned[price]}
	if err := in.Call(ctx, pb.Op_OP_OPEN_FUNCTION, &pb.OpenFunctionRequest{Name: "label", Arguments: arguments}, &open); err != nil {
		t.Fatal(err)
	}
	sink, err := in.SinkHandle("label", open.GetHandle(), []*pb.ScanColumn{open.GetResult()})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sink.Write(ctx, wasqltest.Rows(arguments, [][]wasql.Value{{wasql.TextValue("tea"), wasql.DecimalValue("2.00")}}))
	if err != nil || answer.Cols[0].Text(0) != "tea: 2.00" {
		t.Errorf("label gives %v, %v", answer, err)
	}
	if err := sink.Close(); err != nil {
		t.Error(err)
	}
}
