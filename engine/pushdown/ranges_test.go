package pushdown

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// fakeKeyed is a fakeTable with a key and indexes, as gms.Table has them.
type fakeKeyed struct {
	*fakeTable
	negotiated *sync.Map
}

var _ sql.IndexSearchableTable = (*fakeKeyed)(nil)

func (t *fakeKeyed) PreciseMatch() bool     { return true }
func (t *fakeKeyed) SkipIndexCosting() bool { return true }
func (t *fakeKeyed) LookupForExpressions(*sql.Context, ...sql.Expression) (sql.IndexLookup, *sql.FuncDepSet, sql.Expression, bool, error) {
	return sql.IndexLookup{}, nil, nil, false, nil
}

func (t *fakeKeyed) GetIndexes(*sql.Context) ([]sql.Index, error) {
	var all []sql.Index
	for _, x := range gms.Indexes("w", t.data.name, t.data.declared, t.data.schema) {
		all = append(all, x)
	}
	return all, nil
}

func (t *fakeKeyed) IndexedAccess(_ *sql.Context, l sql.IndexLookup) sql.IndexedTable {
	return &fakeIndexed{fakeKeyed: t, index: l.Index.(*gms.Index)}
}

func (t *fakeKeyed) WithRowEstimate(rows uint64) sql.Table {
	return &fakeKeyed{t.fakeTable.WithRowEstimate(rows).(*fakeTable), t.negotiated}
}

func (t *fakeKeyed) WithProjections(ctx *sql.Context, names []string) (sql.Table, error) {
	out, err := t.fakeTable.WithProjections(ctx, names)
	return &fakeKeyed{out.(*fakeTable), t.negotiated}, err
}

func (t *fakeKeyed) Negotiated() *sync.Map { return t.negotiated }

func (t *fakeKeyed) PrimaryKeySchema(*sql.Context) sql.PrimaryKeySchema {
	var ordinals []int
	for _, position := range t.data.declared.PrimaryKey {
		ordinals = append(ordinals, int(position))
	}
	return sql.NewPrimaryKeySchema(t.data.schema, ordinals...)
}

// fakeIndexed is what gms.Indexed is to a gms.Table.
type fakeIndexed struct {
	*fakeKeyed
	index *gms.Index
	kept  any
}

type fakeRanges struct {
	ranges  sql.MySQLRangeCollection
	reverse bool
}

func (fakeRanges) Key() []byte { return nil }

func (t *fakeIndexed) Index() *gms.Index { return t.index }
func (t *fakeIndexed) Keep(v any) (before any) {
	before, t.kept = t.kept, v
	return before
}

func (t *fakeIndexed) WithProjections(ctx *sql.Context, names []string) (sql.Table, error) {
	out, err := t.fakeKeyed.WithProjections(ctx, names)
	return &fakeIndexed{fakeKeyed: out.(*fakeKeyed), index: t.index}, err
}

func (t *fakeIndexed) LookupPartitions(_ *sql.Context, l sql.IndexLookup) (sql.PartitionIter, error) {
	p := fakeRanges{reverse: l.IsReverse}
	for _, r := range l.Ranges.(sql.MySQLRangeCollection) {
		p.ranges = append(p.ranges, slices.Clone(r))
	}
	return sql.PartitionsToPartitionIter(p), nil
}

func (t *fakeIndexed) PartitionRows(ctx *sql.Context, p sql.Partition) (sql.RowIter, error) {
	ranges := p.(fakeRanges)
	return readRanges(ctx, t, ranges.ranges, ranges.reverse)
}

// withIndexes declares a primary key and random indexes.
func withIndexes(r *rand.Rand, d *fakeData) {
	d.declared.PrimaryKey = []uint32{0}
	d.schema[0].PrimaryKey = true
	for i := range 3 + r.IntN(4) {
		index := &pb.Index{Name: fmt.Sprint("x", i), Ordered: r.IntN(4) > 0, Reversible: r.IntN(3) > 0}
		for range 1 + r.IntN(3) {
			c := uint32(1 + r.IntN(len(d.schema)-1))
			if slices.ContainsFunc(index.Columns, func(o *pb.IndexColumn) bool { return o.Column == c }) {
				continue
			}
			index.Columns = append(index.Columns, &pb.IndexColumn{Column: c, Descending: r.IntN(6) == 0})
		}
		d.declared.Indexes = append(d.declared.Indexes, index)
	}
	// One that most joins of the generator can use.
	d.declared.Indexes = append(d.declared.Indexes, &pb.Index{Name: "k", Columns: []*pb.IndexColumn{{Column: uint32(len(d.schema) - 1)}}, Ordered: true, Reversible: true})
}

// hinted asks for a kind of join that planning would seldom choose for such small tables.
func (g generator) hinted(q string) string {
	if g.IntN(2) == 0 || !strings.HasPrefix(q, "SELECT ") {
		return q
	}
	hint := g.of("LOOKUP_JOIN(t,u)", "LOOKUP_JOIN(u,t)", "MERGE_JOIN(t,u)", "HASH_JOIN(t,u)", "LOOKUP_JOIN(a,b) LOOKUP_JOIN(b,c)", "MERGE_JOIN(a,b)", "LEFT_OUTER_LOOKUP_JOIN(t,u)")
	return strings.Replace(q, "SELECT ", "SELECT /*+ "+hint+" */ ", 1)
}

// TestOracleIndexed is TestOracle with tables that have keys and indexes, so that joins and sub-queries
// are planned as lookups, merges and the like.
func TestOracleIndexed(t *testing.T) {
	queries := 3000
	if testing.Short() {
		queries = 600
	}
	for _, trusted := range []bool{true, false} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("trusted=%v/%d", trusted, seed), func(t *testing.T) { oracleIndexed(t, trusted, queries/8, seed) })
		}
	}
}

func oracleIndexed(t *testing.T, trusted bool, queries int, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 11))
	a, b := newData(r, "t", 40), newData(r, "u", 15)
	for _, d := range []*fakeData{a, b} {
		d.trusted, d.plan = trusted, randomPlan(r)
	}
	c, d := &fakeData{name: "t", schema: testColumns("t"), declared: a.declared.CloneVT(), rows: a.rows}, &fakeData{name: "u", schema: testColumns("u"), declared: b.declared.CloneVT(), rows: b.rows}
	reference := newBench(t, c, d)
	withIndexes(r, a)
	withIndexes(r, b)
	bench := newBench(t, a, b)
	g := generator{r, true}
	failed := 0
	for range queries {
		q := g.query()
		want, wantErr := reference.query(reference.context("w"), q)
		ctx := bench.context("w")
		off := g.switching()
		for _, set := range off {
			if _, err := bench.query(ctx, set); err != nil {
				t.Fatal(err)
			}
		}
		a.noRescan, b.noRescan = r.IntN(2) == 0, r.IntN(2) == 0
		q = g.hinted(q)
		got, err := bench.query(ctx, q)
		bench.noneOpen(t, q)
		if wantErr != nil {
			continue
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s\n  with %v\n  got  %v %v\n  want %v", q, off, got, err, want)
			if failed++; failed > 5 {
				t.FailNow()
			}
		}
	}
	if len(a.rescans)+len(b.rescans) == 0 {
		t.Error("no lookup was started again")
	}
}
