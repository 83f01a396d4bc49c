package pushdown

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/function"
)

// benchProvider has SUM and AVG as the engine has them.
type benchProvider struct{ sql.DatabaseProvider }

var _ sql.FunctionProvider = benchProvider{}

// Function implements sql.FunctionProvider.
func (benchProvider) Function(_ *sql.Context, _, name string) (sql.Function, bool) {
	if name = strings.ToLower(name); name != "sum" && name != "avg" {
		return nil, false
	}
	return function.BuiltIn(name)
}

// claimWholes claims groups, DISTINCT and what stands above them at random; exact tells that all conditions are.
func claimWholes(r *rand.Rand, q *pb.PlanRequest, response *pb.PlanResponse, exact bool) {
	if q.Aggregation != nil {
		response.Aggregation = &pb.Answer{Taken: exact && r.IntN(6) > 0, Reason: "no groups today"}
		if len(q.Aggregation.Having) > 0 {
			response.Having = &pb.Answer{Taken: response.Aggregation.Taken && r.IntN(3) > 0, Reason: "no conditions today"}
		}
	}
	if q.Join != nil {
		response.Join = &pb.Answer{Taken: r.IntN(4) > 0, Reason: "no joins today"}
	}
	if q.Distinct {
		response.Distinct = &pb.Answer{Taken: exact && r.IntN(4) > 0, Reason: "not distinct today"}
	}
}

// wholesTaken tells whether a limit may be.
func wholesTaken(q *pb.PlanRequest, response *pb.PlanResponse) bool {
	return (q.Aggregation == nil || response.Aggregation.Taken) && (len(q.Aggregation.GetHaving()) == 0 || response.Having.Taken) &&
		(!q.Distinct || response.Distinct.Taken)
}

// grouped makes groups of rows as an aggregation asks for: keys, then calls.
func grouped(d *fakeData, a *pb.Aggregation, rows []sql.Row) []sql.Row {
	var names []string
	groups := map[string][]sql.Row{}
	for _, row := range rows {
		name := ""
		for _, key := range a.Keys {
			name += fmt.Sprintf("%q ", fmt.Sprint(physical(row[key])))
		}
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], row)
	}
	if len(a.Keys) == 0 && len(rows) == 0 {
		names = []string{""}
	}
	var out []sql.Row
	for _, name := range names {
		var row sql.Row
		for _, key := range a.Keys {
			row = append(row, groups[name][0][key])
		}
		for _, call := range a.Calls {
			row = append(row, called(d, call, groups[name]))
		}
		out = append(out, row)
	}
	return out
}

// called computes an aggregate.
func called(d *fakeData, call *pb.AggregateCall, rows []sql.Row) any {
	if call.Function == pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT_STAR {
		return int64(len(rows))
	}
	var values []any
	for _, row := range rows {
		if v := row[*call.Column]; v != nil && !(call.Distinct && slices.ContainsFunc(values, func(w any) bool { return inOrder(v, w) == 0 })) {
			values = append(values, v)
		}
	}
	switch call.Function {
	case pb.AggregateFunction_AGGREGATE_FUNCTION_COUNT:
		return int64(len(values))
	case pb.AggregateFunction_AGGREGATE_FUNCTION_MIN, pb.AggregateFunction_AGGREGATE_FUNCTION_MAX:
		if len(values) == 0 {
			return nil
		}
		if call.Function == pb.AggregateFunction_AGGREGATE_FUNCTION_MIN {
			return slices.MinFunc(values, inOrder)
		}
		return slices.MaxFunc(values, inOrder)
	case pb.AggregateFunction_AGGREGATE_FUNCTION_SUM:
		if len(values) == 0 {
			return nil
		}
		sum := new(big.Rat)
		for _, v := range values {
			sum.Add(sum, physical(v).(*big.Rat))
		}
		return decimal(sum.FloatString(int(call.Result.Scale)))
	}
	panic(call.Function.String())
}

// inOrder compares values of a column whose equal values are the same.
func inOrder(v, w any) int {
	return order(&pb.Filter{Collation: "utf8mb4_0900_bin"}, physical(v), physical(w))
}

// sortGroups sorts by columns of the groups.
func sortGroups(keys []*pb.OrderKey, rows []sql.Row) {
	slices.SortStableFunc(rows, func(v, w sql.Row) int {
		for _, key := range keys {
			a, b := v[key.Column], w[key.Column]
			switch {
			case a == nil && b == nil:
				continue
			case a == nil || b == nil:
				if (a == nil) != key.NullsLast {
					return -1
				}
				return 1
			}
			if n := inOrder(a, b); n != 0 {
				if key.Descending {
					return -n
				}
				return n
			}
		}
		return 0
	})
}

// once keeps the first of the rows that are the same in some columns.
func once(columns []uint32, rows []sql.Row) []sql.Row {
	seen := map[string]bool{}
	return slices.DeleteFunc(rows, func(row sql.Row) bool {
		name := ""
		for _, c := range columns {
			name += fmt.Sprintf("%q ", fmt.Sprint(physical(row[c])))
		}
		had := seen[name]
		seen[name] = true
		return had
	})
}

// wholes does what was claimed of groups and DISTINCT; it tells whether the rows are groups.
func (c *fakeCursor) wholes(params []*pb.Value) bool {
	a := c.answer
	if a.response.Distinct.GetTaken() {
		c.rows = once(a.request.Columns, c.rows)
	}
	if !a.response.Aggregation.GetTaken() {
		return false
	}
	c.rows = grouped(c.data, a.request.Aggregation, c.rows)
	if a.response.Having.GetTaken() {
		c.rows = slices.DeleteFunc(c.rows, func(row sql.Row) bool {
			return slices.ContainsFunc(a.request.Aggregation.Having, func(f *pb.Filter) bool { return evaluate(c.data, f, row, params) != yes })
		})
	}
	return true
}

// claims fails when a part of queries was never taken by any of the connectors: nothing would have been tested then.
func claims(t *testing.T, names []string, fakes ...*fakeData) {
	t.Helper()
	taken := map[string]int{}
	count := func(name string, is bool) {
		if is {
			taken[name]++
		}
	}
	for _, d := range fakes {
		for _, a := range d.answers {
			r, groups := a.response, a.response.Aggregation.GetTaken()
			count("order", r.Order.GetTaken())
			count("limit", r.Limit.GetTaken())
			count(a.request.Join.GetKind().String(), r.Join.GetTaken())
			count("distinct", r.Distinct.GetTaken())
			count("limit of distinct", r.Distinct.GetTaken() && r.Limit.GetTaken())
			count("groups", groups)
			count("having", r.Having.GetTaken())
			count("order of groups", groups && r.Order.GetTaken())
			count("limit of groups", groups && r.Limit.GetTaken())
		}
	}
	for _, name := range names {
		if taken[name] == 0 {
			t.Errorf("%s was never taken: %v", name, taken)
		}
	}
	t.Log(taken)
}

// joined makes the rows of a join.
func (a *fakeAnswer) joined(left *fakeData, params []*pb.Value) []sql.Row {
	j := a.request.Join
	right := left.others[j.Right.Name]
	passes := func(d *fakeData, side uint32, row sql.Row) bool {
		for i, f := range a.request.Filters {
			if i < len(a.apply) && a.apply[i] && f.Filter.Side == side && evaluate(d, f.Filter, row, params) != yes {
				return false
			}
		}
		return true
	}
	var out []sql.Row
	give := func(l, r sql.Row) {
		var row sql.Row
		for _, c := range a.request.Columns {
			row = append(row, l[c])
		}
		for _, c := range j.RightColumns {
			if r == nil {
				row = append(row, nil)
			} else {
				row = append(row, r[c])
			}
		}
		out = append(out, row)
	}
	for _, l := range left.rows {
		if !passes(left, 0, l) {
			continue
		}
		matches := 0
		for _, r := range right.rows {
			if !passes(right, 1, r) || !a.matches(l, r) {
				continue
			}
			if matches++; j.Kind == pb.JoinKind_JOIN_KIND_INNER || j.Kind == pb.JoinKind_JOIN_KIND_LEFT {
				give(l, r)
			}
		}
		if matches > 0 && j.Kind == pb.JoinKind_JOIN_KIND_SEMI || matches == 0 && (j.Kind == pb.JoinKind_JOIN_KIND_LEFT || j.Kind == pb.JoinKind_JOIN_KIND_ANTI) {
			give(l, nil)
		}
	}
	return out
}

// matches tells whether the keys of a join are equal.
func (a *fakeAnswer) matches(l, r sql.Row) bool {
	for i, key := range a.request.Join.LeftKeys {
		v, w := l[key], r[a.request.Join.RightKeys[i]]
		if v == nil || w == nil || inOrder(v, w) != 0 {
			return false
		}
	}
	return true
}
