package engine

import (
	"fmt"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// TestOrderByAliasWithHaving holds what go-mysql-server refuses by itself, and what must stay refused.
func TestOrderByAliasWithHaving(t *testing.T) {
	_, s := newEngine(t, Config{})
	table := "(SELECT 'a' AS c, 1 AS x UNION ALL SELECT 'a', 4 UNION ALL SELECT 'b', 7 UNION ALL SELECT 'b', 8 UNION ALL SELECT 'z', 0) AS t"
	for _, c := range []struct {
		sql, want string
		errno     uint16
	}{
		{sql: "SELECT c, sum(x) + 1 AS n FROM " + table + " GROUP BY c HAVING count(*) > 1 ORDER BY n DESC", want: "[[b 16] [a 6]]"},
		{sql: "SELECT c, sum(x) + 1 AS n FROM " + table + " GROUP BY c HAVING n > 1 ORDER BY n", want: "[[a 6] [b 16]]"},
		{sql: "SELECT c, max(x) AS n FROM " + table + " GROUP BY c HAVING count(*) > 1 ORDER BY n + 1 DESC, c", want: "[[b 8] [a 4]]"},
		{sql: "SELECT c, x AS n, count(*) FROM " + table + " GROUP BY c HAVING count(*) > 1 ORDER BY n", errno: 1055},
		{sql: "SELECT c, count(*) + 1 AS n FROM " + table + " GROUP BY c HAVING count(*) > 1 ORDER BY x", errno: 1055},
	} {
		_, rows, _, err := ask(t.Context(), s, c.sql)
		if c.errno != 0 {
			if failure := sqlerr.From(err); failure == nil || failure.Errno != c.errno {
				t.Errorf("%s: got %v, want error %d", c.sql, err, c.errno)
			}
			continue
		}
		if got := fmt.Sprint(rows); err != nil || got != c.want {
			t.Errorf("%s\n got %s (%v)\nwant %s", c.sql, got, err, c.want)
		}
	}
}
