package pushdown_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestJoinsLookUpFewKeysAndHashMany: a join looks the rows of a large table up when its left side has few rows, and hashes when that
// has many; a key costs more by an index than by the primary key. EXPLAIN shows what was estimated.
//
// checklist: M15 M16
func TestJoinsLookUpFewKeysAndHashMany(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE big (id BIGINT PRIMARY KEY, k BIGINT, v BIGINT, KEY k (k))")
	run(t, s, "CREATE TABLE o (id BIGINT PRIMARY KEY, ref BIGINT)")
	run(t, s, "INSERT INTO big SELECT value, value * 7919 % 40000, value FROM series(1, 40000)")
	run(t, s, "INSERT INTO o SELECT value, value * 31 % 40000 FROM series(1, 20000)")
	run(t, s, "ANALYZE TABLE big, o")
	run(t, s, "SET wasql_pushdown_joined = 0") // the store would make some of these joins itself
	for _, test := range []struct {
		on   string
		rows int
		join string
	}{
		{"big.id = o.ref", 100, "LookupJoin"},
		{"big.id = o.ref", 900, "LookupJoin"},
		{"big.id = o.ref", 15_000, "HashJoin"},
		{"big.k = o.ref", 100, "LookupJoin"},
		{"big.k = o.ref", 400, "HashJoin"},
	} {
		query := fmt.Sprintf("SELECT count(*), sum(big.v) FROM o JOIN big ON %s WHERE o.id <= %d", test.on, test.rows)
		p := explained(t, s, query)
		if !strings.Contains(p, test.join) || !strings.Contains(p, fmt.Sprintf("est. rows: %d,", test.rows)) {
			t.Errorf("%s, %d rows: no %s:\n%s", test.on, test.rows, test.join, p)
		}
		planned := ordered(t, s, query)
		for _, hint := range []string{"LOOKUP_JOIN(o,big)", "HASH_JOIN(o,big)"} {
			if other := ordered(t, s, strings.Replace(query, "SELECT", "SELECT /*+ "+hint+" */", 1)); fmt.Sprint(other) != fmt.Sprint(planned) {
				t.Errorf("%s %s: %v, not %v", hint, query, other, planned)
			}
		}
	}
}
