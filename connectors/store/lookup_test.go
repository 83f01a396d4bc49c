package main

import (
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
	var _ wasql.ManyLookup = pointLookup{}
}
