package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wasql/wasql/host"
)

// pieceQuestions are asked of a table of several files: r numbers the rows in their order.
var pieceQuestions = []string{
	"SELECT * FROM t",
	"SELECT r, s FROM t WHERE k > 3",
	"SELECT r + 1, x * 2 FROM t WHERE s LIKE '%a%' OR k IS NULL",
	"SELECT r, d FROM t WHERE k > 1 LIMIT 7 OFFSET 5",
	"SELECT r FROM t LIMIT 3",
	"SELECT COUNT(*) FROM t",
	"SELECT COUNT(*), COUNT(k), SUM(k), AVG(k), MIN(k), MAX(k), SUM(x), AVG(x), MIN(x), MAX(x), SUM(d), MIN(d), MAX(d), MIN(s), MAX(s), MIN(t), MAX(t) FROM t",
	"SELECT COUNT(*), SUM(k), MIN(s) FROM t WHERE r < 0",
	"SELECT k, COUNT(*), SUM(r), AVG(r), MIN(s), MAX(x), SUM(d) FROM t GROUP BY k",
	"SELECT s, k, COUNT(x), SUM(x) FROM t GROUP BY s, k HAVING COUNT(*) > 1",
	"SELECT d, s FROM t GROUP BY d",
	"SELECT AVG(d) FROM t",
	"SELECT DISTINCT s FROM t",
	"SELECT DISTINCT k, d FROM t WHERE x < 20",
	"SELECT COUNT(DISTINCT s), COUNT(DISTINCT k, x) FROM t",
	"SELECT k, COUNT(DISTINCT s) FROM t GROUP BY k",
	"SELECT r, k FROM t ORDER BY k, x DESC LIMIT 9",
	"SELECT s FROM t ORDER BY s LIMIT 30",
	"SELECT r FROM t ORDER BY x, s",
	"SELECT a.r, b.r FROM t a JOIN t b ON a.k = b.k AND a.r < b.r WHERE b.x > 10",
	"SELECT r FROM t WHERE k IN (SELECT k FROM t WHERE x = 1.5)",
	"SELECT n, COUNT(*) FROM (SELECT k * 2 AS n, s FROM t WHERE r > 4) AS sub WHERE n < 8 GROUP BY n",
	"SELECT SUM(r) OVER (ORDER BY r) FROM t LIMIT 4",
	"SELECT t, COUNT(*) FROM t GROUP BY t",
	"SELECT r FROM t WHERE MD5(s) < '8'",
	"SELECT CAST(s AS SIGNED) FROM t WHERE k = 2",
}

// writePieces writes a table as files, some of them without rows, and gives the pattern that names all.
func writePieces(t *testing.T, random *rand.Rand, folder string, bad int) {
	t.Helper()
	texts := []string{"a", "A", "b", "é", `"x,y"`, "\"two\nlines\"", `"say ""a"""`, ""}
	r := 0
	for file := range 6 {
		var b strings.Builder
		b.WriteString("r,k,x,d,s,t\n")
		rows := random.IntN(40)
		if file == 2 {
			rows = 0
		}
		if bad >= 0 {
			rows = max(rows, 10)
		}
		for range rows {
			k := fmt.Sprint(random.IntN(6))
			if random.IntN(8) == 0 {
				k = ""
			}
			if r == bad {
				k = "wrong"
			}
			fmt.Fprintf(&b, "%d,%s,%g,%d.%02d,%s,2024-01-%02d\n", r, k, float64(random.IntN(100))/4, random.IntN(9)-4, random.IntN(4)*25, texts[random.IntN(len(texts))], 1+random.IntN(4))
			r++
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.csv", file)), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// answerInLanes asks with so many instances at once, whatever the number of rows.
func answerInLanes(t *testing.T, s *Session, lanes int, text string) string {
	t.Helper()
	tell(t, s, fmt.Sprintf("SET wasql_parallel = %d, wasql_parallel_rows = 0", lanes))
	names, rows, warnings, err := ask(t.Context(), s, text)
	if err != nil {
		return err.Error() // rows before it come by batches
	}
	return fmt.Sprint(names, "\n", rows, "\n", warnings)
}

func filesEngine(t *testing.T, folder string) *Session {
	t.Helper()
	e, s := newEngine(t, Config{GrantPath: func(context.Context, string, string) ([]host.FileGrant, error) {
		return []host.FileGrant{{Path: "data", Host: folder, Match: "*.csv"}}, nil
	}}, "csv")
	if err := e.NameTable(t.Context(), "main", "t", "csv", "data/*.csv?types=r:INT,k:INT,x:DOUBLE,d:DECIMAL(10%2C2),s:VARCHAR(20),t:DATE"); err != nil {
		t.Fatal(err)
	}
	if err := s.Use(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPiecesAnswerLikeOneScan asks the same with one instance and with several: the rows, their order, warnings and errors are the same.
//
// checklist: G10
func TestPiecesAnswerLikeOneScan(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 5))
		folder, bad := t.TempDir(), -1
		if seed == 5 {
			bad = 43
		}
		writePieces(t, random, folder, bad)
		s := filesEngine(t, folder)
		for _, vectors := range []int{0, 2} {
			tell(t, s, fmt.Sprint("SET wasql_vectors = ", vectors))
			for _, text := range pieceQuestions {
				want := answerInLanes(t, s, 1, text)
				if got := answerInLanes(t, s, 3, text); got != want {
					t.Errorf("seed %d, vectors %d: %s\nin pieces %sat once   %s", seed, vectors, text, got, want)
				}
				if bad >= 0 && vectors == 2 && text == "SELECT * FROM t" && !strings.Contains(want, "wrong") {
					t.Errorf("the wrong value is not told: %s", want)
				}
			}
		}
	}
}

func TestExplainAnalyzeTellsPieces(t *testing.T) {
	folder := t.TempDir()
	writePieces(t, rand.New(rand.NewPCG(1, 1)), folder, -1)
	s := filesEngine(t, folder)
	tell(t, s, "SET wasql_parallel = 2, wasql_parallel_rows = 0, wasql_vectors = 2")
	for _, text := range []string{"SELECT k, COUNT(*) FROM t GROUP BY k", "SELECT r FROM t WHERE k > 1", "SELECT r FROM t ORDER BY x LIMIT 3", "SELECT * FROM t"} {
		if plan := tell(t, s, "EXPLAIN ANALYZE "+text); !strings.Contains(plan, "pieces: 6, 2 at once") {
			t.Errorf("%s\n%s", text, plan)
		}
	}
	tell(t, s, "SET wasql_parallel_rows = 1000000")
	if plan := tell(t, s, "EXPLAIN ANALYZE SELECT COUNT(*) FROM t"); strings.Contains(plan, "pieces:") {
		t.Error(plan)
	}
}
