package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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

func TestMain(m *testing.M) {
	ctx := context.Background()
	base, err := os.UserCacheDir()
	if err == nil {
		testRuntime, err = host.New(ctx, host.Config{CacheDir: filepath.Join(base, "wasql", "modules")})
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
		config.Connectors = append(config.Connectors, ConnectorSource{Name: database, Trusted: true, Wasm: guest(t, name)})
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

func TestProbe(t *testing.T) {
	config := Config{GrantPath: func(_ context.Context, _, path string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: path, Host: filepath.Join("/tmp/eng", path)}}, nil
	}}
	_, s := newEngine(t, config, "series-go", "csv")
	for _, q := range strings.Split(os.Getenv("PROBE"), "@@") {
		columns, rows, warnings, err := ask(t.Context(), s, q)
		fmt.Printf("== %s\n%v\n", q, columns)
		for _, row := range rows {
			fmt.Println("  ", strings.Join(row, " | "))
		}
		if len(warnings) > 0 {
			fmt.Println("  warnings", warnings)
		}
		if err != nil {
			fmt.Printf("  ERR %+v %T\n", err, err)
		}
	}
}
