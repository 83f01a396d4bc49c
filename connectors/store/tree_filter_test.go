package main

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
	"github.com/wasql/wasql/sdk/go/wasqltest"
)

// truth is SQL's: false, unknown, true.
type truth int

func known(b bool) truth {
	if b {
		return 1
	}
	return -1
}

// judge evaluates a filter on a row of the mixed table, naively.
func judge(f *pb.Filter, row []wasql.Value) truth {
	switch f.GetOp() {
	case pb.FilterOp_FILTER_OP_AND, pb.FilterOp_FILTER_OP_OR:
		result := judge(f.GetChildren()[0], row)
		for _, child := range f.GetChildren()[1:] {
			if c := judge(child, row); f.GetOp() == pb.FilterOp_FILTER_OP_AND {
				result = min(result, c)
			} else {
				result = max(result, c)
			}
		}
		return result
	}
	left := row[f.GetColumn()]
	switch f.GetOp() {
	case pb.FilterOp_FILTER_OP_IS_NULL:
		return known(left.IsNull())
	case pb.FilterOp_FILTER_OP_IS_NOT_NULL:
		return known(!left.IsNull())
	}
	one := func(o *pb.Operand) truth {
		right := wasql.ValueFrom(o.GetValue())
		if f.GetOp() == pb.FilterOp_FILTER_OP_NULL_SAFE_EQ && (left.IsNull() || right.IsNull()) {
			return known(left.IsNull() && right.IsNull())
		}
		if left.IsNull() || right.IsNull() {
			return 0
		}
		c := wasqltest.Compare(left, right)
		switch f.GetOp() {
		case pb.FilterOp_FILTER_OP_NE, pb.FilterOp_FILTER_OP_NOT_IN:
			return known(c != 0)
		case pb.FilterOp_FILTER_OP_LT:
			return known(c < 0)
		case pb.FilterOp_FILTER_OP_LE:
			return known(c <= 0)
		case pb.FilterOp_FILTER_OP_GT:
			return known(c > 0)
		case pb.FilterOp_FILTER_OP_GE:
			return known(c >= 0)
		}
		return known(c == 0)
	}
	result := one(f.GetOperands()[0])
	for _, o := range f.GetOperands()[1:] {
		if f.GetOp() == pb.FilterOp_FILTER_OP_NOT_IN {
			result = min(result, one(o))
		} else {
			result = max(result, one(o))
		}
	}
	return result
}

// drawFilter draws a tree; values that come later are params.
func drawFilter(t *rapid.T, depth int, params *[]wasql.Value) *pb.Filter {
	if depth > 0 && rapid.Bool().Draw(t, "inner") {
		f := &pb.Filter{Op: rapid.SampledFrom([]pb.FilterOp{pb.FilterOp_FILTER_OP_AND, pb.FilterOp_FILTER_OP_OR}).Draw(t, "op")}
		for range rapid.IntRange(2, 3).Draw(t, "children") {
			f.Children = append(f.Children, drawFilter(t, depth-1, params))
		}
		return f
	}
	column := uint32(rapid.IntRange(0, 5).Draw(t, "column"))
	f := &pb.Filter{Column: &column, Collation: "utf8mb4_0900_bin", Op: rapid.SampledFrom([]pb.FilterOp{
		pb.FilterOp_FILTER_OP_EQ, pb.FilterOp_FILTER_OP_NE, pb.FilterOp_FILTER_OP_LT, pb.FilterOp_FILTER_OP_LE, pb.FilterOp_FILTER_OP_GT, pb.FilterOp_FILTER_OP_GE,
		pb.FilterOp_FILTER_OP_NULL_SAFE_EQ, pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN, pb.FilterOp_FILTER_OP_IS_NULL,
		pb.FilterOp_FILTER_OP_IS_NOT_NULL}).Draw(t, "op")}
	n := 1
	switch f.Op {
	case pb.FilterOp_FILTER_OP_IN, pb.FilterOp_FILTER_OP_NOT_IN:
		n = rapid.IntRange(1, 3).Draw(t, "values")
	case pb.FilterOp_FILTER_OP_IS_NULL, pb.FilterOp_FILTER_OP_IS_NOT_NULL:
		n = 0
	}
	types := map[uint32]pb.Type{0: pb.Type_TYPE_INT64, 1: pb.Type_TYPE_UTF8, 2: pb.Type_TYPE_INT64, 3: pb.Type_TYPE_DECIMAL128, 4: pb.Type_TYPE_UTF8, 5: pb.Type_TYPE_FLOAT64}
	for range n {
		v := drawMixed(t, mixedColumns[column])
		if rapid.Bool().Draw(t, "later") {
			f.Operands = append(f.Operands, &pb.Operand{Kind: &pb.Operand_Param{Param: uint32(len(*params))}, Type: types[column]})
			*params = append(*params, v)
			continue
		}
		f.Operands = append(f.Operands, &pb.Operand{Kind: &pb.Operand_Value{Value: v.Message()}})
	}
	return f
}

// bound gives a copy of a filter whose params have their values.
func bound(f *pb.Filter, params []wasql.Value) *pb.Filter {
	f = f.CloneVT()
	for i, o := range f.Operands {
		if p, ok := o.GetKind().(*pb.Operand_Param); ok {
			f.Operands[i] = &pb.Operand{Kind: &pb.Operand_Value{Value: params[p.Param].Message()}}
		}
	}
	for i := range f.Children {
		f.Children[i] = bound(f.Children[i], params)
	}
	return f
}

func fillMixed(r *rapid.T, s tester, name string) [][]wasql.Value {
	var rows [][]wasql.Value
	seen := map[string]bool{}
	for range rapid.IntRange(0, 40).Draw(r, "rows") {
		var row []wasql.Value
		for _, c := range mixedColumns {
			row = append(row, drawMixed(r, c))
		}
		if key := fmt.Sprint(row[0], row[1]); !seen[key] {
			seen[key] = true
			rows = append(rows, row)
		}
	}
	if _, err := s.Change(name, wasqltest.Change{Kind: pb.WriteKind_WRITE_KIND_INSERT, Values: mixedColumns, Rows: rows}); err != nil {
		r.Fatal(err)
	}
	return rows
}

// TestTreesOfFilters claims what it must: rows that pass all come, and none that fails an exact conjunct.
func TestTreesOfFilters(t *testing.T) {
	smallBlocks(t)
	claimed := 0
	rapid.Check(t, func(r *rapid.T) {
		s := start(t)
		s.create(mixed("keyed", true))
		rows := fillMixed(r, s, "keyed")
		for range 10 {
			var params []wasql.Value
			request := &pb.PlanRequest{Table: &pb.TableRef{Name: "keyed"}, Columns: []uint32{0, 1, 2, 3, 4, 5}}
			for range rapid.IntRange(1, 3).Draw(r, "conjuncts") {
				request.Filters = append(request.Filters, &pb.Conjunct{Filter: drawFilter(r, 2, &params), Usable: true})
			}
			var plan pb.PlanResponse
			if err := s.Call(pb.Op_OP_PLAN, request, &plan); err != nil {
				r.Fatal(err)
			}
			var values []*pb.Value
			for _, v := range params {
				values = append(values, v.Message())
			}
			got, err := s.Scan(&pb.OpenScanRequest{Table: request.Table, Plan: plan.GetPlan(), Params: values, Columns: request.Columns})
			if err != nil {
				r.Fatal(err)
			}
			var want, have []string
			for _, row := range rows {
				if passes(request.Filters, nil, row, params) {
					want = append(want, fmt.Sprint(row))
				}
			}
			for _, row := range got {
				if !passes(request.Filters, plan.GetFilters(), row, params) {
					r.Fatalf("%v by %s has row %v, which fails an exact conjunct", request.Filters, plan.GetIndexName(), row)
				}
				if passes(request.Filters, nil, row, params) {
					have = append(have, fmt.Sprint(row))
				}
			}
			slices.Sort(want)
			slices.Sort(have)
			if !slices.Equal(want, have) {
				r.Fatalf("%v by %s gives %q, want %q", request.Filters, plan.GetIndexName(), have, want)
			}
			if plan.GetUnique() && len(got) > 1 {
				r.Fatalf("%d rows of a unique plan", len(got))
			}
			for i, f := range plan.GetFilters() {
				if f.GetUse() != pb.Use_USE_IGNORED && request.Filters[i].Filter.Op == pb.FilterOp_FILTER_OP_OR {
					claimed++
				}
			}
		}
	})
	if claimed == 0 {
		t.Error("no OR was claimed")
	}
}

// passes tells whether a row passes all conjuncts, or those that are claimed exactly.
func passes(conjuncts []*pb.Conjunct, answers []*pb.FilterAnswer, row []wasql.Value, params []wasql.Value) bool {
	for i, c := range conjuncts {
		if answers != nil && answers[i].GetUse() != pb.Use_USE_EXACT {
			continue
		}
		if judge(bound(c.GetFilter(), params), row) != 1 {
			return false
		}
	}
	return true
}

// TestLookups looks rows up by any columns, and compares with looking at all rows.
func TestLookups(t *testing.T) {
	smallBlocks(t)
	rapid.Check(t, func(r *rapid.T) {
		s := start(t)
		s.create(mixed("keyed", true))
		rows := fillMixed(r, s, "keyed")
		for range 5 {
			columns := rapid.Permutation(mixedColumns).Draw(r, "columns")[:rapid.IntRange(1, 3).Draw(r, "keys")]
			var keys [][]wasql.Value
			for range rapid.IntRange(1, 4).Draw(r, "count") {
				var key []wasql.Value
				for _, c := range columns {
					key = append(key, drawMixed(r, c))
				}
				keys = append(keys, key)
			}
			got, err := s.Lookup("keyed", columns, mixedColumns, keys)
			if err != nil {
				r.Fatal(err)
			}
			var want, have []string
			for n, key := range keys {
				for _, row := range rows {
					equal := true
					for i, c := range columns {
						v := row[slices.Index(mixedColumns, c)]
						equal = equal && !v.IsNull() && !key[i].IsNull() && wasqltest.Compare(v, key[i]) == 0
					}
					if equal {
						want = append(want, fmt.Sprint(n, row))
					}
				}
			}
			for _, row := range got {
				have = append(have, fmt.Sprint(row[0], row[1:]))
			}
			slices.Sort(want)
			slices.Sort(have)
			if !slices.Equal(want, have) {
				r.Fatalf("looking up %v by %v gives %q, want %q", keys, columns, have, want)
			}
		}
	})
}
