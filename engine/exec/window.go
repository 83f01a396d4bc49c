package exec

import (
	"context"
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// buildWindow builds window functions over rows. They are computed on columns all the same, made of what the functions need of each
// row: go-mysql-server's sums are doubles, also those of decimals, and frames without a value count as 0.
func (b Builder) buildWindow(ctx *sql.Context, n *plan.Window, row sql.Row) (sql.RowIter, error) {
	source := &rowColumns{ctx: ctx}
	compiler := &windowCompiler{ctx: ctx, value: source.value, rows: true}
	out := &windowRows{source: source, width: len(n.SelectExprs)}
	var aggregates []*framed
	for i, e := range n.SelectExprs {
		a, framed := e.(*function.Aggregate)
		f, is := e.(sql.WindowAdaptableExpression)
		switch {
		case framed:
			over, ok := compiler.framed(a, i)
			if !ok {
				return nil, nil
			}
			aggregates = append(aggregates, over)
		case !is:
			source.handed, source.places = append(source.handed, e), append(source.places, i)
		case !compiler.function(f):
			return nil, nil
		default:
			out.places = append(out.places, windowResult{computed: len(compiler.found) - 1, row: i})
		}
	}
	functions := make([]vectorColumn, len(compiler.found))
	for i := range functions {
		functions[i] = compiler.result(i, 0)
	}
	var err error
	if source.arguments, err = gms.NewArguments(source.columns, true); err != nil || len(functions) == 0 {
		return nil, nil // a type has no form in columns
	}
	if source.child, err = b.Base.Build(ctx, n.Child, row); err != nil {
		return nil, err
	}
	out.results = newVectorRows(n, &vectors{source: vec.Windows(source, nil, compiler.overs...), columns: functions})
	if aggregates != nil {
		return newFramedRows(ctx, out, aggregates), nil
	}
	return out, nil
}

// rowColumns makes columns of rows: of the values of expressions.
type rowColumns struct {
	ctx   *sql.Context
	child sql.RowIter
	// expressions are what the columns behind the first hold, and columns their types.
	expressions []sql.Expression
	columns     []*sql.Column
	arguments   *gms.Arguments
	// handed are expressions whose values are kept as they are, for the places of the rows to come.
	handed []sql.Expression
	places []int
	rows   [][]any
	// also is told of each row.
	also  func(*sql.Context, sql.Row) error
	ended bool
}

// value has an expression computed.
func (s *rowColumns) value(e sql.Expression) (vectorColumn, bool) {
	t := e.Type(s.ctx)
	field, err := gms.Physical(t)
	if err != nil || field.Type == col.Null {
		return vectorColumn{}, false
	}
	field.Nullable = true
	s.expressions = append(s.expressions, e)
	s.columns = append(s.columns, &sql.Column{Type: t, Nullable: true})
	return typed(vec.Column(len(s.expressions), field), t), true
}

// Next implements vec.Source.
func (s *rowColumns) Next(ctx context.Context) (*col.Batch, error) {
	if s.ended {
		return nil, io.EOF
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	s.arguments.Reset()
	values := make([]any, len(s.expressions))
	for s.arguments.Room() {
		row, err := s.child.Next(s.ctx)
		if errors.Is(err, io.EOF) {
			s.ended = true
			if s.arguments.Rows() == 0 {
				return nil, io.EOF
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if err := s.take(row, values); err != nil {
			return nil, err
		}
	}
	return s.arguments.Batch(), nil
}

func (s *rowColumns) take(row sql.Row, values []any) error {
	for i, e := range s.expressions {
		value, err := e.Eval(s.ctx, row)
		if err == nil && value != nil {
			value, _, err = s.columns[i].Type.Convert(s.ctx, value)
		}
		if err != nil {
			return err
		}
		values[i] = value
	}
	kept := make([]any, len(s.handed))
	for i, e := range s.handed {
		var err error
		if kept[i], err = e.Eval(s.ctx, row); err != nil {
			return err
		}
	}
	s.rows = append(s.rows, kept)
	if s.also != nil {
		if err := s.also(s.ctx, row); err != nil {
			return err
		}
	}
	return s.arguments.Add(s.ctx, 0, values)
}

// Close implements vec.Source.
func (s *rowColumns) Close() error {
	s.rows, s.ended = nil, true
	return s.child.Close(s.ctx)
}

// windowRows puts together what is handed on of a row and what was computed for it.
type windowRows struct {
	source  *rowColumns
	results *vectorRows
	places  []windowResult
	width   int
	next    int
}

// windowResult is the place of a result in what is computed, and in the row.
type windowResult struct{ computed, row int }

// Next implements sql.RowIter.
func (w *windowRows) Next(ctx *sql.Context) (sql.Row, error) {
	computed, err := w.results.Next(ctx)
	if err != nil {
		return nil, err
	}
	return w.row(computed), nil
}

// row is the next one, with what was computed for it.
func (w *windowRows) row(computed sql.Row) sql.Row {
	row := make(sql.Row, w.width)
	for _, p := range w.places {
		row[p.row] = computed[p.computed]
	}
	for i, at := range w.source.places {
		row[at] = w.source.rows[w.next][i]
	}
	w.source.rows[w.next] = nil
	w.next++
	return row
}

// Close implements sql.RowIter.
func (w *windowRows) Close(ctx *sql.Context) error { return w.results.Close(ctx) }
