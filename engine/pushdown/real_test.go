package pushdown_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// modules is the folder of the built connectors; "make guests" fills it.
const modules = "../../connectors/build"

// real is an engine over the default connectors.
type real struct {
	engine  *engine.Engine
	session *engine.Session
}

func newReal(t *testing.T, trusted bool, names ...string) *real {
	t.Helper()
	ctx := context.Background()
	runtime, err := host.New(ctx, host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = runtime.Close(ctx) })
	var sources []engine.ConnectorSource
	for _, name := range names {
		file := filepath.Join(modules, name+".wasm")
		if _, err := os.Stat(file); err != nil {
			t.Skipf("connector %s is not built: run make guests", name)
		}
		sources = append(sources, engine.ConnectorSource{Name: name, Trusted: trusted, Wasm: func() ([]byte, error) { return os.ReadFile(file) }})
	}
	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Connectors: sources, GrantPath: allowAll})
	if err != nil {
		t.Fatal(err)
	}
	r := &real{engine: e, session: e.NewSession("test")}
	t.Cleanup(func() {
		r.session.Close()
		_ = e.Close(ctx)
	})
	return r
}

// query gives rows as text, values separated by |.
func (r *real) query(q string) ([]string, error) {
	ctx := context.Background()
	result, err := r.session.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = result.Close(ctx) }()
	var rows []string
	for {
		row, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		var values []string
		for _, v := range row {
			values = append(values, fmt.Sprint(v))
		}
		rows = append(rows, strings.Join(values, "|"))
	}
}

func (r *real) must(t *testing.T, q string) []string {
	t.Helper()
	rows, err := r.query(q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return rows
}

// allowAll grants the files that queries name.
func allowAll(_ context.Context, _, path string) ([]host.FileGrant, error) {
	return []host.FileGrant{{Path: path, Host: path}}, nil
}

func TestRealSeries(t *testing.T) {
	r := newReal(t, true, "series", "csv")
	for _, q := range strings.Split(os.Getenv("Q"), ";") {
		rows, err := r.query(q)
		fmt.Println(q, err)
		for _, row := range rows {
			fmt.Println("   ", row)
		}
	}
}
