package exec

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/vec"
)

// byRow evaluates an expression with go-mysql-server's own code, row by row within a batch. Only the columns that it reads are unpacked.
type byRow struct {
	ctx        *sql.Context
	expression sql.Expression
	columns    []vectorColumn
	// offset is the number of values in a row before the columns.
	offset int
	// used are the columns that the expression reads.
	used    []int
	readers []columnReader
	batch   col.Batch
	// row is filled anew for each row; values are those of the used columns in a run.
	row    sql.Row
	values [][]any
}

// newByRow prepares an expression that depends on nothing but the row; false: it depends on more.
func (v *vectorizer) newByRow(below *vectors, e sql.Expression) (*byRow, bool) {
	c := &byRow{ctx: v.ctx, expression: e, columns: below.columns, offset: v.offset}
	alone, seen := true, map[int]bool{}
	transform.InspectExpr(v.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		field, ok := e.(*expression.GetField)
		if !ok {
			alone = alone && dependsOnRow(e)
			return !alone
		}
		i := field.Index() - v.offset
		if i < 0 || i >= len(below.columns) || below.columns[i].expr == nil {
			alone = false
		} else if !seen[i] {
			seen[i] = true
			c.used = append(c.used, i)
		}
		return !alone
	})
	if !alone || v.piece != nil {
		return nil, false
	}
	if len(c.used) > 0 {
		v.byRows++
	}
	c.readers = make([]columnReader, len(below.columns))
	c.batch.Cols = make([]col.Vec, len(below.columns))
	c.row = make(sql.Row, c.offset+len(below.columns))
	c.values = make([][]any, len(c.used))
	for i := range c.values {
		c.values[i] = make([]any, runRows)
	}
	return c, true
}

// dependsOnRow tells whether an expression, apart from its children, gives the same for the same row, and asks nobody else.
func dependsOnRow(e sql.Expression) bool {
	if _, call := function.CallOf(e); call {
		return false // calls are made for many rows at once
	}
	switch x := e.(type) {
	case *plan.Subquery:
		return standsAlone(x)
	case *expression.UserVar, *expression.SystemVar, *expression.ProcedureParam, *expression.MatchAgainst:
		// MATCH does not list the columns that it reads.
		return false
	case sql.Aggregation, sql.WindowAdaptableExpression:
		return false
	case *expression.DistinctExpression:
		return false // it knows the values of the rows before, of one group
	case *sql.ColumnDefaultValue, *expression.Wrapper, plan.ColDefaultExpression:
		return false // defaults are computed of what else is projected
	case sql.NonDeterministicExpression:
		return !x.IsNonDeterministic()
	case sql.FunctionExpression:
		return !effects[x.FunctionName()]
	}
	return true
}

// standsAlone tells whether a sub-query reads nothing of the row around it and gives the same each time, so that it is run once. Such a
// one is a derived table.
func standsAlone(sub *plan.Subquery) bool {
	alias, ok := sub.Query.(*plan.SubqueryAlias)
	return ok && sub.CanCacheResults() && !alias.OuterScopeVisibility && !alias.IsLateral
}

// effects are the functions that have effects, or give something else each time.
var effects = map[string]bool{
	"sleep": true, "get_lock": true, "release_lock": true, "release_all_locks": true, "is_free_lock": true, "is_used_lock": true, "last_insert_id": true,
	"last_insert_uuid": true, "found_rows": true, "row_count": true, "load_file": true, "rand": true, "random_bytes": true, "uuid": true, "uuid_short": true,
	"sysdate": true, "values": true, "benchmark": true,
}

// load makes ready to read the rows in of b, nil for all.
func (c *byRow) load(b *col.Batch, in []uint32) error {
	c.batch.Rows, c.batch.Sel = b.Rows, in
	for _, i := range c.used {
		v, err := c.columns[i].expr.Eval(b)
		if err != nil {
			return err
		}
		if err := c.readers[i].follow("expression", c.columns[i].read, &c.batch.Cols[i], v, i); err != nil {
			return err
		}
	}
	return nil
}

// each visits n of the loaded rows, at most runRows, from the start-th on. The row is valid until the next.
func (c *byRow) each(start, n int, visit func(k int, row sql.Row) error) error {
	if err := c.ctx.Err(); err != nil {
		return context.Cause(c.ctx)
	}
	part := run{batch: &c.batch, start: start, n: n, stride: 1, first: uint64(start) + 1}
	for at, i := range c.used {
		clear(c.values[at])
		if err := c.readers[i].readRun(c.ctx, &part, c.values[at]); err != nil {
			return err
		}
	}
	for k := range n {
		for at, i := range c.used {
			c.row[c.offset+i] = c.values[at][k]
		}
		if err := visit(k, c.row); err != nil {
			return err
		}
	}
	return nil
}

// conditionByRow is a byRow as a condition.
type conditionByRow struct {
	*byRow
	// known is what a condition that reads no column is, once there was a row.
	known *any
}

// byRow compiles a condition that depends on nothing but the row.
func (v *vectorizer) byRow(below *vectors, e sql.Expression) (vec.Condition, bool) {
	c, ok := v.newByRow(below, e)
	return &conditionByRow{byRow: c}, ok
}

// Select implements vec.Condition.
func (c *conditionByRow) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	if err := c.load(b, in); err != nil {
		return out, err
	}
	if len(c.used) == 0 && c.batch.Len() > 0 {
		return c.all(want, out)
	}
	for start := 0; start < c.batch.Len(); start += runRows {
		err := c.each(start, min(runRows, c.batch.Len()-start), func(k int, row sql.Row) error {
			value, err := sql.EvaluateCondition(c.ctx, c.expression, row)
			if err == nil && (want && sql.IsTrue(value) || !want && sql.IsFalse(value)) {
				out = append(out, uint32(c.batch.Row(start+k)))
			}
			return err
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// all picks all of the loaded rows or none, by a condition that reads no column.
func (c *conditionByRow) all(want bool, out []uint32) ([]uint32, error) {
	if c.known == nil {
		value, err := sql.EvaluateCondition(c.ctx, c.expression, c.row)
		if err != nil {
			return out, err
		}
		c.known = &value
	}
	if want && !sql.IsTrue(*c.known) || !want && !sql.IsFalse(*c.known) {
		return out, nil
	}
	for i := range c.batch.Len() {
		out = append(out, uint32(c.batch.Row(i)))
	}
	return out, nil
}
