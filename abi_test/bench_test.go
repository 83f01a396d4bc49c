package abitest

import (
	"context"
	"os"
	"runtime"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// scanRows is how many rows one turn of the benchmarks adds up.
const scanRows = 1 << 20

// BenchmarkScan adds up a column of integers: made and added by Go alone, made by a
// connector in batches that are read in place, and made by it one row a call.
func BenchmarkScan(b *testing.B) {
	b.Run("native", func(b *testing.B) {
		buffer := make([]int64, 4096)
		var sum int64
		for b.Loop() {
			for first := int64(0); first < scanRows; first += int64(len(buffer)) {
				for i := range buffer {
					buffer[i] = first + int64(i)
				}
				sum += add(buffer)
			}
		}
		check(b, sum)
	})
	for _, guest := range []string{"series", "series-c", "series-go"} {
		b.Run("batch/"+guest, func(b *testing.B) { benchmarkScan(b, guest, 4096, scanRows) })
	}
	b.Run("row/series", func(b *testing.B) { benchmarkScan(b, "series", 1, scanRows) })
}

func benchmarkScan(b *testing.B, guest string, batchRows uint32, rows int64) {
	open := numbers(b, guest, batchRows)
	ctx := context.Background()
	var sum int64
	for b.Loop() {
		scan := open()
		for read := int64(0); read < rows; {
			batch, err := scan.Next(ctx)
			if err != nil {
				b.Fatal(err)
			}
			values := col.Values[int64](&batch.Cols[0])
			sum += add(values)
			read += int64(len(values))
		}
		if err := scan.Close(); err != nil {
			b.Fatal(err)
		}
	}
	check(b, sum)
}

// numbers gives a function that starts a scan of the numbers from 0 on.
func numbers(tb testing.TB, guest string, batchRows uint32) func() *host.Scan {
	tb.Helper()
	wasm, err := os.ReadFile("../connectors/build/" + guest + ".wasm")
	if err != nil {
		tb.Fatalf("run make guests: %v", err)
	}
	ctx := context.Background()
	r, err := host.New(ctx, host.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close(ctx) })
	module, err := r.Compile(ctx, guest, wasm)
	if err != nil {
		tb.Fatal(err)
	}
	connector, err := module.Open(ctx, host.Options{Server: "bench"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = connector.Close(ctx) })
	instance, err := connector.Acquire(ctx, 1)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(instance.Release)
	table := &pb.TableRef{Name: "series"}
	plan, err := instance.Plan(ctx, &pb.PlanRequest{Table: table, Columns: []uint32{0}})
	if err != nil {
		tb.Fatal(err)
	}
	return func() *host.Scan {
		scan, err := instance.OpenScan(ctx, &pb.OpenScanRequest{Table: table, Plan: plan.GetPlan(), Columns: []uint32{0}, BatchRows: batchRows})
		if err != nil {
			tb.Fatal(err)
		}
		return scan
	}
}

// TestBatchesAreReadInPlace reads 1,000 batches and allocates less than the bytes of ten:
// the values that are added are the guest's own memory.
// checklist: P2
func TestBatchesAreReadInPlace(t *testing.T) {
	const batches, batchRows = 1000, 4096
	for _, guest := range []string{"series", "series-c", "series-go"} {
		t.Run(guest, func(t *testing.T) {
			ctx := context.Background()
			scan := numbers(t, guest, batchRows)()
			defer func() {
				if err := scan.Close(); err != nil {
					t.Error(err)
				}
			}()
			var before, after runtime.MemStats
			var sum, read int64
			runtime.ReadMemStats(&before)
			for range batches {
				batch, err := scan.Next(ctx)
				if err != nil {
					t.Fatal(err)
				}
				values := col.Values[int64](&batch.Cols[0])
				sum += add(values)
				read += int64(len(values))
			}
			runtime.ReadMemStats(&after)
			if want := read * (read - 1) / 2; sum != want {
				t.Errorf("sum %d, want %d", sum, want)
			}
			if read < batches*batchRows/2 {
				t.Errorf("%d batches have only %d rows", batches, read)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 10*8*batchRows {
				t.Errorf("reading %d batches allocated %d bytes", batches, allocated)
			}
		})
	}
}

// add is the loop that every variant has in common.
func add(values []int64) (sum int64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// check proves that every row was added, and reports the time a row.
func check(b *testing.B, sum int64) {
	b.Helper()
	if want := int64(b.N) * (scanRows * (scanRows - 1) / 2); sum != want {
		b.Fatalf("sum %d, want %d", sum, want)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/scanRows, "ns/row")
}
