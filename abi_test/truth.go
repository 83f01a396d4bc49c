package abitest

import (
	"github.com/wasql/wasql/abi/pb"
)

// truth is SQL's three-valued logic.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// truth evaluates a filter on a row of all columns, independently of any connector.
func (s *subject) truth(f *pb.Filter, row []any) truth {
	switch f.GetOp() {
	case pb.FilterOp_FILTER_OP_NOT:
		return yes - s.truth(f.GetChildren()[0], row)
	case pb.FilterOp_FILTER_OP_OR:
		best := no
		for _, child := range f.GetChildren() {
			best = max(best, s.truth(child, row))
		}
		return best
	}
	left := row[f.GetColumn()]
	switch f.GetOp() {
	case pb.FilterOp_FILTER_OP_IS_NULL:
		return truthOf(left == nil)
	case pb.FilterOp_FILTER_OP_IS_NOT_NULL:
		return truthOf(left != nil)
	case pb.FilterOp_FILTER_OP_NULL_SAFE_EQ:
		return truthOf(left != nil && compare(left, operand(f, 0)) == 0)
	}
	if left == nil {
		return unknown
	}
	switch f.GetOp() {
	case pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN:
		found := false
		for i := range f.GetOperands() {
			found = found || compare(left, operand(f, i)) == 0
		}
		return truthOf(found == (f.GetOp() == pb.FilterOp_FILTER_OP_IN))
	}
	return truthOf(holds(f.GetOp(), compare(left, operand(f, 0))))
}

func holds(op pb.FilterOp, order int) bool {
	switch op {
	case pb.FilterOp_FILTER_OP_EQ:
		return order == 0
	case pb.FilterOp_FILTER_OP_NE:
		return order != 0
	case pb.FilterOp_FILTER_OP_LT:
		return order < 0
	case pb.FilterOp_FILTER_OP_LE:
		return order <= 0
	case pb.FilterOp_FILTER_OP_GT:
		return order > 0
	}
	return order >= 0
}

// operand is the i-th constant as a value of a row. Generated constants are never NULL.
func operand(f *pb.Filter, i int) any {
	switch v := f.GetOperands()[i].GetValue().GetKind().(type) {
	case *pb.Value_Int64:
		return v.Int64
	case *pb.Value_Uint64:
		return v.Uint64
	case *pb.Value_Float64:
		return v.Float64
	case *pb.Value_Utf8:
		return v.Utf8
	case *pb.Value_Decimal:
		return decimal(v.Decimal)
	case *pb.Value_Bool:
		return v.Bool
	case *pb.Value_Date:
		return int64(v.Date)
	case *pb.Value_Time:
		return v.Time
	case *pb.Value_Datetime:
		return v.Datetime
	}
	return nil
}
