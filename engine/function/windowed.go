package function

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation/window"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// Window functions whose arguments go-mysql-server keeps to itself, or that it does not have: engine/exec computes them.
const (
	CumeDist = "cume_dist"
	NthValue = "nth_value"
	Lag      = "lag"
	Lead     = "lead"
	Tile     = "ntile"
)

// Windowed is a call of one of them.
type Windowed struct {
	Name      string
	Arguments []sql.Expression
	window    *sql.WindowDefinition
	id        sql.ColumnId
}

var (
	_ sql.FunctionExpression = (*Windowed)(nil)
	_ sql.WindowAggregation  = (*Windowed)(nil)
	_ sql.CollationCoercible = (*Windowed)(nil)
)

// IsWindowed tells whether a function of SQL is a window function that go-mysql-server does not have.
func IsWindowed(name string) bool { return name == CumeDist || name == NthValue }

// BuiltIn gives a function of SQL's own that is not, or not rightly, in go-mysql-server.
func BuiltIn(name string) (sql.Function, bool) {
	switch name = strings.ToLower(name); name {
	case "sum", "avg":
		return sql.Function1{Name: name, Fn: func(ctx *sql.Context, argument sql.Expression) sql.Expression {
			return SumOf(ctx, name == "avg", argument)
		}}, true
	case CumeDist:
		return sql.Function0{Name: name, Fn: func(*sql.Context) sql.Expression { return &Windowed{Name: name} }}, true
	case NthValue:
		return sql.Function2{Name: name, Fn: func(_ *sql.Context, value, place sql.Expression) sql.Expression {
			return &Windowed{Name: name, Arguments: []sql.Expression{value, place}}
		}}, true
	case Lag, Lead, Tile:
		return sql.FunctionN{Name: name, Fn: func(ctx *sql.Context, arguments ...sql.Expression) (sql.Expression, error) {
			w := &Windowed{Name: name, Arguments: arguments}
			_, err := w.rows(ctx)
			return w, err // both: go-mysql-server looks at the call first
		}}, true
	case Sample:
		return sql.FunctionN{Name: name, Fn: newSampled}, true
	}
	return nil, false
}

// FunctionName implements sql.FunctionExpression.
func (w *Windowed) FunctionName() string { return w.Name }

// Description implements sql.FunctionExpression.
func (w *Windowed) Description() string {
	switch w.Name {
	case CumeDist:
		return "returns the share of the rows of the partition that are not behind the current one"
	case Tile:
		return "returns the number of the part of the partition, of as many as are asked for"
	case NthValue:
		return "returns the value of expr in the nth row of the frame"
	}
	return "returns the value of expr in another row of the partition"
}

// Type implements sql.Expression.
func (w *Windowed) Type(ctx *sql.Context) sql.Type {
	switch {
	case w.Name == CumeDist:
		return types.Float64
	case w.Name == Tile:
		return types.Uint64
	case len(w.Arguments) == 3:
		return both(w.Arguments[0].Type(ctx), w.Arguments[2].Type(ctx))
	}
	return w.Arguments[0].Type(ctx)
}

// both is the type of a value and of what stands for it where there is none.
func both(value, otherwise sql.Type) sql.Type {
	switch {
	case value == otherwise || !types.IsNumber(value) || !types.IsNumber(otherwise):
	case types.IsFloat(value) || types.IsFloat(otherwise):
		return types.Float64
	case types.IsDecimal(value) || types.IsDecimal(otherwise):
		precision, scale, _ := Digits(value)
		precisionToo, scaleToo, _ := Digits(otherwise)
		scale = max(scale, scaleToo)
		before := max(precision, precisionToo)
		return types.MustCreateDecimalType(uint8(min(before+scale, types.DecimalTypeMaxPrecision)), uint8(scale))
	case types.IsUnsigned(value) != types.IsUnsigned(otherwise) && (value == types.Uint64 || otherwise == types.Uint64):
	case types.IsInteger(value) && types.IsInteger(otherwise):
		return types.Int64
	}
	return value
}

// IsNullable implements sql.Expression.
func (w *Windowed) IsNullable(*sql.Context) bool { return w.Name != CumeDist && w.Name != Tile }

// CollationCoercibility implements sql.CollationCoercible.
func (w *Windowed) CollationCoercibility(ctx *sql.Context) (collation sql.CollationID, coercibility byte) {
	if w.Name == CumeDist || w.Name == Tile {
		return sql.Collation_binary, 5
	}
	return sql.GetCoercibility(ctx, w.Arguments[0])
}

// apart gives the arguments, and the window, that new children of a call with a window are; nil: it has none.
func apart(ctx *sql.Context, call sql.Expression, window *sql.WindowDefinition, children []sql.Expression) ([]sql.Expression, *sql.WindowDefinition, error) {
	if n := len(call.Children()); len(children) != n {
		return nil, nil, sql.ErrInvalidChildrenNumber.New(call, len(children), n)
	}
	if window == nil {
		return children, nil, nil
	}
	own := len(children) - len(window.ToExpressions())
	window, err := window.FromExpressions(ctx, children[own:])
	return children[:own:own], window, err
}

// String implements fmt.Stringer.
func (w *Windowed) String() string {
	arguments := make([]string, len(w.Arguments))
	for i, e := range w.Arguments {
		arguments[i] = e.String()
	}
	return strings.TrimSuffix(fmt.Sprintf("%s(%s) %s", w.Name, strings.Join(arguments, ","), w.window), " ")
}

// Resolved implements sql.Expression.
func (w *Windowed) Resolved() bool { return expression.ExpressionsResolved(w.Children()...) }

// Children implements sql.Expression.
func (w *Windowed) Children() []sql.Expression {
	return slices.Concat(w.Arguments, w.window.ToExpressions())
}

// WithChildren implements sql.Expression.
func (w *Windowed) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	out := *w
	var err error
	out.Arguments, out.window, err = apart(ctx, w, w.window, children)
	return &out, err
}

// Eval implements sql.Expression: there is no value without a window.
func (w *Windowed) Eval(*sql.Context, sql.Row) (any, error) {
	return nil, sql.ErrWindowUnsupported.New(w.Name)
}

// Id implements sql.IdExpression.
func (w *Windowed) Id() sql.ColumnId { return w.id }

// WithId implements sql.IdExpression.
func (w *Windowed) WithId(id sql.ColumnId) sql.IdExpression {
	out := *w
	out.id = id
	return &out
}

// Window implements sql.WindowAdaptableExpression.
func (w *Windowed) Window() *sql.WindowDefinition { return w.window }

// WithWindow implements sql.WindowAdaptableExpression.
func (w *Windowed) WithWindow(_ *sql.Context, window *sql.WindowDefinition) sql.WindowAdaptableExpression {
	out := *w
	out.window = window
	return &out
}

// NewWindowFunction implements sql.WindowAdaptableExpression. It is asked for when another function of the same window is not one that
// engine/exec computes.
func (w *Windowed) NewWindowFunction(ctx *sql.Context) (sql.WindowFunction, error) {
	rows, err := w.rows(ctx)
	if err != nil {
		return nil, err
	}
	return rows.WithWindow(ctx, w.window).NewWindowFunction(ctx)
}

// rows is go-mysql-server's own form of the function.
func (w *Windowed) rows(ctx *sql.Context) (sql.WindowAdaptableExpression, error) {
	switch w.Name {
	case Lag:
		return window.NewLag(w.Arguments...)
	case Lead:
		return window.NewLead(w.Arguments...)
	case Tile:
		if len(w.Arguments) != 1 {
			return nil, sql.ErrInvalidArgumentNumber.New("NTILE", "1", len(w.Arguments))
		}
		return window.NewNTile(ctx, w.Arguments[0]).(sql.WindowAdaptableExpression), nil
	}
	return nil, fmt.Errorf("%s beside a window function that is computed by rows only: %w", strings.ToUpper(w.Name), sql.ErrWindowUnsupported.New(w.Name))
}
