package main

import (
	"fmt"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// wide is the table of the measurements.
func wide(name string, indexes ...*pb.Index) *pb.Table {
	return &pb.Table{
		Name: name, Collation: "utf8mb4_0900_bin", PrimaryKey: []uint32{0}, Indexes: indexes,
		Columns: []*pb.Column{
			{Name: "id", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true},
			{Name: "k", Type: pb.Type_TYPE_INT64, SqlType: "bigint", NotNull: true},
			{Name: "v", Type: pb.Type_TYPE_FLOAT64, SqlType: "double"},
			{Name: "s", Type: pb.Type_TYPE_UTF8, SqlType: "varchar(40)"},
		},
	}
}

func wideBatch(first, n int) *col.Batch {
	b := col.NewBuilder(col.Schema{{Type: col.Int64}, {Type: col.Int64}, {Type: col.Float64}, {Type: col.UTF8}}, n, 0)
	for i := range n {
		id := int64(first + i)
		b.Int64(0, id)
		b.Int64(1, id*7919%1000)
		b.Float64(2, float64(id)/4)
		b.String(3, fmt.Sprint("name ", id))
		b.EndRow()
	}
	return b.Batch()
}

// benchmarkInsert writes one statement of b.N rows.
func benchmarkInsert(b *testing.B, indexes ...*pb.Index) {
	in := wasqltest.Open(b, connector)
	if err := in.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: wide("t", indexes...)}, &pb.CreateResponse{}); err != nil {
		b.Fatal(err)
	}
	const rows = 4096
	var batches []*col.Batch
	for first := 0; first < b.N; first += rows {
		batches = append(batches, wideBatch(first, min(rows, b.N-first)))
	}
	var open pb.OpenSinkResponse
	if err := in.Call(pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "t"}, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1, 2, 3}}, &open); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, batch := range batches {
		if _, err := in.Write(open.GetSink(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink()}, &pb.FlushSinkResponse{}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkInsert(b *testing.B) {
	b.Run("key", func(b *testing.B) { benchmarkInsert(b) })
	b.Run("index", func(b *testing.B) { benchmarkInsert(b, &pb.Index{Name: "k", Columns: []*pb.IndexColumn{{Column: 1}}}) })
}

// filled opens a store with n rows.
func filled(b *testing.B, n int, indexes ...*pb.Index) *wasqltest.Instance {
	in := wasqltest.Open(b, connector)
	if err := in.Call(pb.Op_OP_CREATE, &pb.CreateRequest{Table: wide("t", indexes...)}, &pb.CreateResponse{}); err != nil {
		b.Fatal(err)
	}
	var open pb.OpenSinkResponse
	if err := in.Call(pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "t"}, Kind: pb.WriteKind_WRITE_KIND_INSERT, ValueColumns: []uint32{0, 1, 2, 3}}, &open); err != nil {
		b.Fatal(err)
	}
	if _, err := in.Write(open.GetSink(), wideBatch(0, n)); err != nil {
		b.Fatal(err)
	}
	if err := in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink()}, &pb.FlushSinkResponse{}); err != nil {
		b.Fatal(err)
	}
	return in
}

// BenchmarkPoint is what a lookup by key asks of the store: a plan, a scan of one row.
func BenchmarkPoint(b *testing.B) {
	in := filled(b, 100_000, &pb.Index{Name: "k", Columns: []*pb.IndexColumn{{Column: 1}}})
	b.ReportAllocs()
	id := uint32(0)
	for i := range b.N {
		filter := &pb.Filter{Op: pb.FilterOp_FILTER_OP_EQ, Column: &id, Operands: []*pb.Operand{{Kind: &pb.Operand_Value{Value: wasql.IntValue(int64(i % 100_000)).Message()}}}}
		ref := &pb.TableRef{Name: "t", Database: "main"}
		var plan pb.PlanResponse
		var open pb.OpenScanResponse
		err := in.Call(pb.Op_OP_PLAN, &pb.PlanRequest{Table: ref, Columns: []uint32{0, 1, 2, 3}, Filters: []*pb.Conjunct{{Filter: filter, Usable: true}}}, &plan)
		if err == nil {
			err = in.Call(pb.Op_OP_OPEN_SCAN, &pb.OpenScanRequest{Table: ref, Plan: plan.GetPlan(), Columns: []uint32{0, 1, 2, 3}}, &open)
		}
		if err != nil {
			b.Fatal(err)
		}
		if batch, err := in.Next(open.GetScan(), 4096, 1<<20); err != nil || batch.Len() != 1 {
			b.Fatal(batch, err)
		}
		if err := in.Close(open.GetScan()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen is what a lookup by key asks of the store when the plan is kept: a scan of one row.
func BenchmarkOpen(b *testing.B) {
	in := filled(b, 100_000)
	id, ref := uint32(0), &pb.TableRef{Name: "t", Database: "main"}
	filter := &pb.Filter{Op: pb.FilterOp_FILTER_OP_EQ, Column: &id, Operands: []*pb.Operand{{Kind: &pb.Operand_Param{}, Type: pb.Type_TYPE_INT64}}}
	var plan pb.PlanResponse
	if err := in.Call(pb.Op_OP_PLAN, &pb.PlanRequest{Table: ref, Columns: []uint32{0, 1, 2, 3}, Filters: []*pb.Conjunct{{Filter: filter, Usable: true}}}, &plan); err != nil {
		b.Fatal(err)
	}
	request := &pb.OpenScanRequest{Table: ref, Plan: plan.GetPlan(), Columns: []uint32{0, 1, 2, 3}}
	b.ReportAllocs()
	for i := range b.N {
		request.Params = []*pb.Value{wasql.IntValue(int64(i % 100_000)).Message()}
		var open pb.OpenScanResponse
		if err := in.Call(pb.Op_OP_OPEN_SCAN, request, &open); err != nil {
			b.Fatal(err)
		}
		if batch, err := in.Next(open.GetScan(), 4096, 1<<20); err != nil || batch.Len() != 1 {
			b.Fatal(batch, err)
		}
		if err := in.Close(open.GetScan()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScan(b *testing.B) {
	in := filled(b, 100_000)
	for b.Loop() {
		rows := 0
		var open pb.OpenScanResponse
		if err := in.Call(pb.Op_OP_OPEN_SCAN, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Columns: []uint32{0, 1, 2, 3}}, &open); err != nil {
			b.Fatal(err)
		}
		for {
			batch, err := in.Next(open.GetScan(), 4096, 1<<20)
			if err != nil {
				break
			}
			rows += batch.Len()
		}
		if rows != 100_000 {
			b.Fatalf("%d rows", rows)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/row")
}

// BenchmarkOne writes rows of one statement each, as autocommit does.
func BenchmarkOne(b *testing.B) {
	in := filled(b, 100_000)
	row := []wasql.Value{wasql.IntValue(0), wasql.IntValue(1), wasql.FloatValue(2), wasql.TextValue("x")}
	b.ReportAllocs()
	for i := range b.N {
		row[0] = wasql.IntValue(int64(200_000 + i))
		if _, err := in.Change("t", wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: []string{"id", "k", "v", "s"}, Rows: [][]wasql.Value{row}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate changes a column of all rows, as one statement does.
func BenchmarkUpdate(b *testing.B) {
	const rows = 100_000
	in := filled(b, rows)
	all := wideBatch(0, rows)
	some := col.Batch{Rows: 4096, Cols: []col.Vec{all.Cols[0], all.Cols[2]}}
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += rows {
		var open pb.OpenSinkResponse
		if err := in.Call(pb.Op_OP_OPEN_SINK, &pb.OpenSinkRequest{Table: &pb.TableRef{Name: "t"}, Kind: pb.WriteKind_WRITE_KIND_UPDATE, KeyColumns: []uint32{0}, ValueColumns: []uint32{2}}, &open); err != nil {
			b.Fatal(err)
		}
		for first := 0; first < rows; first += some.Rows {
			batch := some
			batch.Rows = min(some.Rows, rows-first)
			batch.Cols = []col.Vec{{Type: col.Int64, Len: batch.Rows, Fixed: all.Cols[0].Fixed[8*first:]}, {Type: col.Float64, Len: batch.Rows, Fixed: all.Cols[2].Fixed[8*(first+done+1)%(8*rows-8*4096):]}}
			if _, err := in.Write(open.GetSink(), &batch); err != nil {
				b.Fatal(err)
			}
		}
		if err := in.Call(pb.Op_OP_FLUSH_SINK, &pb.FlushSinkRequest{Sink: open.GetSink()}, &pb.FlushSinkResponse{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFind looks 1,000 keys up in one call, in no order; per key.
func BenchmarkFind(b *testing.B) {
	const keys = 1000
	in := filled(b, 100_000)
	var open pb.OpenLookupResponse
	ref := &pb.TableRef{Name: "t", Database: "main"}
	if err := in.Call(pb.Op_OP_OPEN_LOOKUP, &pb.OpenLookupRequest{Table: ref, Columns: []uint32{0, 2}, KeyColumns: []uint32{0}}, &open); err != nil {
		b.Fatal(err)
	}
	wanted := col.NewBuilder(col.Schema{{Type: col.Int64}}, keys, 0)
	for i := range keys {
		wanted.Int64(0, int64(i*61_193%100_000))
		wanted.EndRow()
	}
	batch := wanted.Batch()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := in.Write(open.GetScan(), batch); err != nil {
			b.Fatal(err)
		}
		rows := 0
		for rows < keys {
			found, err := in.Next(open.GetScan(), 4096, 1<<20)
			if err != nil {
				b.Fatal(err)
			}
			rows += found.Len()
			if err := in.Release(open.GetScan(), found.Lease); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/keys, "ns/key")
}
