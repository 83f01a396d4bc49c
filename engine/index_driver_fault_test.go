package engine

import (
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fillIndexed makes a table of n rows with an index of the driver.
func fillIndexed(t testing.TB, s *Session, n int) {
	t.Helper()
	mustRun(t, s, "CREATE TABLE t (id INT PRIMARY KEY, k INT, s VARCHAR(40))",
		fmt.Sprintf("INSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < %d) SELECT n, n %% 50, concat('text ', n %% 70) FROM r", n),
		"CREATE INDEX by_k ON t USING ixdriver (k)", "CREATE INDEX by_s ON t USING ixdriver (s, k)")
}

// mustRun is run for a testing.TB.
func mustRun(t testing.TB, s *Session, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, _, _, err := ask(t.Context(), s, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// rowsOf are the rows of a query as text, sorted.
func rowsOf(t testing.TB, s *Session, query string) []string {
	t.Helper()
	_, rows, _, err := ask(t.Context(), s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	all := make([]string, len(rows))
	for i, row := range rows {
		all[i] = strings.Join(row, "\t")
	}
	slices.Sort(all)
	return all
}

// uses tells whether a query reads a table through an index of the driver.
func uses(t testing.TB, s *Session, query string) bool {
	t.Helper()
	return strings.Contains(strings.Join(rowsOf(t, s, "EXPLAIN "+query), "\n"), "(ixdriver)")
}

// same compares what a query gives with the index and without.
func same(t testing.TB, s *Session, query string) {
	t.Helper()
	mustRun(t, s, "SET wasql_index_drivers = 2")
	with := rowsOf(t, s, query)
	mustRun(t, s, "SET wasql_index_drivers = 0")
	without := rowsOf(t, s, query)
	mustRun(t, s, "SET wasql_index_drivers = 1")
	if !slices.Equal(with, without) {
		t.Fatalf("%s: with the index %d rows %q, without %d %q", query, len(with), with, len(without), without)
	}
}

// checklist: G31
func TestAnIndexOfADriverSurvivesARestart(t *testing.T) {
	folder := t.TempDir()
	x := openIndexed(t, folder)
	fillIndexed(t, x.Session, 700)
	mustRun(t, x.Session, "INSERT INTO t VALUES (5000, 7, 'late')", "UPDATE t SET k = 8 WHERE id = 57")
	x.close(t)

	manifests := func() map[string]string {
		all, err := filepath.Glob(filepath.Join(folder, "indexes", "*", "manifest"))
		if err != nil || len(all) != 2 {
			t.Fatalf("manifests: %v %v", all, err)
		}
		out := map[string]string{}
		for _, path := range all {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out[path] = string(b)
		}
		return out
	}
	before := manifests()
	x = openIndexed(t, folder)
	const query = "SELECT id FROM t WHERE k = 7"
	if !uses(t, x.Session, query) {
		t.Error("after a restart the index is not used")
	}
	same(t, x.Session, query)
	same(t, x.Session, "SELECT id FROM t WHERE s = 'late'")
	same(t, x.Session, "SELECT id FROM t WHERE k = 8")
	x.close(t)
	for path, b := range manifests() {
		if before[path] != b {
			t.Error("the index was built anew, although nothing was wrong with it")
		}
	}
	// Dropped with the table.
	x = openIndexed(t, folder)
	mustRun(t, x.Session, "DROP TABLE t")
	x.close(t)
	if left, _ := filepath.Glob(filepath.Join(folder, "indexes", "*", "*")); len(left) != 0 {
		t.Errorf("files of indexes of a table that was dropped: %v", left)
	}
	x = openIndexed(t, folder)
	mustRun(t, x.Session, "CREATE TABLE t (id INT PRIMARY KEY, k INT)")
	if got := rowsOf(t, x.Session, "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_name = 't'"); !slices.Equal(got, []string{"PRIMARY"}) {
		t.Errorf("a table of that name has indexes %v", got)
	}
	x.close(t)
}

// copyAll copies a folder as it is now, into one that is not there.
func copyAll(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestAfterACrashAnIndexOfADriverIsBuiltAnew: a copy of the folders, taken while the process runs, is what a crash leaves.
//
// checklist: G32
func TestAfterACrashAnIndexOfADriverIsBuiltAnew(t *testing.T) {
	folder, crashed := t.TempDir(), filepath.Join(t.TempDir(), "crashed")
	x := openIndexed(t, folder)
	fillIndexed(t, x.Session, 700)
	mustRun(t, x.Session, "INSERT INTO t VALUES (5000, 7, 'late')", "DELETE FROM t WHERE id = 57", "UPDATE t SET k = 7 WHERE id = 58")
	copyAll(t, folder, crashed)
	x.close(t)
	y := openIndexed(t, crashed)
	const query = "SELECT id FROM t WHERE k = 7"
	same(t, y.Session, query)
	if got := len(rowsOf(t, y.Session, query)); got != 15 {
		t.Errorf("%d rows have the key, want 15", got)
	}
	if !uses(t, y.Session, query) {
		t.Error("it was not built anew")
	}
	y.close(t)
}

// TestOldFilesOfAnIndexAreNotUsed: the files of the index are put back as they were before the last writes.
//
// checklist: G32
func TestOldFilesOfAnIndexAreNotUsed(t *testing.T) {
	folder, old := t.TempDir(), filepath.Join(t.TempDir(), "old")
	x := openIndexed(t, folder)
	fillIndexed(t, x.Session, 300)
	x.close(t)
	copyAll(t, filepath.Join(folder, "indexes"), old)
	x = openIndexed(t, folder)
	mustRun(t, x.Session, "INSERT INTO t VALUES (5000, 7, 'late')")
	x.close(t)
	copyAll(t, old, filepath.Join(folder, "indexes"))
	x = openIndexed(t, folder)
	same(t, x.Session, "SELECT id FROM t WHERE s = 'late'")
	if got := rowsOf(t, x.Session, "SELECT id FROM t WHERE s = 'late'"); !slices.Equal(got, []string{"5000"}) {
		t.Errorf("the row that came last: %v", got)
	}
	x.close(t)
}

// TestDamagedFilesOfAnIndexCostNoRow damages files while the index is in use and while it is closed: the answers are right, and
// the index is built anew.
//
// checklist: G32
func TestDamagedFilesOfAnIndexCostNoRow(t *testing.T) {
	folder := t.TempDir()
	x := openIndexed(t, folder)
	fillIndexed(t, x.Session, 2000)
	x.close(t)
	random := rand.New(rand.NewSource(7))
	for round := range 12 {
		files, err := filepath.Glob(filepath.Join(folder, "indexes", "*", "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("files: %v %v", files, err)
		}
		damage := func() {
			path := files[random.Intn(len(files))]
			b, err := os.ReadFile(path)
			if err != nil || len(b) == 0 {
				return // it was replaced meanwhile
			}
			switch random.Intn(3) {
			case 0:
				b[random.Intn(len(b))] ^= 0x40
			case 1:
				b = b[:random.Intn(len(b))]
			case 2:
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				return
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if round%2 == 0 {
			damage()
		}
		x = openIndexed(t, folder)
		same(t, x.Session, "SELECT id FROM t WHERE k = 7")
		if round%2 == 1 {
			damage()
		}
		for i := range 4 {
			same(t, x.Session, fmt.Sprintf("SELECT * FROM t WHERE k = %d", random.Intn(50)))
			same(t, x.Session, fmt.Sprintf("SELECT * FROM t WHERE s = 'text %d' AND k > %d", random.Intn(70), i*10))
		}
		if query := "SELECT id FROM t WHERE k = 7"; !uses(t, x.Session, query) {
			t.Errorf("round %d: the index is not used any more", round)
		}
		x.close(t)
	}
}

// TestIndexesOfDriversChangeNoAnswer writes and reads at random, in several sessions and transactions, with the index on, off,
// and lost in between.
//
// checklist: G29 G31
func TestIndexesOfDriversChangeNoAnswer(t *testing.T) {
	for seed := range int64(2) {
		folder := t.TempDir()
		x := openIndexed(t, folder)
		random := rand.New(rand.NewSource(seed))
		mustRun(t, x.Session, "CREATE TABLE t (id INT PRIMARY KEY, k INT, s VARCHAR(20), d DECIMAL(8,2), x DOUBLE)",
			"CREATE TABLE h (k INT, s VARCHAR(20))",
			"CREATE INDEX tk ON t USING ixdriver (k, s)", "CREATE INDEX ts ON t USING ixdriver (s)", "CREATE INDEX td ON t USING ixdriver (d, x)", "CREATE INDEX hs ON h USING ixdriver (s)")
		value := func(kind int) string {
			if random.Intn(8) == 0 {
				return "NULL"
			}
			switch kind {
			case 0:
				return fmt.Sprint(random.Intn(12) - 2)
			case 1:
				return []string{"'a'", "'A'", "'ä'", "'ab'", "'b '", "''", "'Zz'"}[random.Intn(7)]
			case 2:
				return fmt.Sprintf("%d.%02d", random.Intn(5)-2, random.Intn(4)*25)
			}
			return fmt.Sprintf("%g", float64(random.Intn(9)-4)/2)
		}
		names, kinds := []string{"k", "s", "d", "x"}, []int{0, 1, 2, 3}
		condition := func(columns int) string {
			i := random.Intn(columns)
			switch random.Intn(7) {
			case 0:
				return fmt.Sprintf("%s IN (%s, %s, %s)", names[i], value(kinds[i]), value(kinds[i]), value(kinds[i]))
			case 1:
				return fmt.Sprintf("%s BETWEEN %s AND %s", names[i], value(kinds[i]), value(kinds[i]))
			case 2:
				return fmt.Sprintf("%s %s %s", names[i], []string{"<", "<=", ">", ">=", "<=>"}[random.Intn(5)], value(kinds[i]))
			case 3:
				return names[i] + " IS NULL"
			case 4:
				return "s LIKE '" + []string{"a%", "A%", "z%", "%b"}[random.Intn(4)] + "'"
			}
			return fmt.Sprintf("%s = %s", names[i], value(kinds[i]))
		}
		other := x.Engine.NewSession("other")
		sessions := []*Session{x.Session, other}
		open := map[*Session]bool{}
		for range 120 {
			s := sessions[random.Intn(2)]
			id := random.Intn(60)
			var statement string
			switch random.Intn(16) {
			case 0, 1, 2, 3:
				statement = fmt.Sprintf("REPLACE INTO t VALUES (%d, %s, %s, %s, %s)", id, value(0), value(1), value(2), value(3))
			case 4:
				statement = fmt.Sprintf("INSERT IGNORE INTO t VALUES (%d, %s, %s, %s, %s), (%d, 1, 'a', 1, 1)", id, value(0), value(1), value(2), value(3), id+1)
			case 5:
				statement = fmt.Sprintf("INSERT INTO h VALUES (%s, %s), (%s, %s)", value(0), value(1), value(0), value(1))
			case 6, 7:
				statement = fmt.Sprintf("UPDATE t SET %s WHERE %s", []string{"k = k + 1", "s = 'moved'", "d = -d, x = 1", "id = id + 100"}[random.Intn(4)], condition(4))
			case 8:
				statement = "DELETE FROM t WHERE " + condition(4)
			case 9:
				statement = fmt.Sprintf("INSERT INTO t VALUES (%d, %s, %s, NULL, 0) ON DUPLICATE KEY UPDATE k = %s, s = 'twice'", id, value(0), value(1), value(0))
			case 10:
				statement = "UPDATE h SET s = " + value(1) + " WHERE " + condition(2)
			case 11:
				if statement = "START TRANSACTION"; open[s] {
					statement = []string{"COMMIT", "ROLLBACK"}[random.Intn(2)]
				}
				open[s] = !open[s]
			case 12:
				if open[s] {
					statement = []string{"SAVEPOINT a", "ROLLBACK TO a"}[random.Intn(2)]
				} else {
					statement = "INSERT INTO t SELECT id + 1000, k, s, d, x FROM t WHERE " + condition(4) + " AND id < 100 ON DUPLICATE KEY UPDATE k = 3"
				}
			case 13:
				if !open[sessions[0]] && !open[sessions[1]] && random.Intn(6) == 0 {
					statement = []string{"TRUNCATE t", "ALTER TABLE t ADD COLUMN e INT, DROP COLUMN e", "ALTER TABLE t MODIFY k BIGINT", "DROP INDEX ts ON t", "CREATE INDEX ts ON t USING ixdriver (s)"}[random.Intn(5)]
				}
			}
			if statement != "" {
				// A conflict of two transactions, or a key that is there, is an answer like any other.
				if _, _, _, err := ask(t.Context(), s, statement); err != nil && strings.Contains(err.Error(), "1213") {
					open[s] = false
				}
			}
			for range 2 {
				s := sessions[random.Intn(2)]
				same(t, s, "SELECT * FROM t WHERE "+condition(4)+" AND "+condition(4))
				same(t, s, "SELECT * FROM t WHERE "+condition(4))
				same(t, s, "SELECT * FROM h WHERE "+condition(2))
				on := []string{"t.k = h.k", "t.s = h.s", "t.k = h.k AND t.s = h.s", "t.k > h.k AND t.s = h.s"}[random.Intn(4)]
				same(t, s, "SELECT h.k, h.s, t.id FROM h "+[]string{"", "LEFT "}[random.Intn(2)]+"JOIN t ON "+on)
				same(t, s, "SELECT h.k, h.s FROM h WHERE h.s "+[]string{"", "NOT "}[random.Intn(2)]+"IN (SELECT s FROM t WHERE "+condition(4)+")")
			}
		}
		other.Close()
		x.close(t)
	}
}
