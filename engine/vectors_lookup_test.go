package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// lookupIndexes are the columns, by which table l is looked up.
var lookupIndexes = []string{"i4", "i2", "s", "d2", "u8", "da", "u1", "vb", "dt", "sb", "i8", "ye", "sg"}

// lookedUp makes a join of t with l, which has columns of the same names with an l before them and indexes on some.
func (q *vectorQuestions) lookedUp(where string) string {
	c := q.pick(lookupIndexes...)
	on := fmt.Sprintf("t.%s = l.l%s", c, c)
	switch q.random.IntN(6) {
	case 0: // of another type
		on = fmt.Sprintf("t.%s = l.l%s", q.pick("t1", "u1", "u4", "i8", "u8", "i2"), q.pick("i4", "i2", "u8", "u1", "i8"))
	case 1:
		on = fmt.Sprintf("t.%s = l.l%s AND t.%s = l.l%s", "i2", "i2", "s", "s") // one index of two
	case 2:
		on = fmt.Sprintf("t.i4 + %d = l.li4", q.random.IntN(3))
	}
	switch q.random.IntN(5) {
	case 0:
		on += " AND t.id <> l.lid"
	case 1:
		on += fmt.Sprintf(" AND t.%s < l.li4", q.pick("i2", "u1", "f8"))
	case 2:
		on += fmt.Sprintf(" AND l.%s IS NOT NULL", q.pick("ls", "lu4"))
	}
	and := map[bool]string{true: " WHERE ", false: where + " AND "}[where == ""]
	hint := "/*+ LOOKUP_JOIN(t,l) JOIN_ORDER(t,l) */"
	switch q.random.IntN(9) {
	case 0, 1:
		return fmt.Sprintf("SELECT %s t.id, l.lid, l.ls FROM t LEFT JOIN l ON %s%s", hint, on, where)
	case 2:
		return fmt.Sprintf("SELECT t.id, t.s FROM t%sEXISTS (SELECT %s 1 FROM l WHERE %s)", and, hint, on)
	case 3:
		return fmt.Sprintf("SELECT t.id, t.d2 FROM t%sNOT EXISTS (SELECT %s 1 FROM l WHERE %s)", and, hint, on)
	case 4:
		return fmt.Sprintf("SELECT %s l.ls, COUNT(*), SUM(t.d2) FROM t JOIN l ON %s%s GROUP BY l.ls", hint, on, where)
	case 5:
		return fmt.Sprintf("SELECT /*+ LOOKUP_JOIN(t,l) LOOKUP_JOIN(l,m) JOIN_ORDER(t,l,m) */ t.id, l.lid, m.lid, m.ls FROM t JOIN l ON %s JOIN l AS m ON m.l%s = l.l%[2]s%[3]st.id < 20",
			on, q.pick(lookupIndexes...), and)
	case 6:
		return fmt.Sprintf("SELECT %s t.id, l.lid FROM t JOIN l ON %s%s LIMIT %d", hint, on, where, 200+q.random.IntN(5000))
	}
	return fmt.Sprintf("SELECT %s t.id, t.s, l.lid, l.ld2, l.ls, l.ldt FROM t JOIN l ON %s%s", hint, on, where)
}

// TestVectorLookupsAnswerLikeRows asks random joins that look keys up of random tables, on columns and on rows, with batches of
// random size, of a connector that is believed and of one that is not.
//
// checklist: P3
func TestVectorLookupsAnswerLikeRows(t *testing.T) {
	for _, trusted := range []bool{true, false} {
		t.Run(fmt.Sprint("trusted ", trusted), func(t *testing.T) {
			store := ConnectorSource{Name: "store", Trusted: trusted, Wasm: guest(t, "store")}
			_, s := newEngine(t, Config{Home: "store", Connectors: []ConnectorSource{store}})
			tables, questions := 6, 100
			if testing.Short() {
				tables, questions = 2, 40
			}
			onColumns := 0
			for seed := range uint64(tables) {
				random := rand.New(rand.NewPCG(seed, 23))
				q := &vectorQuestions{random: random}
				makeVectorTable(t, s, random, seed)
				makeLookupTable(t, s)
				for i := range vectorColumns {
					q.columns = append(q.columns, i)
				}
				for range questions {
					where := ""
					if random.IntN(3) > 0 {
						where = " WHERE " + strings.ReplaceAll(q.condition(1), " id ", " t.id ")
					}
					text := q.lookedUp(where)
					tell(t, s, fmt.Sprint("SET wasql_batch_rows = ", []int{0, 1, 2, 3, 7, 64, 4096}[random.IntN(7)]))
					want, wantErr := answerWith(t, s, 0, text, true)
					got, gotErr := answerWith(t, s, 2, text, true)
					switch {
					case wantErr != nil && gotErr != nil:
					case wantErr != nil || gotErr != nil:
						t.Errorf("seed %d: %s\nvectors: %v\nrows: %v", seed, text, gotErr, wantErr)
					case want != got && strings.Contains(text, "GROUP BY") && sortLines(want) == sortLines(got):
					case want != got:
						t.Errorf("seed %d: %s\nvectors:\n%srows:\n%s", seed, text, got, want)
					case random.IntN(4) == 0:
						plan := strings.Split(tell(t, s, "EXPLAIN ANALYZE "+text), "WasqlScan(")
						if slices.ContainsFunc(plan, func(scan string) bool {
							return strings.Contains(scan, "keys: ") && strings.Contains(scan, "on columns: ")
						}) {
							onColumns++
						}
					}
					if t.Failed() && testing.Short() {
						return
					}
				}
			}
			if onColumns < tables*questions/16 {
				t.Errorf("%d of some %d joins looked keys up on columns", onColumns, tables*questions/4)
			}
		})
	}
}

// makeLookupTable makes l: three copies of some rows of t, with indexes.
func makeLookupTable(t *testing.T, s *Session) {
	t.Helper()
	var columns, names []string
	for _, c := range vectorColumns {
		columns, names = append(columns, "l"+c.name+" "+c.typ), append(names, c.name)
	}
	for _, c := range lookupIndexes {
		columns = append(columns, fmt.Sprintf("KEY k%s (l%[1]s)", c))
	}
	columns = append(columns, "KEY two (li2, ls)")
	tell(t, s, "DROP TABLE IF EXISTS l", "CREATE TABLE l (lid INT PRIMARY KEY, "+strings.Join(columns, ", ")+")")
	for copied := range 3 {
		tell(t, s, fmt.Sprintf("INSERT INTO l SELECT id * 3 + %d, %s FROM t WHERE id %% 5 <> %[1]d", copied, strings.Join(names, ", ")))
	}
}

// TestLookupsOnColumnsOfManyRows: the first match of a key with very many rows is enough.
func TestLookupsOnColumnsOfManyRows(t *testing.T) {
	_, s := newEngine(t, Config{Home: "store"}, "store", "series-go")
	tell(t, s, "CREATE TABLE a (id BIGINT PRIMARY KEY, k BIGINT)", "CREATE TABLE b (id BIGINT PRIMARY KEY, k BIGINT, v BIGINT, KEY k (k))",
		"INSERT INTO a SELECT value, value % 4 FROM series(1, 40)", "INSERT INTO b SELECT value, value % 3, value FROM series(1, 30000)")
	tell(t, s, "SET wasql_batch_rows = 1000")
	const exists = "SELECT a.id FROM a WHERE %s (SELECT /*+ LOOKUP_JOIN(a,b) */ 1 FROM b WHERE b.k = a.k AND b.v + a.id > 0)"
	for _, how := range []string{"EXISTS", "NOT EXISTS"} {
		want, err := answerWith(t, s, 0, fmt.Sprintf(exists, how), true)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := answerWith(t, s, 2, fmt.Sprintf(exists, how), true); err != nil || got != want {
			t.Errorf("%s: %v\n%s\nrows:\n%s", how, err, got, want)
		}
		if plan := tell(t, s, "EXPLAIN ANALYZE "+fmt.Sprintf(exists, how)); how == "EXISTS" && !strings.Contains(plan, "keys: ") || strings.Contains(plan, "actual: 300000 rows") {
			t.Errorf("all rows of all keys are read:\n%s", plan)
		}
	}
}
