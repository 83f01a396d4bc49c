package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/wasql/wasql/host"
)

// guest reads a connector built by tools/guests.sh. Without it the test is skipped, or fails when
// WASQL_NEED_GUESTS is set, as make test does.
func guest(t testing.TB, name string) func() ([]byte, error) {
	t.Helper()
	path := filepath.Join("..", "connectors", "build", name+".wasm")
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("WASQL_NEED_GUESTS") != "" {
			t.Fatalf("connector %s is not built: %v (tools/guests.sh builds it)", name, err)
		}
		t.Skipf("connector %s is not built: %v (tools/guests.sh builds it)", name, err)
	}
	return func() ([]byte, error) { return os.ReadFile(path) }
}

var testRuntime *host.Runtime

// The tests' own connectors, each compiled once.
var (
	buildZoo    = buildOwn("zoo")
	buildGarden = buildOwn("garden")
	buildWords  = buildOwn("words")
)

// buildOwn compiles a connector of the tests' own, once.
func buildOwn(name string) func() ([]byte, error) {
	return sync.OnceValues(func() ([]byte, error) {
		folder, err := os.MkdirTemp("", name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = os.RemoveAll(folder) }() // a temporary folder left behind fails no test
		path := filepath.Join(folder, name+".wasm")
		build := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", path, "./testdata/"+name)
		build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
		return os.ReadFile(path)
	})
}

func TestMain(m *testing.M) {
	ctx := context.Background()
	base, err := os.UserCacheDir()
	if err == nil {
		testRuntime, err = host.New(ctx, host.Config{CacheDir: filepath.Join(base, "wasql", "modules"), Collation: Collation})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := testRuntime.Close(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// newEngine makes an engine with the named connectors, trusted, and a session on it.
func newEngine(t testing.TB, config Config, connectors ...string) (*Engine, *Session) {
	t.Helper()
	config.Runtime = testRuntime
	for _, name := range connectors {
		database, _, _ := strings.Cut(name, "-")
		source := ConnectorSource{Name: database, Trusted: true}
		switch name {
		case "zoo":
			source.Wasm = buildZoo
		case "garden":
			source.Wasm = buildGarden
		case "words":
			source.Wasm = buildWords
		case "store":
			config.Home = name
			source.Wasm = guest(t, name)
		default:
			source.Wasm = guest(t, name)
		}
		config.Connectors = append(config.Connectors, source)
	}
	e, err := New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("tester")
	t.Cleanup(func() {
		s.Close()
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e, s
}

// ask runs a statement and gives its rows as text.
func ask(ctx context.Context, s *Session, text string) (columns []string, rows [][]string, warnings []Warning, err error) {
	result, err := s.Query(ctx, text)
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, result.Close(ctx)) }()
	for _, c := range result.Columns() {
		columns = append(columns, c.Name)
	}
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return columns, rows, result.Warnings(), nil
		}
		if err != nil {
			return columns, rows, result.Warnings(), err
		}
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = fmt.Sprint(v)
			if b, ok := v.([]byte); ok {
				texts[i] = string(b)
			}
			if v == nil {
				texts[i] = "NULL"
			}
		}
		rows = append(rows, texts)
	}
}
