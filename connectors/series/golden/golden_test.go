package golden_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/connectors/series/golden"
	"github.com/wasql/wasql/host"
)

// guest asks an instance behind the host.
type guest struct {
	*host.Instance
	scans map[uint32]*host.Scan
	next  uint32
}

func (g *guest) Call(op pb.Op, request, response golden.Message) error {
	ctx := context.Background()
	switch request := request.(type) {
	case *pb.OpenScanRequest:
		request.BatchRows = 3
		if len(request.Columns) == 0 {
			request.BatchRows = 4096
		}
		request.Keep = true // it may be started again
		scan, err := g.OpenScan(ctx, request)
		if err != nil {
			return err
		}
		g.next++
		g.scans[g.next] = scan
		r := response.(*pb.OpenScanResponse)
		r.Scan, r.Columns = g.next, scan.Columns()
		return nil
	case *pb.RescanRequest:
		return g.scans[request.Scan].Rescan(ctx, request)
	}
	return g.Instance.Call(ctx, op, request, response)
}

func (g *guest) Next(scan uint32, _ int) (*col.Batch, error) {
	return g.scans[scan].Next(context.Background())
}

func (g *guest) Close(scan uint32) error {
	defer delete(g.scans, scan)
	return g.scans[scan].Close()
}

func (*guest) Status(err error) *pb.Status {
	var e *host.Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.Status
}

// TestGolden asks the built modules of all three languages, through the host.
// checklist: T1 G22
func TestGolden(t *testing.T) {
	ctx := context.Background()
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range []string{"series", "series-go", "series-c"} {
		t.Run(name, func(t *testing.T) {
			wasm, err := os.ReadFile("../../build/" + name + ".wasm")
			if err != nil {
				t.Fatalf("%v: run tools/guests.sh %s", err, name)
			}
			module, err := runtime.Compile(ctx, name, wasm)
			if err != nil {
				t.Fatal(err)
			}
			connector, err := module.Open(ctx, host.Options{Server: "series"})
			if err != nil {
				t.Fatal(err)
			}
			golden.Manifest(t, connector.Manifest())
			instance, err := connector.Acquire(ctx, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer instance.Release()
			golden.Run(t, &guest{Instance: instance, scans: map[uint32]*host.Scan{}})
		})
	}
}
