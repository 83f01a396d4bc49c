package engine

import (
	"fmt"
	"strings"
)

// from is a FROM with o, and sometimes c; alone: o only.
func (q *questions) from() string {
	q.joined = q.random.IntN(3) == 0
	if !q.joined {
		return "{o} AS o"
	}
	// Conditions of joins are of both tables.
	on := q.one("o.i = c.i", "o.id = c.id", "o.i = c.i AND o.s = c.s", "o.s = c.s", "c.id = o.i", "o.d = c.d", "o.da = c.da", "o.u = c.u AND o.b = c.b")
	switch q.random.IntN(4) {
	case 0:
		on += " AND " + q.condition(1)
	case 1:
		on = q.one("o.i < c.i", "o.id = c.id + 1", "o.i = c.i OR o.id = c.id", "o.s > c.s", "o.id BETWEEN c.id AND c.id + 2")
	}
	return "{o} AS o " + q.one("JOIN", "JOIN", "LEFT JOIN") + " {c} AS c ON " + on
}

func (q *questions) where() string {
	if q.random.IntN(5) == 0 {
		return ""
	}
	return " WHERE " + q.condition(2)
}

func (q *questions) value() string {
	return q.one(q.column("i", "b", "u", "x", "d", "s", "da", "dt"), q.whole(2), q.real(2), q.text(2), q.date(), q.condition(1)+" IS TRUE")
}

// ids name a row.
func (q *questions) ids() string {
	if q.joined {
		return "o.id, c.id"
	}
	return "o.id"
}

// question makes a query.
func (q *questions) question() question {
	from := q.from()
	switch q.random.IntN(10) {
	case 0, 1:
		return q.grouped(from)
	case 2:
		return question{text: fmt.Sprintf("SELECT %s FROM %s%s", joinWith(", ", 3, q.aggregate), from, q.where()), folds: true}
	case 3:
		return question{text: fmt.Sprintf("SELECT DISTINCT %s FROM %s%s", q.one(q.key(), q.key()+", "+q.key()), from, q.where()), folds: true}
	case 4:
		return q.united()
	case 5:
		return q.derived()
	case 6:
		return q.over(from)
	case 7:
		q.joined = false
		return question{text: fmt.Sprintf("SELECT o.id, n.value, %s FROM {o} AS o %s series(0, 6) AS n ON n.value = o.i%s", q.value(), q.one("JOIN", "LEFT JOIN"), q.where())}
	}
	text := fmt.Sprintf("SELECT %s, %s FROM %s%s", q.ids(), joinWith(", ", 2, q.value), from, q.where())
	if q.random.IntN(3) > 0 {
		return question{text: text}
	}
	text += " ORDER BY " + q.one(q.column("i", "b", "d", "x", "da", "dt", "u"), q.column("s"), q.whole(1)) + q.one("", " DESC") + ", " + q.ids()
	if q.random.IntN(2) == 0 {
		text += fmt.Sprintf(" LIMIT %d", q.random.IntN(30))
		if q.random.IntN(2) == 0 {
			text += fmt.Sprintf(" OFFSET %d", q.random.IntN(10))
		}
	}
	return question{text: text, ordered: true}
}

func (q *questions) grouped(from string) question {
	key := q.key()
	text := fmt.Sprintf("SELECT %s AS g, %s FROM %s%s GROUP BY g", key, joinWith(", ", 2, q.aggregate), from, q.where())
	if q.random.IntN(3) == 0 {
		text += " HAVING " + q.having()
	}
	return question{text: text, folds: true}
}

func (q *questions) having() string {
	return q.one("COUNT(*) > 2", "MAX("+q.column("i")+") > 1", "SUM("+q.column("d")+") IS NULL", "MIN("+q.column("id")+") < 50", "g IS NOT NULL", "COUNT(DISTINCT "+q.column("i")+") = 2",
		"AVG("+q.column("x")+") > 1 OR g IS NULL")
}

// united makes a set operation.
func (q *questions) united() question {
	q.joined = false
	column := q.one("i", "d", "s", "da", "b")
	left, right := fmt.Sprintf("SELECT o.%s, o.i FROM {o} AS o%s", column, q.where()), fmt.Sprintf("SELECT c.%s, c.i FROM {c} AS c%s", column, q.one("", " WHERE c.id < 20", " WHERE c.i > 1"))
	return question{text: left + " " + q.one("UNION", "UNION ALL", "INTERSECT", "EXCEPT") + " " + right, folds: true}
}

// derived makes a query over a query.
func (q *questions) derived() question {
	q.joined = false
	inner := fmt.Sprintf("SELECT o.id, o.i, o.s, o.d, %s AS v FROM {o} AS o%s", q.value(), q.where())
	switch q.random.IntN(3) {
	case 0:
		inner = fmt.Sprintf("SELECT o.i, COUNT(*) AS n, MAX(o.id) AS id, SUM(o.d) AS d FROM {o} AS o%s GROUP BY o.i", q.where())
		return question{text: fmt.Sprintf("SELECT k.id, k.s, t.n, t.d FROM {c} AS k %s (%s) AS t ON t.i = k.i%s", q.one("JOIN", "LEFT JOIN"), inner, q.one("", " WHERE t.n > 30", " WHERE k.s > 'a'"))}
	case 1:
		return question{text: fmt.Sprintf("WITH t AS (%s) SELECT COUNT(*), SUM(a.i), MAX(b.d) FROM t AS a JOIN t AS b ON a.id = b.id + 1 WHERE a.i > %d", inner, q.random.IntN(4)-2)}
	}
	return question{text: fmt.Sprintf("SELECT t.id, t.v FROM (%s) AS t WHERE t.i %s %d", inner, q.one("=", ">", "<>"), q.random.IntN(5)-1)}
}

// over makes window functions whose values do not depend on which of equal rows comes first.
func (q *questions) over(from string) question {
	window := "PARTITION BY " + q.column("i", "s", "da") + " ORDER BY " + q.column("d", "i", "x") + q.one("", " DESC") + ", " + q.ids()
	f := q.one("ROW_NUMBER()", "RANK()", "LAG("+q.column("i", "s", "d")+")", "LEAD("+q.column("da")+", 2)", "SUM("+q.column("i", "d")+")", "COUNT("+q.column("i")+")", "AVG("+q.column("d")+")",
		"MIN("+q.column("i", "d", "da")+")", "FIRST_VALUE("+q.column("s")+")", "LAST_VALUE("+q.column("d")+")", "NTILE(3)")
	frame := ""
	switch f[:3] {
	case "SUM", "COU", "AVG", "MIN", "FIR", "LAS":
		frame = q.one("", "", " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING", " ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING")
	}
	return question{text: fmt.Sprintf("SELECT %s, %s OVER (%s%s) FROM %s%s", q.ids(), f, window, frame, from, q.where())}
}

// partition is a query and what it comes apart in.
type partition struct {
	whole    string
	parts    []string
	folds    bool
	distinct bool
}

// partition makes a query that a condition takes apart in three.
func (q *questions) partition() partition {
	from := q.from()
	apart := func(format string, condition string) (parts []string) {
		for _, is := range []string{"", "NOT ", "isnull"} {
			part := "(" + condition + ")"
			if part = is + part; is == "isnull" {
				part = "(" + condition + ") IS NULL"
			}
			parts = append(parts, strings.Replace(format, "{p}", part, 1))
		}
		return parts
	}
	var p partition
	condition := q.condition(2)
	switch q.random.IntN(5) {
	case 0:
		p.whole = fmt.Sprintf("SELECT DISTINCT %s FROM %s", q.key(), from)
		p.parts, p.folds, p.distinct = apart(p.whole+" WHERE {p}", condition), true, true
	case 1: // aggregates of the parts' aggregates
		p.folds = true
		value := q.one(q.column("i", "d", "b"), q.whole(1))
		p.whole = fmt.Sprintf("SELECT COUNT(*), SUM(%s), MIN(%[1]s), MAX(%[1]s) FROM %s", value, from)
		parts := apart(fmt.Sprintf("SELECT COUNT(*) AS n, SUM(%s) AS a, MIN(%[1]s) AS l, MAX(%[1]s) AS h FROM %s", value, from)+" WHERE {p}", condition)
		p.parts = []string{fmt.Sprintf("SELECT SUM(n), SUM(a), MIN(l), MAX(h) FROM (%s UNION ALL %s UNION ALL %s) AS parts", parts[0], parts[1], parts[2])}
	case 2: // groups that a part does not have are in none
		p.folds, p.distinct = true, true
		key := q.key()
		p.whole = fmt.Sprintf("SELECT %s AS g FROM %s GROUP BY g", key, from)
		p.parts = apart(fmt.Sprintf("SELECT g FROM (SELECT %s AS g FROM %s WHERE {p}) AS part GROUP BY g", key, from), condition)
	case 3:
		p.folds = true
		p.whole = fmt.Sprintf("SELECT %s AS g, COUNT(*), SUM(%s) FROM %s GROUP BY g", q.key(), q.column("i"), from)
		p.parts = apart(p.whole+" HAVING {p}", q.having())
	default:
		p.whole = fmt.Sprintf("SELECT %s, %s FROM %s", q.ids(), q.value(), from)
		p.parts = apart(p.whole+" WHERE {p}", condition)
	}
	return p
}
