package host_test

import (
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/hosttest"
)

// goodGuest answers one query over table t(x bigint): 1, 2, 3.
func goodGuest() *hosttest.Guest {
	b := col.NewBuilder(col.Schema{{Name: "x", Type: col.Int64}}, 16, 0)
	for x := range int64(3) {
		b.Int64(0, x+1)
		b.EndRow()
	}
	g := hosttest.Good()
	g.Batches = []*col.Batch{b.Batch()}
	g.Answers[pb.Op_OP_HELLO] = &pb.HelloResponse{Name: "good", Version: "1"}
	g.Answers[pb.Op_OP_LIST] = &pb.ListResponse{}
	g.Answers[pb.Op_OP_DESCRIBE] = &pb.DescribeResponse{Table: &pb.Table{Name: "t", Columns: []*pb.Column{{Name: "x", Type: pb.Type_TYPE_INT64}}}}
	g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{{Type: pb.Type_TYPE_INT64}}}
	return g
}

// build encodes the module.
func build(t testing.TB, g *hosttest.Guest) []byte {
	t.Helper()
	wasm, err := g.Build()
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}
