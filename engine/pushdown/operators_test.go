package pushdown

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/pb"
)

// Each operator reaches the connector as itself, and gives the rows that the engine gives. Functions are in
// engine's TestFunctionConstraint and TestFunctionConstraintOfAnOuterRow, MATCH … AGAINST is in its TestMatchOfAConnector.
//
// checklist: T15b
func TestEachOperatorReachesTheConnector(t *testing.T) {
	d := newData(rand.New(rand.NewPCG(5, 6)), "t", 200)
	d.trusted, d.plan = true, takeAll
	b := newBench(t, d)
	for _, c := range []struct {
		where string
		op    pb.FilterOp
		// operands is how many the filter has.
		operands int
	}{
		{"tiny = 3", pb.FilterOp_FILTER_OP_EQ, 1},
		{"tiny < 3", pb.FilterOp_FILTER_OP_LT, 1},
		{"tiny <= 3", pb.FilterOp_FILTER_OP_LE, 1},
		{"tiny > 3", pb.FilterOp_FILTER_OP_GT, 1},
		{"tiny >= 3", pb.FilterOp_FILTER_OP_GE, 1},
		{"tiny <> 3", pb.FilterOp_FILTER_OP_NE, 1},
		{"tiny <=> 3", pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, 1},
		{"ci LIKE 'a%'", pb.FilterOp_FILTER_OP_LIKE, 1},
		{"ci NOT LIKE '%a'", pb.FilterOp_FILTER_OP_NOT_LIKE, 1},
		{"cs REGEXP '^a'", pb.FilterOp_FILTER_OP_REGEXP, 1},
		{"cs NOT REGEXP '^a'", pb.FilterOp_FILTER_OP_NOT_REGEXP, 1},
		{"tiny IS NULL", pb.FilterOp_FILTER_OP_IS_NULL, 0},
		{"tiny IS NOT NULL", pb.FilterOp_FILTER_OP_IS_NOT_NULL, 0},
		{"k IN (1, 2, 3)", pb.FilterOp_FILTER_OP_IN, 3},
		{"k NOT IN (1, 2, 3)", pb.FilterOp_FILTER_OP_NOT_IN, 3},
		{"flag IS TRUE", pb.FilterOp_FILTER_OP_IS_TRUE, 0},
		{"flag IS FALSE", pb.FilterOp_FILTER_OP_IS_FALSE, 0},
		{"tiny = 1 OR k = 2", pb.FilterOp_FILTER_OP_OR, 0},
		{"NOT (tiny = 1 AND k = 2)", pb.FilterOp_FILTER_OP_NE, 1},
	} {
		d.requests = nil
		query := "SELECT id FROM t WHERE " + c.where + " ORDER BY id"
		same(t, b, query)
		found := false
		for _, r := range d.requests {
			found = found || slices.ContainsFunc(r.Filters, func(f *pb.Conjunct) bool {
				return within(f.GetFilter(), c.op, c.operands)
			})
		}
		if !found {
			t.Errorf("%s: no filter %s with %d operands in %v", c.where, c.op, c.operands, d.requests)
		}
	}
	for _, c := range []struct {
		limit       string
		rows, start uint64
	}{{"LIMIT 5", 5, 0}, {"LIMIT 5 OFFSET 3", 5, 3}, {"LIMIT 3, 5", 5, 3}} {
		d.requests = nil
		same(t, b, "SELECT id FROM t WHERE tiny > 0 ORDER BY id "+c.limit)
		if r := d.requests[0]; r.Limit == nil || r.GetLimit() != c.rows || r.GetOffset() != c.start {
			t.Errorf("%s: limit %v, offset %d", c.limit, r.Limit, r.GetOffset())
		}
	}
}

// within looks for an operator in a filter and its parts.
func within(f *pb.Filter, op pb.FilterOp, operands int) bool {
	return f.GetOp() == op && len(f.GetOperands()) == operands ||
		slices.ContainsFunc(f.GetChildren(), func(child *pb.Filter) bool { return within(child, op, operands) })
}
