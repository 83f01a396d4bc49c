package engine

import (
	"context"
	"fmt"
	"testing"
)

// TestGuestCallsOfAStatement counts the calls into the connector store that a small statement makes once its
// plan is known: each costs more than the work it does.
func TestGuestCallsOfAStatement(t *testing.T) {
	e, s := newEngine(t, Config{}, "store")
	tell(t, s, "CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT NOT NULL, s VARCHAR(40))")
	tell(t, s, "CREATE TABLE made (id BIGINT PRIMARY KEY AUTO_INCREMENT, s VARCHAR(40), KEY (s))")
	for first := 0; first < 1000; first += 100 {
		text := "INSERT INTO t VALUES "
		for i := range 100 {
			text += fmt.Sprintf("%s(%d, %d, 'name %d')", []string{",", ""}[b2i(i == 0)], first+i, i, first+i)
		}
		tell(t, s, text)
	}
	for _, c := range []struct {
		name, text string
		most       int64
	}{
		{"select by key", "SELECT * FROM t WHERE id = %d", 1},
		{"select of a key that is not there", "SELECT * FROM t WHERE id = 10000000 + %d", 1},
		{"insert of one row", "INSERT INTO t VALUES (%d + 5000, 1, 'one')", 1},
		{"insert of three rows", "INSERT INTO t VALUES (%[1]d + 6000, 1, 'one'), (%[1]d + 7000, 1, 'two'), (%[1]d + 8000, 1, 'three')", 1},
		{"update by key", "UPDATE t SET k = k + 1 WHERE id = %d", 2},
		{"delete by key", "DELETE FROM t WHERE id = %d", 2},
		{"replace", "REPLACE INTO t VALUES (%d + 20000, 2, 'new')", 1},
		{"insert with a key that is made", "INSERT INTO made (s) VALUES ('row %d')", 2},
		{"select by a secondary key", "SELECT id FROM made WHERE s = 'row %d'", 3},
		{"select of a few rows", "SELECT * FROM t WHERE id BETWEEN %[1]d AND %[1]d + 5", 2},
	} {
		countCalls(t, e, s, c.name, c.text, c.most)
	}
}

// TestGuestCallsOfARustConnector counts the calls that small statements over connectors of the Rust kit make.
func TestGuestCallsOfARustConnector(t *testing.T) {
	e, s := newEngine(t, Config{}, "notes", "series")
	tell(t, s, "CREATE TABLE t (id BIGINT PRIMARY KEY, s VARCHAR(40)) ENGINE=notes")
	for _, c := range []struct {
		name, text string
		most       int64
	}{
		{"scan", "SELECT value FROM series.series WHERE start = 1 AND stop = %d AND value < 5", 3}, // PLAN with its arguments and without, and the scan
		{"insert", "INSERT INTO t VALUES (%d, 'one')", 1},
	} {
		countCalls(t, e, s, c.name, c.text, c.most)
	}
}

// countCalls runs a statement, with a number in it, until its plan is known, and counts the calls of one more.
func countCalls(t *testing.T, e *Engine, s *Session, name, text string, most int64) {
	t.Helper()
	calls := func() (n int64) {
		for _, c := range e.Catalog().Connectors() {
			n += c.Counters().Calls
		}
		return n
	}
	for i := range 3 {
		tell(t, s, fmt.Sprintf(text, 100*(i+1)))
	}
	before := calls()
	tell(t, s, fmt.Sprintf(text, 555))
	if n := calls() - before; n > most {
		t.Errorf("%s: %d calls, at most %d", name, n, most)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRowsOutliveTheRequestThatBroughtThem writes batches that came in the request space, which the next request overwrites.
func TestRowsOutliveTheRequestThatBroughtThem(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	ctx := context.Background()
	run := func(text string) (rows [][]string) {
		t.Helper()
		_, rows, _, err := ask(ctx, s, text)
		if err != nil {
			t.Fatalf("%.80s: %v", text, err)
		}
		return rows
	}
	run("CREATE TABLE t (id BIGINT PRIMARY KEY, k INT, b BOOL, s VARCHAR(100), KEY (s))")
	next := 0
	for _, n := range []int{1, 2, 3, 40, 300, 700, 1, 2, 300} {
		text := "INSERT INTO t VALUES "
		for i := range n {
			text += fmt.Sprintf("%s(%[2]d, %[2]d * 2, %[2]d %% 2 = 0, CONCAT('the text of row ', %[2]d))", []string{",", ""}[b2i(i == 0)], next)
			next++
		}
		run(text)
	}
	run("UPDATE t SET s = CONCAT('changed ', id), k = id * 3 WHERE id >= 100 AND id < 400")
	run("UPDATE t SET k = 7, s = 'seven' WHERE id = 7")
	wrong := "SELECT COUNT(*) FROM t WHERE id <> 7 AND (b <> (id % 2 = 0) OR k <> id * IF(id >= 100 AND id < 400, 3, 2)" +
		" OR s <> CONCAT(IF(id >= 100 AND id < 400, 'changed ', 'the text of row '), id))"
	if rows := run(wrong); rows[0][0] != "0" {
		t.Errorf("%s rows are not what was written", rows[0][0])
	}
	if rows := run("SELECT COUNT(*), COUNT(DISTINCT s) FROM t"); rows[0][0] != fmt.Sprint(next) || rows[0][1] != fmt.Sprint(next) {
		t.Errorf("%v rows, of %d", rows, next)
	}
	if rows := run("SELECT k, s FROM t WHERE s = 'seven'"); len(rows) != 1 || rows[0][0] != "7" {
		t.Errorf("row 7 is %v", rows)
	}
}
