package abitest

import (
	"context"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// orders asks for each column in both directions, with and without a limit.
// clause: 8.9
func (s *subject) orders(ctx context.Context, t *testing.T) {
	limit, offset := uint64(5), uint64(2)
	for n, c := range s.columns {
		for _, descending := range []bool{false, true} {
			key := &pb.OrderKey{Column: c, Descending: descending, NullsLast: descending, Collation: binaryCollation}
			answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns, Order: []*pb.OrderKey{key}, Limit: &limit, Offset: offset})
			if answer.GetLimit().GetTaken() && !answer.GetOrder().GetTaken() {
				t.Errorf("limit taken without the order by %s", s.name(c))
			}
			if !answer.GetOrder().GetTaken() {
				continue
			}
			rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: s.columns, rowsMax: s.opts.rowsMax()})
			if err != nil {
				t.Errorf("order by %s: %v", s.name(c), err)
				continue
			}
			if answer.GetLimit().GetTaken() && uint64(len(rows)) > limit {
				t.Errorf("order by %s limit %d gives %d rows", s.name(c), limit, len(rows))
			}
			if !slices.IsSortedFunc(rows, func(a, b []any) int {
				if descending {
					return compare(b[n], a[n])
				}
				return compare(a[n], b[n])
			}) {
				t.Errorf("order by %s, descending %v: claimed and not kept", s.name(c), descending)
			}
		}
	}
	answer := s.plan(ctx, t, &pb.PlanRequest{Columns: s.columns, Limit: &limit, Offset: offset})
	if !answer.GetLimit().GetTaken() {
		return
	}
	rows, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: s.columns, rowsMax: s.opts.rowsMax()})
	if err != nil {
		t.Errorf("limit: %v", err)
		return
	}
	want := s.rows[min(int(offset), len(s.rows)):min(int(offset+limit), len(s.rows))]
	if diff, ok := sameRows(rows, want); !ok && s.whole {
		t.Errorf("limit %d offset %d: %s", limit, offset, diff)
	}
}
