package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// shapes makes questions whose conditions engine/joins takes apart: t and u as vectorQuestions has them, u's columns with a u before.
type shapes struct{ vectorQuestions }

// shared are columns whose values t, u and w have in common.
var shared = []string{"i4", "i2", "s", "sb", "d2", "u8", "da", "f8", "u1", "t1", "ye"}

func (q *shapes) shared() string { return shared[q.random.IntN(len(shared))] }

func (q *shapes) number() string {
	return []string{"i2", "d2", "u1", "f8", "i4", "t1"}[q.random.IntN(6)]
}

func (q *shapes) comparison() string {
	return []string{"=", "<", "<=", ">", ">="}[q.random.IntN(5)]
}

// own is a condition on columns of one table only, whose columns have a prefix.
func (q *shapes) own(prefix string) string {
	c := q.column()
	values := vectorColumns[c].values
	return fmt.Sprintf("%s%s %s %s", prefix, vectorColumns[c].name, q.comparison(), values[q.random.IntN(len(values))])
}

// correlated is a condition with an aggregate of w's rows for values of t's row.
func (q *shapes) correlated() string {
	c, aggregate := q.shared(), []string{"SUM", "AVG", "MIN", "MAX", "COUNT"}[q.random.IntN(5)]
	value := fmt.Sprintf("%s(w%s)", aggregate, q.number())
	switch q.random.IntN(3) {
	case 0:
		value = "0.5 * " + value
	case 1:
		value = value + " + 1"
	}
	d := c
	if q.random.IntN(5) == 0 {
		d = q.shared()
	}
	where := fmt.Sprintf("w%s = t.%s", c, d)
	for range q.random.IntN(3) {
		where += " AND " + []string{q.own("w"), fmt.Sprintf("t.%s = w%s", "i2", "i2"), "wid <> 3"}[q.random.IntN(3)]
	}
	from := "w"
	if q.random.IntN(3) == 0 {
		from = "w JOIN u AS v ON wi4 = v.ui4"
	}
	sub := fmt.Sprintf("(SELECT %s FROM %s WHERE %s)", value, from, where)
	if q.random.IntN(2) == 0 {
		return fmt.Sprintf("%s %s t.%s", sub, q.comparison(), q.number())
	}
	return fmt.Sprintf("t.%s %s %s", q.number(), q.comparison(), sub)
}

// alone is a condition with sub-queries that read nothing of t's row.
func (q *shapes) alone() string {
	value := func() string {
		aggregate := []string{"SUM", "AVG", "MIN", "MAX", "COUNT"}[q.random.IntN(5)]
		return fmt.Sprintf("(SELECT %s(w%s) FROM w WHERE %s)", aggregate, q.number(), q.own("w"))
	}
	c := q.shared()
	switch q.random.IntN(6) {
	case 0:
		return fmt.Sprintf("%s %s t.%s", value(), q.comparison(), q.number())
	case 1:
		return fmt.Sprintf("(t.%s %s %s OR %s)", q.number(), q.comparison(), value(), q.own("t."))
	case 2:
		return fmt.Sprintf("(%s OR %sEXISTS (SELECT 1 FROM u WHERE %s))", q.own("t."), []string{"", "NOT "}[q.random.IntN(2)], q.own("u"))
	case 3:
		return fmt.Sprintf("(%s OR t.%s IN (SELECT w%s FROM w WHERE %s))", q.own("t."), c, c, q.own("w"))
	case 4:
		return fmt.Sprintf("t.%s NOT IN (SELECT w%s FROM w WHERE %s)", c, c, q.own("w"))
	}
	return fmt.Sprintf("t.%s %s (SELECT w%s FROM w WHERE wid = %d)", c, q.comparison(), c, q.random.IntN(60))
}

// either is a disjunction whose parts have something in common.
func (q *shapes) either(common string) string {
	var parts []string
	for range 2 + q.random.IntN(2) {
		part := []string{common, q.own("t."), q.own("u")}
		q.random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		if q.random.IntN(8) == 0 {
			part = part[:1]
		}
		parts = append(parts, "("+strings.Join(part, " AND ")+")")
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

func (q *shapes) question() string {
	c := q.shared()
	d := c
	if q.random.IntN(5) == 0 {
		d = q.shared()
	}
	equal := fmt.Sprintf("t.%s = u%s", c, d)
	more := fmt.Sprintf("t.%s %s u%s", q.number(), q.comparison(), q.number())
	switch q.random.IntN(12) {
	case 9:
		return fmt.Sprintf("SELECT t.id, (SELECT MAX(w%s) FROM w WHERE %s) FROM t WHERE %s", q.shared(), q.own("w"), q.alone())
	case 10:
		return fmt.Sprintf("SELECT t.id, uid FROM t JOIN u ON %s WHERE %s", equal, q.alone())
	case 11:
		return fmt.Sprintf("WITH g AS (SELECT %s AS k, SUM(i2) AS x FROM t WHERE %s GROUP BY %s) SELECT t.id, x FROM t JOIN g ON t.%s = k WHERE x = (SELECT MAX(x) FROM g)",
			c, q.own("t."), c, c)
	case 0, 1:
		return "SELECT t.id, t.s FROM t WHERE " + q.correlated()
	case 2:
		return fmt.Sprintf("SELECT t.id, uid FROM t JOIN u ON %s WHERE %s", equal, q.correlated())
	case 3:
		return fmt.Sprintf("SELECT t.id, uid FROM t, u WHERE %s", q.either(equal))
	case 4:
		return fmt.Sprintf("SELECT t.id, uid, us FROM t LEFT JOIN u ON %s AND %s AND %s", equal, q.own("u"), more)
	case 5:
		return fmt.Sprintf("SELECT t.id FROM t WHERE %s (SELECT 1 FROM u WHERE %s AND %s AND %s)",
			[]string{"EXISTS", "NOT EXISTS"}[q.random.IntN(2)], equal, q.own("u"), more)
	case 6:
		return fmt.Sprintf("SELECT t.id FROM t WHERE t.%s %s (SELECT u%s FROM u WHERE %s GROUP BY u%s HAVING COUNT(*) > %d)",
			c, []string{"IN", "NOT IN"}[q.random.IntN(2)], c, q.own("u"), c, q.random.IntN(3))
	case 7:
		return fmt.Sprintf("SELECT t.id, uid FROM t JOIN u ON %s AND %s AND t.id IN (SELECT MAX(wid) FROM w GROUP BY w%s)", equal, more, q.shared())
	}
	return fmt.Sprintf("SELECT %s, SUM(i2) FROM t GROUP BY %s HAVING SUM(i2) > (SELECT SUM(i2) / 9 FROM t WHERE %s)", c, c, q.own("t."))
}

// TestShapesOfJoinsChangeNoAnswer asks random questions with the rules of engine/joins and without, over rows and over columns.
func TestShapesOfJoinsChangeNoAnswer(t *testing.T) {
	_, s := newEngine(t, Config{Home: "store"}, "store")
	tables, questions := 6, 150
	if testing.Short() {
		tables = 2
	}
	hashed := 0
	for seed := range uint64(tables) {
		random := rand.New(rand.NewPCG(seed, 23))
		q := &shapes{vectorQuestions{random: random}}
		makeVectorTable(t, s, random, seed)
		for i, c := range vectorColumns {
			switch c.name {
			case "js", "bi", "vb", "en", "ti", "tx", "f4", "d5", "u4", "i8", "dt":
			default:
				q.columns = append(q.columns, i)
			}
		}
		for range questions {
			text := q.question()
			tell(t, s, "SET wasql_joins = 0")
			want, wantErr := answerWith(t, s, 0, text, false)
			tell(t, s, "SET wasql_joins = 1")
			got, err := answerWith(t, s, 2*random.IntN(2), text, false)
			if wantErr == nil && (err != nil || got != want) {
				t.Errorf("seed %d: %s\n%v\nwith the rules:\n%swithout:\n%s%s", seed, text, err, got, want, tell(t, s, "EXPLAIN "+text))
			}
			if wantErr == nil && strings.Contains(tell(t, s, "EXPLAIN "+text), "HashJoin") {
				hashed++
			}
			if t.Failed() {
				return
			}
		}
	}
	if hashed < tables*questions/3 {
		t.Errorf("%d of %d questions hash, which says little", hashed, tables*questions)
	}
}
