package pushdown_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine"
)

// TestIndexOperators asks for rows by every operator that an index can serve, and looks into the plan:
// which index it is, what of the conditions was taken over, and whether the order was.
//
// checklist: G16
func TestIndexOperators(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, s VARCHAR(20), d DATE, e ENUM('x','y'), KEY ab (a, b), KEY s (s), KEY down (d DESC), KEY e (e), KEY mixed (b, a DESC))")
	run(t, s, `INSERT INTO t SELECT value, IF(value % 1000 = 0, NULL, value), value % 7, concat(CHAR(97 + value % 26 USING utf8mb4), value), date_add('2000-01-01', INTERVAL value DAY), IF(value = 77, 'x', 'y') FROM series(1, 20000)`)
	for _, test := range []struct{ where, index, pushed string }{
		{"id = 5", "PRIMARY", "(t.id = 5) exact"},
		{"5 = id", "PRIMARY", "(5 = t.id) exact"},
		{"id IN (5, 7, 9)", "PRIMARY", "exact"},
		{"id > 19990", "PRIMARY", "(t.id > 19990) exact"},
		{"id >= 19990", "PRIMARY", "(t.id >= 19990) exact"},
		{"id < 5", "PRIMARY", "(t.id < 5) exact"},
		{"id <= 5", "PRIMARY", "(t.id <= 5) exact"},
		{"id BETWEEN 5 AND 9", "PRIMARY", "exact"},
		{"id < 5 OR id > 19990", "PRIMARY", "exact"},
		{"a = 5", "ab", "(t.a = 5) exact"},
		{"a = 5 AND b = 5", "ab", "(t.a = 5) exact; (t.b = 5) exact"},
		{"a = 5 AND b > 3", "ab", "(t.a = 5) exact; (t.b > 3) exact"},
		{"(a, b) IN ((5, 5), (8, 1))", "ab", "exact"},
		{"a IS NULL", "ab", "exact"},
		{"a <=> NULL", "ab", "exact"},
		{"a <=> 5", "ab", "exact"},
		{"s = 'f5'", "s", "exact"},
		{"s LIKE 'f5%'", "s", "t.s begins with 'f5' exact"},
		{"s LIKE 'F5\\\\_%'", "s", ""},
		{"s > 'z25'", "s", "(t.s > 'z25') exact"},
		{"d = '2001-02-03'", "down", "exact"},
		{"d < '2000-01-20'", "down", "exact"},
	} {
		t.Run(test.where, func(t *testing.T) {
			plan := explained(t, s, "SELECT * FROM t WHERE "+test.where)
			if line := lineOf(plan, "index: "); !strings.HasSuffix(line, " "+test.index) {
				t.Errorf("the index is %q, not %s\n%s", line, test.index, plan)
			}
			if line := lineOf(plan, "pushed: "); !strings.Contains(line, test.pushed) {
				t.Errorf("pushed is %q, not %s\n%s", line, test.pushed, plan)
			}
			off := count(t, s, "SET wasql_pushdown = 0", "SELECT * FROM t WHERE "+test.where, "SET wasql_pushdown = 1")
			if on := count(t, s, "SELECT * FROM t WHERE "+test.where); on != off || on == 0 && test.pushed != "" {
				t.Errorf("%d rows, %d without the index", on, off)
			}
		})
	}
	for _, test := range []struct{ order, index, limit string }{
		{"id", "PRIMARY", " LIMIT 3"}, {"id DESC", "PRIMARY", " LIMIT 3"}, {"a, b", "ab", " LIMIT 3"}, {"a DESC, b DESC", "ab", " LIMIT 3"},
		{"s", "s", " LIMIT 3"}, {"s DESC", "s", " LIMIT 3"}, {"d DESC", "down", " LIMIT 3"}, {"d", "down", " LIMIT 3"},
		{"b, a DESC", "mixed", " LIMIT 3"}, {"b DESC, a", "mixed", " LIMIT 3"},
	} {
		t.Run("order by "+test.order, func(t *testing.T) {
			plan := explained(t, s, "SELECT * FROM t ORDER BY "+test.order+test.limit)
			if !strings.HasSuffix(lineOf(plan, "order: "), " taken") || strings.Contains(lineOf(plan, "order: "), "not") || lineOf(plan, "limit: ") != "taken" {
				t.Errorf("order and limit are not taken:\n%s", plan)
			}
			if line := lineOf(plan, "index: "); !strings.HasSuffix(line, " "+test.index) {
				t.Errorf("the index is %q, not %s\n%s", line, test.index, plan)
			}
		})
	}
}

// TestCoveringIndexes: an index that holds all columns that are read is read alone; values come out of its
// keys as they went in, in either direction.
//
// checklist: G16
func TestCoveringIndexes(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b DECIMAL(10,3), c DATETIME, s VARCHAR(20), y VARBINARY(20), f DOUBLE, wide VARCHAR(100), KEY abc (a, b DESC, c), KEY s (s), KEY y (y, a), KEY f (f))")
	run(t, s, "INSERT INTO t SELECT value, IF(value % 7 = 0, NULL, value % 50 - 25), (value - 1000) / 8, date_add('2000-01-01', INTERVAL value MINUTE), concat('S', value), concat('\\0', value, '\\1'), value / 3 - 100, repeat('x', 100) FROM series(1, 2000)")
	run(t, s, "CREATE TABLE rows_only (a INT, b BIGINT UNSIGNED, KEY ab (a, b))")
	run(t, s, "INSERT INTO rows_only SELECT value % 10, value * 1000000007 FROM series(1, 500)")
	for query, covered := range map[string]bool{
		"SELECT id, a, b, c FROM t WHERE a = 3":                                              true,
		"SELECT b, c FROM t WHERE a = 3 AND b < 20":                                          true,
		"SELECT a, id FROM t WHERE a IS NULL":                                                true,
		"SELECT a, b, c FROM t WHERE a BETWEEN -5 AND 5 ORDER BY a DESC, b, c DESC LIMIT 20": true,
		"SELECT a, b FROM t ORDER BY a, b DESC LIMIT 30":                                     true,
		"SELECT y, id, a FROM t ORDER BY y, a LIMIT 9":                                       true,
		"SELECT a, b FROM rows_only WHERE a = 4 ORDER BY b":                                  true,
		"SELECT sum(a) FROM t WHERE a < 0":                                                   true,
		"SELECT id, a, wide FROM t WHERE a = 3":                                              false,
		"SELECT id, s FROM t WHERE s = 's77'":                                                false,
		"SELECT id, f FROM t WHERE f < 0":                                                    false,
	} {
		plan := explained(t, s, query)
		if got := strings.Contains(plan, "covering: "); got != covered {
			t.Errorf("%s: covering is %v:\n%s", query, got, plan)
		}
		on := ordered(t, s, query)
		run(t, s, "SET wasql_pushdown = 0")
		off := ordered(t, s, query)
		run(t, s, "SET wasql_pushdown = 1")
		if !strings.Contains(query, "ORDER BY") {
			slices.Sort(on)
			slices.Sort(off)
		}
		if len(on) == 0 || !slices.Equal(on, off) {
			t.Errorf("%s: %v\nwithout the index %v", query, on, off)
		}
	}
}

// TestRefusedRange: what the store cannot say by its index is checked by the engine, and said so.
//
// checklist: G26
func TestRefusedRange(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY a (a))")
	run(t, s, "INSERT INTO t SELECT value, value, value % 7 FROM series(1, 5000)")
	const query = "SELECT * FROM t WHERE a < 50 AND b = 3 AND a % 2 = 1"
	plan := explained(t, s, query)
	if !strings.HasSuffix(lineOf(plan, "index: "), " a") || lineOf(plan, "pushed: ") != "(t.a < 50) exact" {
		t.Errorf("the range of the index is not used:\n%s", plan)
	}
	if line := lineOf(plan, "residual: "); !strings.Contains(line, "(t.b = 3)") || !strings.Contains(line, "% 2") {
		t.Errorf("the rest is not checked:\n%s", plan)
	}
	if strings.Count(plan, "refused: ") != 2 {
		t.Errorf("the refusals are not told:\n%s", plan)
	}
	if n := count(t, s, query); n != 4 {
		t.Errorf("%d rows, not 4", n)
	}
}

// TestChangesReadByIndex: UPDATE and DELETE find their rows by an index, as a SELECT does.
//
// checklist: G16
func TestChangesReadByIndex(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY a (a))")
	run(t, s, "CREATE TABLE child (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)")
	run(t, s, "INSERT INTO t SELECT value, value, value % 7 FROM series(1, 5000)")
	run(t, s, "INSERT INTO child SELECT value, value FROM series(1, 100)")
	for _, test := range []struct{ text, index string }{
		{"UPDATE t SET b = b + 100 WHERE id = 77", "PRIMARY"},
		{"UPDATE t SET a = a + 1 WHERE a BETWEEN 70 AND 80", "a"},
		{"DELETE FROM t WHERE a = 50", "a"},
		{"DELETE FROM t WHERE id IN (1, 2, 3) ORDER BY id LIMIT 2", "PRIMARY"},
		{"UPDATE t JOIN child c ON t.id = c.t SET t.b = 0 WHERE c.id = 9", "PRIMARY"},
	} {
		plan := explained(t, s, test.text)
		if line := lineOf(plan, "index: "); !strings.HasSuffix(line, " "+test.index) {
			t.Errorf("%s: the index is %q, not %s\n%s", test.text, line, test.index, plan)
		}
		run(t, s, test.text)
	}
	for query, want := range map[string]int{
		"SELECT * FROM t WHERE b >= 100":           1,
		"SELECT * FROM t WHERE a = 81":             2,
		"SELECT * FROM t WHERE id IN (1, 2, 3)":    1,
		"SELECT * FROM child WHERE t IN (1, 2, 3)": 1,
		"SELECT * FROM child WHERE t = 50":         0,
	} {
		if n := count(t, s, query); n != want {
			t.Errorf("%s: %d rows, not %d", query, n, want)
		}
	}
}

// explained is the plan of a statement as EXPLAIN prints it.
func explained(t testing.TB, s *engine.Session, text string) string {
	t.Helper()
	rows, err := (&property{}).ask(s, "EXPLAIN "+text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for i, row := range rows {
		rows[i] = strings.TrimSuffix(strings.TrimPrefix(row, "["), "]")
	}
	return strings.Join(rows, "\n")
}

// lineOf gives what stands behind a label in the first line that has it.
func lineOf(plan, label string) string {
	for line := range strings.SplitSeq(plan, "\n") {
		if _, after, ok := strings.Cut(line, label); ok {
			return after
		}
	}
	return ""
}

// count runs statements and counts the rows of all.
func count(t testing.TB, s *engine.Session, statements ...string) int {
	t.Helper()
	n := 0
	for _, text := range statements {
		n += run(t, s, text)
	}
	return n
}
