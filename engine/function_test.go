package engine

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// mountWords makes a database of the connector words whose scan answers match_words in one way.
func mountWords(t *testing.T, e *Engine, name, claim string, limits host.Limits) {
	t.Helper()
	if err := e.Mount(t.Context(), name, "words", host.Options{Options: map[string]string{"claim": claim}, Limits: limits}); err != nil {
		t.Fatal(err)
	}
}

// checklist: T21 T15b
func TestFunctionConstraint(t *testing.T) {
	e, s := newEngine(t, Config{}, "words")
	for claim, explained := range map[string]string{
		"exact":   "pushed: match_words(docs.doc, 'dog') exact",
		"inexact": "pushed: match_words(docs.doc, 'dog') inexact",
		"no":      "refused: match_words(docs.doc, 'dog'): the option claim is no",
	} {
		mountWords(t, e, claim, claim, host.Limits{})
		query := fmt.Sprintf("SELECT id FROM %s.docs WHERE %s.match_words(doc, 'dog') AND id > 1", claim, claim)
		_, rows, _, err := ask(t.Context(), s, "EXPLAIN FORMAT=TREE "+query)
		text := strings.ReplaceAll(fmt.Sprint(rows), claim+".match", "match")
		if err != nil || !strings.Contains(text, explained) {
			t.Errorf("%s: %v\n%s", query, err, strings.ReplaceAll(text, "] [", "\n"))
		}
		// An exact claim leaves no call, the others do.
		if calls := strings.Contains(text, "WasqlCalls(match_words"); calls != (claim != "exact") {
			t.Errorf("%s: calls shown: %v", query, calls)
		}
		for _, q := range []string{query, query + " ORDER BY id DESC LIMIT 1", strings.Replace(query, "AND id > 1", "OR id = 1", 1)} {
			var answers []string
			for _, pushdown := range []string{"1", "0"} {
				if err := s.Set(t.Context(), "wasql_pushdown", pushdown); err != nil {
					t.Fatal(err)
				}
				_, rows, _, err := ask(t.Context(), s, q)
				answers = append(answers, fmt.Sprint(rows, err))
			}
			if answers[0] != answers[1] || !strings.Contains(answers[0], "[") || strings.Contains(answers[0], "[]") {
				t.Errorf("%s: %s with pushdown, %s without", q, answers[0], answers[1])
			}
		}
		if err := s.Set(t.Context(), "wasql_pushdown", "1"); err != nil {
			t.Fatal(err)
		}
	}
	// A function of one connector is nothing to another one's scan.
	_, rows, _, err := ask(t.Context(), s, "EXPLAIN FORMAT=TREE SELECT id FROM exact.docs WHERE no.match_words(doc, 'dog')")
	if err != nil || !strings.Contains(fmt.Sprint(rows), "is of another connector") {
		t.Error(rows, err)
	}
}

// A MATCH over a connector's own table is the connector's to answer, exactly or not at all.
//
// checklist: T15b
func TestMatchOfAConnector(t *testing.T) {
	e, s := newEngine(t, Config{}, "store", "words", "series-go")
	for _, claim := range []string{"exact", "inexact", "no"} {
		mountWords(t, e, claim, claim, host.Limits{})
	}
	for _, prepare := range []string{
		"PREPARE p FROM 'SELECT id FROM exact.docs WHERE MATCH (doc) AGAINST (?) ORDER BY id'",
		"SET @words = 'brown'",
		"CREATE TABLE main.t (id BIGINT, s VARCHAR(20))",
		"INSERT INTO main.t (id) SELECT id FROM exact.docs WHERE MATCH (doc) AGAINST ('dog')",
	} {
		if _, _, _, err := ask(t.Context(), s, prepare); err != nil {
			t.Fatal(prepare, err)
		}
	}
	if err := s.Use(t.Context(), "exact"); err != nil {
		t.Fatal(err)
	}
	for _, pushdown := range []string{"1", "0"} {
		if err := s.Set(t.Context(), "wasql_pushdown", pushdown); err != nil {
			t.Fatal(err)
		}
		for query, want := range map[string]string{
			"SELECT id FROM docs WHERE MATCH (doc) AGAINST ('dog') ORDER BY id":                                        "[[2] [6]]",
			"SELECT id FROM docs d WHERE MATCH (d.doc) AGAINST ('dog fox') AND id < 6 ORDER BY id":                     "[[1] [2]]",
			"SELECT id FROM docs WHERE MATCH (signed, doc) AGAINST ('-the bread') ORDER BY id":                         "[[1] [4] [7]]",
			"SELECT id FROM docs WHERE NOT MATCH (doc) AGAINST ('dog') AND id > 5":                                     "[[7]]",
			"SELECT id FROM docs WHERE MATCH (doc) AGAINST ('fox') OR MATCH (doc) AGAINST ('bread') ORDER BY id":       "[[1] [7]]",
			"SELECT id FROM docs WHERE MATCH (doc) AGAINST (NULL)":                                                     "[]",
			"SELECT d.id, v.value FROM docs d JOIN series(1, 9) v ON v.value = d.id WHERE MATCH (doc) AGAINST ('fox')": "[[1 1]]",
			"SELECT value FROM series(1, 3) v WHERE value IN (SELECT id FROM docs WHERE MATCH (doc) AGAINST ('dog'))":  "[[2]]",
			"EXECUTE p USING @words": "[[1] [7]]",
		} {
			_, rows, _, err := ask(t.Context(), s, query)
			if err != nil || fmt.Sprint(rows) != want {
				t.Errorf("pushdown %s: %s: %v %v, want %s", pushdown, query, rows, err, want)
			}
		}
	}
	_, rows, _, err := ask(t.Context(), s, "EXPLAIN FORMAT=TREE SELECT id FROM docs WHERE MATCH (doc) AGAINST ('dog')")
	if err != nil || !strings.Contains(fmt.Sprint(rows), "AGAINST ('dog' IN NATURAL LANGUAGE MODE) exact") {
		t.Error(rows, err)
	}
	for query, errno := range map[string]uint16{
		"SELECT id FROM no.docs WHERE MATCH (doc) AGAINST ('dog')":                         1191,
		"SELECT id FROM inexact.docs WHERE MATCH (doc) AGAINST ('dog')":                    1191,
		"SELECT MATCH (doc) AGAINST ('dog') FROM docs":                                     1191,
		"SELECT id FROM docs WHERE MATCH (doc) AGAINST ('dog') > 0.5":                      1191,
		"SELECT id FROM docs WHERE MATCH (doc) AGAINST ('dog') OR abs(id) = 1":             1191,
		"SELECT (SELECT max(MATCH (doc) AGAINST ('dog')) FROM docs)":                       1191,
		"SELECT id FROM docs WHERE MATCH (id) AGAINST ('dog')":                             1191,
		"SELECT id FROM docs WHERE MATCH (nothing) AGAINST ('dog')":                        1054,
		"SELECT 1 FROM docs a, docs b WHERE MATCH (a.doc, b.signed) AGAINST ('dog')":       1210,
		"SELECT value FROM series(1, 3) v WHERE MATCH (value) AGAINST ('1')":               1191,
		"INSERT INTO main.t (id) SELECT id FROM no.docs WHERE MATCH (doc) AGAINST ('dog')": 1191,
		"SELECT id FROM docs WHERE MATCH (doc) AGAINST (signed)":                           1191,
		"DELETE FROM main.t WHERE MATCH (s) AGAINST ('dog')":                               1191,
	} {
		_, _, _, err := ask(t.Context(), s, query)
		if got := sqlerr.From(err); err == nil || got.Errno != errno {
			t.Errorf("%s: %v, want error %d", query, err, errno)
		}
	}
}

// An argument that another table's row gives reaches the connector when the scan starts.
//
// checklist: T15b
func TestFunctionConstraintOfAnOuterRow(t *testing.T) {
	e, s := newEngine(t, Config{}, "words", "series-go")
	for _, claim := range []string{"exact", "inexact", "no"} {
		mountWords(t, e, claim, claim, host.Limits{})
		tables := "(SELECT 'dog' AS w, 1 AS n UNION ALL SELECT 'fox', 2 UNION ALL SELECT NULL, 3 UNION ALL SELECT repeat('x', 300), 4) o"
		for query, want := range map[string]string{
			"SELECT o.n, d.id FROM " + tables + " JOIN docs d ON match_words(d.doc, o.w) WHERE n < 4 ORDER BY 1, 2":                   "[[1 2] [1 6] [2 1]]",
			"SELECT o.n, d.id FROM " + tables + " LEFT JOIN docs d ON match_words(d.doc, o.w) WHERE n < 4 ORDER BY 1, 2":              "[[1 2] [1 6] [2 1] [3 NULL]]",
			"SELECT o.n, (SELECT count(*) FROM docs d WHERE match_words(d.doc, o.w)) AS c FROM " + tables + " WHERE n < 4 ORDER BY 1": "[[1 2] [2 1] [3 0]]",
			"SELECT n FROM " + tables + " WHERE n < 4 AND EXISTS (SELECT 1 FROM docs d WHERE match_words(d.doc, o.w)) ORDER BY 1":     "[[1] [2]]",
		} {
			query = strings.ReplaceAll(strings.ReplaceAll(query, "docs", claim+".docs"), "match_words", claim+".match_words")
			_, rows, _, err := ask(t.Context(), s, query)
			if err != nil || fmt.Sprint(rows) != want {
				t.Errorf("%s: %v %v, want %s", query, rows, err, want)
			}
		}
	}
	_, rows, _, err := ask(t.Context(), s, "EXPLAIN FORMAT=TREE SELECT o.value, (SELECT count(*) FROM exact.docs d WHERE exact.match_words(d.doc, o.w)) FROM (SELECT value, cast(value AS char) AS w FROM series(1, 3)) o")
	if err != nil || !strings.Contains(fmt.Sprint(rows), "pushed: exact.match_words(d.doc, o.w) exact") {
		t.Error(err, strings.ReplaceAll(fmt.Sprint(rows), "] [", "\n"))
	}
}

// What is stored does not depend on a function that gives another answer each time.
func TestVolatileFunctionInADefinition(t *testing.T) {
	_, s := newEngine(t, Config{}, "store", "words")
	if _, _, _, err := ask(t.Context(), s, "CREATE TABLE k (id BIGINT, d BIGINT)"); err != nil {
		t.Fatal(err)
	}
	for query, errno := range map[string]uint16{
		"CREATE TABLE u (id BIGINT, c BIGINT CHECK (counted() > 0))":          3814,
		"ALTER TABLE k ADD CHECK (counted() > 0)":                             3814,
		"CREATE TABLE u (id BIGINT, c BIGINT AS (id + counted()))":            3763,
		"CREATE TABLE u (id BIGINT, c BIGINT AS (doubled(counted())) STORED)": 3763,
		"ALTER TABLE k ADD COLUMN c BIGINT AS (id + counted())":               3763,
		"CREATE TABLE u (id BIGINT, c BIGINT DEFAULT (counted()))":            3770,
		"ALTER TABLE k ADD COLUMN c BIGINT DEFAULT (counted())":               3770,
		"ALTER TABLE k MODIFY COLUMN d BIGINT DEFAULT (counted())":            3770,
		"ALTER TABLE k ALTER COLUMN d SET DEFAULT (counted())":                3770,
	} {
		_, _, _, err := ask(t.Context(), s, query)
		if got := sqlerr.From(err); err == nil || got.Errno != errno {
			t.Errorf("%s: %v, want error %d", query, err, errno)
		}
	}
	if _, _, _, err := ask(t.Context(), s, "SELECT * FROM u"); sqlerr.From(err) == nil || sqlerr.From(err).Errno != 1146 {
		t.Errorf("a refused table is there: %v", err)
	}
}

// Many rows are few calls.
func TestFunctionBatches(t *testing.T) {
	e, s := newEngine(t, Config{}, "store", "words", "series-go")
	tell(t, s, "CREATE TABLE main.t (id BIGINT PRIMARY KEY, n BIGINT, m BIGINT)", "INSERT INTO main.t SELECT value, value, 0 FROM series(1, 500)")
	if got := one(t, s, "SELECT doubled(1)"); got != "2" {
		t.Fatal(got)
	}
	for _, c := range []struct {
		query, answer string
		most          int64
	}{
		{"SELECT count(doubled(value)) FROM series(1, 20000)", "20000", 40},
		{"SELECT count(*) FROM series(1, 20000) WHERE doubled(value) > 20000", "10000", 40},
		{"SELECT count(doubled(doubled(value))) FROM series(1, 20000)", "20000", 80},
		{"SELECT count(*) FROM (SELECT doubled(value % 7) FROM series(1, 20000) GROUP BY doubled(value % 7)) g", "7", 40},
		{"SELECT length(longest(cast(value AS char))) FROM series(1, 20000)", "5", 40},
		{"SELECT count(*) FROM series(1, 20000) WHERE value <> doubled(0)", "20000", 20},
		{"SELECT count(*) FROM series(1, 300) a JOIN series(1, 300) b ON abs(a.value, b.value) = 299", "2", 120},
		// Keys of hash joins, and conditions on one side of other joins.
		{"SELECT count(*) FROM series(1, 300) a JOIN series(1, 300) b ON doubled(a.value) = b.value", "150", 20},
		{"SELECT count(b.value) FROM series(1, 300) a LEFT JOIN series(1, 300) b ON doubled(a.value) = b.value", "150", 20},
		{"SELECT count(b.value) FROM series(1, 300) a LEFT JOIN series(1, 300) b ON doubled(b.value) = a.value", "150", 20},
		{"SELECT count(*) FROM series(1, 300) a LEFT JOIN series(1, 300) b ON doubled(a.value) < b.value", "22501", 20},
		{"SELECT count(*) FROM series(1, 300) a WHERE EXISTS (SELECT 1 FROM series(1, 300) b WHERE doubled(b.value) = a.value)", "150", 20},
		{"SELECT count(*) FROM series(1, 300) a WHERE a.value IN (SELECT doubled(b.value) FROM series(1, 300) b)", "150", 20},
		{"SELECT count(*) FROM series(1, 300) a WHERE a.value NOT IN (SELECT doubled(b.value) FROM series(1, 300) b)", "150", 30},
		{"SELECT count(*) FROM series(1, 300) a JOIN series(1, 300) b ON doubled(doubled(a.value)) = b.value", "75", 20},
	} {
		before := callsOf(e, "words")
		if got := one(t, s, c.query); got != c.answer {
			t.Errorf("%s: %s, want %s", c.query, got, c.answer)
		}
		if calls := callsOf(e, "words") - before; calls == 0 || calls > c.most {
			t.Errorf("%s: %d calls into the connector, at most %d", c.query, calls, c.most)
		}
	}
	for _, c := range []struct {
		change, query, answer string
	}{
		{"UPDATE main.t SET n = doubled(n)", "SELECT sum(n) FROM main.t", "250500"},
		{"UPDATE main.t SET n = doubled(n) WHERE doubled(id) > 100", "SELECT sum(n) FROM main.t", "498450"},
		// The second value is computed from the first.
		{"UPDATE main.t SET n = id + 1, m = doubled(n)", "SELECT sum(m) FROM main.t WHERE id < 3", "10"},
		{"UPDATE main.t SET n = doubled(id) ORDER BY id LIMIT 2", "SELECT sum(n) FROM main.t WHERE id < 4", "10"},
		{"DELETE FROM main.t WHERE doubled(id) > 900", "SELECT count(*) FROM main.t", "450"},
	} {
		before := callsOf(e, "words")
		tell(t, s, c.change)
		calls := callsOf(e, "words") - before
		if most := int64(30); calls == 0 || calls > most && !strings.Contains(c.change, "id + 1") {
			t.Errorf("%s: %d calls into the connector, at most %d", c.change, calls, most)
		}
		if got := one(t, s, c.query); got != c.answer {
			t.Errorf("%s: %s, want %s", c.change, got, c.answer)
		}
	}
	// Who wants few rows does not wait for many.
	before := callsOf(e, "series")
	one(t, s, "SELECT doubled(value) FROM series(1, 1000000) LIMIT 1")
	if calls := callsOf(e, "series") - before; calls > 20 {
		t.Errorf("LIMIT 1 makes %d calls", calls)
	}
}

func callsOf(e *Engine, name string) int64 {
	calls := int64(0)
	for _, c := range e.Catalog().Connectors() {
		if c.Name() == name {
			calls += c.Counters().Calls
		}
	}
	return calls
}

// What goes wrong in a function ends the statement, with a name for it; the next statement works.
func TestFunctionFailures(t *testing.T) {
	e, s := newEngine(t, Config{}, "words", "series-go")
	mountWords(t, e, "small", "no", host.Limits{CallTime: 300 * time.Millisecond, StackUnits: 20_000})
	for _, c := range []struct {
		query string
		errno uint16
		words []string
	}{
		{"SELECT small.trap(value) FROM series(1, 20)", 0, []string{"connector small", "trap", "unlucky", "row 13: trap(13)"}},
		{"SELECT sum(small.trap(value)) FROM series(-400, 20)", 0, []string{"unlucky", "row 414: trap(13)"}},
		{"SELECT small.spin(value) FROM series(1, 20)", 0, []string{"connector small", "spin", "one of the rows 1 to 20"}},
		{"SELECT small.deep(1000000)", 0, []string{"connector small", "deep"}},
		{"SELECT small.huge(201)", 1406, []string{"connector small", "huge", "201"}},
		{"SELECT small.nothing(1)", 1366, []string{"connector small", "nothing", "NOT NULL"}},
		{"SELECT small.positive(value) FROM series(-3, 3)", 3020, []string{"function positive: row 1: positive(-3): -3 is not positive"}},
		{"SELECT small.longest(small.positive(2 - value)) FROM series(1, 3)", 3020, []string{"row 2", "positive(0)"}},
	} {
		_, _, _, err := ask(t.Context(), s, c.query)
		got := sqlerr.From(err)
		if got == nil || c.errno != 0 && got.Errno != c.errno {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		for _, word := range c.words {
			if !strings.Contains(got.Message, word) {
				t.Errorf("%s: no %q in %q", c.query, word, got.Message)
			}
		}
		if got := one(t, s, "SELECT small.doubled(4)"); got != "8" {
			t.Errorf("after %s: %s", c.query, got)
		}
	}
	for _, c := range e.Catalog().Connectors() {
		if n := c.Counters(); c.Name() == "small" && (n.Poisoned < 2 || n.Live > 2) {
			t.Errorf("%d instances were lost, %d are alive", n.Poisoned, n.Live)
		}
	}
}

// A connector that lists too many functions has none, and says so.
func TestTooManyFunctions(t *testing.T) {
	e, s := newEngine(t, Config{}, "words")
	if err := e.Mount(t.Context(), "many", "words", host.Options{Options: map[string]string{"extra": "4096"}}); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := ask(t.Context(), s, "SELECT many.doubled(1)")
	if got := sqlerr.From(err); got == nil || got.Errno != 1305 || !strings.Contains(got.Message, "functions, at most 4096") {
		t.Errorf("too many functions give %v", err)
	}
	if got := one(t, s, "SELECT words.doubled(1)"); got != "2" {
		t.Error(got)
	}
}

// A name may be an aggregate in one connector and a scalar function in another; the database tells which is meant.
func TestDividedFunctionNames(t *testing.T) {
	e, s := newEngine(t, Config{}, "words")
	if err := e.Mount(t.Context(), "other", "words", host.Options{Options: map[string]string{"extra": "1"}}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT words.divided(doc) FROM words.docs WHERE id < 3":                                 "the quick brown fox",
		"SELECT count(other.divided(id)) FROM words.docs":                                        "7",
		"SELECT concat(words.divided(doc), max(other.divided(id))) FROM words.docs WHERE id < 3": "the quick brown fox2",
		"SELECT other.divided(5)":                                                                "5",
	} {
		if got := one(t, s, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	_, _, _, err := ask(t.Context(), s, "SELECT divided(1)")
	if got := sqlerr.From(err); got == nil || got.Errno != 1630 {
		t.Errorf("a name of two kinds gives %v", err)
	}
	for database, want := range map[string]string{"other": "7", "words": "the quick brown fox"} {
		if err := s.Use(t.Context(), database); err != nil {
			t.Fatal(err)
		}
		query := map[string]string{"other": "SELECT max(divided(id)) FROM words.docs", "words": "SELECT divided(doc) FROM words.docs"}[database]
		if got := one(t, s, query); got != want {
			t.Errorf("in %s: %s", database, got)
		}
	}
}

// The same name in two databases must be qualified, but for that of the current one.
func TestFunctionNames(t *testing.T) {
	e, s := newEngine(t, Config{}, "words")
	mountWords(t, e, "other", "no", host.Limits{})
	_, _, _, err := ask(t.Context(), s, "SELECT doubled(1)")
	if got := sqlerr.From(err); got == nil || got.Errno != 1630 || !strings.Contains(got.Message, "other.doubled, words.doubled") {
		t.Errorf("an ambiguous name gives %v", err)
	}
	if got := one(t, s, "SELECT other.doubled(2) + words.doubled(3)"); got != "10" {
		t.Error(got)
	}
	if err := s.Use(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if got := one(t, s, "SELECT doubled(2)"); got != "4" {
		t.Error(got)
	}
	if got := one(t, s, "SELECT concat(other.longest(doc), '|', words.longest(signed)) FROM docs"); got != "the quick brown fox|-the" {
		t.Error(got)
	}
}

// Sessions call functions at the same time; each statement has an instance of its own.
func TestFunctionsInParallel(t *testing.T) {
	e, _ := newEngine(t, Config{}, "words", "series-go")
	var wg sync.WaitGroup
	failed := make([]string, 6)
	for i := range failed {
		s := e.NewSession("parallel")
		wg.Go(func() {
			defer s.Close()
			for range 5 {
				query := fmt.Sprintf("SELECT sum(doubled(value)), longest(cast(value AS char)), max(counted()) FROM series(1, %d)", 1000*(i+1))
				_, rows, _, err := ask(t.Context(), s, query)
				n := 1000 * (i + 1)
				if err != nil || rows[0][0] != fmt.Sprint(n*(n+1)) || rows[0][1] != "1000"[:4] {
					failed[i] = fmt.Sprint(rows, err)
				}
			}
		})
	}
	wg.Wait()
	if slices.ContainsFunc(failed, func(s string) bool { return s != "" }) {
		t.Error(failed)
	}
	for _, c := range e.Catalog().Connectors() {
		if n := c.Counters(); n.Poisoned > 0 {
			t.Errorf("connector %s lost %d instances", c.Name(), n.Poisoned)
		}
	}
}
