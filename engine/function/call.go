package function

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Call is a call of a connector's scalar function. Eval asks the connector for one row: where a plan
// has batches of rows, engine/exec computes the calls for a batch at once and Eval is not used.
type Call struct {
	Of        *Overload
	Arguments []sql.Expression
	qualified bool
}

// volatile is a Call whose results change from one call to the next; go-mysql-server tells them by
// their having another method.
type volatile struct{ *Call }

var (
	_ sql.FunctionExpression         = (*Call)(nil)
	_ sql.CollationCoercible         = (*Call)(nil)
	_ sql.NonDeterministicExpression = volatile{}
)

func newCall(of *Overload, qualified bool, arguments []sql.Expression) sql.Expression {
	c := &Call{Of: of, Arguments: arguments, qualified: qualified}
	if !of.Declared.Deterministic {
		return volatile{c}
	}
	return c
}

// CallOf tells whether an expression is a call, and gives it.
func CallOf(e sql.Expression) (*Call, bool) {
	switch c := e.(type) {
	case *Call:
		return c, true
	case volatile:
		return c.Call, true
	}
	return nil, false
}

// IsNonDeterministic implements sql.NonDeterministicExpression.
func (volatile) IsNonDeterministic() bool { return true }

// WithChildren implements sql.Expression.
func (v volatile) WithChildren(ctx *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	c, err := v.Call.WithChildren(ctx, children...)
	if err != nil {
		return nil, err
	}
	return volatile{c.(*Call)}, nil
}

// FunctionName implements sql.FunctionExpression.
func (c *Call) FunctionName() string { return strings.ToLower(c.Of.Name()) }

// Description implements sql.FunctionExpression.
func (c *Call) Description() string { return c.Of.Declared.Description }

// String implements fmt.Stringer.
func (c *Call) String() string { return written(c.Of, c.qualified, false, c.Arguments) }

// written is a call as in SQL.
func written(of *Overload, qualified, distinct bool, arguments []sql.Expression) string {
	var b strings.Builder
	if qualified {
		b.WriteString(of.Keeper.Database + ".")
	}
	b.WriteString(of.Name() + "(")
	if distinct {
		b.WriteString("DISTINCT ")
	}
	for i, a := range arguments {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.String())
	}
	b.WriteString(")")
	return b.String()
}

// Type implements sql.Expression.
func (c *Call) Type(*sql.Context) sql.Type { return c.Of.Result.Type }

// IsNullable implements sql.Expression.
func (c *Call) IsNullable(ctx *sql.Context) bool { return c.Of.nullable(ctx, c.Arguments) }

// CollationCoercibility implements sql.CollationCoercible.
func (c *Call) CollationCoercibility(*sql.Context) (collation sql.CollationID, coercibility byte) {
	return coercibility4(c.Of.Result.Type)
}

func coercibility4(t sql.Type) (collation sql.CollationID, coercibility byte) {
	if text, ok := t.(sql.TypeWithCollation); ok {
		return text.Collation(), 4
	}
	return sql.Collation_binary, 5
}

// Resolved implements sql.Expression.
func (c *Call) Resolved() bool { return expression.ExpressionsResolved(c.Arguments...) }

// Children implements sql.Expression.
func (c *Call) Children() []sql.Expression { return c.Arguments }

// WithChildren implements sql.Expression.
func (c *Call) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != len(c.Arguments) {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), len(c.Arguments))
	}
	out := *c
	out.Arguments = children
	return &out, nil
}

// Eval implements sql.Expression.
func (c *Call) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	arguments := make([]any, len(c.Arguments))
	if err := c.Values(ctx, row, arguments); err != nil {
		return nil, err
	}
	result := []any{nil}
	if err := c.Of.Keeper.Call(ctx, c.Of, 1, arguments, result); err != nil {
		return nil, err
	}
	return result[0], nil
}

// Values computes the arguments for a row.
func (c *Call) Values(ctx *sql.Context, row sql.Row, into []any) error {
	return values(ctx, c.Arguments, row, into)
}

func values(ctx *sql.Context, arguments []sql.Expression, row sql.Row, into []any) error {
	for i, a := range arguments {
		v, err := a.Eval(ctx, row)
		if err == nil {
			into[i], err = sql.UnwrapAny(ctx, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutDistinct takes DISTINCT off an argument.
func withoutDistinct(e sql.Expression) (sql.Expression, bool) {
	d, ok := e.(*expression.DistinctExpression)
	if !ok {
		return e, false
	}
	return d.Child, true
}

// errAlone: an aggregate without a GROUP BY over it.
func errAlone(of *Overload) error {
	return sqlerr.New(1235, "42000", "%s: an aggregate of a connector cannot be used here", of.Where()).
		WithHint("it can be used with GROUP BY, or over all rows")
}
