package golden_test

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// BenchmarkScan sums ten million numbers of each module.
func BenchmarkScan(b *testing.B) {
	ctx := context.Background()
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"series", "series-go", "series-c"} {
		wasm, err := os.ReadFile("../../build/" + name + ".wasm")
		if err != nil {
			b.Fatal(err)
		}
		module, err := runtime.Compile(ctx, name, wasm)
		if err != nil {
			b.Fatal(err)
		}
		connector, err := module.Open(ctx, host.Options{Server: "series"})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			const rows = 10_000_000
			for b.Loop() {
				scan, err := connector.OpenScan(ctx, 0, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "series"}, Columns: []uint32{0}})
				if err != nil {
					b.Fatal(err)
				}
				sum, n := int64(0), 0
				for n < rows {
					batch, err := scan.Next(ctx)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					for _, x := range col.Values[int64](&batch.Cols[0]) {
						sum += x
					}
					n += batch.Rows
				}
				if err := scan.Close(); err != nil || sum == 0 {
					b.Fatal(err, sum)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
