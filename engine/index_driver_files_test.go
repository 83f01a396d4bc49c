package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wasql/wasql/host"
)

// event is the row of a number as the files of the test have it; k is NULL in one of 500.
func event(n int) (k, s, d string) {
	if k = fmt.Sprint(n % 97); n%500 == 0 {
		k = ""
	}
	return k, fmt.Sprintf("s%d", n%211), fmt.Sprintf("%.2f", float64(n)/4)
}

func csvEvents(from, to int) []byte {
	var b bytes.Buffer
	for n := from; n <= to; n++ {
		k, s, d := event(n)
		if n%7 == 0 {
			s = `"` + s + `"` // quotes and line ends, in front and within
		}
		_, _ = fmt.Fprintf(&b, "%q,%s,%s,%s,\"line %d\nanother\"\n", fmt.Sprint(n), k, s, d, n)
	}
	return b.Bytes()
}

func jsonEvents(from, to int) []byte {
	var b bytes.Buffer
	for n := from; n <= to; n++ {
		k, s, d := event(n)
		if k == "" {
			k = "null"
		}
		_, _ = fmt.Fprintf(&b, `{"id": %d, "k": %s, "s": "%s", "d": %s, "tags": ["t%d"]}`+"\n", n, k, s, d, n%3)
	}
	return b.Bytes()
}

// filesIndexed opens an engine over a folder with the index driver, and the data in it as database files, by a connector.
func filesIndexed(t *testing.T, folder, connector string) indexed {
	t.Helper()
	x := openIndexed(t, folder)
	if err := x.AddConnector(ConnectorSource{Name: connector, Trusted: true, Wasm: guest(t, connector)}); err != nil {
		t.Fatal(err)
	}
	grant := host.Grant{Files: []host.FileGrant{{Path: "data", Host: filepath.Join(folder, "data")}}}
	if err := x.Mount(context.Background(), "files", connector, host.Options{Options: map[string]string{"path": "data"}, Grant: grant}); err != nil {
		t.Fatal(err)
	}
	return x
}

// buildings are the manifests of the driver's indexes: they change when one is built anew.
func buildings(t *testing.T, folder string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "indexes", "*", "manifest"))
	if err != nil || len(all) == 0 {
		t.Fatalf("manifests: %v %v", all, err)
	}
	text := ""
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text
}

// TestIndexesOfADriverOverFiles: a driver's index serves tables whose connector keeps none, stays over a restart, and is
// bypassed and built anew when the files change.
// checklist: G27 G31
func TestIndexesOfADriverOverFiles(t *testing.T) {
	header := []byte("id,k,s,d,tags\n")
	parquet, err := os.ReadFile("testdata/located/events.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		whole, longer []byte
		rows          int
	}{
		{"csv", append(header, csvEvents(1, 3000)...), csvEvents(3001, 3100), 3100},
		{"json", jsonEvents(1, 3000), jsonEvents(3001, 3100), 3100},
		{"parquet", parquet, nil, 3000},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			data := makeFolder(t, folder, "data")
			write := func(b []byte) {
				if err := os.WriteFile(filepath.Join(data, "events."+c.name), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(c.whole)
			x := filesIndexed(t, folder, c.name)
			mustRun(t, x.Session, "CREATE INDEX foo ON files.events USING ixdriver (k, s)", "CREATE INDEX bar ON files.events USING ixdriver (id)",
				"CREATE TABLE o (id INT PRIMARY KEY, e INT)",
				"INSERT INTO o WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 40) SELECT n, n * 113 % 3000 FROM r")
			queries := []string{
				"SELECT id, k, s, d, tags FROM files.events WHERE k = 5",
				"SELECT id, d FROM files.events WHERE k = 5 AND s = 'S5'",
				"SELECT * FROM files.events WHERE k IN (3, 96, 200) AND d > 100",
				"SELECT id, tags FROM files.events WHERE k IS NULL",
				"SELECT COUNT(*), MIN(d) FROM files.events WHERE id BETWEEN 990 AND 1015",
				"SELECT * FROM files.events WHERE id IN (1, 1000, 1001, 2000, 2001, 3000, 3100)",
				"SELECT /*+ LOOKUP_JOIN(o,f) */ o.id, f.id, f.s, f.tags FROM o JOIN files.events f ON f.id = o.e",
				"SELECT /*+ LOOKUP_JOIN(o,f) */ o.id, f.d FROM o LEFT JOIN files.events f ON f.k = o.e AND f.s = 's7'",
			}
			ask := func(x indexed) {
				t.Helper()
				for _, q := range queries {
					same(t, x.Session, q)
				}
				if !uses(t, x.Session, queries[1]) {
					t.Error("the index is not used")
				}
			}
			ask(x)
			mustRun(t, x.Session, "SET wasql_index_drivers = 2")
			if text := strings.Join(rowsOf(t, x.Session, "EXPLAIN "+queries[6]), "\n"); !strings.Contains(text, "(ixdriver)") {
				t.Errorf("the join does not use the index:\n%s", text)
			}
			x.close(t)

			before := buildings(t, folder)
			x = filesIndexed(t, folder, c.name)
			ask(x)
			x.close(t)
			if buildings(t, folder) != before {
				t.Error("a restart built the index anew, although nothing had changed")
			}

			// Changed between two lives, and in the middle of one, too: longer, then of the same size.
			write(append(append([]byte{}, c.whole...), c.longer...))
			x = filesIndexed(t, folder, c.name)
			ask(x)
			if c.longer != nil {
				if got := rowsOf(t, x.Session, "SELECT id FROM files.events WHERE id = 3050"); len(got) != 1 {
					t.Errorf("a row that was added: %q", got)
				}
				time.Sleep(20 * time.Millisecond) // clocks of files are coarse
				write(bytes.Replace(append(append([]byte{}, c.whole...), c.longer...), []byte("s189"), []byte("s999"), 1))
				if got := rowsOf(t, x.Session, "SELECT s FROM files.events WHERE k = 92 AND s = 's999'"); len(got) != 1 {
					t.Errorf("a row that was changed: %q", got)
				}
			}
			if got := rowsOf(t, x.Session, "SELECT COUNT(*) FROM files.events"); got[0] != fmt.Sprint(c.rows) {
				t.Errorf("rows: %q", got)
			}
			ask(x)
			mustRun(t, x.Session, "DROP INDEX foo ON files.events")
			if uses(t, x.Session, "SELECT d FROM files.events WHERE k = 5") {
				t.Error("an index that was dropped is used")
			}
			x.close(t)
		})
	}
}

// TestIndexesOfADriverOverPieces: rows of a file that is read in pieces are found again by their ids, and the index gives
// the rows that a scan in pieces does.
// checklist: G27
func TestIndexesOfADriverOverPieces(t *testing.T) {
	for name, text := range map[string][]byte{
		"csv":  append([]byte("id,k,s,d,tags\n"), csvEvents(1, 6000)...),
		"json": jsonEvents(1, 6000),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(makeFolder(t, folder, "data"), "events."+name), text, 0o600); err != nil {
				t.Fatal(err)
			}
			x := filesIndexed(t, folder, name)
			defer x.close(t)
			mustRun(t, x.Session, "SET wasql_parallel = 3, wasql_parallel_rows = 0, wasql_vectors = 2")
			if plan := tell(t, x.Session, "EXPLAIN ANALYZE SELECT SUM(d) FROM files.events"); !strings.Contains(plan, "at once") {
				t.Errorf("the file is not read in pieces:\n%s", plan)
			}
			mustRun(t, x.Session, "CREATE INDEX foo ON files.events USING ixdriver (id)")
			for _, q := range []string{
				"SELECT id, k, s, d, tags FROM files.events WHERE k = 5",
				"SELECT d FROM files.events WHERE id = 4001",
				"SELECT * FROM files.events WHERE id IN (1, 2999, 4500, 6001, 8999, 6000)",
			} {
				same(t, x.Session, q)
			}
			if !uses(t, x.Session, "SELECT d FROM files.events WHERE id = 4001") {
				t.Error("the index is not used")
			}
			if got := rowsOf(t, x.Session, "SELECT id, s FROM files.events WHERE id = 5999"); len(got) != 1 || !strings.Contains(got[0], "5999") {
				t.Errorf("the row of an id in the last piece: %q", got)
			}
		})
	}
}
