package function

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Groups makes the buffers of an aggregate: one for each group of one run of a GROUP BY.
type Groups interface {
	NewBuffer(ctx *sql.Context) (sql.AggregationBuffer, error)
}

// Aggregate is a call of a connector's aggregate function.
type Aggregate struct {
	Of        *Overload
	Arguments []sql.Expression
	// Distinct: rows whose arguments were in the group before do not count.
	Distinct  bool
	qualified bool
	id        sql.ColumnId
	// groups computes this run; nil outside of a run.
	groups Groups
	window *sql.WindowDefinition
}

var (
	_ sql.FunctionExpression = (*Aggregate)(nil)
	_ sql.Aggregation        = (*Aggregate)(nil)
	_ sql.CollationCoercible = (*Aggregate)(nil)
)

func newAggregate(of *Overload, qualified, distinct bool, arguments []sql.Expression) *Aggregate {
	return &Aggregate{Of: of, Arguments: arguments, Distinct: distinct, qualified: qualified}
}

// WithGroups is the aggregate for one run.
func (a *Aggregate) WithGroups(groups Groups) *Aggregate {
	out := *a
	out.groups = groups
	return &out
}

// Running tells whether the aggregate is for a run.
func (a *Aggregate) Running() bool { return a.groups != nil }

// Values computes the arguments for a row.
func (a *Aggregate) Values(ctx *sql.Context, row sql.Row, into []any) error {
	return values(ctx, a.Arguments, row, into)
}

// FunctionName implements sql.FunctionExpression.
func (a *Aggregate) FunctionName() string { return strings.ToLower(a.Of.Name()) }

// Description implements sql.FunctionExpression.
func (a *Aggregate) Description() string { return a.Of.Declared.Description }

// String implements fmt.Stringer.
func (a *Aggregate) String() string {
	text := written(a.Of, a.qualified, a.Distinct, a.Arguments)
	if a.window == nil {
		return text
	}
	return text + " " + a.window.String()
}

// Type implements sql.Expression.
func (a *Aggregate) Type(*sql.Context) sql.Type { return a.Of.Result.Type }

// IsNullable implements sql.Expression.
func (a *Aggregate) IsNullable(*sql.Context) bool { return a.Of.Result.Nullable }

// CollationCoercibility implements sql.CollationCoercible.
func (a *Aggregate) CollationCoercibility(*sql.Context) (collation sql.CollationID, coercibility byte) {
	return coercibility4(a.Of.Result.Type)
}

// Resolved implements sql.Expression.
func (a *Aggregate) Resolved() bool { return expression.ExpressionsResolved(a.Children()...) }

// Children implements sql.Expression.
func (a *Aggregate) Children() []sql.Expression {
	return slices.Concat(a.Arguments, a.window.ToExpressions())
}

// WithChildren implements sql.Expression.
func (a *Aggregate) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	out := *a
	var err error
	out.Arguments, out.window, err = apart(ctx, a, a.window, children)
	return &out, err
}

// Eval implements sql.Expression; an aggregate has no value for a row.
func (a *Aggregate) Eval(*sql.Context, sql.Row) (any, error) { return nil, errAlone(a.Of) }

// Id implements sql.IdExpression.
func (a *Aggregate) Id() sql.ColumnId { return a.id }

// WithId implements sql.IdExpression.
func (a *Aggregate) WithId(id sql.ColumnId) sql.IdExpression {
	out := *a
	out.id = id
	return &out
}

// NewBuffer implements sql.Aggregation.
func (a *Aggregate) NewBuffer(ctx *sql.Context) (sql.AggregationBuffer, error) {
	if a.groups == nil {
		return nil, errAlone(a.Of)
	}
	return a.groups.NewBuffer(ctx)
}

// NewWindowFunction implements sql.WindowAdaptableExpression. It is asked for where engine/exec does not compute the window: its
// frames reach as far as values do, or another function of the same SELECT is go-mysql-server's.
func (a *Aggregate) NewWindowFunction(*sql.Context) (sql.WindowFunction, error) {
	return nil, sqlerr.New(1235, "42000", "function %s of a connector cannot be used with OVER here", a.Of.Name()).
		WithHint("frames are to be of ROWS or to end at rows that are equal in the order, and STDDEV, VARIANCE and JSON_ARRAYAGG with OVER go into a SELECT of their own")
}

// WithWindow implements sql.WindowAdaptableExpression.
func (a *Aggregate) WithWindow(_ *sql.Context, window *sql.WindowDefinition) sql.WindowAdaptableExpression {
	out := *a
	out.window = window
	return &out
}

// Window implements sql.WindowAdaptableExpression.
func (a *Aggregate) Window() *sql.WindowDefinition { return a.window }
