package engine

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/host"
)

var buildDiary = buildOwn("diary")

// lifecycle are the scripts in testdata/lifecycle with the connectors that each needs. Their home is the store.
var lifecycle = map[string][]string{
	"maintain": {"series=series-go", "diary"},
	"session":  {"series=series-go", "diary"},
	"log":      {"diary"},
	"import":   {"diary", "writers", "zoo", "series"},
	"explain":  {"diary", "series=series-go"},
	"plugin":   {"series=series-go"},

	"multicorn": {"myfdw=constant", "writers"},
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
			ownGuests["diary"] = buildDiary
			// What explain and session read of series has no end when the connector does not filter.
			inWays(t, path, name != "explain" && name != "session", true, func(t *testing.T, file *slt.File, before string) {
				config := Config{GrantPath: grantModules(t), Home: "store", Connectors: sources(t, append(lifecycle[name], "store")...)}
				_, s := newEngine(t, config)
				runIn(t, s, file, before, false)
			})
		})
	}
}

// grantModules grants what grantTestdata does, and to INSTALL PLUGIN the module diary.wasm.
func grantModules(t *testing.T) catalog.GrantPath {
	folder := t.TempDir()
	return func(ctx context.Context, who, path string) ([]host.FileGrant, error) {
		if who != installPlugin {
			return grantTestdata(ctx, who, path)
		}
		wasm, err := buildDiary()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "diary.wasm"), wasm, 0o600)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "broken.wasm"), wasm[:1000], 0o600)
		}
		return []host.FileGrant{{Path: path, Host: filepath.Join(folder, filepath.Base(path))}}, err
	}
}
