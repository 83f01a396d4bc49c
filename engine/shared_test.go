package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDerivedTablesAreComputedOnce counts the calls into a connector of statements that name a derived table twice.
func TestDerivedTablesAreComputedOnce(t *testing.T) {
	e, s := newEngine(t, Config{}, "store")
	tell(t, s, "CREATE TABLE t (id BIGINT PRIMARY KEY, k INT, x DOUBLE)", "INSERT INTO t SELECT value, value % 7, value / 3 FROM JSON_TABLE(CONCAT('[', REPEAT('0,', 2999), '0]'), '$[*]' COLUMNS (value FOR ORDINALITY)) j",
		"CREATE VIEW sums AS SELECT k, SUM(x) AS total FROM t GROUP BY k", "SET wasql_vectors = 2, wasql_batch_rows = 100, wasql_pushdown = 0")
	calls := func(text string) (n int64, answer string) {
		t.Helper()
		for _, c := range e.Catalog().Connectors() {
			n -= c.Counters().Calls
		}
		answer = tell(t, s, text)
		for _, c := range e.Catalog().Connectors() {
			n += c.Counters().Calls
		}
		return n, answer
	}
	once, _ := calls("SELECT COUNT(*), MAX(total) FROM sums")
	if once < 30 {
		t.Fatalf("a scan takes %d calls only", once)
	}
	for _, c := range []struct {
		text, want string
		scans      int64
	}{
		{"SELECT k FROM sums WHERE total = (SELECT MAX(total) FROM sums)", "4", 1},
		{"WITH g AS (SELECT k, SUM(x) AS total FROM t GROUP BY k) SELECT a.k FROM g a JOIN g b ON a.k = b.k WHERE a.total = (SELECT MIN(total) FROM g) AND a.total = b.total", "5", 1},
		{"WITH g AS (SELECT DISTINCT k FROM t) SELECT COUNT(*) FROM g UNION ALL SELECT SUM(k) FROM g", "7\n21", 1},
		{"SELECT COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) a JOIN (SELECT k, COUNT(*) AS n FROM t GROUP BY k) b ON a.k = b.k AND a.n = b.n", "7", 1},
		// What is not the same, or not each time, is computed for itself.
		{"SELECT COUNT(*) FROM (SELECT k, COUNT(*) AS n FROM t GROUP BY k) a JOIN (SELECT k, COUNT(*) AS n FROM t WHERE id > 0 GROUP BY k) b ON a.k = b.k", "7", 2},
		{"WITH g AS (SELECT k, SUM(x) AS total FROM t WHERE id > 3000 * RAND() GROUP BY k) SELECT COUNT(*) >= 0 FROM g WHERE total >= (SELECT MIN(total) FROM g)", "1", 2},
	} {
		n, answer := calls(c.text)
		if answer != c.want {
			t.Errorf("%s\nis %q, want %q", c.text, answer, c.want)
		}
		if scans := (n + once/4) / once; scans != c.scans {
			t.Errorf("%s\nmakes %d calls, as %d scans do; want %d", c.text, n, scans, c.scans)
		}
	}
	// A table that changes between two statements is read by each.
	if _, before := calls("SELECT SUM(total) FROM sums a WHERE total <> (SELECT MAX(total) + 1 FROM sums)"); before != "1.5005e+06" {
		t.Errorf("the sum is %s", before)
	}
	tell(t, s, "UPDATE t SET x = 0 WHERE id > 1")
	if _, after := calls("SELECT ROUND(SUM(total), 3) FROM sums a WHERE total <> (SELECT MAX(total) + 1 FROM sums)"); after != "0.333" {
		t.Errorf("the sum is %s", after)
	}
}

// TestASumOfFloatsIsFoundAgain looks for the largest sum of floats among the sums: however they are added, it is one of them.
func TestASumOfFloatsIsFoundAgain(t *testing.T) {
	for seed := range uint64(3) {
		random, folder := rand.New(rand.NewPCG(seed, 15)), t.TempDir()
		for file := range 6 {
			var b strings.Builder
			b.WriteString("r,k,x,d,s,t\n")
			for r := range 200 {
				fmt.Fprintf(&b, "%d,%d,%g,1.25,a,2024-01-01\n", 200*file+r, random.IntN(5), random.Float64()*1e6)
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.csv", file)), []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := filesEngine(t, folder)
		for _, vectors := range []int{0, 1, 2} {
			for _, memory := range []int{1 << 28, 1} {
				tell(t, s, fmt.Sprintf("SET wasql_vectors = %d, wasql_memory = %d", vectors, memory))
				for lanes := range 4 {
					for _, text := range []string{
						"WITH g AS (SELECT k, SUM(x) AS total FROM t GROUP BY k) SELECT COUNT(*) FROM g WHERE total = (SELECT MAX(total) FROM g)",
						"WITH g AS (SELECT k, SUM(x * d) AS total FROM t WHERE r > 7 GROUP BY k) SELECT COUNT(*) FROM (SELECT DISTINCT k FROM t) n, g WHERE n.k = g.k AND total = (SELECT MAX(total) FROM g)",
					} {
						if got := answerInLanes(t, s, lanes+1, text); !strings.Contains(got, "\n[[1]]\n") {
							t.Errorf("seed %d, vectors %d, memory %d, %d lanes: %s\n%s", seed, vectors, memory, lanes+1, text, got)
						}
					}
				}
			}
		}
	}
}
