package engine

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// said is all that a client is told of a statement.
func said(t *testing.T, s *Session, text string) string {
	t.Helper()
	return toldOf(t, func() (Result, error) { return s.Query(t.Context(), text) })
}

// toldOf is all that a client is told of what query starts.
func toldOf(t *testing.T, query func() (Result, error)) string {
	t.Helper()
	var out strings.Builder
	result, err := query()
	if err != nil {
		tellError(&out, err)
		return out.String()
	}
	for _, c := range result.Columns() {
		fmt.Fprintf(&out, "%s %s %v %d %d %v|", c.Name, c.SQLType, c.Type, c.Precision, c.Scale, c.Nullable)
	}
	for {
		row, err := result.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			tellError(&out, err)
			break
		}
		fmt.Fprintf(&out, "\n%#v", []any(row))
	}
	if err := result.Close(t.Context()); err != nil {
		tellError(&out, err)
	}
	fmt.Fprintf(&out, "\naffected %d %v", result.RowsAffected(), result.Warnings())
	return out.String()
}

func tellError(out *strings.Builder, err error) {
	e := sqlerr.From(err)
	fmt.Fprintf(out, "error %d %s %s", e.Errno, e.State, e.Message)
}

// oddLiterals are values of all kinds that a key may be compared with or set to.
var oddLiterals = []string{"0", "1", "2", "3", "4", "5", "-1", "007", "127", "128", "255", "256", "-129", "32768", "65536", "2147483648", "4294967296", "99999999999", "123456789012345678",
	"18446744073709551615", "9223372036854775807", "-9223372036854775808", "1.0", "1.5", "-1.5", "2.00", "2.004", "2.006", "1e0", "15e-1", "1e30", "NULL", "TRUE", "DEFAULT",
	"'1'", "'2'", "'1.0'", "' 1'", "'1x'", "''", "'abc'", "'ABC'", "'abc '", "'äbc'", "'it''s'", `"dq"`, `'b\\s'`, "'2020-01-01'", "'2020-01-02 10:00:00'", "'2020-1-1'", "20200101",
	"x'31'", "0x31", "_utf8mb4'1'", "1+1", "(3)", "'a long text that is too long for the column'", "DATE '2020-01-01'", "-'1'", "@v", "'a' 'b'"}

// templates have a question mark for each literal.
var templates = []string{
	"SELECT ?", "SELECT ? + 1 AS two, 'x'", "SELECT * FROM %t WHERE id = ?", "SELECT id, s FROM %t WHERE id = ?", "SELECT k + ?, s AS x FROM %t WHERE ? = id", "SELECT id FROM %t WHERE id = ? AND k = ?", "SELECT * FROM %t WHERE (id = ?)",
	"SELECT s FROM %t AS a WHERE a.id = ?", "SELECT * FROM %t WHERE s = ?", "SELECT k FROM %t WHERE id = ? OR id = ?", "SELECT * FROM %t WHERE id IN (?, ?)", "SELECT id FROM %t WHERE id = ? LIMIT 1",
	"SELECT id FROM %t WHERE id < ? ORDER BY id", "SELECT 1, ?", "SELECT COUNT(*) FROM %t WHERE id = ?", "SELECT id FROM %t WHERE id <=> ?", "SELECT nothing FROM %t WHERE id = ?", "SELECT DISTINCT s FROM %t WHERE id = ?",
	"SELECT id FROM %t WHERE id = ? AND id = ?", "SELECT id FROM %t WHERE id = ? FOR UPDATE",
	"SELECT id, k FROM %t WHERE id BETWEEN ? AND ?", "SELECT id FROM %t WHERE k > ? ORDER BY id LIMIT 3", "SELECT id FROM %t WHERE k IN (?, ?, ?) ORDER BY 1", "SELECT id FROM %t WHERE s IN (?, ?)", "SELECT COUNT(*), MIN(k) FROM %t WHERE k <> ?",
	"SELECT k, COUNT(*) AS n FROM %t WHERE id >= ? GROUP BY k HAVING n > 0 ORDER BY k, n", "SELECT id FROM %t WHERE NOT (k = ? OR s = ?)", "SELECT id FROM %t ORDER BY id DESC LIMIT 2", "SELECT id FROM %t ORDER BY id LIMIT ?", "SELECT COUNT(*) FROM %t",
	"SELECT a.id, b.k FROM %t a JOIN u b ON a.id = b.id WHERE a.id = ? ORDER BY 1, 2", "SELECT a.id FROM %t a LEFT JOIN u b ON a.k = b.k AND b.id > ? WHERE b.id IS NULL ORDER BY 1", "SELECT id FROM %t WHERE k = (SELECT MAX(k) FROM u WHERE id < ?)",
	"SELECT id FROM %t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.k AND u.k > ?)", "SELECT id FROM %t WHERE id IN (SELECT k FROM u WHERE id <= ?) ORDER BY id", "SELECT id, k FROM %t WHERE id = ? UNION SELECT id, k FROM u WHERE id = ? ORDER BY 1, 2",
	"SELECT id FROM (SELECT id, k FROM %t WHERE k >= ?) AS d WHERE d.id <= ? ORDER BY id", "WITH c AS (SELECT k, COUNT(*) AS n FROM %t GROUP BY k) SELECT * FROM c WHERE n >= ? ORDER BY 1, 2", "SELECT CASE WHEN k = ? THEN 'x' ELSE s END FROM %t WHERE id < ? ORDER BY id",
	"SELECT id FROM %t WHERE s LIKE ? ORDER BY id", "SELECT id FROM %t WHERE ? < k AND k <= ? ORDER BY id", "SELECT id, row_number() OVER (ORDER BY id) FROM %t WHERE k > ?", "SELECT id FROM %t WHERE LENGTH(s) > ? ORDER BY id", "SELECT id FROM %t WHERE k < ? AND YEAR(NOW()) > 2000 ORDER BY id",
	"SELECT id, (SELECT COUNT(*) FROM u WHERE u.k = t.k) FROM %t WHERE k < ? ORDER BY id", "SELECT id, ? FROM %t WHERE k <=> ? ORDER BY id", "SELECT id FROM %t WHERE id > ? AND k = @v ORDER BY id",
	"INSERT INTO %t (id, k, s) VALUES (?, ?, ?)", "INSERT INTO %t (id, k) VALUES (?, ?), (?, ?)", "INSERT INTO %t (k, s) VALUES (?, ?)", "INSERT INTO %t SET id = ?, k = ?", "REPLACE INTO %t (id, k, s) VALUES (?, ?, ?)",
	"INSERT IGNORE INTO %t (id, k) VALUES (?, ?)", "INSERT INTO %t (id, k) VALUES (?, ?) ON DUPLICATE KEY UPDATE k = ?", "INSERT INTO %t (id, k, s) VALUES (?, ?)", "INSERT INTO %t (id, k, s) VALUES (?, DEFAULT, ?)",
	"UPDATE %t SET k = ? WHERE id = ?", "UPDATE %t SET k = k + 1, s = ? WHERE id = ?", "UPDATE %t SET id = ? WHERE id = ?", "UPDATE %t SET s = ? WHERE k = ?", "UPDATE %t SET k = k - ? WHERE id = ?", "UPDATE IGNORE %t SET k = ? WHERE id = ?",
	"DELETE FROM %t WHERE id = ?", "DELETE FROM %t WHERE id = ? AND s = ?", "DELETE FROM %t WHERE id = ? LIMIT 1",
}

// definitions make the tables; those of one name take each other's place.
var planDefinitions = []string{
	"CREATE TABLE t (id BIGINT PRIMARY KEY, k INT NOT NULL DEFAULT 7, s VARCHAR(12))",
	"CREATE TABLE t (id INT UNSIGNED PRIMARY KEY, k TINYINT, s VARCHAR(12) DEFAULT 'none')",
	"CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, k INT NOT NULL DEFAULT 7, s VARCHAR(12))",
	"CREATE TABLE t (id VARCHAR(12) PRIMARY KEY, k DECIMAL(6,2), s TEXT)",
	"CREATE TABLE t (id VARCHAR(12) COLLATE utf8mb4_bin PRIMARY KEY, k DOUBLE, s CHAR(6))",
	"CREATE TABLE t (id DECIMAL(6,2) PRIMARY KEY, k BIGINT UNSIGNED, s VARCHAR(12))",
	"CREATE TABLE t (id DATE PRIMARY KEY, k INT, s DATETIME DEFAULT NOW())",
	"CREATE TABLE t (id DOUBLE PRIMARY KEY, k INT CHECK (k < 1000), s VARCHAR(12))",
	"CREATE TABLE t (id BIGINT, k INT, s VARCHAR(12), PRIMARY KEY (id, k))",
	"CREATE TABLE t (id BIGINT UNIQUE, k INT, s VARCHAR(12))",
	"CREATE TABLE t (id BIGINT PRIMARY KEY, k INT, s VARCHAR(12), g INT AS (k + 1) STORED, KEY (s))",
	"CREATE TABLE t (id TINYINT PRIMARY KEY, k YEAR, s ENUM('abc', 'x', 'it''s'))",
	"CREATE TABLE t (id BINARY(3) PRIMARY KEY, k BIT(8), s BLOB)",
	"CREATE VIEW t AS SELECT id, k, s FROM u",
}

// others change what plans are made of, or the session.
var others = []string{"DROP TABLE IF EXISTS t", "DROP VIEW IF EXISTS t", "ALTER TABLE t ADD COLUMN extra INT DEFAULT 3", "ALTER TABLE t MODIFY k BIGINT", "CREATE INDEX i ON t (k)", "DROP INDEX i ON t",
	"CREATE TEMPORARY TABLE u (id INT PRIMARY KEY, k INT, s VARCHAR(5))", "DROP TEMPORARY TABLE IF EXISTS u", "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.k = 5", "DROP TRIGGER IF EXISTS tr",
	"CREATE TRIGGER tu BEFORE UPDATE ON t FOR EACH ROW SET NEW.k = 6", "DROP TRIGGER IF EXISTS tu", "CREATE TABLE child (id BIGINT PRIMARY KEY, FOREIGN KEY (id) REFERENCES u (id))", "DROP TABLE IF EXISTS child",
	"CREATE TABLE child (id BIGINT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id) ON DELETE CASCADE)", "INSERT INTO child SELECT id FROM t",
	"START TRANSACTION", "START TRANSACTION READ ONLY", "COMMIT", "ROLLBACK", "SET autocommit = 0", "SET autocommit = 1", "SET sql_mode = ''", "SET sql_mode = DEFAULT", "SET sql_mode = 'ANSI_QUOTES'",
	"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'", "SET sql_mode = 'STRICT_TRANS_TABLES'", "SET collation_connection = 'utf8mb4_bin'", "SET collation_connection = 'utf8mb4_0900_ai_ci'", "SET sql_select_limit = 0", "SET sql_select_limit = DEFAULT",
	"SET @v = 2", "USE d2", "USE main", "SET foreign_key_checks = 0", "SET foreign_key_checks = 1", "TRUNCATE TABLE t", "RENAME TABLE t TO t2", "RENAME TABLE t2 TO t", "SET time_zone = '+05:00'", "SET time_zone = 'SYSTEM'",
	"SET wasql_vectors = 0", "SET wasql_vectors = 1", "SET wasql_vectors = 2", "SET wasql_bulk_insert = 0", "SET wasql_bulk_insert = 1", "SET wasql_pushdown = 0", "SET wasql_pushdown = 1", "SET TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"}

// TestKnownPlansEnd has what makes a plan that is kept the wrong one, statement by statement.
func TestKnownPlansEnd(t *testing.T) {
	lookup := []string{"SELECT * FROM t WHERE id = 1", "SELECT * FROM t WHERE id = 2", "SELECT * FROM t WHERE id = 3"}
	insert := func(first, next string) []string {
		return []string{"INSERT INTO t (id, k) VALUES (" + first + ", 1)", "INSERT INTO t (id, k) VALUES (" + first + ", 2)", "INSERT INTO t (id, k) VALUES (" + next + ", 3)",
			"SELECT LAST_INSERT_ID()", "SELECT * FROM t"}
	}
	for _, c := range []struct {
		name, table string
		statements  [][]string
	}{
		{"a key that was asked for is given", "id INT PRIMARY KEY AUTO_INCREMENT, k INT", [][]string{insert("0", "7")}},
		{"a key that was given is asked for", "id INT PRIMARY KEY AUTO_INCREMENT, k INT", [][]string{{"INSERT INTO t (id, k) VALUES (7, 1)", "INSERT INTO t (id, k) VALUES (8, 1)"}, insert("0", "0")}},
		{"another table of the name", "id INT PRIMARY KEY, k INT", [][]string{lookup, {"DROP TABLE t", "CREATE TABLE t (s TEXT, id INT PRIMARY KEY)", "INSERT INTO t VALUES ('x', 2)"}, lookup}},
		{"a table of the session's own", "id INT PRIMARY KEY, k INT", [][]string{lookup, {"CREATE TEMPORARY TABLE t (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)"}, lookup, {"DROP TEMPORARY TABLE t"}, lookup}},
		{"a trigger", "id INT PRIMARY KEY, k INT", [][]string{insert("1", "2"), {"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.k = 9"}, {"INSERT INTO t (id, k) VALUES (5, 1)", "SELECT * FROM t"}}},
		{"foreign keys that follow", "id INT PRIMARY KEY, k INT", [][]string{{"INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4)", "DELETE FROM t WHERE id = 4", "CREATE TABLE c (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id) ON DELETE CASCADE)",
			"INSERT INTO c VALUES (1), (2), (3)", "DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id = 2", "DELETE FROM t WHERE id = 3", "SELECT * FROM t", "SELECT * FROM c"}}},
		{"a read-only transaction", "id INT PRIMARY KEY, k INT", [][]string{insert("1", "2"), {"START TRANSACTION READ ONLY", "INSERT INTO t (id, k) VALUES (8, 1)", "COMMIT", "SET TRANSACTION READ ONLY", "INSERT INTO t (id, k) VALUES (9, 1)",
			"INSERT INTO t (id, k) VALUES (10, 1)", "SELECT * FROM t"}}},
		{"another database", "id INT PRIMARY KEY, k INT", [][]string{lookup, {"CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1), (2)", "USE d"}, lookup, {"USE main"}, lookup}},
		{"a setting", "id VARCHAR(9) PRIMARY KEY, k INT", [][]string{{`SELECT "id" FROM t WHERE id = "a"`, `SELECT "id" FROM t WHERE id = "b"`, `SELECT "id" FROM t WHERE id = "c"`, "SET sql_mode = 'ANSI_QUOTES'", `SELECT "id" FROM t WHERE id = "c"`}}},
		{"values of other types", "id INT PRIMARY KEY, k INT", [][]string{{"INSERT INTO t VALUES (1, 1), (2, 2)"}, lookup, {"SELECT * FROM t WHERE id = '2'", "SELECT * FROM t WHERE id = 2.0", "SELECT * FROM t WHERE id = 1.5",
			"SELECT * FROM t WHERE id = 99999999999", "SELECT * FROM t WHERE id = NULL", "SELECT * FROM t WHERE id = '2x'"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, with := newEngine(t, Config{}, "store")
			_, without := newEngine(t, Config{}, "store")
			said(t, without, "SET wasql_plan_cache = 0")
			for _, some := range slices.Concat([][]string{{"CREATE TABLE t (" + c.table + ")"}}, c.statements) {
				for _, text := range some {
					if got, want := said(t, with, text), said(t, without, text); got != want {
						t.Errorf("%s\nplanned before: %s\nplanned anew:   %s", text, got, want)
					}
				}
			}
		})
	}
}

// TestKnownPlansAnswerAlike runs the same statements in an engine that remembers plans and in one that
// does not: clients are told the same.
func TestKnownPlansAnswerAlike(t *testing.T) {
	seeds := uint64(4)
	if more, err := strconv.ParseUint(os.Getenv("WASQL_SEEDS"), 10, 32); err == nil {
		seeds = more
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { comparePlans(t, seed, 1200) })
	}
}

func comparePlans(t *testing.T, seed uint64, statements int) {
	r := rand.New(rand.NewPCG(seed, 7))
	_, with := newEngine(t, Config{}, "store")
	_, without := newEngine(t, Config{}, "store")
	if got := said(t, without, "SET wasql_plan_cache = 0"); strings.Contains(got, "error") {
		t.Fatal(got)
	}
	var last []string
	run := func(text string) {
		last = append(last, text)
		got, want := said(t, with, text), said(t, without, text)
		if got != want {
			t.Fatalf("%s\nplanned before: %s\nplanned anew:   %s", strings.Join(last[max(0, len(last)-20):], ";\n"), got, want)
		}
	}
	run("CREATE DATABASE d2")
	run("CREATE TABLE d2.t (id BIGINT PRIMARY KEY, k INT, s VARCHAR(3))")
	run("CREATE TABLE u (id BIGINT PRIMARY KEY, k INT, s VARCHAR(12))")
	run(planDefinitions[r.IntN(len(planDefinitions))])
	for done := 0; done < statements; {
		// What is changed now and then, and then statements of few shapes, many of each.
		switch n := r.IntN(12); {
		case n == 0:
			run("DROP TABLE IF EXISTS t")
			run("DROP VIEW IF EXISTS t")
			run(planDefinitions[r.IntN(len(planDefinitions))])
		case n < 6:
			run(others[r.IntN(len(others))])
		}
		some := pick(r)
		for range 40 {
			done++
			run(fill(r, some[r.IntN(len(some))]))
			switch r.IntN(60) {
			case 0:
				run(others[r.IntN(len(others))])
			case 1:
				run("SELECT LAST_INSERT_ID(), ROW_COUNT()")
			case 2:
				run("SHOW WARNINGS")
			}
		}
		run("SELECT * FROM t ORDER BY 1, 2")
		run("SELECT * FROM u ORDER BY 1, 2")
		run("SHOW STATUS LIKE 'Com\\_%e%t%'")
	}
	t.Logf("%d of %d statements were not planned", with.plans.hits, statements)
	if with.plans.hits == 0 || without.plans.hits != 0 {
		t.Errorf("%d statements were not planned with plans remembered, %d without", with.plans.hits, without.plans.hits)
	}
}

// pick gives some templates, each with its table.
func pick(r *rand.Rand) []string {
	out := make([]string, 3)
	for i := range out {
		table := []string{"t", "t", "t", "u", "main.t"}[r.IntN(5)]
		out[i] = strings.ReplaceAll(templates[r.IntN(len(templates))], "%t", table)
	}
	return out
}

// fill puts literals into a template: mostly plain ones, so that rows are found.
func fill(r *rand.Rand, template string) string {
	var out strings.Builder
	for _, b := range []byte(template) {
		switch {
		case b != '?':
			out.WriteByte(b)
		case r.IntN(3) > 0:
			fmt.Fprint(&out, r.IntN(6))
		default:
			out.WriteString(oddLiterals[r.IntN(len(oddLiterals))])
		}
	}
	return out.String()
}
