package engine

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/sqlerr"
)

// saidTo is what a client is told of a prepared statement that is run with values.
func saidTo(t *testing.T, s *Session, text string, values ...any) string {
	t.Helper()
	p, err := s.Prepare(t.Context(), text)
	if err != nil {
		return fmt.Sprint("prepare: ", err)
	}
	if p.Params() != len(values) {
		t.Fatalf("%s: %d parameters for %d values", text, p.Params(), len(values))
	}
	return toldOf(t, func() (Result, error) { return p.Query(t.Context(), values...) })
}

// preparedValues are what question marks stand for, but for small numbers.
var preparedValues = []any{nil, true, int64(-1), int64(128), int64(1 << 40), uint64(3), uint64(math.MaxUint64), 1.5, 2.0, -1e300, "2", "abc", "it's", "", "1e0", "x\\y", []byte("abc"), "2024-01-02", int64(math.MinInt64)}

// TestPreparedAnswersAlike runs the same prepared statements in an engine that keeps their plans and in one that plans them each time.
func TestPreparedAnswersAlike(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 11))
			_, with := newEngine(t, Config{}, "store")
			_, without := newEngine(t, Config{}, "store")
			said(t, without, "SET wasql_plan_cache = 0")
			same := func(text string, values ...any) {
				t.Helper()
				got, want := saidTo(t, with, text, values...), saidTo(t, without, text, values...)
				if got != want {
					t.Fatalf("%s with %#v\nplanned before: %s\nplanned anew:   %s", text, values, got, want)
				}
			}
			same("CREATE TABLE u (id BIGINT PRIMARY KEY, k INT, s VARCHAR(12))")
			same(planDefinitions[r.IntN(len(planDefinitions))])
			for range 15 {
				if r.IntN(3) == 0 {
					same("DROP TABLE IF EXISTS t")
					same("DROP VIEW IF EXISTS t")
					same(planDefinitions[r.IntN(len(planDefinitions))])
				}
				if text := others[r.IntN(len(others))]; !strings.Contains(text, "d2") {
					same(text)
				}
				some := pick(r)
				for range 30 {
					text := some[r.IntN(len(some))]
					values := make([]any, strings.Count(text, "?"))
					for i := range values {
						if values[i] = int64(r.IntN(6)); r.IntN(3) == 0 {
							values[i] = preparedValues[r.IntN(len(preparedValues))]
						}
					}
					same(text, values...)
				}
				same("SELECT * FROM t ORDER BY 1, 2")
				same("SELECT * FROM u ORDER BY 1, 2")
			}
			if with.plans.hits == 0 || without.plans.hits != 0 {
				t.Errorf("%d statements were not planned with plans remembered, %d without", with.plans.hits, without.plans.hits)
			}
		})
	}
}

// TestPreparedIsPlannedOnce counts: all runs but the first are of a plan that is known, until something is defined.
func TestPreparedIsPlannedOnce(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	run := func(text string, values ...any) {
		t.Helper()
		if told := saidTo(t, s, text, values...); strings.Contains(told, "error") {
			t.Fatalf("%s: %s", text, told)
		}
	}
	run("CREATE TABLE t (id BIGINT PRIMARY KEY, k INT, s VARCHAR(20))")
	for _, text := range []string{"INSERT INTO t VALUES (?, ?, 'fixed')", "SELECT s FROM t WHERE id = ?", "SELECT 1 AS one", "SELECT COUNT(*) FROM t WHERE k > ? AND s <> ?",
		"SELECT id FROM t WHERE id BETWEEN ? AND 9 ORDER BY id LIMIT 3", "SELECT k, COUNT(*) FROM t WHERE k IN (?, 3) GROUP BY k", "SELECT a.id FROM t a JOIN t b ON a.id = b.k WHERE a.id = ?", "UPDATE t SET k = k + 1, s = ? WHERE id = ?", "DELETE FROM t WHERE id = ?"} {
		values := func(i int) (all []any) {
			for range strings.Count(text, "?") {
				all = append(all, int64(i))
			}
			return all
		}
		for round := range 2 {
			run(text, values(10*round)...)
			before := s.plans.hits
			for i := range 5 {
				run(text, values(10*round+i+1)...)
			}
			if hits := s.plans.hits - before; hits != 5 {
				t.Errorf("%s: %d of 5 runs were of a known plan", text, hits)
			}
			run("SET @x = 1")
			run("CREATE OR REPLACE VIEW v AS SELECT 1 AS one")
		}
	}
}

// TestPreparedRefuses has what cannot be run.
func TestPreparedRefuses(t *testing.T) {
	_, s := newEngine(t, Config{}, "store")
	number := func(err error) uint16 {
		var e *sqlerr.Error
		if !errors.As(err, &e) {
			t.Fatalf("%v has no number", err)
		}
		return uint16(e.Errno)
	}
	if _, err := s.Prepare(t.Context(), "SELEKT ?"); number(err) != 1064 {
		t.Error(err)
	}
	p, err := s.Prepare(t.Context(), "SELECT ? + ?, '?'")
	if err != nil || p.Params() != 2 {
		t.Fatal(p, err)
	}
	if _, err := p.Query(t.Context(), int64(1)); number(err) != 1210 {
		t.Error(err)
	}
	if _, err := p.Query(t.Context(), int64(1), struct{}{}); number(err) != 1210 {
		t.Error(err)
	}
	result, err := p.Query(t.Context(), int64(1), int64(2))
	if err != nil {
		t.Fatal(err)
	}
	row, err := result.Next(t.Context())
	if err != nil || fmt.Sprint(row) != "[3 ?]" {
		t.Errorf("%v, %v", row, err)
	}
	if _, err := result.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	if err := result.Close(t.Context()); err != nil {
		t.Error(err)
	}
	s.Close()
	if _, err := s.Prepare(t.Context(), "SELECT 1"); number(err) != 1317 {
		t.Error(err)
	}
}
