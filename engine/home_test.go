package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// openHome makes an engine whose home keeps its data in a folder, or in memory without one, with a
// session. started counts how often the home's module was asked for.
func openHome(t *testing.T, folder string, started *atomic.Int32) (*Engine, *Session) {
	t.Helper()
	wasm := guest(t, "store")
	source := ConnectorSource{Name: "store", Trusted: true, NoFunctions: true, Wasm: func() ([]byte, error) {
		if started != nil {
			started.Add(1)
		}
		return wasm()
	}}
	if folder != "" {
		source.Options = map[string]string{"dir": "/data"}
		source.Grant.Files = []host.FileGrant{{Path: "/data", Host: folder, Write: true}}
	}
	config := Config{Runtime: testRuntime, Home: "store", GrantPath: grantTestdata,
		Connectors: []ConnectorSource{source, {Name: "csv", Trusted: true, Wasm: guest(t, "csv")}}}
	e, err := New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return e, e.NewSession("tester")
}

func closeHome(t *testing.T, e *Engine, s *Session) {
	t.Helper()
	s.Close()
	if err := e.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// tell runs statements and gives the rows of the last one, columns and rows joined.
func tell(t *testing.T, s *Session, statements ...string) string {
	t.Helper()
	var out []string
	for _, text := range statements {
		_, rows, _, err := ask(t.Context(), s, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		out = nil
		for _, row := range rows {
			out = append(out, strings.Join(row, "|"))
		}
	}
	return strings.Join(out, "\n")
}

// everything makes one of each kind of thing that a home keeps.
var everything = []string{
	"CREATE DATABASE d2 COLLATE utf8mb4_bin",
	"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, a VARCHAR(10) DEFAULT 'x', v INT AS (id * 2) VIRTUAL, KEY (v), CHECK (id < 100)) COMMENT 'kept'",
	"INSERT INTO t (a) VALUES ('one'), ('two')",
	"CREATE TABLE d2.c (id INT, FOREIGN KEY (id) REFERENCES main.t (id) ON DELETE CASCADE)",
	"INSERT INTO d2.c VALUES (1), (2)",
	"CREATE VIEW seen AS SELECT a FROM t",
	"CREATE TRIGGER shout BEFORE INSERT ON t FOR EACH ROW SET NEW.a = UPPER(NEW.a)",
	"CREATE PROCEDURE howmany() SELECT COUNT(*) FROM t",
	"CREATE EVENT later ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01' DO SELECT 1",
	"CREATE TABLE words (id INT PRIMARY KEY, body TEXT, FULLTEXT (body))",
	"INSERT INTO words VALUES (1, 'hello world'), (2, 'good night')",
	"CREATE TABLE gone (a INT)",
	"DROP TABLE gone",
	"CREATE TEMPORARY TABLE mine (a INT)",
	"INSERT INTO mine VALUES (1)",
}

// counter is what may differ: numbers that were reserved and not used are not given again.
var counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

// checklist: G8 G9 G21 T9
func TestWhatAHomeKeepsOutlivesTheEngine(t *testing.T) {
	folder := t.TempDir()
	e, s := openHome(t, folder, nil)
	for _, statement := range everything {
		tell(t, s, statement)
	}
	shown := []string{"SHOW CREATE TABLE t", "SHOW CREATE TABLE d2.c", "SHOW CREATE VIEW seen", "SHOW CREATE DATABASE d2", "SHOW TABLES", "SHOW DATABASES",
		"SELECT * FROM t ORDER BY id", "SELECT * FROM seen ORDER BY a", "SELECT id FROM words WHERE MATCH (body) AGAINST ('hello')", "CALL howmany()",
		"SELECT trigger_name FROM information_schema.triggers", "SELECT event_name FROM information_schema.events"}
	before := map[string]string{}
	for _, statement := range shown {
		before[statement] = counter.ReplaceAllString(tell(t, s, statement), "")
	}
	closeHome(t, e, s)

	e, s = openHome(t, folder, nil)
	defer closeHome(t, e, s)
	for _, statement := range shown {
		if now := counter.ReplaceAllString(tell(t, s, statement), ""); now != before[statement] {
			t.Errorf("%s\nbefore: %s\nnow:    %s", statement, before[statement], now)
		}
	}
	if got := tell(t, s, "INSERT INTO t (a) VALUES ('three')", "SELECT a FROM t ORDER BY id DESC LIMIT 1"); got != "THREE" {
		t.Errorf("the trigger made %s of three", got)
	}
	if got := tell(t, s, "DELETE FROM t WHERE id = 1", "SELECT * FROM d2.c"); got != "2" {
		t.Errorf("the reference left %s", got)
	}
	refuses(t, s, "SELECT * FROM gone", 1146)
	refuses(t, s, "SELECT * FROM mine", 1146)
	refuses(t, s, "INSERT INTO t (id) VALUES (100)", 3819)
}

// refuses runs a statement that must fail with MySQL's number.
func refuses(t *testing.T, s *Session, statement string, errno uint16) {
	t.Helper()
	_, _, _, err := ask(t.Context(), s, statement)
	var e *sqlerr.Error
	if !errors.As(err, &e) || e.Errno != errno {
		t.Errorf("%s: %v, want error %d", statement, err, errno)
	}
}

// What does not need the home must not pay for it: its module is large.
func TestTheHomeIsNotStartedWithoutNeed(t *testing.T) {
	var started atomic.Int32
	e, s := openHome(t, "", &started)
	defer closeHome(t, e, s)
	if err := e.NameTable(t.Context(), "main", "people", "csv", "people/people.csv"); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"SELECT 1", "SELECT COUNT(*) FROM people", "SELECT * FROM csv.`people/people.csv`", "SHOW TABLES", "SHOW DATABASES", "DESCRIBE people",
		"SELECT p.name FROM people p JOIN people q ON p.name = q.name", "SHOW CREATE TABLE people", "SELECT DATABASE()", "USE main",
	} {
		tell(t, s, statement)
	}
	refuses(t, s, "SELECT * FROM nowhere", 1146)
	refuses(t, s, "USE nowhere", 1049)
	if n := started.Load(); n != 0 {
		t.Errorf("the home was started %d times", n)
	}
	tell(t, s, "CREATE TABLE first (a INT)")
	if n := started.Load(); n != 1 {
		t.Errorf("the home was started %d times, want once", n)
	}
	if got := tell(t, s, "SHOW TABLES"); got != "first\npeople" {
		t.Errorf("tables of main: %s", got)
	}
	refuses(t, s, "CREATE TABLE people (a INT)", 1050)
	refuses(t, s, "DROP TABLE people", 1036)
}

// Without a home nothing can be made, as before there was one.
func TestWithoutAHomeNothingIsMade(t *testing.T) {
	_, s := newEngine(t, Config{GrantPath: grantTestdata}, "csv")
	for _, statement := range []string{"CREATE TABLE t (a INT)", "CREATE DATABASE d", "CREATE VIEW v AS SELECT 1", "CREATE TEMPORARY TABLE t (a INT)"} {
		refuses(t, s, statement, 1036)
	}
}

// A session's own tables are nobody else's, and gone with it.
func TestTemporaryTablesAreTheSessions(t *testing.T) {
	e, s := openHome(t, "", nil)
	defer closeHome(t, e, s)
	tell(t, s, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)")
	other := e.NewSession("other")
	tell(t, other, "CREATE TEMPORARY TABLE t (b VARCHAR(5))", "INSERT INTO t VALUES ('own')")
	if got := tell(t, s, "SELECT * FROM t"); got != "1" {
		t.Errorf("one session sees %s", got)
	}
	if got := tell(t, other, "SELECT * FROM t"); got != "own" {
		t.Errorf("the other session sees %s", got)
	}
	tell(t, other, "CREATE TEMPORARY TABLE w (id INT PRIMARY KEY, body TEXT, FULLTEXT (body))", "INSERT INTO w VALUES (1, 'own words')")
	if got := tell(t, other, "SELECT id FROM w WHERE MATCH (body) AGAINST ('words')"); got != "1" {
		t.Errorf("the words of a temporary table: %s", got)
	}
	const words = "SELECT COUNT(*) FROM `#fts_w_body_0_position`"
	if got := tell(t, s, words); got != "2" {
		t.Errorf("%s words are kept", got)
	}
	other.Close()
	refuses(t, s, words, 1146)
	third := e.NewSession("third")
	defer third.Close()
	if got := tell(t, third, "SELECT * FROM t"); got != "1" {
		t.Errorf("a third session sees %s", got)
	}
}

// A table that is rewritten while its statement fails, or is cancelled, is as it was, and no shadow stays.
func TestARewriteThatFailsLeavesTheTable(t *testing.T) {
	e, s := openHome(t, "", nil)
	defer closeHome(t, e, s)
	tell(t, s, "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20))")
	var values []string
	for i := range 5000 {
		values = append(values, fmt.Sprintf("(%d, '%d')", i, i))
	}
	tell(t, s, "INSERT INTO t VALUES "+strings.Join(values, ","), "INSERT INTO t VALUES (9999, 'no number')")
	before := tell(t, s, "SHOW CREATE TABLE t")
	refuses(t, s, "ALTER TABLE t MODIFY COLUMN a INT", 1366)
	refuses(t, s, "ALTER TABLE t ADD COLUMN b INT AS (id DIV 5000) STORED, ADD UNIQUE KEY (b)", 1062)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if result, err := s.Query(ctx, "ALTER TABLE t MODIFY COLUMN a VARCHAR(40) NOT NULL"); err == nil {
		_ = result.Close(ctx) // it was faster than the clock
	}
	tell(t, s, "ALTER TABLE t DROP COLUMN b")
	if now := tell(t, s, "ALTER TABLE t MODIFY COLUMN a VARCHAR(20)", "SHOW CREATE TABLE t"); now != before {
		t.Errorf("before: %s\nnow:    %s", before, now)
	}
	if got := tell(t, s, "SELECT COUNT(*), COUNT(DISTINCT a) FROM t"); got != "5001|5001" {
		t.Errorf("rows: %s", got)
	}
	if got := tell(t, s, "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE '#%'"); got != "0" {
		t.Errorf("%s shadows", got)
	}
}
