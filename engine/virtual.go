package engine

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// command is a statement of wasql's own, as a plan: it does one thing and has no rows.
type command struct {
	name string
	run  func(ctx *sql.Context) error
}

var (
	_ sqlparser.Injectable = (*command)(nil)
	_ sql.ExecSourceRel    = (*command)(nil)
)

// WithResolvedChildren implements sqlparser.Injectable.
func (c *command) WithResolvedChildren(context.Context, []any) (any, error) { return c, nil }

// Resolved implements sql.Node.
func (c *command) Resolved() bool { return true }

// String implements sql.Node.
func (c *command) String() string { return c.name }

// Schema implements sql.Node.
func (c *command) Schema(*sql.Context) sql.Schema { return types.OkResultSchema }

// Children implements sql.Node.
func (c *command) Children() []sql.Node { return nil }

// WithChildren implements sql.Node.
func (c *command) WithChildren(_ *sql.Context, children ...sql.Node) (sql.Node, error) {
	if len(children) != 0 {
		return nil, sql.ErrInvalidChildrenNumber.New(c, len(children), 0)
	}
	return c, nil
}

// IsReadOnly implements sql.Node.
func (c *command) IsReadOnly() bool { return false }

// RowIter implements sql.ExecSourceRel: it does what there is to do. As with every definition, the
// transaction that the session is in is committed first.
func (c *command) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	if err := commitFirst(ctx); err != nil {
		return nil, err
	}
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return sql.RowsToRowIter(sql.NewRow(types.NewOkResult(0))), nil
}

// commitFirst commits the transaction of the session, when it is in one.
func commitFirst(ctx *sql.Context) error {
	session, ok := ctx.Session.(sql.TransactionSession)
	transaction := ctx.GetTransaction()
	if !ok || transaction == nil {
		return nil
	}
	if err := session.CommitTransaction(ctx, transaction); err != nil {
		return err
	}
	ctx.SetTransaction(nil)
	ctx.SetIgnoreAutoCommit(false)
	return nil
}
