package enginetest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/enginetest"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// over names the backend that the suite runs over: store, or memory, which is go-mysql-server's own
// and gives the reference. Empty: only the short form runs, over store.
var over = os.Getenv("WASQL_ENGINETEST")

var (
	hostRuntime *host.Runtime
	store       = engine.ConnectorSource{Name: "store", Trusted: true}
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "enginetest:", err)
		code = 1
	}
	os.Exit(code)
}

// run runs the tests in a folder of their own, which has the suite's files as testdata.
func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if home, err = os.Getwd(); err != nil {
		return 0, err
	}
	source := filepath.Join(home, "..", "..", "connectors", "build", "store.wasm")
	store.Wasm = func() ([]byte, error) { return os.ReadFile(source) }
	missing = ""
	if _, err := os.Stat(source); err != nil {
		missing = fmt.Sprintf("connector store is not built: %v (tools/guests.sh builds it)", err)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return 0, err
	}
	if hostRuntime, err = host.New(ctx, host.Config{CacheDir: filepath.Join(base, "wasql", "modules"), Collation: engine.Collation}); err != nil {
		return 0, err
	}
	defer func() {
		// What a statement did not let go of keeps the runtime from closing.
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = firstOf(err, hostRuntime.Close(soon))
	}()
	suite, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/dolthub/go-mysql-server").Output()
	if err != nil {
		return 0, fmt.Errorf("find go-mysql-server: %w", err)
	}
	work, err := os.MkdirTemp("", "enginetest")
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, os.RemoveAll(work)) }()
	testdata := filepath.Join(strings.TrimSpace(string(suite)), "enginetest", "testdata")
	if err := os.CopyFS(filepath.Join(work, "testdata"), os.DirFS(testdata)); err != nil {
		return 0, err
	}
	if err := os.Chdir(work); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func firstOf(err, next error) error {
	if err != nil {
		return err
	}
	return next
}

// home is the folder of this package.
var home string

// missing says why nothing can run; empty when it can.
var missing string

// bare are the tests that want a *sqle.Engine and skip, or do less, without it.
var bare = map[string]bool{"TestReadOnly": true, "TestUserAuthentication": true, "TestConcurrentTransactions": true,
	"TestCharsetCollationWire": true, "TestDatabaseCollationWire": true, "TestTypesOverWire": true}

// newHarness gives the harness for a test of the suite.
func newHarness(t *testing.T) enginetest.Harness {
	t.Helper()
	// Upstream runs the tests that it knows to be broken with a harness that skips them.
	broken := strings.Contains(t.Name(), "Broken")
	if over == "memory" {
		if broken {
			return enginetest.NewSkippingMemoryHarness()
		}
		return enginetest.NewMemoryHarness("default", 1, nil)
	}
	if over == "" {
		t.Skip("make enginetest runs it")
	}
	if missing != "" {
		if os.Getenv("WASQL_NEED_GUESTS") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	h := &storeHarness{t: t, bare: bare[t.Name()]}
	if broken {
		return skipping{h}
	}
	return h
}
