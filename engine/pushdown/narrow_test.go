package pushdown_test

import (
	"slices"
	"strings"
	"testing"
)

// TestJoinKeysNarrowScans: what the right side of a hash join is about is told to the scan on its left, where no row of the join
// depends on the others. The rows are the same as without.
//
// checklist: P3
func TestJoinKeysNarrowScans(t *testing.T) {
	_, s := newStore(t, "series-go")
	run(t, s, "CREATE TABLE big (id BIGINT PRIMARY KEY, k INT, u BIGINT UNSIGNED, day DATE, at DATETIME, KEY k (k), KEY u (u), KEY day (day), KEY at (at))")
	run(t, s, "INSERT INTO big SELECT value, IF(value % 5 = 0, NULL, value % 3000 - 1500), value * 7, date_add('2020-01-01', INTERVAL value DAY), date_add('2020-01-01', INTERVAL value MINUTE) FROM series(1, 6000)")
	run(t, s, "CREATE TABLE few (id BIGINT, k BIGINT, u BIGINT UNSIGNED, day DATE, at DATETIME)")
	run(t, s, "INSERT INTO few SELECT value * 50, IF(value % 4 = 0, NULL, value - 20), value * 70, date_add('2020-03-01', INTERVAL value DAY), date_add('2020-01-02', INTERVAL value HOUR) FROM series(1, 40)")
	run(t, s, "CREATE TABLE many (id BIGINT)")
	run(t, s, "INSERT INTO many SELECT value + 1000 FROM series(1, 1500)")
	const hash = "SELECT /*+ HASH_JOIN(big,few) JOIN_ORDER(big,few) */ big.id, big.k, few.id FROM big "
	for query, narrowed := range map[string]string{
		hash + "JOIN few ON big.id = few.id":                              "id: 40 keys of a join exact",
		hash + "JOIN few ON big.k = few.k":                                "k: 30 keys of a join exact",
		hash + "JOIN few ON big.u = few.u":                                "u: 40 keys of a join exact",
		hash + "JOIN few ON big.day = few.day":                            "day: 40 keys of a join exact",
		hash + "JOIN few ON big.at = few.at AND big.id > 9":               "40 keys of a join exact",
		hash + "JOIN few ON big.id = few.id WHERE few.day > '2020-03-20'": "id: 21 keys of a join exact",
		// The index that is read for the condition is not left for another one, which would not check it.
		hash + "JOIN few ON big.id = few.id WHERE big.k > 0":                                                   "",
		hash + "LEFT JOIN few ON big.id = few.id":                                                              "",
		hash + "JOIN few ON big.id = few.id WHERE few.id < 0":                                                  "",
		"SELECT /*+ HASH_JOIN(big,many) JOIN_ORDER(big,many) */ big.id FROM big JOIN many ON big.id = many.id": "the least and greatest key of a join exact",
	} {
		on := ordered(t, s, query)
		plan := strings.Join(ordered(t, s, "EXPLAIN ANALYZE "+query), "\n")
		if got := strings.Contains(plan, "narrowed: "); got != (narrowed != "") || !strings.Contains(plan, narrowed) {
			t.Errorf("%s: narrowed is %v, want %q:\n%s", query, got, narrowed, plan)
		}
		run(t, s, "SET wasql_pushdown_keys = 0")
		off := ordered(t, s, query)
		run(t, s, "SET wasql_pushdown_keys = 1")
		slices.Sort(on)
		slices.Sort(off)
		if !slices.Equal(on, off) {
			t.Errorf("%s: %d rows, without the keys %d", query, len(on), len(off))
		}
	}
}
