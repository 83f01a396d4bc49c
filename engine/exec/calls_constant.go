package exec

import (
	"errors"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/engine/function"
)

// constants has the calls of one function whose arguments are known when a statement is planned. They
// are computed together when the first one is wanted, and once.
type constants struct {
	of    *function.Overload
	calls []*function.Call

	mu     sync.Mutex
	values []any
	done   bool
}

// constantCall is one of them.
type constantCall struct {
	*function.Call
	of *constants
	at int
	// alone has the value when the calls could not be computed together.
	mu    sync.Mutex
	known bool
	value any
}

// constant gives the expression for a call whose arguments are known; nil: they are not.
func (h *hoister) constant(call *function.Call) sql.Expression {
	if !call.Of.Declared.Deterministic {
		return nil
	}
	nested := false
	for _, a := range call.Arguments {
		if !known(a) {
			return nil
		}
		nested = nested || !isLiteral(a)
	}
	if nested {
		// Calls within it must be computed before it, so that it is computed by itself.
		return &constantCall{Call: call, of: &constants{of: call.Of, calls: []*function.Call{call}}}
	}
	if h.constants == nil {
		h.constants = map[*function.Overload]*constants{}
	}
	c := h.constants[call.Of]
	if c == nil || len(c.calls[0].Arguments) != len(call.Arguments) {
		c = &constants{of: call.Of}
		h.constants[call.Of] = c
	}
	c.calls = append(c.calls, call)
	return &constantCall{Call: call, of: c, at: len(c.calls) - 1}
}

// known tells whether an expression has the same value for all rows and in all statements.
func known(e sql.Expression) bool {
	switch e.(type) {
	case *expression.Literal, *constantCall:
		return true
	case *expression.UnaryMinus, *expression.Arithmetic, *expression.Convert:
		for _, child := range e.Children() {
			if !known(child) {
				return false
			}
		}
		return true
	}
	return false
}

func isLiteral(e sql.Expression) bool {
	_, ok := e.(*expression.Literal)
	return ok
}

// Children implements sql.Expression: the arguments are done with.
func (c *constantCall) Children() []sql.Expression { return nil }

// WithChildren implements sql.Expression.
func (c *constantCall) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), 0)
	}
	return c, nil
}

// Eval implements sql.Expression.
func (c *constantCall) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known {
		return c.value, nil
	}
	value, ok, err := c.of.value(ctx, c.at)
	if err == nil && !ok {
		value, err = c.Call.Eval(ctx, row)
	}
	if err == nil {
		c.known, c.value = true, value
	}
	return value, err
}

// value gives the value of a call, or not ok when one of them is wrong: each is then on its own.
func (c *constants) value(ctx *sql.Context, at int) (value any, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.done {
		err := c.compute(ctx)
		var wrong *function.RowError
		if err != nil && !errors.As(err, &wrong) {
			return nil, false, err
		}
		if c.done = true; err != nil {
			c.values = nil
		}
	}
	if c.values == nil {
		return nil, false, nil
	}
	return c.values[at], true, nil
}

func (c *constants) compute(ctx *sql.Context) error {
	n := len(c.calls[0].Arguments)
	arguments := make([]any, n*len(c.calls))
	for i, call := range c.calls {
		if err := call.Values(ctx, nil, arguments[i*n:(i+1)*n]); err != nil {
			return &function.RowError{Of: c.of, Err: err}
		}
	}
	c.values = make([]any, len(c.calls))
	return c.of.Keeper.Call(ctx, c.of, len(c.calls), arguments, c.values)
}
