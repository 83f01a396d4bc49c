package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// questions makes questions of o (400 rows) and c (40), written {o} and {c}. What it makes has one answer: no sums leave their type, and
// texts that are equal are told apart only where each row shows its own.
type questions struct {
	random *rand.Rand
	// joined: c is there besides o.
	joined bool
}

// question is a query; ordered says that its rows have one order, folds that any of several equal texts may be in it.
type question struct {
	text           string
	ordered, folds bool
}

func (q *questions) one(of ...string) string { return of[q.random.IntN(len(of))] }

// column is a column of one of the tables that are there.
func (q *questions) column(names ...string) string {
	if q.joined && q.random.IntN(3) == 0 {
		return "c." + q.one(names...)
	}
	return "o." + q.one(names...)
}

// whole is a number that stays small.
func (q *questions) whole(depth int) string {
	if depth <= 0 || q.random.IntN(3) == 0 {
		return q.one(q.column("i", "id"), q.column("i"), q.column("i"), fmt.Sprint(q.random.IntN(12)-3))
	}
	a, b := q.whole(depth-1), q.whole(depth-1)
	return q.one(a+" + "+b, "("+a+") * 2", "ABS("+a+")", "("+a+") % 3", "COALESCE("+a+", "+b+")", "NULLIF("+a+", "+b+")",
		"IF("+q.condition(depth-1)+", "+a+", "+b+")", "CASE WHEN "+q.condition(depth-1)+" THEN "+a+" ELSE "+b+" END",
		"LENGTH("+q.text(depth-1)+")", "CHAR_LENGTH("+q.text(depth-1)+")", "YEAR("+q.date()+")", "("+a+") DIV 2", "GREATEST("+a+", "+b+")",
		"LOCATE('a', "+q.text(depth-1)+")", "SIGN("+q.real(depth-1)+")", "DATEDIFF("+q.date()+", '2024-01-01')", "-("+a+")")
}

// real is a number with digits behind the point, exact or not.
func (q *questions) real(depth int) string {
	if depth <= 0 || q.random.IntN(3) == 0 {
		return q.one(q.column("d"), q.column("x"), "1.5", "0.05", "-1.5", "3e0")
	}
	a := q.real(depth - 1)
	return q.one(a+" + 1.25", "("+a+") * "+q.whole(0), "-("+a+")", "("+a+") / 4", "COALESCE("+a+", 0)", "ABS("+a+")",
		"("+a+") - "+q.whole(0), "CAST("+q.whole(depth-1)+" AS DECIMAL(12,3))", "IF("+q.condition(depth-1)+", "+a+", NULL)")
}

func (q *questions) text(depth int) string {
	if depth <= 0 || q.random.IntN(3) == 0 {
		return q.one(q.column("s"), q.column("s"), q.column("s"), q.constantText())
	}
	a := q.text(depth - 1)
	return q.one("CONCAT("+a+", 'x')", "UPPER("+a+")", "LOWER("+a+")", "SUBSTRING("+a+", 1, 2)", "TRIM("+a+")", "LEFT("+a+", 1)", "REVERSE("+a+")",
		"COALESCE("+a+", '-')", "REPLACE("+a+", 'a', 'b')", "IF("+q.condition(depth-1)+", "+a+", 'e')", "CAST("+q.whole(depth-1)+" AS CHAR)", "LPAD("+a+", 3, '.')")
}

func (q *questions) constantText() string {
	return q.one("''", "'a'", "'A'", "'á'", "'b'", "'B '", "'ab'", "'zz top'", "'ss'", "'42'")
}

func (q *questions) date() string {
	return q.one(q.column("da"), q.column("da"), q.column("dt"), "DATE("+q.column("dt")+")", "'2024-02-29'", "DATE_ADD("+q.column("da")+", INTERVAL -1 MONTH)")
}

// condition is true, false or NULL for a row.
func (q *questions) condition(depth int) string {
	if depth > 0 && q.random.IntN(5) < 2 {
		a, b := q.condition(depth-1), q.condition(depth-1)
		return q.one("("+a+" AND "+b+")", "("+a+" AND "+b+")", "("+a+" OR "+b+")", "NOT ("+a+")", "(("+a+") IS NOT TRUE)", "("+a+" XOR "+b+")")
	}
	op := q.one("=", "=", "<>", "<", "<=", ">", ">=", "<=>")
	switch q.random.IntN(12) {
	case 0:
		return q.column("i", "b", "u", "x", "d", "s", "da", "dt") + q.one(" IS NULL", " IS NOT NULL")
	case 1:
		return fmt.Sprintf("%s %s %s", q.column("b"), op, q.one("-9223372036854775808", "9223372036854775807", "0", q.column("b"), "9007199254740993", q.column("i")))
	case 2:
		return fmt.Sprintf("%s %s %s", q.column("u"), op, q.one("18446744073709551615", "0", "9223372036854775808", "-1", q.column("u"), q.column("i")))
	case 3, 4:
		return fmt.Sprintf("%s %s %s", q.text(depth), op, q.one(q.constantText(), q.text(depth-1)))
	case 5:
		return fmt.Sprintf("%s %sLIKE %s", q.text(depth-1), q.one("", "NOT "), q.one("'a%'", "'%b%'", "'_'", "'a\\_c'", "'A%'", "'%'", "'%\\%'"))
	case 6:
		return fmt.Sprintf("%s %s %s", q.date(), op, q.one("'2024-02-29'", "DATE'1999-12-31'", "'2024-02-29 12:00:00'", q.date()))
	case 7:
		return fmt.Sprintf("%s %sIN (%s)", q.column("i", "id"), q.one("", "NOT "), q.one("1, 2, 3", "0", "5, NULL", "-7, 8, 100"))
	case 8:
		return q.one(fmt.Sprintf("%s BETWEEN %s AND %s", q.whole(depth-1), q.whole(0), q.whole(0)), fmt.Sprintf("%s BETWEEN -1.5 AND %s", q.column("d", "x"), q.real(0)),
			q.column("da")+" BETWEEN '1999-12-31' AND '2024-02-29'", q.column("s")+" IN ('a', 'É', 'zz top')", q.column("s")+" REGEXP '^a'", q.column("d")+" IN (0, 3, 12.34)")
	case 9:
		return fmt.Sprintf("%s %s %s", q.real(depth), op, q.real(depth-1))
	case 10:
		if depth > 0 {
			return q.inner()
		}
	}
	return fmt.Sprintf("%s %s %s", q.whole(depth), op, q.whole(depth-1))
}

// inner is a condition with a sub-query.
func (q *questions) inner() string {
	if q.joined {
		return q.column("id") + " > 3"
	}
	where := q.one("", " WHERE k.id < 20", " WHERE k.i IS NOT NULL", " WHERE k.id > 100", " WHERE k.s > 'b'")
	and := map[bool]string{true: " WHERE ", false: where + " AND "}[where == ""]
	return q.one(
		fmt.Sprintf("o.i %sIN (SELECT k.i FROM {c} AS k%s)", q.one("", "NOT "), where),
		fmt.Sprintf("%sEXISTS (SELECT 1 FROM {c} AS k%sk.i = o.i)", q.one("", "NOT "), and),
		fmt.Sprintf("%sEXISTS (SELECT 1 FROM {c} AS k%sk.i = o.i AND k.id < o.id)", q.one("", "NOT "), and),
		fmt.Sprintf("o.i %s (SELECT %s(k.i) FROM {c} AS k%s)", q.one("=", ">", "<="), q.one("MAX", "MIN", "COUNT"), where),
		fmt.Sprintf("o.d < (SELECT AVG(k.d) FROM {c} AS k%sk.i = o.i)", and),
		fmt.Sprintf("o.id %s (SELECT COUNT(*) FROM {c} AS k%sk.s = o.s)", q.one("<", ">"), and),
	)
}

// aggregate is one over rows; texts of it are those of any row that is equal.
func (q *questions) aggregate() string {
	return q.one("COUNT(*)", "COUNT("+q.column("i", "s", "b", "dt")+")", "SUM("+q.whole(1)+")", "SUM("+q.column("b")+")", "SUM("+q.column("u")+")", "SUM("+q.real(1)+")",
		"AVG("+q.column("i", "d", "x")+")", "MIN("+q.column("i", "b", "u", "x", "d", "da", "dt")+")", "MAX("+q.column("i", "b", "u", "x", "d", "da", "dt")+")",
		"MIN("+q.text(1)+")", "MAX("+q.column("s")+")", "COUNT(DISTINCT "+q.column("i", "d", "da", "b")+")", "SUM(DISTINCT "+q.column("i")+")", "BIT_OR("+q.column("id")+")")
}

// key is what rows are grouped by.
func (q *questions) key() string {
	return q.one(q.column("i", "b", "u", "x", "d", "da", "dt"), q.column("s"), q.whole(1), q.text(1), "YEAR("+q.column("da")+")", q.column("id")+" % 7")
}

func joinWith(separator string, n int, one func() string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = one()
	}
	return strings.Join(all, separator)
}
