package loader

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// guestSource is a connector-like Go program: a reactor with an export that
// allocates, sorts, formats and starts goroutines.
const guestSource = `package main

import (
	"fmt"
	"sort"
	"strings"
)

func main() {}

//go:wasmexport work
func work(n int64) int64 {
	words := make(map[string]int64)
	done := make(chan int64)
	for i := range n {
		words[fmt.Sprintf("%x", i*7919%257)] += i
	}
	keys := make([]string, 0, len(words))
	for k := range words {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	go func() {
		var sum int64
		for i, k := range keys {
			sum += words[k] * int64(i+len(strings.ToUpper(k)))
		}
		done <- sum
	}()
	return <-done
}

//go:wasmexport deep
func deep(n int64) int64 {
	if n == 0 {
		return 0
	}
	return deep(n-1) + 1
}
`

var buildGuest = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a left-over temporary folder harms no test
	for name, text := range map[string]string{"go.mod": "module guest\n\ngo 1.26\n", "main.go": guestSource} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", "guest.wasm", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Run(); err != nil {
		return nil, &exec.Error{Name: text.String(), Err: err}
	}
	return os.ReadFile(filepath.Join(dir, "guest.wasm"))
})

// goGuest builds the Go guest once.
func goGuest(t testing.TB) []byte {
	t.Helper()
	wasm, err := buildGuest()
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func wasi(rt wazero.Runtime) {
	wasi_snapshot_preview1.MustInstantiate(context.Background(), rt)
}

func TestGoGuestRunsMetered(t *testing.T) {
	wasm := goGuest(t)
	start := time.Now()
	info, err := Inspect(wasm, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	inspected := time.Since(start)
	start = time.Now()
	out, err := Rewrite(wasm, info, RewriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes: inspect %v, rewrite %v to %d bytes, cost %d", len(wasm), inspected, time.Since(start), len(out), info.CompileCost)
	if again, err := Rewrite(wasm, info, RewriteOptions{}); err != nil || !bytes.Equal(out, again) {
		t.Errorf("a second rewriting differs: %v", err)
	}
	var results [3]uint64
	for i := range results {
		g := open(t, wasm, guestOptions{plain: i == 2, imports: wasi})
		if _, err := g.call("_initialize"); err != nil {
			t.Fatal(err)
		}
		got, err := g.call("work", 5000)
		if err != nil {
			t.Fatal(err)
		}
		results[i] = got[0]
		if i < 2 && (g.yields == 0 || g.fuel() < 1_000_000) {
			t.Errorf("%d yields, %d units", g.yields, g.fuel())
		}
		if i == 0 {
			t.Logf("work: %d units, %d yields, %d stack units left", g.fuel(), g.yields, g.stackLeft())
		}
		if deep, err := g.call("deep", 2000); err != nil || deep[0] != 2000 {
			t.Errorf("deep = %v, %v", deep, err)
		}
	}
	if results[0] != results[2] || results[1] != results[2] {
		t.Errorf("results %v", results)
	}
}
