package pushdown

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// respond makes a connector that gives one fixed answer to every request.
func respond(r *pb.PlanResponse) func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
	return func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse { return d.answer(q, r.CloneVT(), nil).response }
}

func ptr[T any](v T) *T { return &v }

func TestBrokenAnswersFailNamingTheConnector(t *testing.T) {
	exact := &pb.FilterAnswer{Use: pb.Use_USE_EXACT}
	for _, c := range []struct {
		name, query string
		answer      *pb.PlanResponse
		want        string
	}{
		{"more answers than conditions", "SELECT id FROM t WHERE tiny = 1", &pb.PlanResponse{Filters: []*pb.FilterAnswer{exact, exact}}, "2 answers to 1 conditions (SPEC 8.7)"},
		{"argument beyond", "SELECT id FROM t WHERE tiny = 1", &pb.PlanResponse{Filters: []*pb.FilterAnswer{{Argument: 2}}}, "wants argument 2 of 1"},
		{"argument twice", "SELECT id FROM t WHERE tiny = 1 AND k = 2", &pb.PlanResponse{Filters: []*pb.FilterAnswer{{Argument: 1}, {Argument: 1}}}, "argument 1 is wanted twice"},
		{"argument gap", "SELECT id FROM t WHERE tiny = 1 AND k = 2", &pb.PlanResponse{Filters: []*pb.FilterAnswer{{Argument: 2}}}, "1 arguments are wanted, the highest is number 2"},
		{"argument of two columns", "SELECT id FROM t WHERE tiny < k", &pb.PlanResponse{Filters: []*pb.FilterAnswer{{Argument: 1}}}, "has no value to give"},
		{"aggregation unasked", "SELECT id FROM t", &pb.PlanResponse{Aggregation: &pb.Answer{Taken: true}}, "aggregation was taken without being asked for"},
		{"distinct unasked", "SELECT id FROM t", &pb.PlanResponse{Distinct: &pb.Answer{Taken: true}}, "distinct was taken without being asked for"},
		{"having unasked", "SELECT id FROM t", &pb.PlanResponse{Having: &pb.Answer{Taken: true}}, "having was taken without being asked for"},
		{"sample unasked", "SELECT id FROM t", &pb.PlanResponse{Sample: &pb.Answer{Taken: true}}, "sample was taken without being asked for"},
		{"join unasked", "SELECT id FROM t", &pb.PlanResponse{Join: &pb.Answer{Taken: true}}, "join was taken without being asked for"},
		{"limit unasked", "SELECT id FROM t", &pb.PlanResponse{Limit: &pb.Answer{Taken: true}}, "a limit was taken without being asked for"},
		{"unusable claimed", "SELECT t.id FROM t JOIN u ON t.k = u.k", nil, "was not usable and was claimed (SPEC 8.8)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			d, u := newData(r, "t", 50), newData(r, "u", 50)
			d.plan = respond(c.answer)
			if c.answer == nil {
				claim := func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
					return d.answer(q, &pb.PlanResponse{Filters: []*pb.FilterAnswer{exact}[:len(q.Filters)]}, nil).response
				}
				d.plan, u.plan = claim, claim
			}
			b := newBench(t, d, u)
			_, err := b.query(b.context("w"), c.query)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "connector fake: plan w.") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestOversizedPlanIsRefused(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 3)
	d.plan = func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
		return &pb.PlanResponse{Plan: make([]byte, planBytesMax+1)}
	}
	b := newBench(t, d)
	if _, err := b.query(b.context("w"), "SELECT id FROM t"); err == nil || !strings.Contains(err.Error(), "SPEC 8.11") {
		t.Error(err)
	}
}

func TestUnsoundEstimatesAreNotUsed(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), -1, 1e300} {
		d := newData(rand.New(rand.NewPCG(1, 2)), "t", 3)
		d.plan = respond(&pb.PlanResponse{Rows: &v, Cost: &v, RowBytes: &v, StartupCost: &v})
		info := newBench(t, d).explain(t, "SELECT id FROM t")[0]
		if info.Rows != -1 || info.Cost != -1 || info.RowBytes != -1 || len(info.Notes) != 4 {
			t.Errorf("%v: rows %v, cost %v, notes %v", v, info.Rows, info.Cost, info.Notes)
		}
	}
}

// A limit claimed without the filter below it would lose rows: it is asked again without.
func TestLimitClaimedAgainstTheRulesIsTakenBack(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 20)
	d.trusted = true
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		return d.answer(q, &pb.PlanResponse{Limit: &pb.Answer{Taken: q.Limit != nil}}, nil).response
	}
	b := newBench(t, d)
	if got := b.must(t, "SELECT id FROM t WHERE id > 15 LIMIT 3"); len(got) != 3 {
		t.Errorf("%d rows, want 3: %v", len(got), got)
	}
	if info := b.explain(t, "SELECT id FROM t WHERE id > 15 LIMIT 3")[0]; !strings.Contains(info.Limit, "not taken: claimed without") {
		t.Error(info.Limit)
	}
}

// The monitor names the connector that promised an order and broke it.
func TestBrokenOrderFailsTheStatement(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 20)
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		a := d.answer(q, &pb.PlanResponse{Order: &pb.Answer{Taken: len(q.Order) > 0}}, nil)
		a.sortless = true
		return a.response
	}
	b := newBench(t, d)
	_, err := b.query(b.context("w"), "SELECT id FROM t ORDER BY k")
	if err == nil || !strings.Contains(err.Error(), "connector fake: scan t: rows promised in order came out of it: column k") {
		t.Errorf("got %v", err)
	}
	b.noneOpen(t, "after the error")
	if _, err := b.query(b.context("w"), "SELECT id FROM t ORDER BY id DESC LIMIT 2"); err == nil {
		t.Error("descending order was not watched")
	}
	if got := b.must(t, "SELECT id FROM t ORDER BY id"); len(got) != 20 {
		t.Errorf("rows that do come in order: %d", len(got))
	}
}

func TestRequiredColumnIsNamed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	d, u := newData(r, "t", 30), newData(r, "u", 30)
	d.declared.Columns[13].Required = true
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d, u)
	for _, q := range []string{"SELECT id FROM t", "SELECT id FROM t WHERE k IS NULL", "SELECT id FROM t WHERE id = 3", "SELECT id FROM t WHERE k = 3 OR id = 1"} {
		_, err := b.query(b.context("w"), q)
		if err == nil || !strings.Contains(err.Error(), "table w.t needs a condition on column k") {
			t.Errorf("%s: %v", q, err)
		}
	}
	for _, q := range []string{"SELECT id FROM t WHERE k = 3", "SELECT id FROM t WHERE k IN (1, 2)", "SELECT id FROM t WHERE k BETWEEN 1 AND 5",
		"SELECT u.id FROM u JOIN t ON t.k = u.k ORDER BY 1", "SELECT u.id FROM t JOIN u ON t.k = u.k ORDER BY 1", "SELECT u.id FROM u LEFT JOIN t ON t.k = u.k ORDER BY 1",
		"SELECT id, (SELECT count(*) FROM t WHERE t.k = u.k) FROM u ORDER BY id", "SELECT id FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.k = u.k) ORDER BY id"} {
		got, want := b.must(t, q), must(t, b, "p", q)
		if len(got) == 0 || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got %v, want %v", q, got, want)
		}
	}
	if _, err := b.query(b.context("w"), "SET wasql_pushdown = 0"); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, b *bench, database, q string) []string {
	t.Helper()
	rows, err := b.query(b.context(database), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return rows
}
