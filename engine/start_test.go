package engine

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/wasql/wasql/host"
)

// startStep is something asked of an engine, and what was made ready and started for it.
type startStep struct {
	name                string
	do                  func(ctx context.Context, e *Engine, s *Session) error
	compiled, instances int64
}

// TestNothingStartsBeforeItIsUsed counts what an engine of six connectors, its home in a folder, makes ready and starts:
// in a first process, and in one that finds what the first left in the cache.
func TestNothingStartsBeforeItIsUsed(t *testing.T) {
	folder, cache := t.TempDir(), t.TempDir()
	if err := os.Chmod(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	people := filepath.Join(folder, "people.csv")
	if err := os.WriteFile(people, []byte("name,age\nann,31\nbob,27\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(text string) func(context.Context, *Engine, *Session) error {
		return func(ctx context.Context, _ *Engine, s *Session) error {
			_, _, _, err := ask(ctx, s, text)
			return err
		}
	}
	find := func(path, want string) func(context.Context, *Engine, *Session) error {
		return func(ctx context.Context, e *Engine, _ *Session) error {
			got, err := e.ConnectorFor(ctx, path)
			if got != want {
				t.Errorf("%s is read by %q, want %q", path, got, want)
			}
			return err
		}
	}
	name := func(ctx context.Context, e *Engine, _ *Session) error {
		return e.NameTable(ctx, "main", "people", "csv", people)
	}
	asked := []startStep{
		{name: "nothing", do: func(context.Context, *Engine, *Session) error { return nil }},
		{name: "no table", do: run("SELECT 1 + 1")},
		{name: "a variable", do: run("SET @x = 1")},
		{name: "a named file", do: name},
	}
	// A home that keeps nothing is not asked.
	if !startProcess(t, folder, cache, false, append(asked[:len(asked):len(asked)],
		// The module says who it is in one instance, and is set up in another.
		startStep{"a file", run("SELECT count(*) FROM people"), 1, 2},
		startStep{"the file again", run("SELECT max(age) FROM people"), 1, 2},
		startStep{"who reads a file", find("x.ndjson", "json"), 2, 3},
	)) {
		return
	}
	// One that keeps tables may have indexes of a driver over any other.
	startProcess(t, folder, cache, true, append(asked[:len(asked):len(asked)],
		startStep{"who reads a file", find("x.ndjson", "json"), 0, 0},
		startStep{"a file", run("SELECT count(*) FROM people"), 2, 3},
		startStep{"the home", run("CREATE TABLE IF NOT EXISTS kept (x int)"), 2, 3},
	))
	startProcess(t, folder, cache, true, append(asked[:len(asked):len(asked)],
		startStep{"the home", run("SELECT count(*) FROM kept"), 1, 1},
		startStep{"a file", run("SELECT count(*) FROM people"), 2, 2},
	))
}

// startProcess does the steps with a runtime and an engine of their own, whose home keeps its tables or does not; false when
// one failed.
func startProcess(t *testing.T, folder, cache string, keeps bool, steps []startStep) bool {
	t.Helper()
	ctx := t.Context()
	runtime, err := host.New(ctx, host.Config{CacheDir: cache, Collation: Collation})
	if err != nil {
		t.Fatal(err)
	}
	all := sources(t, "csv", "json", "parquet", "series", "store", "ixdriver")
	for i := range all {
		all[i].NoFunctions = true
		switch all[i].Name {
		case "store":
			if !keeps {
				continue
			}
			all[i].Options, all[i].Grant = map[string]string{"dir": "/db"}, host.Grant{Files: []host.FileGrant{{Path: "/db", Host: filepath.Join(folder, "db"), Write: true}}}
		case "ixdriver":
			all[i].IndexDriver = "ixdriver"
		}
	}
	if err := os.MkdirAll(filepath.Join(folder, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	grant := func(_ context.Context, _, path string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: path, Host: path}}, nil
	}
	e, err := New(ctx, Config{Runtime: runtime, Connectors: all, Home: "store", GrantPath: grant})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("")
	good := true
	for _, step := range steps {
		err := step.do(ctx, e, s)
		if n := runtime.Counters(); err != nil || n.Compiled != step.compiled || n.Instances != step.instances {
			t.Errorf("after %s (%v): %d modules made ready and %d instances started, want %d and %d", step.name, err, n.Compiled, n.Instances, step.compiled, step.instances)
			good = false
		}
	}
	s.Close()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := runtime.Close(ctx); err != nil {
		t.Error(err)
	}
	return good
}
