package exec

import (
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
)

// residual is the part of a WHERE clause that the engine checks above a scan. It counts the rows
// that pass, so that EXPLAIN ANALYZE can tell how many were removed.
type residual struct {
	expression.UnaryExpressionStub
	passed *atomic.Uint64
}

// Residual wraps the conditions above a scan and makes the scan's plan count through it.
func Residual(p *ScanPlan, condition sql.Expression) sql.Expression {
	p.Passed = new(atomic.Uint64)
	return &residual{expression.UnaryExpressionStub{Child: condition}, p.Passed}
}

// Eval implements sql.Expression.
func (r *residual) Eval(ctx *sql.Context, row sql.Row) (any, error) {
	value, err := sql.EvaluateCondition(ctx, r.Child, row)
	if err == nil && sql.IsTrue(value) {
		r.passed.Add(1)
	}
	return value, err
}

// Type implements sql.Expression.
func (r *residual) Type(ctx *sql.Context) sql.Type { return r.Child.Type(ctx) }

// String implements fmt.Stringer.
func (r *residual) String() string { return r.Child.String() }

// DebugString implements sql.DebugStringer.
func (r *residual) DebugString(ctx *sql.Context) string { return sql.DebugString(ctx, r.Child) }

// WithChildren implements sql.Expression.
func (r *residual) WithChildren(_ *sql.Context, children ...sql.Expression) (sql.Expression, error) {
	if len(children) != 1 {
		return nil, sql.ErrInvalidChildrenNumber.New(r, len(children), 1)
	}
	return &residual{expression.UnaryExpressionStub{Child: children[0]}, r.passed}, nil
}
