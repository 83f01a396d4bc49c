package pushdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine"
)

// TestKeysOfAJoinAreOneCall: a lookup join sends the keys of its left rows together, a thousand of them in
// one call, or four thousand when it is computed on columns, and the plan tells how many calls there were.
//
// checklist: M16 P3
func TestKeysOfAJoinAreOneCall(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE c (id BIGINT PRIMARY KEY, name VARCHAR(20), n DECIMAL(8,2), day DATE, KEY name (name), KEY nd (n, day))")
	run(t, s, "CREATE TABLE o (id BIGINT PRIMARY KEY, c BIGINT, name VARCHAR(20), n DECIMAL(8,2), day DATE, KEY c (c))")
	run(t, s, "INSERT INTO c SELECT value, concat('Name', value), value / 4, date_add('2000-01-01', INTERVAL value DAY) FROM series(1, 4000)")
	run(t, s, "INSERT INTO o SELECT value, IF(value % 10 = 0, NULL, value * 7 % 5000), concat('nAME', value), value / 4, date_add('2000-01-01', INTERVAL value DAY) FROM series(1, 3000)")
	run(t, s, "SET wasql_pushdown_joined = 0") // the store would make some of these joins itself
	for _, test := range []struct {
		query, keys string
		rows        int
	}{
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.name FROM o JOIN c ON c.id = o.c WHERE o.id <= 1000", "keys: 900 in 1 calls", 771},
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.name FROM o LEFT JOIN c ON c.id = o.c WHERE o.id <= 1000", "keys: 900 in 1 calls", 1000},
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.id FROM o JOIN c ON c.name = o.name WHERE o.id <= 900", "keys: 900 in 1 calls", 900},
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.id FROM o JOIN c ON c.n = o.n AND c.day = o.day WHERE o.id <= 900", "keys: 900 in 1 calls", 900},
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.name FROM o JOIN c ON c.id = o.c", "keys: 2700 in 1 calls", 2185},
		{"SELECT /*+ LOOKUP_JOIN(c,o) JOIN_ORDER(c,o) */ c.id, o.id FROM c JOIN o ON o.c = c.id WHERE c.id <= 1000", "keys: 1000 in 1 calls", 642},
		{"SELECT o.id FROM o WHERE EXISTS (SELECT /*+ LOOKUP_JOIN(o,c) */ 1 FROM c WHERE c.id = o.c AND c.n > 10) AND o.id <= 1000", "", 761},
		{"SELECT o.id FROM o WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.id = o.c) AND o.id <= 1000", "", 229},
		{"SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.name FROM o JOIN c ON c.id = o.c WHERE o.id <= 1000 LIMIT 3", "keys: 8 in 1 calls", 3},
		{"SELECT /*+ LOOKUP_JOIN(o,c) LOOKUP_JOIN(c,p) */ o.id, c.name FROM o JOIN c ON c.id = o.c JOIN o p ON p.c = c.id WHERE o.id <= 1000", "keys: 900 in 1 calls", 771},
		// A nested loop that was put in the place of a hash join.
		{"SELECT /*+ HASH_JOIN(o,c) */ o.id, c.name FROM o LEFT JOIN c ON c.id = o.c WHERE o.id <= 20", "keys: 18 in 1 calls", 20},
		{"SELECT /*+ HASH_JOIN(o,c) */ o.id, c.id FROM o LEFT JOIN c ON c.n = o.n AND c.day = '2000-01-05' WHERE o.id <= 20", "keys: 20 in 1 calls", 20},
	} {
		t.Run(test.query, func(t *testing.T) {
			plan := explained(t, s, "ANALYZE "+test.query)
			if !strings.Contains(plan, test.keys) {
				t.Errorf("not %q:\n%s", test.keys, plan)
			}
			on := ordered(t, s, test.query)
			run(t, s, "SET wasql_pushdown_lookups = 0")
			off := ordered(t, s, test.query)
			if plan := explained(t, s, "ANALYZE "+test.query); strings.Contains(plan, "keys: ") {
				t.Errorf("keys are sent although that is off:\n%s", plan)
			}
			run(t, s, "SET wasql_pushdown_lookups = 1")
			if len(on) != test.rows || fmt.Sprint(on) != fmt.Sprint(off) {
				t.Errorf("%d rows, not %d:\n%.2000s\none by one:\n%.2000s", len(on), test.rows, on, off)
			}
		})
	}
	run(t, s, "SET wasql_vectors = 0")
	const query = "SELECT /*+ LOOKUP_JOIN(o,c) */ o.id, c.name FROM o JOIN c ON c.id = o.c"
	if plan := explained(t, s, "ANALYZE "+query); !strings.Contains(plan, "keys: 2700 in 3 calls") {
		t.Errorf("on rows:\n%s", plan)
	}
}

// TestKeysOfManyRows: the first match of a key with very many rows does not read all of them.
func TestKeysOfManyRows(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE a (id BIGINT PRIMARY KEY, k BIGINT)")
	run(t, s, "CREATE TABLE b (id BIGINT PRIMARY KEY, k BIGINT, v BIGINT, KEY k (k))")
	run(t, s, "INSERT INTO a SELECT value, value % 4 FROM series(1, 40)")
	run(t, s, "INSERT INTO b SELECT value, value % 3, value FROM series(1, 60000)")
	const query = "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.v + a.id > 0)"
	on := ordered(t, s, query)
	run(t, s, "SET wasql_pushdown_lookups = 0")
	if off := ordered(t, s, query); len(on) != 30 || fmt.Sprint(on) != fmt.Sprint(off) {
		t.Errorf("%v, one by one %v", on, off)
	}
}

// ordered gives the rows of a query in the order they came.
func ordered(t *testing.T, s *engine.Session, query string) []string {
	t.Helper()
	rows, err := (&property{}).ask(s, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}
