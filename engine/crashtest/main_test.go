//go:build unix

package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// childVariable tells this program that it is to be ended, and how.
const childVariable = "WASQL_CRASH_CHILD"

// long is set by make crash.
var long = os.Getenv("WASQL_CRASH") != ""

// moduleVariable tells it where the store is.
const moduleVariable = "WASQL_CRASH_MODULE"

// moduleFile is the store as it was built last.
var moduleFile string

// sandbox runs all stores of the process.
var sandbox *host.Runtime

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crashtest:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	ctx := context.Background()
	base, err := os.UserCacheDir()
	if err != nil {
		return 1, err
	}
	if moduleFile = os.Getenv(moduleVariable); moduleFile == "" {
		folder, err := keepModule()
		if err != nil {
			return 1, err
		}
		defer func() { _ = os.RemoveAll(folder) }()
	}
	sandbox, err = host.New(ctx, host.Config{CacheDir: filepath.Join(base, "wasql", "modules"), Collation: engine.Collation})
	if err != nil {
		return 1, err
	}
	if orders := os.Getenv(childVariable); orders != "" {
		var c child
		if err := json.Unmarshal([]byte(orders), &c); err != nil {
			return 1, err
		}
		return 0, c.run(ctx)
	}
	return m.Run(), sandbox.Close(ctx)
}

// keepModule copies the store as it was built last, so that a new build does not change a run that goes on for long.
func keepModule() (folder string, err error) {
	if folder, err = os.MkdirTemp("", "crashtest"); err != nil {
		return "", err
	}
	moduleFile = filepath.Join(folder, "store.wasm")
	wasm, err := os.ReadFile(filepath.Join("..", "..", "connectors", "build", "store.wasm"))
	if errors.Is(err, fs.ErrNotExist) {
		return folder, nil
	}
	if err == nil {
		err = os.WriteFile(moduleFile, wasm, 0o600)
	}
	return folder, err
}

// figures is a line of the table in docs/durability.md.
func figures(t testing.TB, what, format string, args ...any) {
	t.Helper()
	t.Logf("figures: %s | %s", what, fmt.Sprintf(format, args...))
}

// needStore skips a test when the store is not built, unless somebody says that it must be.
func needStore(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(moduleFile); err != nil {
		if os.Getenv("WASQL_NEED_GUESTS") != "" {
			t.Fatal(err)
		}
		t.Skipf("connector store is not built: %v (tools/guests.sh builds it)", err)
	}
}
