package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// TestLookupsOfManyKeys looks keys up in batches by a whole number that is the primary key, and by an index, with keys that are
// NULL, not there, there twice, and more rows than go into a batch.
func TestLookupsOfManyKeys(t *testing.T) {
	in := wasqltest.Open(t, connector)
	table := wide("t", &pb.Index{Name: "k", Columns: []*pb.IndexColumn{{Column: 1}}})
	if err := in.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: table}, &pb.CreateResponse{}); err != nil {
		t.Fatal(err)
	}
	var open pb.OpenSinkResponse
	if err := in.Call(pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "t"}, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1, 2, 3}}, &open); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(open.GetSink(), wideBatch(0, 5000)); err != nil {
		t.Fatal(err)
	}
	if err := in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink()}, &pb.FlushSinkResponse{}); err != nil {
		t.Fatal(err)
	}
	numbers := []int64{4999, -1, 7, 7, 0, 5000, 1 << 40, 2500, 999}
	var keys [][]wasql.Value
	for _, n := range numbers {
		keys = append(keys, []wasql.Value{wasql.IntValue(n)})
	}
	keys = append(keys[:4:4], append([][]wasql.Value{{wasql.Value{}}}, keys[4:]...)...)
	for column, divisor := range map[string]int64{"id": 5000, "k": 1000} {
		want := map[[2]int64]bool{}
		for i, key := range keys {
			for id := range int64(5000) {
				value := id
				if column == "k" {
					value = id * 7919 % divisor
				}
				if n, ok := key[0].Int64(); ok && n == value {
					want[[2]int64{int64(i), id}] = true
				}
			}
		}
		rows, err := in.Lookup("t", []string{column}, []string{"id", "v"}, keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			at, _ := row[0].Uint64()
			id, _ := row[1].Int64()
			if v, _ := row[2].Float64(); !want[[2]int64{int64(at), id}] || v != float64(id)/4 {
				t.Errorf("by %s: row %v was not asked for", column, row)
			}
			delete(want, [2]int64{int64(at), id})
		}
		if len(want) != 0 {
			t.Errorf("by %s: not found: %v", column, want)
		}
	}
	var _ wasql.BatchLookup = (*pointLookup)(nil)
}

// TestPointLookupsFindRows looks random keys up, in any order and some twice, in trees of small blocks, by whole numbers of each type.
func TestPointLookupsFindRows(t *testing.T) {
	rows, shelf := blockRows, shelfBlocks
	defer func() { blockRows, shelfBlocks = rows, shelf }()
	blockRows, shelfBlocks = 5, 3
	for typ, least := range map[pb.Type]int64{pb.Type_TYPE_INT8: -100, pb.Type_TYPE_UINT8: 0, pb.Type_TYPE_INT16: -900, pb.Type_TYPE_UINT16: 30_000,
		pb.Type_TYPE_INT32: -70_000, pb.Type_TYPE_UINT32: 1 << 31, pb.Type_TYPE_INT64: -1 << 40, pb.Type_TYPE_UINT64: 1 << 62} {
		r := rand.New(rand.NewPCG(uint64(typ), 3))
		in := wasqltest.Open(t, connector)
		table := wide("t")
		table.Columns[0].Type, table.Columns[0].SqlType = typ, ""
		table.Columns[1].Type, table.Columns[1].SqlType = pb.Type_TYPE_BOOL, ""
		if err := in.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: table}, &pb.CreateResponse{}); err != nil {
			t.Fatal(err)
		}
		there := map[int64][3]string{}
		var values [][]wasql.Value
		step := 1 + max(0, -least/500)
		for _, n := range r.Perm(200)[:150] {
			id := least + int64(n)*step
			s := wasql.TextValue(fmt.Sprint("row ", id))
			if n%5 == 0 && n < 100 {
				s = wasql.Value{}
			}
			key := wasql.IntValue(id)
			if least >= 0 {
				key = wasql.UintValue(uint64(id))
			}
			row := []wasql.Value{key, wasql.BoolValue(n%2 == 0), wasql.FloatValue(float64(n) / 4), s}
			values = append(values, row)
			there[id] = [3]string{fmt.Sprint(row[1]), fmt.Sprint(row[2]), fmt.Sprint(row[3])}
		}
		var open pb.OpenSinkResponse
		if err := in.Call(pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "t"}, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1, 2, 3}}, &open); err != nil {
			t.Fatal(err)
		}
		columns := make([]*pb.ScanColumn, 4)
		for i, c := range table.Columns {
			columns[i] = &pb.ScanColumn{Column: uint32(i), Type: c.Type, Nullable: !c.NotNull}
		}
		if _, err := in.Write(open.GetSink(), wasqltest.Rows(columns, values)); err != nil {
			t.Fatal(err)
		}
		if err := in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink()}, &pb.FlushSinkResponse{}); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			var keys [][]wasql.Value
			var want []string
			for i := range r.IntN(60) {
				id := least + int64(r.IntN(200))*step + int64(r.IntN(8)/7)
				if typ == pb.Type_TYPE_INT8 || typ == pb.Type_TYPE_UINT8 {
					id = min(id, least+199)
				}
				switch {
				case r.IntN(9) == 0:
					keys = append(keys, []wasql.Value{{}})
					continue
				case least >= 0:
					keys = append(keys, []wasql.Value{wasql.UintValue(uint64(id))})
				default:
					keys = append(keys, []wasql.Value{wasql.IntValue(id)})
				}
				if row, ok := there[id]; ok {
					want = append(want, fmt.Sprint(i, row[2], row[0], row[1]))
				}
			}
			found, err := in.Lookup("t", []string{"id"}, []string{"s", "k", "v"}, keys)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range found {
				at, _ := row[0].Uint64()
				got = append(got, fmt.Sprint(at, fmt.Sprint(row[1]), fmt.Sprint(row[2]), fmt.Sprint(row[3])))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: keys %v:\n%q\nmust be\n%q", typ, keys, got, want)
			}
		}
	}
}
