package engine

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/engine/sqlerr"
)

var buildDiary = buildOwn("diary")

// lifecycle are the scripts in testdata/lifecycle with the connectors that each needs. Their home is the store.
var lifecycle = map[string][]string{
	"maintain": {"series=series-go", "diary"},
	"session":  {"series=series-go", "diary"},
	"log":      {"diary"},
	"import":   {"diary", "writers", "zoo", "series"},
	"explain":  {"diary", "series=series-go"},
}

// TestLifecycleScripts runs scripts of what there is besides rows: maintenance, instances, logs, imports, packages.
func TestLifecycleScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "lifecycle", "*.slt"))
	if err != nil || len(paths) != len(lifecycle) {
		t.Fatalf("%d scripts (%v), and connectors are known for %d", len(paths), err, len(lifecycle))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".slt")
		t.Run(name, func(t *testing.T) {
			file, err := slt.Parse(path)
			if err != nil {
				t.Fatal(err)
			}
			ownGuests["diary"] = buildDiary
			config := Config{GrantPath: grantTestdata, Home: "store", Connectors: sources(t, append(lifecycle[name], "store")...)}
			_, s := newEngine(t, config)
			slt.Run(t, file, func(text string) ([]string, [][]string, error) {
				columns, rows, _, err := ask(t.Context(), s, text)
				if e := sqlerr.From(err); e != nil {
					// Scripts name the number too.
					return nil, nil, sqlerr.New(e.Errno, e.State, "%d (%s): %s %s", e.Errno, e.State, e.Message, e.Hint)
				}
				return columns, rows, nil
			})
		})
	}
}
