package engine

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wasql/wasql/engine/shape"
	"github.com/wasql/wasql/engine/slt"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// scripts lists the scripts in testdata with the connectors that each needs.
var scripts = map[string][]string{
	"series.slt":   {"series-go"},
	"zoo.slt":      {"zoo"},
	"metadata.slt": {"zoo", "series-go"},
	"readonly.slt": {"zoo"},
	"files.slt":    {"csv"},
	"virtual.slt":  {"csv", "series-go", "zoo"},

	"sample.slt":        {"store", "series-go"},
	"insert.slt":        {"store"},
	"insert_select.slt": {"store", "series-go"},
	"update.slt":        {"store"},
	"delete.slt":        {"store"},
	"truncate.slt":      {"store"},
	"replace.slt":       {"store"},
	"returning.slt":     {"store", "garden"},
	"autoincrement.slt": {"store", "garden"},
	"insert_made.slt":   {"garden"},
	"load.slt":          {"store"},
	"index.slt":         {"store"},
	"range.slt":         {"store", "series-go"},
	"lookup.slt":        {"store", "series-go"},
	"join.slt":          {"store"},

	"database.slt":   {"store", "series-go"},
	"create.slt":     {"store", "series-go"},
	"alter.slt":      {"store"},
	"foreignkey.slt": {"store"},
	"view.slt":       {"store"},
	"trigger.slt":    {"store"},
	"procedure.slt":  {"store"},
	"event.slt":      {"store"},
	"temporary.slt":  {"store"},
	"fulltext.slt":   {"store"},

	"window.slt": {"store"},
	"setop.slt":  {"store"},

	"transaction.slt": {"store"},

	"transaction_characteristics.slt": {"store"},

	"groups.slt":   {"store"},
	"function.slt": {"store", "series-go", "words"},
	"as_of.slt":    {"store", "series-go"},
	"stock.slt":    {"store"},
	"compare.slt":  {"store"},
	"oracle.slt":   {"store"},
}

var scriptSeed = flag.Uint("scripts.seed", 0, "how scripts run the second and the third time")

// TestScripts runs the scripts; with -rewrite it writes the rows that came into them. They run a second time on rows and a third time on
// columns, each with another number of rows in a batch; those over the store also with all or parts of each query left to the engine.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join("testdata", "*.slt"))
	if err != nil || len(paths) != len(scripts) {
		t.Fatalf("%d scripts (%v), and connectors are known for %d", len(paths), err, len(scripts))
	}
	for _, path := range paths {
		connectors, ok := scripts[filepath.Base(path)]
		if !ok {
			t.Fatalf("no connectors are known for %s", path)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".slt"), func(t *testing.T) {
			// The store's scripts tell nothing of what it takes over.
			inWays(t, path, slices.Contains(connectors, "store"), slices.ContainsFunc(connectors, ownConnector), func(t *testing.T, file *slt.File, before string) {
				_, s := newEngine(t, Config{GrantPath: grantTestdata}, connectors...)
				runIn(t, s, file, before, true)
			})
		})
	}
}

func ownConnector(name string) bool { return name == "zoo" || name == "words" || name == "garden" }

// scriptWays are the settings of the runs of a script that are not the first: the same for the same seed. own: a connector of these
// tests has a part in it.
func scriptWays(path string, pushdown, own bool) []string {
	random := rand.New(rand.NewPCG(uint64(*scriptSeed), uint64(crc32.ChecksumIEEE([]byte(path)))))
	sizes := []int{1, 2, 7, 65_536}
	if own {
		sizes = []int{1000, 3000, 20_000, 65_536} // its connectors fill a batch without looking
	}
	random.Shuffle(len(sizes), func(i, k int) { sizes[i], sizes[k] = sizes[k], sizes[i] })
	var ways []string
	for i, vectors := range []int{2, 0} {
		way := fmt.Sprintf("SET wasql_vectors = %d, wasql_batch_rows = %d, wasql_parallel = %d, wasql_joins = %d",
			vectors, sizes[i], []int{1, 4}[random.IntN(2)], random.IntN(2))
		if pushdown {
			way += []string{", wasql_pushdown = off", fmt.Sprintf(", wasql_pushdown_refuse = %d", 1+random.IntN(1000))}[random.IntN(2)]
		}
		ways = append(ways, way)
	}
	if testing.Short() {
		return ways[:1]
	}
	return ways
}

// runIn runs a script in a session, whose settings before changes; again: plans that can be kept are run again.
func runIn(t *testing.T, s *Session, file *slt.File, before string, again bool) {
	t.Helper()
	if before != "" {
		if _, _, _, err := ask(t.Context(), s, before); err != nil {
			t.Fatal(err)
		}
	}
	slt.Run(t, file, func(text string) ([]string, [][]string, error) {
		columns, rows, _, err := ask(t.Context(), s, text)
		if e := sqlerr.From(err); e != nil {
			// Scripts name the number too.
			return nil, nil, sqlerr.New(e.Errno, e.State, "%d (%s): %s %s", e.Errno, e.State, e.Message, e.Hint)
		}
		if again {
			err = sameAgain(t.Context(), s, text, columns, rows)
		}
		return columns, rows, err
	})
}

// inWays runs a script as it is and then with other settings, each time by run.
func inWays(t *testing.T, path string, pushdown, own bool, run func(t *testing.T, file *slt.File, before string)) {
	t.Helper()
	file, err := slt.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	run(t, file, "")
	file = answersOf(file, pushdown)
	for _, way := range scriptWays(path, pushdown, own) {
		t.Run(strings.TrimPrefix(way, "SET "), func(t *testing.T) { run(t, file, way) })
	}
}

// answersOf is a script without what tells of plans, which are others when parts of a query are left to the engine.
func answersOf(file *slt.File, pushdown bool) *slt.File {
	if !pushdown {
		return file
	}
	out := *file
	out.Records = slices.DeleteFunc(slices.Clone(file.Records), func(r slt.Record) bool {
		return r.Kind == slt.Query && strings.HasPrefix(strings.ToUpper(strings.TrimSpace(r.SQL)), "EXPLAIN")
	})
	return &out
}

// sameAgain asks again what changes nothing: planned so that the plan can be kept, and then by that plan, the answer is the same. So it
// is with question marks for its literals.
func sameAgain(ctx context.Context, s *Session, text string, columns []string, rows [][]string) error {
	if !asksTheSame(text) {
		return nil
	}
	for range 2 {
		names, answer, _, err := ask(ctx, s, text)
		if err != nil {
			return fmt.Errorf("asked again: %w", err)
		}
		if !slices.Equal(names, columns) || !slices.EqualFunc(answer, rows, slices.Equal) {
			return fmt.Errorf("asked again it gives %v %v", names, answer)
		}
	}
	return preparedAgain(ctx, s, text, true)
}

var anotherAnswer = regexp.MustCompile(`(?i)@|rand|uuid|now|curr?_?(date|time)|sleep|sysdate|utc_|last_insert|row_count|found_rows|unix_timestamp|connection_id|get_lock|release_|for update|processlist|tick|counter|innodb|show status|tablesample`)

// asksTheSame tells whether a statement is a SELECT that gives the same answer twice.
func asksTheSame(text string) bool {
	return len(text) > 6 && strings.EqualFold(text[:6], "SELECT") && !anotherAnswer.MatchString(text)
}

// preparedAgain runs a statement with question marks for its literals, planned anew and by a plan that is kept. ordered: its rows have an order.
func preparedAgain(ctx context.Context, s *Session, text string, ordered bool) error {
	var read shape.Statement
	if !read.Read(text, false) || len(read.Literals) == 0 {
		return nil
	}
	marked, at := "", 0
	var values []any
	for i, l := range read.Literals {
		switch l.Kind {
		case shape.Integer:
			n, err := strconv.ParseInt(read.Source(i), 10, 64)
			if err != nil {
				return err
			}
			values = append(values, n)
		case shape.Text:
			values = append(values, read.Unquoted(i))
		default:
			continue
		}
		marked, at = marked+text[at:l.Start]+"?", l.End
	}
	marked += text[at:]
	p, err := s.Prepare(ctx, marked)
	if err != nil || p.Params() != len(values) {
		return nil // a literal stands where only a literal can
	}
	s.plans.on = false
	want, failed := preparedRows(ctx, p, values, ordered)
	s.plans.on = true
	for range 3 {
		if got, err := preparedRows(ctx, p, values, ordered); (err == nil) != (failed == nil) || !slices.Equal(got, want) {
			return fmt.Errorf("prepared, %s with %v gives %v (%v), planned anew %v (%v)", marked, values, got, err, want, failed)
		}
	}
	return nil
}

func preparedRows(ctx context.Context, p *Prepared, values []any, ordered bool) (rows []string, err error) {
	result, err := p.Query(ctx, values...)
	if err != nil {
		return nil, err
	}
	for err == nil {
		var row Row
		if row, err = result.Next(ctx); err == nil {
			rows = append(rows, fmt.Sprint([]any(row)))
		}
	}
	if closed := result.Close(ctx); errors.Is(err, io.EOF) {
		err = closed
	}
	if !ordered {
		slices.Sort(rows)
	}
	return rows, err
}

// grantTestdata lets queries name files below testdata.
func grantTestdata(_ context.Context, _, path string) ([]host.FileGrant, error) {
	return []host.FileGrant{{Path: path, Host: filepath.Join("testdata", filepath.FromSlash(path))}}, nil
}
