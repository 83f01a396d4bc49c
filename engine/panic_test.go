package engine

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/sqlerr"
)

// panics is an iterator with a defect.
type panics struct{ closing bool }

func (p panics) Next(*sql.Context) (sql.Row, error) { panic("index out of range") }

func (p panics) Close(*sql.Context) error {
	if p.closing {
		panic("nil map")
	}
	return nil
}

func TestPanicsFailTheStatementAndNothingElse(t *testing.T) {
	_, s := newEngine(t, Config{})
	for _, closing := range []bool{false, true} {
		answer, err := s.Query(t.Context(), "SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		r := answer.(*result)
		r.iter = panics{closing}
		_, err = r.Next(t.Context())
		if e := sqlerr.From(err); e == nil || e.Errno != 1815 || !strings.Contains(e.Message, "index out of range") {
			t.Errorf("error %v, want an internal one that says what panicked", err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := one(t, s, "SELECT 2"); got != "2" {
			t.Errorf("after it SELECT 2 is %q", got)
		}
	}
}

func TestManyStatementsLeaveNothingBehind(t *testing.T) {
	e, s := newEngine(t, Config{GrantPath: grantTestdata}, "series-go", "csv", "zoo")
	statements := []string{
		"SELECT name FROM csv.`people/people.csv?null=NA` WHERE age > 30",
		"SELECT COUNT(*) FROM series(1, 10) a, series(1, 10) b",
		"SELECT * FROM zoo.failing", "SELECT nope", "SELECT * FROM csv.`people/nope.csv`",
	}
	run := func(times int) {
		for range times {
			for _, text := range statements {
				// Some fail, and that is part of it.
				_, _, _, _ = ask(context.Background(), s, text)
			}
			other := e.NewSession("")
			if result, err := other.Query(context.Background(), statements[1]); err != nil || result.Close(context.Background()) != nil {
				t.Fatal(err)
			}
			other.Close()
		}
	}
	run(5)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	connectors := e.Catalog().Connectors()
	var live int64
	for _, c := range connectors {
		live += c.Counters().Live
	}
	run(60)
	for tries := 0; runtime.NumGoroutine() > goroutines && tries < 50; tries++ {
		time.Sleep(10 * time.Millisecond) // goroutines that are about to end
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := openFiles(t); n > files {
		t.Errorf("%d open files, %d before", n, files)
	}
	if n := len(e.Catalog().Connectors()); n != len(connectors) {
		t.Errorf("%d connectors, %d before", n, len(connectors))
	}
	for _, c := range connectors {
		live -= c.Counters().Live
	}
	if live < 0 {
		t.Errorf("%d instances more than before", -live)
	}
}

// openFiles counts the process's file descriptors, where the system tells them.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
