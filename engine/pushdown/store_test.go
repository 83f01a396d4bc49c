package pushdown_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// newStore is an engine whose tables are kept by the connector store, in memory.
func newStore(t testing.TB, others ...string) (*engine.Engine, *engine.Session) {
	t.Helper()
	ctx := context.Background()
	runtime, err := host.New(ctx, host.Config{Collation: engine.Collation})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = runtime.Close(ctx) })
	var sources []engine.ConnectorSource
	for _, name := range append([]string{"store"}, others...) {
		file := filepath.Join(modules, name+".wasm")
		if _, err := os.Stat(file); err != nil {
			t.Skipf("connector %s is not built: run make guests", name)
		}
		source := engine.ConnectorSource{Name: name, Trusted: true, Wasm: func() ([]byte, error) { return os.ReadFile(file) }}
		if name == "store" {
			source.Limits = host.Limits{MemoryBytes: 2 << 30}
		}
		sources = append(sources, source)
	}
	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Connectors: sources, Home: "store"})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("test")
	t.Cleanup(func() {
		s.Close()
		_ = e.Close(ctx)
	})
	return e, s
}

// run runs a statement and drops its rows; it tells how many there were.
func run(t testing.TB, s *engine.Session, text string) int {
	t.Helper()
	result, err := s.Query(context.Background(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n := 0
	for {
		_, err := result.Next(context.Background())
		if err != nil {
			break
		}
		n++
	}
	if err := result.Close(context.Background()); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// BenchmarkPoint reads one row of a million by its key, planning included.
func BenchmarkPoint(b *testing.B) {
	_, s := newStore(b, "series-go")
	run(b, s, "CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT, v DOUBLE, s VARCHAR(20), KEY k (k))")
	run(b, s, "INSERT INTO t SELECT value, value % 1000, value / 7, concat('text-', value) FROM series(1, 1000000)")
	b.Run("pk", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if n := run(b, s, "SELECT * FROM t WHERE id = "+itoa(i%1000000+1)); n != 1 {
				b.Fatal(n)
			}
		}
	})
	b.Run("update", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			run(b, s, "UPDATE t SET v = v + 1 WHERE id = "+itoa(i%1000000+1))
		}
	})
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if n := run(b, s, "SELECT id FROM t WHERE k = "+itoa(i%1000)+" LIMIT 10"); n != 10 {
				b.Fatal(n)
			}
		}
	})
	b.Run("join", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			run(b, s, "SELECT count(b.v) FROM t a JOIN t b ON a.k = b.id WHERE a.id <= 1000")
		}
	})
}

func itoa(i int) string { return strconv.Itoa(i) }
