package abitest

import (
	"context"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// groups asks for the count of all rows, and for count, least and greatest value of each column whose equal values are the same.
// clause: 8.9
func (s *subject) groups(ctx context.Context, t *testing.T) {
	if !s.whole {
		return
	}
	star := &pb.AggregateCall{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR, Result: &pb.Column{Type: pb.Type_TYPE_INT64, NotNull: true}}
	s.group(ctx, t, "count(*)", []*pb.AggregateCall{star}, []any{int64(len(s.rows))})
	for n, c := range s.columns {
		switch s.typeOf(c) {
		case col.Int8, col.Int16, col.Int32, col.Int64, col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Date, col.Datetime, col.Time:
		default:
			continue
		}
		values := []any{}
		for _, row := range s.rows {
			if row[n] != nil {
				values = append(values, row[n])
			}
		}
		least, greatest := any(nil), any(nil)
		if len(values) > 0 {
			least, greatest = slices.MinFunc(values, compare), slices.MaxFunc(values, compare)
		}
		declared := s.table.GetColumns()[c]
		result := &pb.Column{Name: declared.GetName(), Type: declared.GetType(), SqlType: declared.GetSqlType(), Precision: declared.GetPrecision(), Scale: declared.GetScale()}
		s.group(ctx, t, declared.GetName(), []*pb.AggregateCall{
			{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT, Column: &c, Result: star.Result},
			{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, Column: &c, Result: result},
			{Function: pb.AggregateFunction_AGGREGATE_FUNCTION_MAX, Column: &c, Result: result},
		}, []any{int64(len(values)), least, greatest})
		s.groupBy(ctx, t, n, star)
		s.distinct(ctx, t, n)
	}
}

// groupBy asks for the number of rows of each value of a column, in order, and only of those that are there more than once.
func (s *subject) groupBy(ctx context.Context, t *testing.T, n int, star *pb.AggregateCall) {
	c, limit, one, count := s.columns[n], uint64(3), int64(1), uint32(1)
	more := &pb.Filter{Op: pb.FilterOp_FILTER_OP_GT, Column: &count, Operands: []*pb.Operand{{Kind: &pb.Operand_Value{Value: &pb.Value{Kind: &pb.Value_Int64{Int64: one}}}}}}
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns, Limit: &limit, Order: []*pb.OrderKey{{Column: 0}},
		Aggregation: &pb.Aggregation{Keys: []uint32{c}, Calls: []*pb.AggregateCall{star}, Having: []*pb.Filter{more}}})
	groups, having := answer.GetAggregation().GetTaken(), answer.GetHaving().GetTaken()
	if having && !groups || answer.GetLimit().GetTaken() && (!having || !answer.GetOrder().GetTaken()) {
		t.Errorf("groups by %s: what stands on them is taken without them", s.name(c))
	}
	if !groups {
		return
	}
	rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: []uint32{0, 1}, rowsMax: s.opts.rowsMax()})
	if err != nil {
		t.Errorf("groups by %s: %v", s.name(c), err)
		return
	}
	if !answer.GetOrder().GetTaken() {
		slices.SortFunc(rows, func(a, b []any) int { return compare(a[0], b[0]) })
	}
	var want [][]any
	for _, value := range s.values(n) {
		times := int64(0)
		for _, row := range s.rows {
			if compare(row[n], value) == 0 {
				times++
			}
		}
		if !having || times > one {
			want = append(want, []any{value, times})
		}
	}
	if answer.GetLimit().GetTaken() {
		want = want[:min(len(want), int(limit))]
	}
	if diff, ok := sameRows(rows, want); !ok {
		t.Errorf("groups by %s: %s", s.name(c), diff)
	}
}

// distinct asks for the values of a column, each once.
func (s *subject) distinct(ctx context.Context, t *testing.T, n int) {
	c := s.columns[n]
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: []uint32{c}, Distinct: true})
	if !answer.GetDistinct().GetTaken() {
		return
	}
	rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: []uint32{c}, rowsMax: s.opts.rowsMax()})
	if err != nil {
		t.Errorf("distinct %s: %v", s.name(c), err)
		return
	}
	slices.SortFunc(rows, func(a, b []any) int { return compare(a[0], b[0]) })
	var want [][]any
	for _, value := range s.values(n) {
		want = append(want, []any{value})
	}
	if diff, ok := sameRows(rows, want); !ok {
		t.Errorf("distinct %s: %s", s.name(c), diff)
	}
}

// values are those of a column, each once, in order.
func (s *subject) values(n int) []any {
	var values []any
	for _, row := range s.rows {
		values = append(values, row[n])
	}
	slices.SortFunc(values, compare)
	return slices.CompactFunc(values, func(a, b any) bool { return compare(a, b) == 0 })
}

// group asks for one row of aggregates, and compares it when the connector takes them.
func (s *subject) group(ctx context.Context, t *testing.T, what string, calls []*pb.AggregateCall, want []any) {
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns, Aggregation: &pb.Aggregation{Calls: calls}})
	if !answer.GetAggregation().GetTaken() {
		return
	}
	columns := make([]uint32, len(calls))
	for i := range columns {
		columns[i] = uint32(i)
	}
	rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: columns, rowsMax: s.opts.rowsMax()})
	if err != nil {
		t.Errorf("groups: %s: %v", what, err)
		return
	}
	if diff, ok := sameRows(rows, [][]any{want}); !ok {
		t.Errorf("groups: %s: %s", what, diff)
	}
}
