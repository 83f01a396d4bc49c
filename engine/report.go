package engine

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// report is a statement of wasql's own that has rows, as a plan. It is built of expressions and makes all its
// rows at once.
type report struct {
	name   string
	schema sql.Schema
	// commits: the transaction that the session is in is committed first, as with a definition.
	commits   bool
	arguments []sql.Expression
	run       func(ctx *sql.Context, arguments []any) ([]sql.Row, error)
}

var (
	_ sqlparser.Injectable = (*report)(nil)
	_ sql.ExecSourceRel    = (*report)(nil)
)

// WithResolvedChildren implements sqlparser.Injectable.
func (r *report) WithResolvedChildren(_ context.Context, children []any) (any, error) {
	resolved := *r
	resolved.arguments = nil
	for _, child := range children {
		resolved.arguments = append(resolved.arguments, child.(sql.Expression))
	}
	return &resolved, nil
}

// Resolved implements sql.Node.
func (r *report) Resolved() bool { return true }

// String implements sql.Node.
func (r *report) String() string { return r.name }

// Schema implements sql.Node.
func (r *report) Schema(*sql.Context) sql.Schema {
	if r.schema == nil {
		return types.OkResultSchema
	}
	return r.schema
}

// Children implements sql.Node.
func (r *report) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (r *report) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(r, len(children), 0)
	}
	return r, nil
}

// IsReadOnly implements sql.Node.
func (r *report) IsReadOnly() bool { return !r.commits }

// RowIter implements sql.ExecSourceRel.
func (r *report) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	values := make([]any, len(r.arguments))
	for i, argument := range r.arguments {
		var err error
		if values[i], err = argument.Eval(ctx, nil); err != nil {
			return nil, err
		}
	}
	if r.commits {
		if err := commitFirst(ctx); err != nil {
			return nil, err
		}
	}
	rows, err := r.run(ctx, values)
	if err != nil {
		return nil, err
	}
	if r.schema == nil {
		rows = []sql.Row{sql.NewRow(types.NewOkResult(0))}
	}
	return sql.RowsToRowIter(rows...), nil
}

// texts makes columns of text.
func texts(names ...string) sql.Schema {
	schema := make(sql.Schema, len(names))
	for i, name := range names {
		schema[i] = &sql.Column{Name: name, Type: types.LongText, Nullable: true}
	}
	return schema
}
