package abitest

import (
	"context"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// tables gives the tables to test.
func (s *suite) tables(ctx context.Context, t *testing.T) []*pb.TableRef {
	if len(s.opts.Tables) > 0 {
		return s.opts.Tables
	}
	i := s.acquire(ctx, t)
	defer i.Release()
	list, err := i.List(ctx, &pb.ListRequest{})
	if err != nil {
		t.Fatalf("LIST: %v", err)
	}
	return list.GetTables()
}

func (s *suite) acquire(ctx context.Context, t *testing.T) *host.Instance {
	t.Helper()
	i, err := s.connector.Acquire(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// subject is one table under test with its unfiltered rows.
type subject struct {
	*suite
	ref     *pb.TableRef
	table   *pb.Table
	columns []uint32
	rows    [][]any
	// whole is set when rows are all rows of the table.
	whole bool
}

func (s *suite) table(ctx context.Context, t *testing.T, ref *pb.TableRef) {
	i := s.acquire(ctx, t)
	described, err := i.Describe(ctx, &pb.DescribeRequest{Table: ref})
	i.Release()
	if err != nil {
		t.Fatalf("DESCRIBE: %v", err)
	}
	sub := &subject{suite: s, table: described.GetTable()}
	sub.ref = ref.CloneVT()
	sub.ref.Data, sub.ref.Version = sub.table.GetData(), sub.table.GetVersion()
	t.Run("declaration", sub.declaration)
	if sub.table.GetCreateSql() != "" && len(sub.table.GetColumns()) == 0 {
		t.Skip("declared by CREATE TABLE text alone: the suite does not parse SQL, the engine's tests read such tables")
	}
	for n, c := range sub.table.GetColumns() {
		if c.GetRequired() {
			t.Skipf("column %s must be constrained: such tables are read by their own tests", c.GetName())
		}
		sub.columns = append(sub.columns, uint32(n))
	}
	t.Run("scan", func(t *testing.T) { sub.scans(ctx, t) })
	if sub.rows == nil && !sub.whole {
		return
	}
	t.Run("filters", func(t *testing.T) { sub.filters(ctx, t) })
	t.Run("order and limit", func(t *testing.T) { sub.orders(ctx, t) })
	t.Run("groups", func(t *testing.T) { sub.groups(ctx, t) })
	t.Run("partitions", func(t *testing.T) { sub.partitions(ctx, t) })
	t.Run("statistics", func(t *testing.T) { sub.statistics(ctx, t) })
}

// declaration checks the schema.
// clause: 5.1 5.3 8.5
func (s *subject) declaration(t *testing.T) {
	if len(s.table.GetColumns()) == 0 && s.table.GetCreateSql() == "" {
		t.Fatal("no columns and no CREATE TABLE text")
	}
	if len(s.table.GetData()) > 64<<10 {
		t.Errorf("Table.data has %d bytes, more than 64 KiB", len(s.table.GetData()))
	}
	names := map[string]bool{}
	for n, c := range s.table.GetColumns() {
		if c.GetName() == "" || names[c.GetName()] {
			t.Errorf("column %d: name %q is empty or used twice", n, c.GetName())
		}
		names[c.GetName()] = true
		if !col.Type(c.GetType()).Known() && c.GetSqlType() == "" {
			t.Errorf("column %s has no type", c.GetName())
		}
		if c.GetArgument() > 0 && !c.GetHidden() {
			t.Errorf("column %s is an argument and not hidden", c.GetName())
		}
	}
	count := uint32(len(s.table.GetColumns()))
	keys := slices.Clone(s.table.GetPrimaryKey())
	for _, index := range s.table.GetIndexes() {
		for _, part := range index.GetColumns() {
			keys = append(keys, part.GetColumn())
		}
	}
	for _, k := range keys {
		if k >= count {
			t.Errorf("a key names column %d of %d", k, count)
		}
	}
}

// plan asks for a plan and checks the shape of the answer.
// clause: 8.6 8.7 8.8 8.11
func (s *subject) plan(ctx context.Context, t *testing.T, request *pb.PlanRequest) *pb.PlanResponse {
	t.Helper()
	i := s.acquire(ctx, t)
	defer i.Release()
	request.Table = s.ref
	answer, err := i.Plan(ctx, request)
	if err != nil {
		t.Fatalf("PLAN: %v", err)
	}
	again, err := i.Plan(ctx, request)
	if err != nil || !answer.EqualVT(again) {
		t.Errorf("PLAN asked twice gives two answers (%v)", err)
	}
	if len(answer.GetFilters()) > len(request.GetFilters()) {
		t.Errorf("%d filter answers for %d filters", len(answer.GetFilters()), len(request.GetFilters()))
	}
	if len(answer.GetPlan()) > 1<<20 {
		t.Errorf("plan has %d bytes, more than 1 MiB", len(answer.GetPlan()))
	}
	for n, f := range answer.GetFilters() {
		if f.GetUse() != pb.Use_USE_IGNORED && n < len(request.GetFilters()) && !request.GetFilters()[n].GetUsable() {
			t.Errorf("filter %d is not usable and was claimed", n)
		}
	}
	return answer
}

// partitions checks that the pieces together are the whole.
// clause: 8.11
func (s *subject) partitions(ctx context.Context, t *testing.T) {
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns})
	if !answer.GetPartitionable() {
		return
	}
	i := s.acquire(ctx, t)
	parts, err := i.Partitions(ctx, &pb.PartitionsRequest{Table: s.ref, Plan: answer.GetPlan(), Wanted: 4})
	i.Release()
	if err != nil {
		t.Fatalf("PARTITIONS of a partitionable plan: %v", err)
	}
	if !s.whole {
		return
	}
	total := 0
	for n, p := range parts.GetPartitions() {
		r := read{table: s.ref, plan: answer.GetPlan(), partition: p.GetToken(), columns: s.columns, rowsMax: s.opts.rowsMax()}
		first, err := s.suite.rows(ctx, r)
		if err != nil {
			t.Fatalf("partition %d: %v", n, err)
		}
		second, err := s.suite.rows(ctx, r)
		if err != nil {
			t.Fatalf("partition %d, again: %v", n, err)
		}
		if diff, ok := sameRows(first, second); !ok {
			t.Errorf("partition %d opened twice: %s", n, diff)
		}
		total += len(first)
	}
	if total != len(s.rows) {
		t.Errorf("the partitions have %d rows, the table has %d", total, len(s.rows))
	}
}

// statistics checks that what is called exact is.
// clause: 8.15
func (s *subject) statistics(ctx context.Context, t *testing.T) {
	i := s.acquire(ctx, t)
	defer i.Release()
	answer, err := i.Statistics(ctx, &pb.StatisticsRequest{Table: s.ref})
	if err != nil {
		wantCode(t, "STATISTICS", err, abi.Unimplemented)
		return
	}
	if answer.GetRowsExact() && s.whole && answer.GetRows() != uint64(len(s.rows)) {
		t.Errorf("exact row count %d, rows %d", answer.GetRows(), len(s.rows))
	}
	if s.table.GetRowCountExact() && s.whole && s.table.GetRowCount() != uint64(len(s.rows)) {
		t.Errorf("exact row count %d in DESCRIBE, rows %d", s.table.GetRowCount(), len(s.rows))
	}
}
