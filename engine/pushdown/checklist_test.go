package pushdown

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// answering makes a connector that uses every usable condition in one way.
func answering(use pb.Use, does bool) func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
	return func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		r := &pb.PlanResponse{}
		var apply []bool
		for _, f := range q.Filters {
			a := &pb.FilterAnswer{Reason: "no index on it"}
			if f.Usable {
				a.Use = use
			}
			r.Filters, apply = append(r.Filters, a), append(apply, f.Usable && does)
		}
		return d.answer(q, r, apply).response
	}
}

func same(t *testing.T, b *bench, q string) {
	t.Helper()
	got, want := b.must(t, q), must(t, b, "p", q)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n  got  %v\n  want %v", q, got, want)
	}
	b.noneOpen(t, q)
}

func TestChecklist(t *testing.T) {
	t.Run("G19_M6_only_needed_columns_are_asked_for", neededColumns)
	t.Run("G20_exact_inexact_ignored", exactInexactIgnored)
	t.Run("M5_quals", TestTranslationsAreExact)
	t.Run("M15_estimates_order_joins", estimatesOrderJoins)
	t.Run("T10_T11_T12_T13_cursor_is_started_again_with_new_values", startedAgain)
	t.Run("T14_arguments_reach_their_positions", argumentPositions)
	t.Run("T15_refused_plan_leads_to_another", refusedLeadsToAnother)
	t.Run("T16_no_plan_names_the_column", TestRequiredColumnIsNamed)
	t.Run("T17_order_consumed", orderConsumed)
	t.Run("T18_plan_bytes_come_back", planBytesComeBack)
	t.Run("T19_estimates_are_shown", estimatesAreShown)
}

func neededColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d, u := newData(r, "t", 30), newData(r, "u", 30)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d, u)
	for _, c := range []struct{ query, want string }{
		{"SELECT id FROM t", "[id]"},
		{"SELECT count(*) FROM t", "[]"},
		{"SELECT 1 FROM t", "[]"},
		{"SELECT * FROM t", "[id tiny big ubig flag dbl flt num ci cs day at tod k]"},
		{"SELECT id FROM t WHERE k = 3", "[id]"},
		{"SELECT id FROM t WHERE k + 1 = 3", "[id k]"},
		{"SELECT k FROM t GROUP BY k HAVING max(tiny) > 1", "[tiny k]"},
		{"SELECT id FROM t ORDER BY k, abs(tiny)", "[id tiny k]"},
		{"SELECT x.id FROM t x ORDER BY x.k LIMIT 1", "[id k]"},
		{"SELECT id FROM t WHERE ci IN (SELECT ci FROM u)", "[id ci]"},
		{"SELECT (SELECT max(u.id) FROM u WHERE u.k = t.k) FROM t", "[k]"},
		{"SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.k = t.k AND u.cs = t.cs)", "[id cs k]"},
		{"SELECT s.id FROM (SELECT * FROM t) s", "[id]"},
		{"SELECT s.a FROM (SELECT tiny AS a, ci AS b, k + 1 AS c FROM t) s WHERE s.c > 1", "[tiny k]"},
		{"WITH c AS (SELECT * FROM t WHERE flag) SELECT c.id FROM c JOIN u ON u.k = c.k", "[id k]"},
		{"SELECT DISTINCT k FROM t", "[k]"},
		{"SELECT id FROM t UNION SELECT id FROM u", "[id]"},
		{"SELECT t.id FROM t JOIN u USING (k)", "[id k]"},
		{"SELECT row_number() OVER (PARTITION BY k ORDER BY tiny) FROM t", "[tiny k]"},
	} {
		d.opens = nil
		same(t, b, c.query)
		if len(d.opens) == 0 {
			t.Errorf("%s: not opened", c.query)
			continue
		}
		names := []string{}
		for _, position := range d.opens[0].Columns {
			names = append(names, d.schema[position].Name)
		}
		if got := fmt.Sprint(names); got != c.want {
			t.Errorf("%s: asked for %s, want %s", c.query, got, c.want)
		}
	}
}

func exactInexactIgnored(t *testing.T) {
	q := "SELECT id FROM t WHERE tiny > 0 AND k = 3 ORDER BY id"
	for _, c := range []struct {
		name     string
		trusted  bool
		use      pb.Use
		does     bool
		residual bool
	}{
		{"exact", true, pb.Use_USE_EXACT, true, false},
		{"exact and not trusted", false, pb.Use_USE_EXACT, true, true},
		{"a lie and not trusted", false, pb.Use_USE_EXACT, false, true},
		{"inexact", true, pb.Use_USE_INEXACT, true, true},
		{"ignored", true, pb.Use_USE_IGNORED, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newData(rand.New(rand.NewPCG(5, 6)), "t", 60)
			d.trusted, d.plan = c.trusted, answering(c.use, c.does)
			b := newBench(t, d)
			same(t, b, q)
			text := strings.Join(must(t, b, "w", "EXPLAIN FORMAT=TREE "+q), "\n")
			if got := strings.Contains(text, "residual: (t.tiny > 0); (t.k = 3)"); got != c.residual {
				t.Errorf("residual shown: %v, want %v:\n%s", got, c.residual, text)
			}
			if refused := strings.Contains(text, "refused: (t.k = 3): no index on it"); refused != (c.use == pb.Use_USE_IGNORED) {
				t.Errorf("reason shown: %v:\n%s", refused, text)
			}
		})
	}
}

// estimating gives as many rows as its filters leave.
func estimating(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
	r := takeAll(d, q)
	n := 0
	for _, row := range d.rows {
		ok := true
		for _, f := range q.Filters {
			ok = ok && (!f.Usable || strings.Contains(f.Filter.Text, "u.") && strings.Contains(f.Filter.Text, "t.") || evaluate(d, f.Filter, row, nil) == yes)
		}
		if ok {
			n++
		}
	}
	rows := float64(n)
	r.Rows = &rows
	return r
}

func estimatesOrderJoins(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d, u := newData(r, "t", 2000), newData(r, "u", 1000)
	d.trusted, d.plan, u.trusted, u.plan = true, estimating, true, estimating
	b := newBench(t, d, u)
	// A hash join reads its right side into memory: the smaller one belongs there.
	for _, c := range []struct{ query, right string }{
		{"SELECT t.id FROM t JOIN u ON t.id = u.id", "u"},
		{"SELECT t.id FROM t JOIN u ON t.id = u.id WHERE t.id < 20", "t"},
		{"SELECT t.id FROM u JOIN t ON t.id = u.id WHERE t.id < 20 AND u.id < 3", "u"},
	} {
		scans := b.explain(t, c.query)
		if len(scans) != 2 || scans[1].Table != c.right {
			t.Errorf("%s: the right side is %s, want %s", c.query, scans[1].Table, c.right)
		}
	}
}

func startedAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, noRescan := range []bool{false, true} {
		d, u := newData(r, "t", 20), newData(r, "u", 30)
		d.trusted, d.plan, u.trusted, u.plan = true, takeAll, true, takeAll
		u.noRescan = noRescan
		b := newBench(t, d, u)
		q := "SELECT t.id, u.id FROM t JOIN u ON u.k <= t.k AND u.id > t.id ORDER BY 1, 2"
		same(t, b, q)
		inner, outer := u, d
		if len(d.opens)+len(d.rescans) > len(u.opens)+len(u.rescans) {
			inner, outer = d, u
			d.noRescan = noRescan
		}
		_ = outer
		if !noRescan && (len(inner.opens) != 1 || len(inner.rescans) < 5) {
			t.Errorf("opened %d times and started again %d times", len(inner.opens), len(inner.rescans))
		}
		d.opens, u.opens, u.rescans, u.sent = nil, nil, nil, 0
		q = "SELECT t.id, (SELECT count(*) FROM u WHERE u.k = t.k) FROM t ORDER BY t.id"
		same(t, b, q)
		if !noRescan && (len(u.opens) != 1 || len(u.rescans) == 0) || noRescan && len(u.opens) < 5 {
			t.Errorf("sub-query: opened %d times, started again %d times", len(u.opens), len(u.rescans))
		}
		if u.sent > uint64(len(d.rows)*len(u.rows))/3 {
			t.Errorf("%d rows came through for a condition on the outer row", u.sent)
		}
		// NULL from the outer row asks the connector nothing.
		for _, request := range append([]*pb.RescanRequest{}, u.rescans...) {
			if len(request.Params) != 1 || request.Params[0].GetNull() {
				t.Errorf("params %v", request.Params)
			}
		}
	}
}

func argumentPositions(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 60)
	d.trusted = true
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		r := takeAll(d, q)
		for i, f := range r.Filters {
			f.Argument = uint32(len(r.Filters) - i)
		}
		return r
	}
	b := newBench(t, d)
	same(t, b, "SELECT id FROM t WHERE k IN (1, 2, 3) AND tiny > -3 AND ci IS NOT NULL ORDER BY id")
	var got []string
	for _, a := range d.opens[0].Arguments {
		var values []string
		for _, v := range a.Values {
			values = append(values, operand(d, constant(v)))
		}
		got = append(got, fmt.Sprint(values))
	}
	// Filters come in the order of the WHERE clause, arguments in the positions asked for.
	want := map[string]bool{"[i1 i2 i3]": true, "[i-3]": true, "[]": true}
	for _, one := range got {
		if !want[one] {
			t.Errorf("arguments %v", got)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d arguments: %v", len(got), got)
	}
}

func refusedLeadsToAnother(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d, u := newData(r, "t", 40), newData(r, "u", 40)
	d.trusted, d.plan, u.trusted = true, takeAll, true
	// u cannot be read without an equality on k.
	u.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		for _, f := range q.Filters {
			if f.Usable && f.Filter.Op == pb.FilterOp_FILTER_OP_EQ && *f.Filter.Column == 13 {
				return takeAll(d, q)
			}
		}
		return &pb.PlanResponse{NoPlan: &pb.NoPlan{RequiredColumns: []string{"k"}, Message: "the service looks up by key"}}
	}
	b := newBench(t, d, u)
	for _, q := range []string{"SELECT t.id, u.id FROM t JOIN u ON t.k = u.k ORDER BY 1, 2", "SELECT t.id, u.id FROM u JOIN t ON t.k = u.k WHERE u.id > 3 ORDER BY 1, 2",
		"SELECT t.id, u.id FROM t LEFT JOIN u ON t.k = u.k ORDER BY 1, 2", "SELECT t.id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k = t.k) ORDER BY 1"} {
		same(t, b, q)
	}
	_, err := b.query(b.context("w"), "SELECT id FROM u")
	if err == nil || !strings.Contains(err.Error(), "table w.u needs a condition on column k") {
		t.Error(err)
	}
}

func orderConsumed(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 60)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	for _, c := range []struct{ query, gone string }{
		{"SELECT id FROM t ORDER BY k DESC, id", "Sort"},
		{"SELECT id FROM t ORDER BY k, id LIMIT 4", "TopN"},
		{"SELECT id, k AS x FROM t ORDER BY x DESC, id LIMIT 4 OFFSET 3", "Offset"},
		{"SELECT id FROM t WHERE k > 1 ORDER BY ci DESC, id LIMIT 5", "TopN"},
		{"SELECT id FROM t WHERE tiny = 1 LIMIT 2 OFFSET 1", "Offset"},
	} {
		text := strings.Join(must(t, b, "w", "EXPLAIN FORMAT=TREE "+c.query), "\n")
		if strings.Contains(text, c.gone) || !strings.Contains(text, "taken") || strings.Contains(text, "not taken") {
			t.Errorf("%s:\n%s", c.query, text)
		}
		if strings.Contains(c.query, "ORDER") {
			same(t, b, c.query)
		} else if n := len(b.must(t, c.query)); n != 2 {
			t.Errorf("%s: %d rows", c.query, n)
		}
	}
	// NULLs come first, and last in descending order: the keys say so.
	b.must(t, "SELECT id FROM t ORDER BY k, tiny DESC")
	keys := d.requests[len(d.requests)-1].Order
	if keys[0].NullsLast || keys[0].Descending || !keys[1].NullsLast || !keys[1].Descending {
		t.Errorf("%v", keys)
	}
}

func planBytesComeBack(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 5)
	d.trusted = true
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		r := takeAll(d, q)
		r.IndexNumber, r.IndexName = 7, "by_k"
		return r
	}
	b := newBench(t, d)
	b.must(t, "SELECT id FROM t WHERE k = 1")
	if got, want := string(d.opens[0].Plan), fmt.Sprint(len(d.answers)-1); got != want {
		t.Errorf("plan %q, want %q", got, want)
	}
	if info := b.explain(t, "SELECT id FROM t WHERE k = 1")[0]; info.Index != "7 by_k" {
		t.Errorf("index %q", info.Index)
	}
}

func estimatesAreShown(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 5)
	d.trusted = true
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		r := takeAll(d, q)
		r.Rows, r.RowBytes, r.Cost, r.StartupCost, r.Unique = ptr(12.0), ptr(34.0), ptr(50.0), ptr(6.0), true
		r.Explain = []*pb.Pair{{Key: "index", Value: "by\nk"}}
		return r
	}
	b := newBench(t, d)
	text := strings.Join(must(t, b, "w", "EXPLAIN FORMAT=TREE SELECT ci FROM t WHERE cs = 'a'"), "\n")
	for _, want := range []string{"WasqlScan(w.t)", "columns: [ci] of 14", "pushed: (t.cs = 'a') exact", "est. rows: 12, cost: 56, bytes a row: 34, at most one row",
		"index: by k", "plan: number ", "grants: files.read /data"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if f := d.requests[len(d.requests)-1].Filters[0].Filter; f.Collation != "utf8mb4_0900_bin" {
		t.Errorf("collation %q", f.Collation)
	}
	text = strings.Join(must(t, b, "w", "EXPLAIN ANALYZE SELECT id FROM t WHERE k + 1 > 2"), "\n")
	if !strings.Contains(text, "actual: 5 rows in 1 batches") || !strings.Contains(text, "removed by the residual") {
		t.Errorf("%s", text)
	}
	b.noneOpen(t, "EXPLAIN ANALYZE")
}

func TestSwitchesLeaveWorkToTheEngine(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 30)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	q := "SELECT id FROM t WHERE k > 1 ORDER BY id LIMIT 3"
	for _, c := range []struct {
		off                   string
		filters, order, limit bool
	}{
		{"", true, true, true},
		{VariableAll, false, false, false},
		{VariableFilters, false, true, false},
		{VariableOrder, true, false, false},
		{VariableLimit, true, true, false},
		{VariableColumns, true, true, true},
	} {
		ctx := b.context("w")
		if c.off != "" {
			if _, err := b.query(ctx, "SET "+c.off+" = 0"); err != nil {
				t.Fatal(err)
			}
		}
		d.requests = nil
		if _, err := b.query(ctx, q); err != nil {
			t.Fatal(err)
		}
		r := d.requests[0]
		if len(r.Filters) > 0 != c.filters || len(r.Order) > 0 != c.order || r.Limit != nil != c.limit {
			t.Errorf("%s off: %d filters, %d keys, limit %v, %d columns", c.off, len(r.Filters), len(r.Order), r.Limit, len(r.Columns))
		}
	}
}

// Nothing is asked of a connector for rows nobody can get.
func TestNothingIsReadForNothing(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 30)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	for _, q := range []string{"SELECT id FROM t LIMIT 0", "SELECT id FROM t WHERE k = NULL", "SELECT id FROM t WHERE tiny > 300", "SELECT id FROM t WHERE k NOT IN (1, NULL)"} {
		if got := b.must(t, q); len(got) != 0 || len(d.opens) != 0 {
			t.Errorf("%s: %d rows, %d scans opened", q, len(got), len(d.opens))
		}
	}
	if got := b.must(t, "SELECT count(*) FROM t WHERE k = NULL"); got[0] != "[0]" {
		t.Error(got)
	}
}

func TestReleaseClosesWhatAnAbandonedRunLeft(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 30)
	b := newBench(t, d)
	ctx := b.context("w")
	node, err := b.engine.AnalyzeQuery(ctx, "SELECT id FROM t")
	if err != nil {
		t.Fatal(err)
	}
	it, err := b.engine.Analyzer.ExecBuilder.Build(ctx, node, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := it.Next(ctx); err != nil {
		t.Fatal(err)
	}
	if d.open.Load() != 1 {
		t.Fatal("nothing is open")
	}
	if err := exec.Release(ctx, node); err != nil {
		t.Fatal(err)
	}
	b.noneOpen(t, "Release")
}

// EXPLAIN ANALYZE does not dispose of the plan it ran; the end of its context does.
func TestIdleScansEndWithTheContext(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	d, u := newData(r, "t", 9), newData(r, "u", 9)
	d.trusted, d.plan, u.trusted, u.plan = true, takeAll, true, takeAll
	b := newBench(t, d, u)
	parent, cancel := context.WithCancel(t.Context())
	ctx := sql.NewContext(parent, sql.WithSession(sql.NewBaseSession()))
	ctx.SetCurrentDatabase("w")
	if _, err := b.query(ctx, "EXPLAIN ANALYZE SELECT x.id, (SELECT count(*) FROM u y WHERE y.k = x.k) FROM t x"); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 1000 {
		if d.open.Load()+u.open.Load() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d and %d scans left open", d.open.Load(), u.open.Load())
}
