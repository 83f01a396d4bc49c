package pushdown

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
)

// newSampleBench is a bench with half(id), a sample of half of the rows, and nobody(id), one of none.
func newSampleBench(t *testing.T, fakes ...*fakeData) *bench {
	t.Helper()
	b := newBench(t, fakes...)
	for name, fraction := range map[string]float64{"half": 0.5, "nobody": 0} {
		b.engine.Analyzer.Catalog.RegisterFunction(nil, sql.FunctionN{Name: name, Fn: func(_ *sql.Context, values ...sql.Expression) (sql.Expression, error) {
			return &function.Sampled{Fraction: fraction, Seed: 7, Repeatable: true, Values: values}, nil
		}})
	}
	return b
}

// sampling makes a connector that takes what else is asked for too; sample says whether it takes samples.
func sampling(sample bool) func(*fakeData, *pb.PlanRequest) *pb.PlanResponse {
	return func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		r := &pb.PlanResponse{Limit: &pb.Answer{Taken: q.Limit != nil}, Distinct: &pb.Answer{Taken: q.Distinct}, Aggregation: &pb.Answer{Taken: q.Aggregation != nil},
			Sample: &pb.Answer{Taken: sample && q.Sample != nil, Reason: "it is no shop"}}
		apply := make([]bool, len(q.Filters))
		for i := range q.Filters {
			answer := &pb.FilterAnswer{}
			if apply[i] = q.Filters[i].Usable; apply[i] {
				answer.Use = pb.Use_USE_EXACT
			}
			r.Filters = append(r.Filters, answer)
		}
		return d.answer(q, r, apply).response
	}
}

// TestSamplesAreTaken: the rows are those that the connector says, and the engine reads nothing for a condition of its own.
//
// checklist: P1
func TestSamplesAreTaken(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 40)
	d.trusted, d.plan = true, sampling(true)
	b := newSampleBench(t, d)
	if got := b.must(t, "SELECT k FROM t WHERE nobody(id)"); len(got) != 20 {
		t.Errorf("%d rows, want the connector's 20", len(got))
	}
	q := d.requests[len(d.requests)-1]
	if s := q.Sample; s.GetSeed() != 7 || !s.GetRepeatable() || !s.GetBlocks() || s.GetFraction() != 0 || len(q.Filters) != 0 || len(q.Columns) != 1 {
		t.Errorf("asked for %v of columns %v under %v", s, q.Columns, q.Filters)
	}
	if got := b.must(t, "SELECT k FROM t WHERE half(id) LIMIT 3"); len(got) != 3 || d.sent != 20+3 {
		t.Errorf("%d rows; %d were sent", len(got), d.sent)
	}
	if got := b.must(t, "SELECT COUNT(*) FROM t WHERE half(id)"); got[0] != "[20]" || d.requests[len(d.requests)-1].Aggregation == nil {
		t.Errorf("counted %v", got)
	}
	b.noneOpen(t, "samples")
}

// TestSamplesLeftToTheEngine: nobody takes what stands on them either.
func TestSamplesLeftToTheEngine(t *testing.T) {
	for _, c := range []struct {
		name, off      string
		trusted, takes bool
		asked          bool
		reason         string
	}{
		{"not taken", "", true, false, true, "it is no shop"},
		{"switched off", VariableSample, true, true, false, "wasql_pushdown_sample is 0"},
		{"all switched off", VariableAll, true, true, false, "wasql_pushdown_sample is 0"},
		{"not trusted", "", false, true, false, "the samples of a connector that is not trusted are the engine's"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newData(rand.New(rand.NewPCG(1, 2)), "t", 40)
			d.trusted, d.plan = c.trusted, sampling(c.takes)
			b := newSampleBench(t, d)
			want := len(must(t, b, "p", "SELECT id FROM t WHERE half(id)"))
			if want < 5 || want > 35 {
				t.Fatalf("half of 40 rows are %d", want)
			}
			ctx := b.context("w")
			if c.off != "" {
				if _, err := b.query(ctx, "SET "+c.off+" = 0"); err != nil {
					t.Fatal(err)
				}
			}
			for query, rows := range map[string]string{
				"SELECT COUNT(*) FROM t WHERE half(id)":                                                      fmt.Sprintf("[%d]", want),
				"SELECT COUNT(*) FROM (SELECT id FROM t WHERE half(id) LIMIT 3) q":                           "[3]",
				"SELECT COUNT(*) FROM (SELECT DISTINCT id FROM t WHERE half(id)) q":                          fmt.Sprintf("[%d]", want),
				"SELECT COUNT(*) FROM t WHERE nobody(id) AND id > 0":                                         "[0]",
				"SELECT COUNT(*) FROM t x JOIN t y ON x.id = y.id WHERE half(x.id) AND half(y.id)":           fmt.Sprintf("[%d]", want),
				"SELECT COUNT(*) FROM t x WHERE EXISTS (SELECT 1 FROM t y WHERE y.id = x.id AND half(y.id))": fmt.Sprintf("[%d]", want),
			} {
				got, err := b.query(ctx, query)
				if err != nil || len(got) != 1 || got[0] != rows {
					t.Errorf("%s gives %v, %v; want %s", query, got, err, rows)
				}
			}
			asked := false
			for _, q := range d.requests {
				asked = asked || q.Sample != nil
			}
			if asked != c.asked {
				t.Errorf("asked for samples: %v", asked)
			}
			if c.off == "" {
				filters := b.explain(t, "SELECT id FROM t WHERE half(id)")[0].Filters
				if len(filters) != 1 || filters[0].Reason != c.reason || !filters[0].Checked {
					t.Errorf("EXPLAIN tells %+v", filters)
				}
			}
			b.noneOpen(t, c.name)
		})
	}
}

// TestSamplesAreNotRemembered: what was negotiated for the row of a key is not what is read of a sample, nor the other way round.
func TestSamplesAreNotRemembered(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 40)
	d.trusted, d.plan, d.declared.PrimaryKey = true, sampling(true), []uint32{0}
	b := newSampleBench(t, d)
	for range 2 {
		for at := range 4 {
			id := fmt.Sprint(d.rows[at][0])
			if got := b.must(t, "SELECT COUNT(*) FROM (SELECT id FROM t WHERE id = "+id+") q"); got[0] != "[1]" {
				t.Errorf("row %d: %v", at, got)
			}
			if got, want := b.must(t, "SELECT COUNT(*) FROM (SELECT id FROM t WHERE half(id) AND id = "+id+") q"), fmt.Sprintf("[%d]", 1-at%2); got[0] != want {
				t.Errorf("row %d of the sample: %v, want %s", at, got, want)
			}
		}
	}
}

// TestSampleTakenAtTimes: a sample that is taken in the plan with values of an outer row, and not in that without, would be of other rows.
func TestSampleTakenAtTimes(t *testing.T) {
	d, u := newData(rand.New(rand.NewPCG(1, 2)), "t", 40), newData(rand.New(rand.NewPCG(3, 4)), "u", 10)
	d.trusted = true
	d.plan = func(d *fakeData, q *pb.PlanRequest) *pb.PlanResponse {
		usable := len(q.Filters) > 0 && q.Filters[0].Usable
		return sampling(usable)(d, q)
	}
	for _, row := range u.rows {
		row[2] = int64(1000) // no TINYINT: the condition is another one than was negotiated
	}
	b := newSampleBench(t, d, u)
	_, err := b.query(b.context("w"), "SELECT (SELECT COUNT(*) FROM t WHERE t.tiny < u.big AND half(t.id)) FROM u")
	if err == nil || !strings.Contains(err.Error(), "SPEC 8.36") {
		t.Error(err)
	}
}

// TestSampleEstimates: what the engine leaves of rows it samples itself counts in the planning of joins.
func TestSampleEstimates(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(1, 2)), "t", 40)
	s := &conjunct{expr: &function.Sampled{Fraction: 0.25}, sample: &pb.Sample{Fraction: 0.25}}
	a := &ask{conjuncts: []*conjunct{{}, s}, scope: &tableScope{table: newFakeTable(d)}}
	for taken, want := range map[pb.Use]float64{pb.Use_USE_IGNORED: 0.25, pb.Use_USE_EXACT: 1} {
		if got := a.leftBySample(&offer{uses: []use{{}, {use: taken}}}); got != want {
			t.Errorf("%v: %v is left", taken, got)
		}
	}
}
