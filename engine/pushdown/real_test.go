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
	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/host"
)

// modules is the folder of the built connectors; "make guests" fills it.
const modules = "../../connectors/build"

// real is an engine over the default connectors.
type real struct {
	engine  *engine.Engine
	session *engine.Session
}

// newRuntime compiles each connector once for all engines of a test.
func newRuntime(t *testing.T) *host.Runtime {
	t.Helper()
	runtime, err := host.New(t.Context(), host.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = runtime.Close(context.Background()) })
	return runtime
}

func newReal(t *testing.T, runtime *host.Runtime, trusted bool, names ...string) *real {
	t.Helper()
	ctx := context.Background()
	var sources []engine.ConnectorSource
	for _, name := range names {
		file := filepath.Join(modules, name+".wasm")
		if _, err := os.Stat(file); err != nil {
			t.Skipf("connector %s is not built: run make guests", name)
		}
		sources = append(sources, engine.ConnectorSource{Name: name, Trusted: trusted, Wasm: func() ([]byte, error) { return os.ReadFile(file) }})
	}
	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Connectors: sources, GrantPath: grantTestdata})
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

// query gives rows as text.
func (r *real) query(q string) ([][]string, error) {
	ctx := context.Background()
	result, err := r.session.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = result.Close(ctx) }()
	var rows [][]string
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
			if v == nil {
				values = append(values, "NULL")
			} else {
				values = append(values, fmt.Sprint(v))
			}
		}
		rows = append(rows, values)
	}
}

// grantTestdata opens the files that queries name below the scripts' folder.
func grantTestdata(_ context.Context, _, path string) ([]host.FileGrant, error) {
	return []host.FileGrant{{Path: path, Host: filepath.Join(scripts, filepath.FromSlash(path))}}, nil
}

// scripts is the folder of the SQL scripts.
const scripts = "../testdata/pushdown"

// TestScripts runs the scripts over real connectors: with everything pushed, with nothing, and
// with parts, by connectors that are trusted and by the same ones not trusted.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scripts, "*.slt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	off := [][]string{nil, {"wasql_pushdown"}, {"wasql_pushdown_filters"}, {"wasql_pushdown_order", "wasql_pushdown_joins"}, {"wasql_pushdown_columns", "wasql_pushdown_limit"}}
	runtime := newRuntime(t)
	for _, trusted := range []bool{true, false} {
		for _, names := range off {
			t.Run(fmt.Sprintf("trusted=%v,off=%s", trusted, strings.Join(names, "+")), func(t *testing.T) {
				r := newReal(t, runtime, trusted, "series", "csv")
				for _, name := range names {
					if err := r.session.Set(t.Context(), name, "0"); err != nil {
						t.Fatal(err)
					}
				}
				for _, file := range files {
					script, err := slt.Parse(file)
					if err != nil {
						t.Fatal(err)
					}
					slt.Run(t, script, func(sql string) ([]string, [][]string, error) {
						rows, err := r.query(sql)
						return nil, rows, err
					})
				}
			})
		}
	}
}

// EXPLAIN tells what was negotiated with a real connector, and what it then did.
func TestExplainOfRealConnectors(t *testing.T) {
	r := newReal(t, newRuntime(t), true, "series", "csv")
	for q, wants := range map[string][]string{
		"EXPLAIN FORMAT=TREE SELECT value FROM series(1, 10) WHERE value > 4 ORDER BY value DESC LIMIT 2": {
			"WasqlScan(series.series)", "(series.value > 4) exact", "(series.stop = 10) exact", "order: series.value DESC taken", "limit: taken", "est. rows: 2"},
		"EXPLAIN FORMAT=TREE SELECT id FROM csv.`people.csv?null=NA` WHERE age > 30 AND lower(city) = 'oslo'": {
			"WasqlScan(csv.people.csv?null=NA)", "columns: [id city] of 6", ".age > 30) exact", "function lower is evaluated by the engine", "grants: files.read people.csv"},
		"EXPLAIN SELECT id FROM csv.`people.csv?null=NA` WHERE age > 30":                     {"WasqlScan(csv.people.csv?null=NA)"},
		"EXPLAIN ANALYZE FORMAT=TREE SELECT id FROM csv.`people.csv?null=NA` WHERE age > 30": {"actual: "},
		"EXPLAIN ANALYZE SELECT id FROM csv.`people.csv?null=NA` WHERE lower(city) = 'oslo'": {"actual: 10 rows in 1 batches", "5 removed by the residual", "1 opened"},
	} {
		rows, err := r.query(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		var text strings.Builder
		for _, row := range rows {
			text.WriteString(row[0] + "\n")
		}
		for _, want := range wants {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: no %q in\n%s", q, want, text.String())
			}
		}
	}
}
