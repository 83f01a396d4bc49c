package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestComputedColumnsAreComputedRows inserts expressions over random numbers, computed by column and by row.
func TestComputedColumnsAreComputedRows(t *testing.T) {
	_, s := newEngine(t, Config{}, "store", "series-go")
	must := func(text string) string {
		t.Helper()
		got := said(t, s, text)
		if strings.HasPrefix(got, "error") {
			t.Fatalf("%s: %s", text, got)
		}
		return got
	}
	must("CREATE TABLE source (a BIGINT, b INT NOT NULL, c TINYINT, d SMALLINT NOT NULL, u INT UNSIGNED, f DOUBLE, s VARCHAR(5))")
	numbers := []string{"0", "1", "-1", "7", "-8", "127", "-128"}
	wide := append([]string{"9223372036854775807", "-9223372036854775808", "4294967296", "-4294967297", "2147483648", "9007199254740993", "100000", "123456789", "NULL"}, numbers...)
	r := rand.New(rand.NewPCG(5, 5))
	of := func(from []string) string { return from[r.IntN(len(from))] }
	failed, computed := 0, 0
	const rounds = 200
	for round := range rounds {
		// Most sources have numbers that are plain, so that most batches are computed.
		many := numbers
		if round%3 == 0 {
			many = wide
		}
		must("DELETE FROM source")
		var rows []string
		for range 1 + r.IntN(20) {
			rows = append(rows, fmt.Sprintf("(%s, %s, %s, %s, %d, 1.5, 'x')", of(many), of(numbers), of(numbers), of(numbers), r.IntN(9)))
		}
		must("INSERT INTO source VALUES " + strings.Join(rows, ","))
		var expressions, columns []string
		for n := range 1 + r.IntN(3) {
			expressions = append(expressions, randomExpression(r))
			columns = append(columns, fmt.Sprintf("c%d %s%s", n, of([]string{"BIGINT", "INT", "TINYINT", "INT UNSIGNED", "DOUBLE", "DOUBLE", "VARCHAR(30)", "VARCHAR(6)", "DECIMAL(20,6)", "TEXT"}), of([]string{"", " NOT NULL"})))
		}
		list := strings.Join(expressions, ", ")
		insert := "INSERT INTO t SELECT " + list + " FROM source"
		switch r.IntN(4) {
		case 0:
			insert += " WHERE b > 0"
		case 1:
			named := make([]string, len(expressions))
			for n, e := range expressions {
				named[n] = fmt.Sprintf("%s AS e%d", e, n)
			}
			insert = "INSERT INTO t SELECT * FROM (SELECT " + strings.Join(named, ", ") + " FROM source) AS x"
		}
		var answers [2]string
		for bulk := range answers {
			must("SET sql_mode = " + []string{"DEFAULT", "''"}[round%2])
			must("DROP TABLE IF EXISTS t")
			must("CREATE TABLE t (" + strings.Join(columns, ", ") + ")")
			must(fmt.Sprintf("SET wasql_bulk_insert = %d", bulk))
			answers[bulk] = said(t, s, insert)
			if strings.HasPrefix(answers[bulk], "error") {
				failed++
			} else {
				computed++
			}
			answers[bulk] += must("SELECT * FROM t")
		}
		if answers[0] != answers[1] {
			t.Fatalf("round %d: %s\n%s\n%s\nby row:    %s\nby column: %s", round, strings.Join(rows, ","), columns, insert, answers[0], answers[1])
		}
	}
	// The test is about both outcomes.
	if failed < rounds/10 || computed < rounds/4 {
		t.Errorf("%d inserts failed, %d did not", failed, computed)
	}
}

// randomExpression is one of those that are computed by column, or of others like them.
func randomExpression(r *rand.Rand) string {
	of := func(from ...string) string { return from[r.IntN(len(from))] }
	leaf := func() string {
		return of("a", "b", "c", "d", "a", "b", "u", "f", "2", "3", "-4", "10", "1000", "200", "0", "40000")
	}
	switch r.IntN(6) {
	case 0:
		return leaf() + " % " + leaf()
	case 1:
		return leaf() + " / " + leaf()
	case 2:
		return "CONCAT('n ', " + leaf() + ", " + of("'-'", "s", leaf()) + ")"
	case 3:
		return fmt.Sprintf("(%s %s %s) %s %s", leaf(), of("+", "-", "*"), leaf(), of("+", "-", "*", "/", "%"), leaf())
	case 4:
		return leaf()
	}
	return leaf() + of(" + ", " - ", " * ") + leaf()
}
