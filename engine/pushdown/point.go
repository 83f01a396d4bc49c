package pushdown

import (
	"slices"
	"strconv"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// negotiations is a table that remembers what was negotiated for its declaration.
type negotiations interface {
	Negotiated() *sync.Map
}

// pointKey is a question about one row, as it is remembered: everything but the values.
type pointKey string

// point prepares for the one question whose answer does not depend on its values: for the row of a
// key, and for a plan that is kept for those that depend on them little: for rows that equal something. The values travel as params then, and the answer serves all statements that ask the same, so
// that a row is found without a PLAN of its own.
func (a *attempt) point() {
	if _, ok := a.scope.table.(negotiations); !ok || a.chain == nil {
		return
	}
	if a.chain.sort >= 0 || a.chain.limit >= 0 || !a.onKey() {
		// The answer may depend a little on the values; what is remembered for a while may.
		if offersOf(a.planner.ctx) == nil || !a.equalities() || !keyed(a.scope.table) {
			return
		}
		a.brief = true
	}
	conjuncts := make([]*conjunct, len(a.conjuncts))
	for i, c := range a.conjuncts {
		fixed := *c
		fixed.fixed = c.filter.Operands[0].GetValue()
		fixed.filter = &pb.Filter{Op: c.filter.Op, Column: c.filter.Column, Collation: c.filter.Collation, Text: "a key",
			Operands: []*pb.Operand{{Kind: &pb.Operand_Param{}, Type: paramTypes[a.scope.columns[a.rowOf(*c.filter.Column)].class]}}}
		conjuncts[i] = &fixed
	}
	a.conjuncts = conjuncts
}

// rowOf is the row position of a declared column that a condition names.
func (a *attempt) rowOf(position uint32) int {
	return slices.IndexFunc(a.scope.columns, func(c column) bool { return c.position == position })
}

// onKey tells whether the conditions give a value to each column of a unique key, and are nothing else.
func (a *attempt) onKey() bool {
	if !a.equalities() {
		return false
	}
	var given []uint32
	for _, c := range a.conjuncts {
		given = append(given, *c.filter.Column)
	}
	has := func(column uint32) bool { return slices.Contains(given, column) }
	declared := a.scope.table.Declared()
	if key := declared.GetPrimaryKey(); len(key) > 0 && !slices.ContainsFunc(key, func(c uint32) bool { return !has(c) }) {
		return true
	}
	return slices.ContainsFunc(declared.GetIndexes(), func(x *pb.Index) bool {
		return x.Unique && len(x.Columns) > 0 && !slices.ContainsFunc(x.Columns, func(c *pb.IndexColumn) bool { return c.ExpressionSql != "" || !has(c.Column) })
	})
}

// equalities tells whether the conditions give values to columns, and are nothing else.
func (a *attempt) equalities() bool {
	if len(a.conjuncts) == 0 || len(a.conjuncts) > 64 {
		return false
	}
	for _, c := range a.conjuncts {
		if c.filter == nil || c.never || c.advisory || c.filter.Op != pb.FilterOp_FILTER_OP_EQ || len(c.params) > 0 || len(c.filter.Operands) != 1 {
			return false
		}
		if _, ok := c.filter.Operands[0].Kind.(*pb.Operand_Value); !ok || a.rowOf(*c.filter.Column) < 0 {
			return false
		}
	}
	return true
}

// remembered is the key and the store of a question whose answer can be kept; false for others.
func (a *ask) remembered() (pointKey, *sync.Map, bool) {
	if len(a.conjuncts) == 0 || a.conjuncts[0].fixed == nil || a.usable != nil || a.brief {
		return "", nil, false
	}
	table, ok := a.scope.table.(negotiations)
	if !ok {
		return "", nil, false
	}
	key := make([]byte, 0, 64)
	for _, c := range a.conjuncts {
		key = append(strconv.AppendUint(append(key, '='), uint64(*c.filter.Column), 10), c.filter.Collation...)
	}
	for _, position := range a.columns {
		key = strconv.AppendUint(append(key, ','), uint64(a.scope.columns[position].position), 10)
	}
	return pointKey(key), table.Negotiated(), true
}

// bindings say how the params of a question come from the literals of the statement; nil: one does not.
func (a *attempt) bindings() []exec.Binding {
	var all []exec.Binding
	for _, c := range a.conjuncts {
		if c.fixed == nil {
			continue
		}
		literal := comparedLiteral(c.expr)
		if literal == nil {
			return nil
		}
		column := a.scope.columns[a.rowOf(*c.filter.Column)]
		all = append(all, exec.Binding{Literal: literal, Value: func(v any, t sql.Type) (*pb.Value, bool) {
			result, reason := column.compare(pb.FilterOp_FILTER_OP_EQ, v, t)
			return result.value, reason == "" && !result.never && result.op == pb.FilterOp_FILTER_OP_EQ
		}})
	}
	return all
}

// comparedLiteral is the constant of `column = constant`; nil: e is something else.
func comparedLiteral(e sql.Expression) *expression.Literal {
	equals, ok := e.(*expression.Equals)
	if !ok {
		return nil
	}
	for _, side := range []sql.Expression{equals.Left(), equals.Right()} {
		if literal, ok := constantOf(side); ok {
			return literal
		}
	}
	return nil
}

// fixedValues are the params of a question whose values are known.
func fixedValues(conjuncts []*conjunct) []*pb.Value {
	var values []*pb.Value
	for _, c := range conjuncts {
		if c.fixed != nil {
			values = append(values, c.fixed)
		}
	}
	return values
}
