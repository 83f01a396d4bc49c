package engine

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	oracleQueries = flag.Int("oracle.queries", 250, "questions that the oracles ask")
	oracleSeed    = flag.Uint64("oracle.seed", 1, "seed of the questions of the oracles")
	oracleFrom    = flag.Int("oracle.from", 0, "the first question")
)

// TestOracles makes questions of a seed and asks each in ways that must agree, without knowing the answer: of the same rows in the store and
// in files, with what runs the statement switched at random, in the three parts that a condition makes of rows (TLP), and with the condition
// where nothing can use it (NoREC). What they found is kept in testdata/oracle.slt.
//
// checklist: G19 G20 T14 T15
func TestOracles(t *testing.T) {
	o := newOracle(t)
	queries := *oracleQueries
	if testing.Short() {
		queries = min(queries, 40)
	}
	start := time.Now()
	for n := *oracleFrom; n < *oracleFrom+queries; n++ {
		o.number, o.random = n, rand.New(rand.NewPCG(*oracleSeed, uint64(n)))
		switch o.random.IntN(5) {
		case 0:
			o.partitioned(o.partition())
		case 1:
			o.joined = false
			o.counted(o.condition(2))
		default:
			o.switched(o.question())
		}
		if o.wrong >= 10 {
			t.Fatalf("enough after %d questions", n+1-*oracleFrom)
		}
	}
	t.Logf("%d questions in %v: %d answers, %d errors", queries, time.Since(start), o.answers, o.errors)
	if o.errors > o.answers/5 {
		t.Errorf("%d of %d answers are errors, which says little", o.errors, o.answers)
	}
}

// oracle asks questions.
type oracle struct {
	t *testing.T
	s *Session
	questions
	number, answers, errors, wrong int
}

// way is how a question is asked: of which tables, with which settings.
type way struct{ source, settings string }

// plain leaves everything to go-mysql-server, over the store.
var plain = way{"s", "wasql_pushdown = 0, wasql_vectors = 0, wasql_parallel = 1, wasql_joins = 0, wasql_memory = 268435456, wasql_batch_rows = 0, wasql_pushdown_refuse = 0, wasql_pushdown_keys = 0"}

// another is a way at random.
func (o *oracle) another() way {
	var settings []string
	set := func(name string, values ...int) {
		settings = append(settings, fmt.Sprintf("wasql_%s = %d", name, values[o.random.IntN(len(values))]))
	}
	set("pushdown", 1, 1, 1, 0)
	for _, name := range []string{"filters", "columns", "order", "limit", "joins", "lookups", "groups", "keys"} {
		set("pushdown_"+name, 1, 1, 1, 0)
	}
	set("pushdown_refuse", 0, 0, 1+o.random.IntN(1000))
	set("vectors", 0, 1, 2, 2)
	set("parallel", 1, 4)
	set("parallel_rows", 0, 50_000)
	set("joins", 1, 1, 0)
	set("memory", 268435456, 268435456, 20_000)
	set("batch_rows", 0, 1, 2, 7, 1000, 65_536)
	return way{[]string{"s", "s", "csv", "json", "pq"}[o.random.IntN(5)], strings.Join(settings, ", ")}
}

// ask asks in a way; false: with an error.
func (o *oracle) ask(w way, q question) (lines []string, ok bool, err error) {
	if _, _, _, err := ask(o.t.Context(), o.s, "SET "+w.settings); err != nil {
		o.t.Fatal(err)
	}
	text := ofSource(w.source, q.text)
	_, rows, _, err := ask(o.t.Context(), o.s, text)
	o.answers++
	if err != nil {
		o.errors++
		return nil, false, err
	}
	for _, row := range rows {
		for i := range row {
			row[i] = oneForm(row[i], q.folds)
		}
		lines = append(lines, strings.Join(row, " | "))
	}
	if !q.ordered {
		slices.Sort(lines)
	}
	if o.number%3 == 0 {
		if err := preparedAgain(o.t.Context(), o.s, text, q.ordered); err != nil {
			o.differs(w, q, "%v", err)
		}
	}
	return lines, true, nil
}

// ofSource names the tables of a source.
func ofSource(source, text string) string {
	return strings.NewReplacer("{o}", "o_"+source, "{c}", "c_"+source).Replace(text)
}

// switched asks the plain way and others.
func (o *oracle) switched(q question) {
	want, ok, _ := o.ask(plain, q)
	for range 3 {
		w := o.another()
		got, gotOK, err := o.ask(w, q)
		switch {
		case !ok && !gotOK, !ok: // what fails may not be come to: nothing promises what is looked at first
		case !gotOK && spilled(err):
		case !gotOK:
			o.differs(w, q, "%v", err)
		case !slices.Equal(want, got):
			o.differs(w, q, "%s", compared(want, got))
		}
	}
}

// spilled tells the error of a window, or of NOT IN, that has too little memory: these do not go to disk.
func spilled(err error) bool { return strings.Contains(err.Error(), "wasql_memory") }

// partitioned asks for all rows, and for those for which a condition is true, false and neither (ternary logic partitioning).
func (o *oracle) partitioned(p partition) {
	w := o.another()
	want, ok, _ := o.ask(w, question{text: p.whole, folds: p.folds})
	if !ok {
		return
	}
	var got []string
	for _, part := range p.parts {
		rows, ok, _ := o.ask(w, question{text: part, folds: p.folds})
		if !ok {
			return
		}
		got = append(got, rows...)
	}
	slices.Sort(got)
	if p.distinct {
		want, got = slices.Compact(want), slices.Compact(got)
	}
	if !slices.Equal(want, got) {
		o.differs(w, question{text: p.whole}, "in parts\n%s\n%s", strings.Join(p.parts, "\n"), compared(want, got))
	}
}

// counted counts rows by a condition in WHERE, and by what it is for each row (non-optimizing reference engine construction).
func (o *oracle) counted(condition string) {
	w := o.another()
	want, ok, _ := o.ask(w, question{text: "SELECT (" + condition + ") IS TRUE FROM {o} AS o"})
	got, gotOK, err := o.ask(w, question{text: "SELECT COUNT(*) FROM {o} AS o WHERE " + condition})
	if !ok || !gotOK && spilled(err) {
		return
	}
	n := 0
	for _, line := range want {
		if line == "1" || line == "true" {
			n++
		}
	}
	if !gotOK || got[0] != fmt.Sprint(n) {
		o.differs(w, question{text: "SELECT COUNT(*) FROM {o} AS o WHERE " + condition}, "%v (%v), and the condition is true for %d of %d rows", got, err, n, len(want))
	}
}

func (o *oracle) differs(w way, q question, format string, args ...any) {
	o.wrong++
	o.t.Errorf("seed %d, question %d\nSET %s;\n%s;\n%s", *oracleSeed, o.number, w.settings, ofSource(w.source, q.text), fmt.Sprintf(format, args...))
}

// compared shows what only one of two sorted or ordered answers has.
func compared(want, got []string) string {
	count := map[string]int{}
	for _, line := range want {
		count[line]++
	}
	for _, line := range got {
		count[line]--
	}
	var out []string
	for line, n := range count {
		if n != 0 {
			out = append(out, fmt.Sprintf("%+d %s", -n, line))
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return "the same rows in another order"
	}
	return fmt.Sprintf("%d rows, not %d:\n%s", len(got), len(want), strings.Join(out[:min(len(out), 8)], "\n"))
}
