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
	}
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
