package engine

import (
	"fmt"
	"testing"
)

// TestDistinctComparesAsColumnsDo holds answers of MySQL that go-mysql-server gets wrong by itself.
func TestDistinctComparesAsColumnsDo(t *testing.T) {
	_, s := newEngine(t, Config{})
	texts := `(SELECT 'Ada' AS x UNION ALL SELECT 'ada' UNION ALL SELECT 'bob' UNION ALL SELECT NULL UNION ALL SELECT NULL UNION ALL SELECT '<nil>') AS t`
	for _, c := range []struct{ sql, want string }{
		{"SELECT DISTINCT x FROM " + texts, "[[Ada] [bob] [NULL] [<nil>]]"},
		{"SELECT count(*) FROM (SELECT DISTINCT x FROM " + texts + ") AS d", "[[4]]"},
		{"SELECT x FROM " + texts + " UNION SELECT 'BOB'", "[[Ada] [bob] [NULL] [<nil>]]"},
		{"SELECT x FROM " + texts + " UNION SELECT 'zoe' ORDER BY x DESC LIMIT 2 OFFSET 1", "[[bob] [Ada]]"},
		{"SELECT DISTINCT x COLLATE utf8mb4_0900_bin FROM " + texts + " WHERE x = 'ada'", "[[Ada] [ada]]"},
		{"SELECT 1 UNION ALL SELECT 1 UNION SELECT 2", "[[1] [2]]"},
		{"SELECT 1, 'a' UNION SELECT 1, 'A' UNION SELECT 1, 'b'", "[[1 a] [1 b]]"},
		{"SELECT DISTINCT a, b FROM (SELECT 'x\\0' AS a, 'y' AS b UNION ALL SELECT 'x', '\\0y') AS t", "[[x\x00 y] [x \x00y]]"},
	} {
		_, rows, _, err := ask(t.Context(), s, c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := fmt.Sprint(rows); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.sql, got, c.want)
		}
	}
}

// TestNotInKnowsNull holds the answers of a hash join that NULL on either side excludes.
func TestNotInKnowsNull(t *testing.T) {
	_, s := newEngine(t, Config{})
	left := "(SELECT 1 AS x, 1 AS y UNION ALL SELECT 2, NULL UNION ALL SELECT 3, 3 UNION ALL SELECT NULL, 4) AS l"
	for _, c := range []struct{ sql, want string }{
		{"SELECT x FROM " + left + " WHERE x NOT IN (SELECT 1 UNION ALL SELECT 3)", "[[2]]"},
		{"SELECT x FROM " + left + " WHERE x NOT IN (SELECT 1 UNION ALL SELECT NULL)", "[]"},
		{"SELECT x FROM " + left + " WHERE x NOT IN (SELECT 1 WHERE FALSE)", "[[1] [2] [3] [NULL]]"},
		{"SELECT x FROM " + left + " WHERE x IN (SELECT 3 UNION ALL SELECT NULL)", "[[3]]"},
	} {
		_, rows, _, err := ask(t.Context(), s, c.sql)
		if err != nil {
			t.Errorf("%s: %v", c.sql, err)
			continue
		}
		if got := fmt.Sprint(rows); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.sql, got, c.want)
		}
	}
}
