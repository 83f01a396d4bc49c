package engine

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// vectorColumns are columns with texts of values, small enough that rows share some.
var vectorColumns = []struct {
	name, typ string
	values    []string
}{
	{"t1", "TINYINT", []string{"-128", "0", "1", "127"}},
	{"u1", "TINYINT UNSIGNED", []string{"0", "1", "255"}},
	{"i2", "SMALLINT", []string{"-3", "0", "2", "300"}},
	{"i4", "INT", []string{"-7", "0", "1", "2", "3", "2147483647"}},
	{"u4", "INT UNSIGNED", []string{"0", "3", "4294967295"}},
	{"i8", "BIGINT", []string{"-9223372036854775807", "0", "5", "9007199254740991"}},
	{"u8", "BIGINT UNSIGNED", []string{"0", "6", "18446744073709551615"}},
	{"f4", "FLOAT", []string{"0", "1.5", "-2.25"}},
	{"f8", "DOUBLE", []string{"0", "0.1", "3", "-1e10"}},
	{"d2", "DECIMAL(10,2)", []string{"0", "12.34", "-99.99", "12.3", "3"}},
	{"d5", "DECIMAL(40,5)", []string{"0", "12345678901234567890.12345", "-1"}},
	{"s", "VARCHAR(10)", []string{"''", "'a'", "'A'", "'é'", "'E'", "'b '", "'zz'", "'ß'"}},
	{"sb", "VARCHAR(10) COLLATE utf8mb4_bin", []string{"'a'", "'A'", "'é'", "'b'"}},
	{"sg", "VARCHAR(10) COLLATE utf8mb4_general_ci", []string{"'a'", "'A'", "'É'", "'e'", "'Ab'"}},
	{"sc", "VARCHAR(10) COLLATE utf8mb4_0900_as_cs", []string{"'a'", "'A'", "'é'", "'aß'"}},
	{"tx", "TEXT", []string{"'some text'", "'Some Text'", "'😀'", "''"}},
	{"vb", "VARBINARY(6)", []string{"x'00ff'", "'ab'", "''", "'AB'"}},
	{"da", "DATE", []string{"'2024-02-29'", "'1000-01-01'", "'2024-03-01'"}},
	{"dt", "DATETIME(3)", []string{"'2024-02-29 00:00:00'", "'2024-02-29 12:34:56.789'"}},
	{"ti", "TIME", []string{"'-12:00:00'", "'00:00:01'"}},
	{"ye", "YEAR", []string{"2024", "1999"}},
	{"en", "ENUM('b','a','c')", []string{"'a'", "'b'", "'c'"}},
	{"js", "JSON", []string{`'{"a": 1}'`, "'[1, 2]'"}},
	{"bi", "BIT(9)", []string{"b'101'", "1"}},
}

type vectorQuestions struct {
	random *rand.Rand
	// columns of the table by position in vectorColumns.
	columns []int
}

func (q *vectorQuestions) column() int { return q.columns[q.random.IntN(len(q.columns))] }

func (q *vectorQuestions) name() string { return vectorColumns[q.column()].name }

// constant is a value of a column, or of something like it.
func (q *vectorQuestions) constant(c int) string {
	switch q.random.IntN(8) {
	case 0:
		return []string{"1", "0.5", "12.345", "-3", "2e0", "'1'", "'2024-02-29'", "DATE'2024-02-29'", "99999999999999999999"}[q.random.IntN(9)]
	case 1:
		return q.name()
	}
	values := vectorColumns[c].values
	return values[q.random.IntN(len(values))]
}

func (q *vectorQuestions) condition(depth int) string {
	if depth > 0 && q.random.IntN(3) > 0 {
		a, b := q.condition(depth-1), q.condition(depth-1)
		return []string{"(" + a + " AND " + b + ")", "(" + a + " OR " + b + ")", "NOT (" + a + ")"}[q.random.IntN(3)]
	}
	c := q.column()
	name := vectorColumns[c].name
	switch q.random.IntN(9) {
	case 0:
		return name + " IS NULL"
	case 1:
		return name + " IS NOT NULL"
	case 2:
		return fmt.Sprintf("%s BETWEEN %s AND %s", name, q.constant(c), q.constant(c))
	case 3:
		return fmt.Sprintf("%s IN (%s, %s)", name, q.constant(c), q.constant(c))
	case 4:
		return name + " LIKE '%a%'"
	}
	op := []string{"=", "<>", "<", "<=", ">", ">=", "<=>"}[q.random.IntN(7)]
	if q.random.IntN(4) == 0 {
		return fmt.Sprintf("%s %s %s", q.constant(c), op, name)
	}
	return fmt.Sprintf("%s %s %s", name, op, q.constant(c))
}

func (q *vectorQuestions) value() string {
	if q.random.IntN(3) > 0 {
		return q.name()
	}
	number := func() string {
		return []string{"i2", "i4", "u1", "t1", "f4", "f8", "d2", "2", "1.5", "0.1e0"}[q.random.IntN(10)]
	}
	return fmt.Sprintf("%s %s %s", number(), []string{"+", "-", "*"}[q.random.IntN(3)], number())
}

func (q *vectorQuestions) aggregate() string {
	f := []string{"COUNT(*)", "COUNT(%s)", "SUM(%s)", "AVG(%s)", "MIN(%s)", "MAX(%s)"}[q.random.IntN(6)]
	if !strings.Contains(f, "%") {
		return f
	}
	if strings.HasPrefix(f, "SUM") || strings.HasPrefix(f, "AVG") {
		return fmt.Sprintf(f, []string{"i2", "i4", "u1", "u4", "d2", "f8", "i4 * 2", "d2 * i2", "t1 + f8"}[q.random.IntN(9)])
	}
	return fmt.Sprintf(f, q.value())
}

// question makes a query; ordered tells whether its rows have one order.
func (q *vectorQuestions) question() (text string, ordered bool) {
	where := ""
	if q.random.IntN(4) > 0 {
		where = " WHERE " + q.condition(2)
	}
	switch q.random.IntN(11) {
	case 8:
		return q.windowed(where), true
	case 9:
		return q.combined(where)
	case 10:
		return q.looped(where), false
	case 4:
		return fmt.Sprintf("SELECT DISTINCT %s, %s FROM t%s", q.name(), q.value(), where), false
	case 5: // joins of the table with a smaller one
		return q.joined(where), false
	case 6:
		return fmt.Sprintf("SELECT COUNT(DISTINCT %s), SUM(i2) FROM t%s", []string{"i4", "d2", "u8", "dt", "bi"}[q.random.IntN(5)], where), true
	case 7:
		return fmt.Sprintf("SELECT n, MAX(id) FROM (SELECT id, %s AS n FROM t%s) AS sub GROUP BY n", q.name(), where), false
	case 0: // groups
		key := q.name()
		text = fmt.Sprintf("SELECT %s, %s, %s FROM t%s GROUP BY %s", key, q.aggregate(), q.aggregate(), where, key)
		if q.random.IntN(3) == 0 {
			text += " HAVING COUNT(*) > 1"
		}
		return text, false
	case 1:
		return fmt.Sprintf("SELECT %s, %s FROM t%s", q.aggregate(), q.aggregate(), where), true
	case 2:
		order := " ORDER BY " + q.value() + []string{"", " DESC"}[q.random.IntN(2)] + ", id"
		if q.random.IntN(2) == 0 {
			order += fmt.Sprint(" LIMIT ", q.random.IntN(9))
		}
		return fmt.Sprintf("SELECT id, %s, %s FROM t%s%s", q.name(), q.value(), where, order), true
	}
	return fmt.Sprintf("SELECT id, %s, %s FROM t AS t%s", q.name(), q.value(), where), true
}

// joined makes a join of t with u, which has columns of the same names with a u before them.
func (q *vectorQuestions) joined(where string) string {
	c := []string{"i4", "i2", "s", "d2", "u8", "da", "f8", "u1", "vb"}[q.random.IntN(9)]
	on := fmt.Sprintf("t.%s = u.u%s", c, c)
	if q.random.IntN(3) == 0 {
		on += " AND t.id <> u.uid"
	}
	if q.random.IntN(3) == 0 {
		on += fmt.Sprintf(" AND t.%s < u.ui4", []string{"i2", "u1", "f8"}[q.random.IntN(3)])
	}
	hint := "/*+ HASH_JOIN(t,u) */"
	switch q.random.IntN(7) {
	case 5, 6: // three tables, one of them often joined on the right
		order := []string{"t,u,w", "w,u,t", "u,w,t", "t,w,u"}[q.random.IntN(4)]
		d := []string{"s", "i4", "da", "d2"}[q.random.IntN(4)]
		text := fmt.Sprintf("SELECT /*+ JOIN_ORDER(%s) HASH_JOIN(t,u) HASH_JOIN(u,w) */ t.id, u.uid, w.wid, w.ws FROM t JOIN u ON %s JOIN w ON w.w%s = u.u%s", order, on, d, d)
		if q.random.IntN(2) == 0 {
			text += " AND w.wi2 * 2 < u.ui4 + t.id"
		}
		if where == "" {
			return text + " WHERE u.ui2 + 1 > 0 AND w.wid < 9"
		}
		return text + where + " AND u.ui2 * 2 >= w.wu1 - 3"
	case 0:
		return fmt.Sprintf("SELECT %s t.id, u.uid, u.us FROM t LEFT JOIN u ON %s%s", hint, on, where)
	case 1:
		return fmt.Sprintf("SELECT t.id FROM t%s%s t.%s IN (SELECT u%s FROM u)", where, map[bool]string{true: " WHERE ", false: " AND "}[where == ""], c, c)
	case 2:
		return fmt.Sprintf("SELECT t.id FROM t%s%s NOT EXISTS (SELECT 1 FROM u WHERE %s)", where, map[bool]string{true: " WHERE ", false: " AND "}[where == ""], on)
	case 3:
		return fmt.Sprintf("SELECT %s u.us, COUNT(*), SUM(t.d2) FROM t JOIN u ON %s%s GROUP BY u.us", hint, on, where)
	}
	return fmt.Sprintf("SELECT %s t.id, u.uid, u.ud2, u.us FROM t JOIN u ON %s%s", hint, on, where)
}

// TestVectorsAnswerLikeRows asks random questions of random tables, over columns wherever that can be and over rows.
func TestVectorsAnswerLikeRows(t *testing.T) {
	_, s := newEngine(t, Config{Home: "store"}, "store")
	tables, questions := 12, 150
	if testing.Short() {
		tables = 3
	}
	errors := 0
	for seed := range uint64(tables) {
		random := rand.New(rand.NewPCG(seed, 11))
		q := &vectorQuestions{random: random}
		makeVectorTable(t, s, random, seed)
		for i := range vectorColumns {
			q.columns = append(q.columns, i)
		}
		for range questions {
			text, ordered := q.question()
			want, wantErr := answerWith(t, s, 0, text, ordered)
			got, gotErr := answerWith(t, s, 2, text, ordered)
			switch {
			case wantErr != nil:
				// Which part of a condition is looked at first is nobody's promise, so vectors may not come to what fails.
				errors++
			case gotErr != nil:
				t.Errorf("seed %d: %s\nvectors: %v", seed, text, gotErr)
			case want != got:
				t.Errorf("seed %d: %s\nvectors:\n%srows:\n%s", seed, text, got, want)
			}
			if t.Failed() && testing.Short() {
				return
			}
		}
	}
	if errors > tables*questions/4 {
		t.Errorf("%d of %d questions fail, which says little", errors, tables*questions)
	}
}

func makeVectorTable(t *testing.T, s *Session, random *rand.Rand, seed uint64) {
	t.Helper()
	var columns []string
	for _, c := range vectorColumns {
		columns = append(columns, c.name+" "+c.typ)
	}
	tell(t, s, "DROP TABLE IF EXISTS t", "CREATE TABLE t (id INT PRIMARY KEY, "+strings.Join(columns, ", ")+")")
	var rows []string
	for id := range random.IntN(120) {
		values := []string{fmt.Sprint(id)}
		for _, c := range vectorColumns {
			value := "NULL"
			if random.IntN(5) > 0 || seed%3 == 0 {
				value = c.values[random.IntN(len(c.values))]
			}
			values = append(values, value)
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	if len(rows) > 0 {
		tell(t, s, "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	}
	var names []string
	for _, c := range vectorColumns {
		names = append(names, c.name+" AS u"+c.name)
	}
	tell(t, s, "DROP TABLE IF EXISTS u", "CREATE TABLE u AS SELECT id AS uid, "+strings.Join(names, ", ")+" FROM t WHERE id < 20")
	tell(t, s, "DROP TABLE IF EXISTS w", "CREATE TABLE w AS SELECT id AS wid, "+strings.ReplaceAll(strings.Join(names, ", "), "AS u", "AS w")+" FROM t WHERE id < 12")
}

// answerWith gives the answer as text, with vectors always or never. Conversions warn once a row, and how many rows see one depends on
// which part of a condition is looked at first, so warnings are not compared.
func answerWith(t *testing.T, s *Session, vectors int, text string, ordered bool) (string, error) {
	t.Helper()
	tell(t, s, fmt.Sprint("SET wasql_vectors = ", vectors))
	names, rows, _, err := ask(t.Context(), s, text)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, row := range rows {
		for i, value := range row {
			if strings.HasPrefix(value, "-0.0") && strings.Trim(value, "-0.") == "" {
				row[i] = value[1:] // rows multiply DECIMALs to -0.00, which MySQL does not have
			}
		}
		lines = append(lines, strings.Join(row, " | "))
	}
	if !ordered {
		slices.Sort(lines)
	}
	if strings.HasPrefix(text, "SELECT DISTINCT") {
		lines = slices.Compact(lines) // -0.00 and 0.00 are two values to rows
	}
	return fmt.Sprintf("%s\n%s\n", strings.Join(names, " | "), strings.Join(lines, "\n")), nil
}

func TestExplainAnalyzeTellsWhatRanOnColumns(t *testing.T) {
	_, s := newEngine(t, Config{Home: "store"}, "store")
	tell(t, s, "CREATE TABLE t (id INT PRIMARY KEY, k INT)", "INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)", "SET wasql_vectors = 2")
	if plan := tell(t, s, "EXPLAIN ANALYZE SELECT k, COUNT(*) FROM t WHERE k * 2 > 1 GROUP BY k"); !strings.Contains(plan, "on columns: up to ") {
		t.Error(plan)
	}
	for _, e := range []string{"MD5(k)", "k / id", "CASE WHEN k > 1 THEN CONCAT(k, 'x') END", "'a'", "REVERSE(CONCAT(id, k))"} {
		for _, query := range []string{"SELECT %s FROM t", "SELECT x, COUNT(*) FROM (SELECT %s AS x FROM t) AS s GROUP BY x", "SELECT id FROM t ORDER BY %s"} {
			if e == "'a'" && strings.Contains(query, "ORDER") {
				continue // nothing to sort by
			}
			query = fmt.Sprintf(query, e)
			if plan := tell(t, s, "EXPLAIN ANALYZE "+query); !regexp.MustCompile("on columns: up to (Project|GroupBy|Sort)").MatchString(plan) {
				t.Errorf("%s\n%s", query, plan)
			}
		}
	}
	// GROUP_CONCAT is not covered, and what is below it gives rows.
	if plan := tell(t, s, "EXPLAIN ANALYZE SELECT k, GROUP_CONCAT(id) FROM t WHERE k * 2 > 1 GROUP BY k"); strings.Contains(plan, "up to GroupBy") {
		t.Error(plan)
	}
}
