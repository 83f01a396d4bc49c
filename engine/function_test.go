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

// Many rows are few calls.
func TestFunctionBatches(t *testing.T) {
	e, s := newEngine(t, Config{}, "words", "series-go")
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
	} {
		before := callsOf(e, "words")
		if got := one(t, s, c.query); got != c.answer {
			t.Errorf("%s: %s, want %s", c.query, got, c.answer)
		}
		if calls := callsOf(e, "words") - before; calls == 0 || calls > c.most {
			t.Errorf("%s: %d calls into the connector, at most %d", c.query, calls, c.most)
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
		{"SELECT small.trap(value) FROM series(1, 20)", 0, []string{"connector small", "trap", "unlucky"}},
		{"SELECT small.spin(value) FROM series(1, 20)", 0, []string{"connector small", "spin"}},
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
				if err != nil || rows[0][0] != fmt.Sprint(float64(n*(n+1))) || rows[0][1] != "1000"[:4] {
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
