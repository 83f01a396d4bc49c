package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// buildGarden compiles the connector that these tests write to, once.
var buildGarden = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "garden")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // a temporary folder left behind fails no test
	path := filepath.Join(folder, "garden.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", path, "./testdata/garden")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the garden: %w\n%s", err, out)
	}
	return os.ReadFile(path)
})

// newGarden makes an engine over the garden, with a session on it.
func newGarden(t testing.TB) (*Engine, *Session) {
	t.Helper()
	config := Config{Connectors: []ConnectorSource{{Name: "garden", Trusted: true, Wasm: buildGarden}}}
	e, s := newEngine(t, config)
	if err := s.Use(context.Background(), "garden"); err != nil {
		t.Fatal(err)
	}
	return e, s
}

