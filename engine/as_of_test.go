package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// handClock goes on when it is told to.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *handClock) wait(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// keeper is a store that keeps history under a clock, and its session.
func keeper(t *testing.T, folder string, clock host.Clock, options map[string]string) (run func(string) string, end func()) {
	t.Helper()
	source := ConnectorSource{Name: "store", Trusted: true, Wasm: guest(t, "store"), Options: options, Grant: host.Grant{Clock: clock}}
	if folder != "" {
		options["dir"] = "/data"
		source.Grant.Files = []host.FileGrant{{Path: "/data", Host: folder, Write: true}}
	}
	e, err := New(t.Context(), Config{Runtime: testRuntime, Home: "store", Connectors: []ConnectorSource{source}})
	if err != nil {
		t.Fatal(err)
	}
	s := e.NewSession("tester")
	run = func(text string) string {
		t.Helper()
		_, rows, _, err := ask(t.Context(), s, text)
		if e := sqlerr.From(err); e != nil {
			return fmt.Sprintf("%d %s", e.Errno, e.Message)
		}
		return fmt.Sprint(rows)
	}
	return run, func() {
		s.Close()
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// checklist: G21
// clause: 8.25
func TestChecklistG21AsOfTime(t *testing.T) {
	clock := &handClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	run, end := keeper(t, "", clock, map[string]string{"history": "1h", "history_versions": "5"})
	defer end()
	want := func(text, rows string) {
		t.Helper()
		if got := run(text); !strings.HasPrefix(got, rows) {
			t.Errorf("%s\ngives %s\nwant  %s", text, got, rows)
		}
	}
	want("SET time_zone = '+00:00'", "[]")
	want("CREATE TABLE t (a INT PRIMARY KEY)", "[]")
	for i := 1; i <= 3; i++ {
		clock.wait(time.Minute) // 12:01, 12:02, 12:03
		want(fmt.Sprintf("INSERT INTO t VALUES (%d)", i), "[]")
	}
	clock.wait(time.Minute)
	want("DELETE FROM t", "[]")
	const count = "SELECT COUNT(*) FROM t AS OF "
	want(count+"'2026-03-01 12:01:30'", "[[1]]")
	want(count+"TIMESTAMP('2026-03-01 12:02:30')", "[[2]]")
	want(count+"CAST('2026-03-01 12:03:59' AS DATETIME)", "[[3]]")
	want(count+"'2026-03-01 12:10:00'", "[[0]]")
	want(count+"'2027-01-01'", "[[0]]")
	// A time is one of the session's time zone.
	want("SET time_zone = '+02:00'", "[]")
	want(count+"'2026-03-01 14:02:30'", "[[2]]")
	want("SET time_zone = '+00:00'", "[]")
	// The states before were given up: five are kept besides the present one.
	want(count+"'2026-02-28'", "1525 the state of 2026-02-28 00:00:00.000000 UTC is not kept: the oldest is of 2026-03-01 12:0")
	for i := range 5 {
		want(fmt.Sprintf("INSERT INTO t VALUES (%d)", 10+i), "[]")
	}
	want(count+"'2026-03-01 12:03:30'", "1525")
	want(count+"'2026-03-01 12:04:30'", "[[5]]")
	// And those that are old.
	clock.wait(2 * time.Hour)
	want("INSERT INTO t VALUES (100)", "[]")
	want(count+"'2026-03-01 13:00:00'", "[[5]]")
	clock.wait(2 * time.Hour)
	want("INSERT INTO t VALUES (101)", "[]")
	want(count+"'2026-03-01 13:00:00'", "1525")
	// What a statement reads is held until it ends, and let go then.
	want("SELECT a.n, b.n FROM (SELECT COUNT(*) n FROM t AS OF '2026-03-01 14:30:00') a, (SELECT COUNT(*) n FROM t AS OF '2026-03-01 16:30:00') b", "[[6 7]]")
}

// A store without clock says so, rather than taking one state for another.
func TestAsOfTimeWantsAClock(t *testing.T) {
	run, end := keeper(t, "", nil, map[string]string{})
	defer end()
	run("CREATE TABLE t (a INT)")
	if got := run("SELECT * FROM t AS OF '2026-03-01'"); !strings.HasPrefix(got, "1525 the store keeps no states by time") {
		t.Error(got)
	}
}

// Snapshots with names outlive the process, also when the log began anew meanwhile.
func TestSnapshotsOutliveTheProcess(t *testing.T) {
	folder := t.TempDir()
	options := func() map[string]string { return map[string]string{"checkpoint": "1KiB"} }
	life := func(statements ...string) (last string) {
		run, end := keeper(t, folder, nil, options())
		defer end()
		for _, text := range statements {
			last = run(text)
		}
		return last
	}
	expect := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	life("CREATE TABLE t (a INT PRIMARY KEY, s VARCHAR(300))", "CREATE TABLE same (a INT)", "INSERT INTO same VALUES (1), (2)",
		"INSERT INTO t VALUES (1, 'x'), (2, 'y')", "CALL wasql.snapshot('first')", "UPDATE t SET s = 'z'", "CREATE DATABASE d", "CREATE TABLE d.u (b INT)",
		"CALL wasql.snapshot('second')", "DROP DATABASE d", "ALTER TABLE t DROP COLUMN s, RENAME TO t2")
	check := func(run func(string) string) {
		t.Helper()
		expect(run("SELECT * FROM t AS OF 'first'"), "[[1 x] [2 y]]")
		expect(run("SELECT * FROM t AS OF 'second'"), "[[1 z] [2 z]]")
		expect(run("SELECT * FROM t2"), "[[1] [2]]")
		expect(run("SELECT * FROM same AS OF 'first'"), "[[1] [2]]")
		expect(run("SHOW TABLES AS OF 'second'"), "[[same] [t]]")
		expect(run("SHOW TABLES"), "[[same] [t2]]")
	}
	run, end := keeper(t, folder, nil, options())
	check(run)
	// A log that grows is written anew, with the snapshots in it.
	for i := range 30 {
		run(fmt.Sprintf("INSERT INTO same VALUES (%d)", i))
	}
	run("DELETE FROM same WHERE a > 2 OR a = 0")
	run("DELETE FROM same LIMIT 2")
	end()
	run, end = keeper(t, folder, nil, options())
	check(run)
	expect(run("CALL wasql.release_snapshot('first')"), "[]")
	end()
	run, end = keeper(t, folder, nil, options())
	defer end()
	expect(run("SELECT * FROM t AS OF 'second'"), "[[1 z] [2 z]]")
	if got := run("SELECT * FROM t AS OF 'first'"); !strings.HasPrefix(got, "1525") {
		t.Error(got)
	}
}
