package host_test

import (
	"context"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

const benchRows = 4096

// benchBatch has the columns k, g bigint, v double, s varchar(16).
func benchBatch() *col.Batch {
	b := col.NewBuilder(col.Schema{{Name: "k", Type: col.Int64}, {Name: "g", Type: col.Int64}, {Name: "v", Type: col.Float64}, {Name: "s", Type: col.UTF8}}, benchRows, 0)
	text := "sixteen letters!"
	for i := range int64(benchRows) {
		b.Int64(0, i*7919%1000)
		b.Int64(1, i%16)
		b.Float64(2, float64(i))
		b.String(3, text[:i%17])
		b.EndRow()
	}
	return b.Batch()
}

func benchConnector(b *testing.B) *host.Connector {
	g := goodGuest()
	g.Batches, g.Repeat = []*col.Batch{benchBatch()}, true
	g.Answers[pb.Op_OP_OPEN_SCAN] = &pb.OpenScanResponse{Scan: 1, Columns: []*pb.ScanColumn{
		{Column: 0, Type: pb.Type_TYPE_INT64}, {Column: 1, Type: pb.Type_TYPE_INT64}, {Column: 2, Type: pb.Type_TYPE_FLOAT64}, {Column: 3, Type: pb.Type_TYPE_UTF8}}}
	return open(b, compile(b, newRuntime(b, host.Config{}), "bench", build(b, g)), host.Options{})
}

// sumWhere is the query: sum(v) where k < 500.
func sumWhere(batch *col.Batch) float64 {
	keys, values := col.Values[int64](&batch.Cols[0]), col.Values[float64](&batch.Cols[2])
	total := 0.0
	for i, k := range keys {
		// Both sides in one branch-free line, as a kernel of the engine would be.
		total += values[i] * float64(uint64(k-500)>>63)
	}
	return total
}

// sumAll reads every byte of all four columns.
func sumAll(batch *col.Batch) float64 {
	groups := col.Values[int64](&batch.Cols[1])
	text := &batch.Cols[3]
	n := int64(0)
	for i, g := range groups {
		n += g + int64(text.Offsets[i+1]-text.Offsets[i])
	}
	bytes := uint64(0)
	for _, x := range text.Data {
		bytes += uint64(x)
	}
	return sumWhere(batch) + float64(n) + float64(bytes)
}

// BenchmarkScanView compares reading batches out of a guest with the same loop over the same
// bytes in host memory. ratio is the tax of the wall, checks included. In "two columns" only k and
// v were asked for, in "all" the loop reads all bytes.
func BenchmarkScanView(b *testing.B) {
	for _, c := range []struct {
		name    string
		columns []uint32
		work    func(*col.Batch) float64
	}{{"two columns", []uint32{0, 2}, sumWhere}, {"all", nil, sumAll}} {
		b.Run(c.name, func(b *testing.B) {
			connector := benchConnector(b)
			ctx := context.Background()
			s, err := connector.OpenScan(ctx, 0, &pb.OpenScanRequest{Columns: c.columns})
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			}()
			native := benchBatch()
			var scanned, local time.Duration
			total := 0.0
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				for range 16 {
					batch, err := s.Next(ctx)
					if err != nil {
						b.Fatal(err)
					}
					total += c.work(batch)
				}
				middle := time.Now()
				for range 16 {
					total -= c.work(native)
				}
				scanned += middle.Sub(start)
				local += time.Since(middle)
			}
			if total != 0 {
				b.Fatalf("the sums differ by %v", total)
			}
			rows := float64(b.N) * 16 * benchRows
			b.ReportMetric(float64(scanned.Nanoseconds())/rows, "ns/row")
			b.ReportMetric(float64(local.Nanoseconds())/rows, "native-ns/row")
			b.ReportMetric(float64(scanned)/float64(local), "ratio")
		})
	}
}

// BenchmarkCall is the smallest control call: DESCRIBE of a played-back table.
func BenchmarkCall(b *testing.B) {
	c := benchConnector(b)
	i, err := c.Acquire(context.Background(), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer i.Release()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Describe(context.Background(), &pb.DescribeRequest{Table: &pb.TableRef{Name: "t"}}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAcquire is the cost of a new instance of a small module, with HELLO and CONFIGURE.
func BenchmarkAcquire(b *testing.B) {
	c := benchConnector(b)
	ctx := context.Background()
	kept, err := c.Acquire(ctx, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer kept.Release()
	for b.Loop() {
		i, err := c.Acquire(ctx, 0)
		if err != nil {
			b.Fatal(err)
		}
		// An open scan keeps the instance from going back to the pool.
		if _, err := i.OpenScan(ctx, &pb.OpenScanRequest{}); err != nil {
			b.Fatal(err)
		}
		i.Release()
	}
}

// BenchmarkSmallScan is a scan whose one batch comes with OPEN_SCAN, out of an instance that is everybody's: what the host adds
// to a lookup by key.
func BenchmarkSmallScan(b *testing.B) {
	g := goodGuest()
	sent := g.Answers[pb.Op_OP_OPEN_SCAN].(*pb.OpenScanResponse)
	hello := g.Answers[pb.Op_OP_HELLO].(*pb.HelloResponse)
	hello.Features |= uint64(pb.Feature_FEATURE_ONE_CALL)
	hello.Lifetime = pb.Lifetime_LIFETIME_SHARED
	g.Answers[pb.Op_OP_CONFIGURE] = &pb.ConfigureResponse{RequestPtr: 0x80000, RequestBytes: 4096}
	g.Place = func(batches []uint32, _ uint32) { sent.Scan, sent.Finished, sent.Batch = 0, true, batches[0] }
	c := open(b, compile(b, newRuntime(b, host.Config{}), "bench", build(b, g)), host.Options{})
	ctx := context.Background()
	request := &pb.OpenScanRequest{Table: &pb.TableRef{Name: "t"}, Plan: make([]byte, 100), Columns: []uint32{0, 1}}
	b.ReportAllocs()
	for b.Loop() {
		s, err := c.OpenScan(ctx, 0, request)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Next(ctx); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
