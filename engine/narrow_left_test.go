package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// leftQuestions join few rows with many: the keys of the few are told to the scans of the many.
var leftQuestions = []string{
	"SELECT * FROM few LEFT JOIN many ON few.k = many.k",
	"SELECT * FROM few LEFT JOIN many ON few.k = many.k AND many.n > 3 AND few.d = many.d",
	"SELECT few.id FROM few WHERE EXISTS (SELECT * FROM many WHERE many.k = few.k AND many.n <> few.n)",
	"SELECT few.id FROM few WHERE NOT EXISTS (SELECT * FROM many WHERE many.k = few.k AND many.n <> few.n)",
	"SELECT few.id FROM few WHERE few.k NOT IN (SELECT k FROM many WHERE k IS NOT NULL)",
	"SELECT few.id FROM few WHERE few.k NOT IN (SELECT k FROM many)",
	"SELECT few.id FROM few WHERE few.k IN (SELECT k FROM many WHERE n < 4)",
	"SELECT few.id FROM few WHERE few.n < (SELECT AVG(n) FROM many WHERE many.k = few.k)",
	"SELECT few.id FROM few WHERE few.n < (SELECT SUM(n) FROM many WHERE many.k = few.k AND many.d = few.d)",
	"SELECT few.id, g.s FROM few LEFT JOIN (SELECT k, SUM(n) AS s FROM many GROUP BY k) g ON g.k = few.k",
	"SELECT few.id, g.s FROM few LEFT JOIN (SELECT k, SUM(n) AS s FROM many GROUP BY k HAVING s > 20) g ON g.k = few.k",
	"SELECT few.id, g.s FROM few LEFT JOIN (SELECT k + 1 AS k, SUM(n) AS s FROM many GROUP BY many.k) g ON g.k = few.k",
	"SELECT few.id, g.k FROM few LEFT JOIN (SELECT DISTINCT k, d FROM many) g ON g.k = few.k AND g.d = few.d",
	"SELECT few.id, g.k, g.r FROM few LEFT JOIN (SELECT k, id, ROW_NUMBER() OVER (ORDER BY id) AS r FROM many) g ON g.k = few.k",
	"SELECT few.id, g.k FROM few LEFT JOIN (SELECT k, id FROM many ORDER BY id LIMIT 50) g ON g.k = few.k",
	"SELECT few.id FROM few LEFT JOIN (many JOIN few f ON many.n = f.n) ON many.k = few.k WHERE f.id IS NULL OR f.id < 3",
	"SELECT few.id, a.id FROM few LEFT JOIN many a ON few.u = a.u",
	"SELECT few.id, a.id FROM few LEFT JOIN many a ON few.u = a.k",
	"SELECT few.id FROM few WHERE few.id < 0 AND EXISTS (SELECT * FROM many WHERE many.k = few.k)",
	"WITH g AS (SELECT k, COUNT(*) AS n FROM many GROUP BY k) SELECT few.id, g.n FROM few LEFT JOIN g ON g.k = few.k WHERE g.n <> (SELECT MAX(n) FROM g)",
	"WITH g AS (SELECT k, COUNT(*) AS n FROM many GROUP BY k) SELECT few.id, g.n FROM few LEFT JOIN g ON g.k = few.k UNION ALL SELECT k, n FROM g",
}

// TestKeysOfFewRowsNarrowMany asks on columns, where the left side of a join is read first when it has few rows, and on rows.
//
// checklist: P3
func TestKeysOfFewRowsNarrowMany(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	tell(t, s, "CREATE TABLE few (id INT PRIMARY KEY, k INT, n INT, d DATE, u BIGINT UNSIGNED)", "CREATE TABLE many (id INT PRIMARY KEY, k INT, n INT, d DATE, u BIGINT UNSIGNED)")
	random := rand.New(rand.NewPCG(17, 20))
	number := func(n int) string {
		if random.IntN(9) == 0 {
			return "NULL"
		}
		return fmt.Sprint(random.IntN(n))
	}
	fill := func(table string, rows, keys int) {
		for first := 0; first < rows; first += 500 {
			var values []string
			for id := first; id < min(first+500, rows); id++ {
				values = append(values, fmt.Sprintf("(%d, %s, %s, '2024-01-%02d', %s)", id, number(keys), number(9), 1+random.IntN(4), []string{"18446744073709551615", "NULL", number(keys)}[random.IntN(3)]))
			}
			tell(t, s, "INSERT INTO "+table+" VALUES "+strings.Join(values, ", "))
		}
	}
	fill("few", 30, 300)
	fill("many", 4000, 400)
	tell(t, s, "ANALYZE TABLE few, many")
	sifted := 0
	for _, text := range leftQuestions {
		answers := map[string]string{}
		for _, setting := range []string{"wasql_vectors = 0, wasql_pushdown = 1", "wasql_vectors = 2, wasql_pushdown = 1", "wasql_vectors = 2, wasql_pushdown = 0", "wasql_vectors = 2, wasql_pushdown = 0, wasql_memory = 1"} {
			if strings.Contains(setting, "memory") && strings.Contains(text, "OVER") {
				continue // windows stay in memory
			}
			tell(t, s, "SET wasql_memory = 1000000", "SET "+setting)
			lines := strings.Split(tell(t, s, text), "\n")
			slices.Sort(lines) // the joins may be ordered in another way
			answers[setting] = strings.Join(lines, "\n")
			if strings.Contains(setting, "vectors = 2") && strings.Contains(tell(t, s, "EXPLAIN ANALYZE "+text), "match no key of a join") {
				sifted++
			}
		}
		for setting, got := range answers {
			if want := answers["wasql_vectors = 0, wasql_pushdown = 1"]; got != want {
				t.Errorf("%s\n%s: %s\non rows: %s", text, setting, got, want)
			}
		}
	}
	if sifted < 20 {
		t.Errorf("keys narrow %d times only", sifted)
	}
}
