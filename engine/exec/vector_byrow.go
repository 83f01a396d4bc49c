package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
)

// byRow evaluates a condition with go-mysql-server's own code, row by row, over the rows that are left.
type byRow struct {
	ctx       *sql.Context
	condition sql.Expression
	columns   []vectorColumn
	// offset is the number of values in a row before the columns.
	offset int
	// used are the columns that the condition reads.
	used    []int
	readers []columnReader
	batch   col.Batch
}

// byRow compiles a condition that depends on nothing but the row.
func (v *vectorizer) byRow(below *vectors, e sql.Expression) (vec.Condition, bool) {
	c := &byRow{ctx: v.ctx, condition: e, columns: below.columns, offset: v.offset}
	alone, seen := true, map[int]bool{}
	transform.InspectExpr(v.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			i := x.Index() - v.offset
			if i < 0 || i >= len(below.columns) || below.columns[i].expr == nil {
				alone = false
			} else if !seen[i] {
				seen[i] = true
				c.used = append(c.used, i)
			}
		case *plan.Subquery, *expression.UserVar, *expression.SystemVar, *expression.ProcedureParam, *expression.MatchAgainst:
			// MATCH does not list the columns that it reads.
			alone = false
		case sql.NonDeterministicExpression:
			alone = alone && !x.IsNonDeterministic()
		}
		return !alone
	})
	if !alone {
		return nil, false
	}
	c.readers = make([]columnReader, len(below.columns))
	c.batch.Cols = make([]col.Vec, len(below.columns))
	return c, true
}

// Select implements vec.Condition.
func (c *byRow) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	c.batch.Rows, c.batch.Sel = b.Rows, in
	for _, i := range c.used {
		v, err := c.columns[i].expr.Eval(b)
		if err != nil {
			return out, err
		}
		if err := c.readers[i].follow("condition", c.columns[i].read, &c.batch.Cols[i], v, i); err != nil {
			return out, err
		}
	}
	width := c.offset + len(c.columns)
	for start := 0; start < c.batch.Len(); start += runRows {
		n := min(runRows, c.batch.Len()-start)
		values := make([]any, n*width)
		part := run{batch: &c.batch, start: start, n: n, stride: width, first: uint64(start) + 1}
		for _, i := range c.used {
			if err := c.readers[i].readRun(c.ctx, &part, values[c.offset+i:]); err != nil {
				return out, err
			}
		}
		for k := range n {
			value, err := sql.EvaluateCondition(c.ctx, c.condition, values[k*width:(k+1)*width:(k+1)*width])
			if err != nil {
				return out, err
			}
			if want && sql.IsTrue(value) || !want && sql.IsFalse(value) {
				out = append(out, uint32(c.batch.Row(start+k)))
			}
		}
	}
	return out, nil
}
