package gms

import (
	"testing"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/stats"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
)

func TestDistribution(t *testing.T) {
	ctx := sql.NewEmptyContext()
	s := sample{of: 1000}
	for i := range 1000 {
		var v any = int64(i % 50)
		if i%50 == 7 {
			v = nil
		}
		s.rows = append(s.rows, sql.Row{int64(i), v})
	}
	d, err := s.distribution(ctx, []int{1}, []sql.Type{types.Int64})
	if err != nil {
		t.Fatal(err)
	}
	if d.rows != 1000 || d.distinct != 50 || d.nulls != 20 {
		t.Errorf("%d rows, %d distinct, %d NULL", d.rows, d.distinct, d.nulls)
	}
	total, last := uint64(0), int64(-1)
	for _, b := range d.buckets {
		total += b.RowCount()
		if v, ok := b.UpperBound()[0].(int64); ok {
			if v <= last {
				t.Errorf("the bound %d comes after %d", v, last)
			}
			last = v
		}
	}
	if total != 1000 || len(d.buckets) > bucketsMax || last != 49 {
		t.Errorf("%d rows in %d buckets up to %d", total, len(d.buckets), last)
	}
	unique, err := s.distribution(ctx, []int{0}, []sql.Type{types.Int64})
	if err != nil || unique.distinct != 1000 {
		t.Errorf("%d distinct of a unique column, %v", unique.distinct, err)
	}
	// A tenth of the rows was seen: counts are those of all.
	s.of = 10_000
	tenth, err := s.distribution(ctx, []int{0}, []sql.Type{types.Int64})
	if err != nil || tenth.rows != 10_000 || tenth.distinct != 10_000 {
		t.Errorf("%d distinct of %d rows, %v", tenth.distinct, tenth.rows, err)
	}
}

func TestToldDistribution(t *testing.T) {
	ctx := sql.NewEmptyContext()
	distinct := uint64(3)
	told := &pb.ColumnStatistics{Columns: []uint32{0}, Distinct: &distinct, Histogram: []*pb.Bucket{
		{UpperBound: []*pb.Value{{Kind: &pb.Value_Int64{Int64: 9}}}, Rows: 10, Distinct: 3}}}
	d, err := toldDistribution(ctx, 10, told, []sql.Type{types.Int32})
	if err != nil || d.distinct != 3 || len(d.buckets) != 1 || d.buckets[0].UpperBound()[0] != int32(9) {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := toldDistribution(ctx, 10, told, []sql.Type{types.Int32, types.Int32}); err == nil {
		t.Error("a bound of one value is taken for two columns")
	}
}

func TestStatisticsAreKept(t *testing.T) {
	ctx := sql.NewEmptyContext()
	s := NewStatistics()
	put := func(table, index string, columns ...string) {
		if err := s.SetStats(ctx, stats.NewStatistic(5, 5, 0, 0, time.Now(), sql.NewStatQualifier("D", "", table, index), columns, nil, nil, sql.IndexClassDefault, nil)); err != nil {
			t.Fatal(err)
		}
	}
	put("t", "zz", "a", "b")
	put("t", "PRIMARY", "id")
	put("t2", "PRIMARY", "id")
	all, err := s.GetTableStats(ctx, "", "d", named("T"))
	if err != nil || len(all) != 2 || all[0].Qualifier().Index() != "primary" {
		t.Fatalf("%v, %v", all, err)
	}
	if _, ok := s.GetStats(ctx, sql.NewStatQualifier("d", "", "t", "zz"), []string{"a", "b"}); !ok {
		t.Error("what was set is not found")
	}
	if err := s.DropStats(ctx, sql.NewStatQualifier("d", "", "t", ""), []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	if all, _ := s.GetTableStats(ctx, "", "d", named("t")); len(all) != 1 {
		t.Errorf("%d are left of two", len(all))
	}
	if err := s.DropDbStats(ctx, "", "d", false); err != nil {
		t.Fatal(err)
	}
	if all, _ := s.GetTableStats(ctx, "", "d", named("t2")); len(all) != 0 {
		t.Errorf("%d are left of a database that is gone", len(all))
	}
}

// named is a table of which only the name matters.
type named string

func (n named) Name() string                                                 { return string(n) }
func (n named) String() string                                               { return string(n) }
func (named) Schema(*sql.Context) sql.Schema                                 { return nil }
func (named) Collation() sql.CollationID                                     { return sql.Collation_Default }
func (named) Partitions(*sql.Context) (sql.PartitionIter, error)             { return nil, nil }
func (named) PartitionRows(*sql.Context, sql.Partition) (sql.RowIter, error) { return nil, nil }
