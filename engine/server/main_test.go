package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

var testRuntime *host.Runtime

func TestMain(m *testing.M) {
	os.Exit(func() int {
		cache, err := os.UserCacheDir()
		if err == nil {
			cache = filepath.Join(cache, "wasql", "test-modules")
		}
		runtime, err := host.New(context.Background(), host.Config{CacheDir: cache, Collation: engine.Collation})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		testRuntime = runtime
		defer func() { _ = runtime.Close(context.Background()) }()
		return m.Run()
	}())
}

// connector gives a default connector, as tools/guests.sh built it.
func connector(t testing.TB, name string) engine.ConnectorSource {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("..", "..", "connectors", "build", name+".wasm"))
	if errors.Is(err, os.ErrNotExist) {
		if os.Getenv("WASQL_NEED_GUESTS") != "" {
			t.Fatal(err)
		}
		t.Skip("no connectors are built: run tools/guests.sh")
	}
	if err != nil {
		t.Fatal(err)
	}
	return engine.ConnectorSource{Name: name, Trusted: true, Wasm: func() ([]byte, error) { return wasm, nil }}
}

// newEngine makes an engine with the store, whose tables are in memory, and series.
func newEngine(t testing.TB, config engine.Config) *engine.Engine {
	t.Helper()
	store := connector(t, "store")
	store.Limits.MemoryBytes = 1 << 30
	config.Runtime, config.Home = testRuntime, "store"
	config.Connectors = []engine.ConnectorSource{store, connector(t, "series")}
	e, err := engine.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// serve listens on a port of this machine until the test ends, and gives its address.
func serve(t testing.TB, config Config) (*Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(config)
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(listener) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := errors.Join(s.Shutdown(ctx), <-ended); err != nil {
			t.Error(err)
		}
	})
	return s, listener.Addr().String()
}

// dial connects go-sql-driver; each test has one connection unless it asks for more.
func dial(t testing.TB, address, options string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", "root@tcp("+address+")/main"+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func must(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%.200s: %v", statement, err)
		}
	}
}
