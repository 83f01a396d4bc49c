package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// TestTheModuleReadsItsGrantedFile builds the connector and runs it in the sandbox.
func TestTheModuleReadsItsGrantedFile(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	ctx, folder := context.Background(), t.TempDir()
	module, notes := filepath.Join(folder, "lines.wasm"), filepath.Join(folder, "notes.txt")
	build := exec.Command("go", "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", module, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wasm, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(notes, []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := runtime.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	compiled, err := runtime.Compile(ctx, "lines", wasm)
	if err != nil {
		t.Fatal(err)
	}
	connector, err := compiled.Open(ctx, host.Options{
		Server: "notes", Options: map[string]string{"path": "notes.txt"},
		Grant: host.Grant{Files: []host.FileGrant{{Path: "notes.txt", Host: notes}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := connector.OpenScan(ctx, 0, &pb.OpenScanRequest{Table: &pb.TableRef{Name: "lines"}, Columns: []uint32{line}})
	if err != nil {
		t.Fatal(err)
	}
	batch, err := scan.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if batch.Len() != 3 || batch.Cols[0].Text(2) != "three" {
		t.Errorf("the batch has %d rows, the last %q", batch.Len(), batch.Cols[0].Text(batch.Len()-1))
	}
	if err := scan.Close(); err != nil {
		t.Error(err)
	}
}
