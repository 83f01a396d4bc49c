package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// indexed is an engine over a folder, with an index driver.
type indexed struct {
	*Engine
	*Session
}

// openIndexed opens the folder: tables in it, indexes below it. The caller closes it, or leaves it as if it was killed.
func openIndexed(t testing.TB, folder string) indexed {
	t.Helper()
	files := func(path, folder string) host.Grant {
		return host.Grant{Files: []host.FileGrant{{Path: path, Host: folder, Write: true}}, Clock: host.SystemClock{}}
	}
	config := Config{Runtime: testRuntime, Home: "store", GrantPath: grantTestdata, Connectors: []ConnectorSource{
		{Name: "store", Trusted: true, Wasm: guest(t, "store")},
		{Name: "ixdriver", Trusted: true, Wasm: guest(t, "ixdriver"), IndexDriver: "ixdriver"},
		{Name: "series", Trusted: true, Wasm: guest(t, "series-go")},
	}}
	if folder != "" {
		config.Connectors[0].Options = map[string]string{"dir": "/db"}
		config.Connectors[0].Grant = files("/db", makeFolder(t, folder, "db"))
		config.Connectors[1].Options = map[string]string{"dir": "/indexes"}
		config.Connectors[1].Grant = files("/indexes", makeFolder(t, folder, "indexes"))
	}
	e, err := New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	return indexed{e, e.NewSession("tester")}
}

func makeFolder(t testing.TB, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(path, 0o750); err != nil {
		t.Fatal(err)
	}
	return path
}

func (x indexed) close(t testing.TB) {
	t.Helper()
	x.Session.Close()
	if err := x.Engine.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestIndexDriverScripts runs the scripts of index drivers; with -rewrite it writes the rows that came into them.
func TestIndexDriverScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "driver", "*.slt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d scripts: %v", len(paths), err)
	}
	for _, path := range paths {
		inWays(t, path, true, false, func(t *testing.T, file *slt.File, before string) {
			x := openIndexed(t, "")
			runIn(t, x.Session, file, before, before == "") // the order of a join is another each time when a part is refused
			x.close(t)
		})
	}
}

// checklist: G30
func TestASecondDriverOfAnIDIsRefused(t *testing.T) {
	x := openIndexed(t, "")
	defer x.close(t)
	err := x.Engine.AddConnector(ConnectorSource{Name: "other", Wasm: guest(t, "ixdriver"), IndexDriver: "IXDRIVER"})
	var refused *sqlerr.Error
	if !errors.As(err, &refused) || refused.Errno != 1125 {
		t.Errorf("a second driver of one id: %v", err)
	}
	// A connector that says of itself what it is not.
	if err := x.Engine.AddConnector(ConnectorSource{Name: "liar", Wasm: guest(t, "series-go"), IndexDriver: "liar"}); err != nil {
		t.Fatal(err)
	}
	run(t, x.Session, "CREATE TABLE t (id INT PRIMARY KEY, k INT)")
	if _, _, _, err := ask(t.Context(), x.Session, "CREATE INDEX i ON t USING liar (k)"); sqlerr.From(err).Errno != 1296 {
		t.Errorf("a connector that is no driver: %v", err)
	}
}
