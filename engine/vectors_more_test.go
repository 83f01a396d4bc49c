package engine

import (
	"fmt"
	"strings"
)

// windowed makes a query with window functions. Where a row's value depends on how rows stand that are equal in the order, it ends in id.
func (q *vectorQuestions) windowed(where string) string {
	var functions []string
	for range 1 + q.random.IntN(3) {
		functions = append(functions, q.overWindow())
	}
	return fmt.Sprintf("SELECT id, %s, %s FROM t%s ORDER BY id", q.name(), strings.Join(functions, ", "), where)
}

func (q *vectorQuestions) overWindow() string {
	partition := ""
	if q.random.IntN(3) > 0 {
		partition = "PARTITION BY " + q.name()
	}
	order := "ORDER BY " + q.name() + []string{"", " DESC"}[q.random.IntN(2)]
	number := []string{"i2", "i4", "u1", "u4", "u8", "i8", "d2", "d5", "f8", "i4 * 2", "d2 * i2"}[q.random.IntN(11)]
	switch q.random.IntN(4) {
	case 0: // peers have the same
		f := []string{"RANK()", "DENSE_RANK()", "PERCENT_RANK()", "CUME_DIST()", "COUNT(*)", "COUNT(" + q.name() + ")", "SUM(" + number + ")", "AVG(" + number + ")"}[q.random.IntN(8)]
		return fmt.Sprintf("%s OVER (%s %s%s)", f, partition, order, q.rangeFrame())
	case 1: // the place among peers counts
		f := []string{"ROW_NUMBER()", "NTILE(3)", "LAG(%s)", "LEAD(%s, 2)", "LAG(%s, 1, %[1]s)", "FIRST_VALUE(%s)", "LAST_VALUE(%s)", "NTH_VALUE(%s, 2)"}[q.random.IntN(8)]
		if strings.Contains(f, "%") {
			f = fmt.Sprintf(f, q.name())
		}
		return fmt.Sprintf("%s OVER (%s %s, id)", f, partition, order)
	case 2:
		return fmt.Sprintf("%s(%s) OVER (%s)", []string{"MIN", "MAX"}[q.random.IntN(2)], "id", partition)
	}
	f := []string{"SUM(" + number + ")", "AVG(" + number + ")", "MIN(" + q.name() + ")", "MAX(" + q.value() + ")", "COUNT(" + q.name() + ")", "FIRST_VALUE(" + q.name() + ")"}[q.random.IntN(6)]
	frame := []string{"UNBOUNDED PRECEDING", "2 PRECEDING", "BETWEEN 1 PRECEDING AND 1 FOLLOWING", "BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING", "BETWEEN 3 PRECEDING AND 2 PRECEDING"}[q.random.IntN(5)]
	return fmt.Sprintf("%s OVER (%s %s, id ROWS %s)", f, partition, order, frame)
}

func (q *vectorQuestions) rangeFrame() string {
	return []string{"", "", " RANGE CURRENT ROW", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"}[q.random.IntN(4)]
}

// combined makes a UNION, INTERSECT or EXCEPT of columns of t and u, often of two types.
func (q *vectorQuestions) combined(where string) (text string, ordered bool) {
	op := []string{"UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"}[q.random.IntN(6)]
	a, b := q.name(), ""
	switch b = a; q.random.IntN(3) {
	case 0:
		numbers := []string{"t1", "u1", "i2", "i4", "u4", "i8", "d2", "d5", "f8"}
		a, b = numbers[q.random.IntN(9)], numbers[q.random.IntN(9)]
	case 1:
		texts := []string{"s", "tx", "s"}
		a, b = texts[q.random.IntN(3)], texts[q.random.IntN(3)]
	}
	if q.random.IntN(3) == 0 {
		return fmt.Sprintf("SELECT id, %s FROM t%s UNION ALL SELECT uid + 1000, u%s FROM u ORDER BY id DESC LIMIT %d OFFSET %d", a, where, b, q.random.IntN(20), q.random.IntN(5)), true
	}
	text = fmt.Sprintf("SELECT %s, i2 FROM t%s %s SELECT u%s, ui2 FROM u WHERE uid > 3", a, where, op, b)
	switch q.random.IntN(4) {
	case 0:
		text += fmt.Sprintf(" UNION SELECT w%s, wi4 FROM w", a)
	case 1:
		text = fmt.Sprintf("SELECT COUNT(*), SUM(i2) FROM (%s) AS both_of_them", text)
	}
	return text, false
}

// looped makes a join that looks at pairs of rows, or goes through both sides in the order of their keys.
func (q *vectorQuestions) looped(where string) string {
	and := map[bool]string{true: " WHERE ", false: where + " AND "}[where == ""]
	c := []string{"i4", "i2", "s", "d2", "u8", "da", "f8", "u1", "vb"}[q.random.IntN(9)]
	pair := fmt.Sprintf("t.%s %s u.u%s", c, []string{"<", ">=", "<>", "="}[q.random.IntN(4)], c)
	if q.random.IntN(2) == 0 {
		pair += fmt.Sprintf(" %s t.i2 + u.ui4 > t.id", []string{"AND", "OR"}[q.random.IntN(2)])
	}
	switch q.random.IntN(8) {
	case 0:
		return fmt.Sprintf("SELECT t.id, u.uid FROM t, u%s", where)
	case 1:
		return fmt.Sprintf("SELECT /*+ INNER_JOIN(t,u) */ t.id, u.uid, u.us FROM t JOIN u ON %s%s", pair, where)
	case 2:
		return fmt.Sprintf("SELECT t.id, u.uid, u.ud2 FROM t LEFT JOIN u ON %s%s", pair, where)
	case 3:
		return fmt.Sprintf("SELECT t.id FROM t%sEXISTS (SELECT 1 FROM u WHERE %s)", and, pair)
	case 4:
		return fmt.Sprintf("SELECT t.id FROM t%sNOT EXISTS (SELECT 1 FROM u WHERE %s)", and, pair)
	case 5: // NULL on either side leaves a row out
		if q.random.IntN(3) == 0 { // rows are compared value by value
			return fmt.Sprintf("SELECT t.id, t.%[1]s FROM t%[2]s(t.%[1]s, t.i2) NOT IN (SELECT u%[1]s, ui2 FROM u WHERE uid %[3]s)", c, and, []string{"< 9", "<> 2"}[q.random.IntN(2)])
		}
		return fmt.Sprintf("SELECT t.id, t.%[1]s FROM t%[2]st.%[1]s NOT IN (SELECT u%[1]s FROM u WHERE uid %[3]s)", c, and, []string{"< 3", "> 100", "<> 2 AND u" + c + " IS NOT NULL"}[q.random.IntN(3)])
	case 6:
		return fmt.Sprintf("SELECT /*+ MERGE_JOIN(t,x) */ t.id, x.%s FROM t JOIN t AS x ON t.id = x.id AND t.%[1]s = x.%[1]s AND x.i2 + t.i4 > 0", c)
	}
	return fmt.Sprintf("SELECT COUNT(*), SUM(u.ui2) FROM t LEFT JOIN u ON %s LEFT JOIN w ON w.wid > u.uid AND w.ws = t.s", pair)
}
