package abitest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// A claim on strings can be exact only under a collation that the suite can evaluate itself.
const binaryCollation = "utf8mb4_0900_bin"

var comparisons = []pb.FilterOp{pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_NE, pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_LE,
	pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE, pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN,
	pb.FilterOp_FILTER_OP_IS_NULL, pb.FilterOp_FILTER_OP_IS_NOT_NULL}

// filters sends generated conjuncts and compares what the claims lead to with the whole table.
// clause: 8.7 8.8 8.9
func (s *subject) filters(ctx context.Context, t *testing.T) {
	random := rand.New(rand.NewPCG(s.opts.Seed, 7))
	for n := range s.columns {
		for _, op := range comparisons {
			filter, ok := s.filter(random, n, op)
			if !ok {
				continue
			}
			s.check(ctx, t, []*pb.Filter{filter})
			if other, ok := s.filter(random, random.IntN(len(s.columns)), comparisons[random.IntN(len(comparisons))]); ok {
				s.check(ctx, t, []*pb.Filter{filter, other})
				s.check(ctx, t, []*pb.Filter{{Op: pb.FilterOp_FILTER_OP_OR, Children: []*pb.Filter{filter, other}}})
				s.check(ctx, t, []*pb.Filter{{Op: pb.FilterOp_FILTER_OP_NOT, Children: []*pb.Filter{filter}}})
			}
		}
	}
}

// filter makes one comparison of the n-th column with values of the table.
func (s *subject) filter(random *rand.Rand, n int, op pb.FilterOp) (*pb.Filter, bool) {
	column := s.columns[n]
	f := &pb.Filter{Op: op, Column: &column, Text: fmt.Sprintf("%s %s", s.name(column), op)}
	if s.typeOf(column) == col.UTF8 {
		f.Collation = binaryCollation
	}
	operands := 1
	switch op {
	case pb.FilterOp_FILTER_OP_IS_NULL, pb.FilterOp_FILTER_OP_IS_NOT_NULL:
		return f, true
	case pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN:
		operands = 3
	}
	for range operands {
		var sample any
		for tries := 0; sample == nil && tries < 20 && len(s.rows) > 0; tries++ {
			sample = s.rows[random.IntN(len(s.rows))][n]
		}
		v, ok := literal(s.typeOf(column), sample)
		if !ok {
			return nil, false
		}
		f.Operands = append(f.Operands, &pb.Operand{Kind: &pb.Operand_Value{Value: v}})
	}
	return f, true
}

// literal makes a constant of the column's own type.
func literal(typ col.Type, sample any) (*pb.Value, bool) {
	switch v := sample.(type) {
	case int64:
		switch typ {
		case col.Date:
			return &pb.Value{Kind: &pb.Value_Date{Date: int32(v)}}, true
		case col.Time:
			return &pb.Value{Kind: &pb.Value_Time{Time: v}}, true
		case col.Datetime:
			return &pb.Value{Kind: &pb.Value_Datetime{Datetime: v}}, true
		}
		return &pb.Value{Kind: &pb.Value_Int64{Int64: v}}, true
	case uint64:
		return &pb.Value{Kind: &pb.Value_Uint64{Uint64: v}}, typ.Unsigned()
	case float64:
		return &pb.Value{Kind: &pb.Value_Float64{Float64: v}}, true
	case string:
		return &pb.Value{Kind: &pb.Value_Utf8{Utf8: v}}, true
	case decimal:
		return &pb.Value{Kind: &pb.Value_Decimal{Decimal: string(v)}}, true
	case bool:
		return &pb.Value{Kind: &pb.Value_Bool{Bool: v}}, true
	}
	return nil, false
}

// check plans with these conjuncts, scans, and compares.
func (s *subject) check(ctx context.Context, t *testing.T, filters []*pb.Filter) {
	t.Helper()
	request := &pb.PlanRequest{Columns: s.columns}
	text := ""
	for _, f := range filters {
		request.Filters = append(request.Filters, &pb.Conjunct{Filter: f, Usable: true})
		text += f.GetOp().String() + " " + f.GetText() + "; "
	}
	answer := s.plan(ctx, t, request)
	if answer.GetNoPlan() != nil {
		return
	}
	uses := make([]pb.Use, len(filters))
	for n, f := range answer.GetFilters() {
		uses[n] = f.GetUse()
	}
	if !slices.ContainsFunc(uses, func(u pb.Use) bool { return u != pb.Use_USE_IGNORED }) {
		return
	}
	got, err := s.suite.rows(ctx, read{table: s.ref, plan: answer.GetPlan(), columns: s.columns, rowsMax: s.opts.rowsMax(),
		arguments: arguments(request, answer)})
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	for n, f := range filters {
		if uses[n] != pb.Use_USE_EXACT {
			continue
		}
		for _, row := range got {
			if s.truth(f, row) != yes {
				t.Errorf("%s: claimed exact, and this row fails it: %v", text, row)
				break
			}
		}
	}
	if !s.whole {
		return
	}
	keep := func(rows [][]any) (kept [][]any) {
		for _, row := range rows {
			if !slices.ContainsFunc(filters, func(f *pb.Filter) bool { return s.truth(f, row) != yes }) {
				kept = append(kept, row)
			}
		}
		return kept
	}
	// Whatever was claimed, the rows that pass all filters must all be there, in the table's order.
	if diff, ok := sameRows(keep(got), keep(s.rows)); !ok {
		t.Errorf("%s: claims %v lose or invent rows: %s", text, uses, diff)
	}
}

// arguments gives the values the plan asked for, in its positions.
func arguments(request *pb.PlanRequest, answer *pb.PlanResponse) []*pb.Arguments {
	var out []*pb.Arguments
	for n, f := range answer.GetFilters() {
		position := int(f.GetArgument())
		if position == 0 || position > 64 {
			continue
		}
		for len(out) < position {
			out = append(out, &pb.Arguments{})
		}
		for _, operand := range request.GetFilters()[n].GetFilter().GetOperands() {
			out[position-1].Values = append(out[position-1].Values, operand.GetValue())
		}
	}
	return out
}
