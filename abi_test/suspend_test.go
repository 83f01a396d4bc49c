package abitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// TestSuspendedScansGoOn reads files slowly: the scan gives its instance back between batches, others use it meanwhile, and
// the rows are those of a scan that kept it, each once.
//
// clause: 8.25
func TestSuspendedScansGoOn(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	const rows = 500
	for name, write := range map[string]func(w io.Writer, n int){
		"a.csv":    func(w io.Writer, n int) { _, _ = fmt.Fprintf(w, "%d,\"text\nof %d\"\n", n, n) },
		"a.ndjson": func(w io.Writer, n int) { _, _ = fmt.Fprintf(w, "{\"n\": %d, \"s\": \"text %d\"}\n", n, n) },
		"a.json": func(w io.Writer, n int) {
			_, _ = fmt.Fprintf(w, "%s {\"n\": %d}\n", map[bool]string{true: "[", false: ","}[n == 0], n)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if name == "a.csv" {
				b.WriteString("n,s\n")
			}
			for n := range rows {
				write(&b, n)
			}
			if name == "a.json" {
				b.WriteString("]")
			}
			if err := os.WriteFile(filepath.Join(folder, name), b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			connector := "json"
			if name == "a.csv" {
				connector = "csv"
			}
			runtime, err := host.New(ctx, host.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = runtime.Close(context.WithoutCancel(ctx)) }() // the process ends soon
			module, err := runtime.Compile(ctx, connector, built(t, connector))
			if err != nil {
				t.Fatal(err)
			}
			for _, after := range []time.Duration{0, time.Millisecond} {
				// There is one instance: who waits for another gets it only when the scan has let it go.
				c, err := module.Open(ctx, host.Options{Grant: host.Grant{Files: []host.FileGrant{{Path: "data", Host: folder}}},
					Limits: host.Limits{SuspendAfter: after, Instances: 1, AcquireTime: 10 * time.Second}})
				if err != nil {
					t.Fatal(err)
				}
				got, others := readSlowly(t, c, "data/"+name, after > 0)
				if got != rows {
					t.Errorf("suspended after %v it gives %d rows, of %d", after, got, rows)
				}
				if n := c.Counters().Suspended; after > 0 && (n < 3 || others < 3) || after == 0 && n != 0 {
					t.Errorf("suspended after %v it was %d times, and %d others had the instance", after, n, others)
				}
				if err := c.Close(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// readSlowly counts the rows of a file, which are numbered, and how often another used the instance between batches.
func readSlowly(t *testing.T, c *host.Connector, name string, suspends bool) (rows, others int) {
	t.Helper()
	ctx := t.Context()
	scan, err := c.OpenScan(ctx, 0, &pb.OpenScanRequest{Table: &pb.TableRef{Name: name}, Columns: []uint32{0}, BatchRows: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := scan.Close(); err != nil {
			t.Error(err)
		}
	}()
	for {
		b, err := scan.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, others
		}
		if err != nil {
			t.Fatal(err)
		}
		if suspends && rows < 400 {
			i, err := c.Acquire(ctx, 0)
			if err != nil {
				t.Fatalf("behind row %d: %v", rows, err)
			}
			resp := &pb.ListResponse{}
			if err := i.Call(ctx, pb.Op_OP_LIST, &pb.ListRequest{}, resp); err != nil {
				t.Error(err)
			}
			i.Release()
			others++
		}
		// The batch is still there, whatever the instance did.
		for i := range b.Len() {
			if n := b.Cols[0].Int64(b.Row(i)); n != int64(rows) {
				t.Fatalf("row %d is %d", rows, n)
			}
			rows++
		}
	}
}
