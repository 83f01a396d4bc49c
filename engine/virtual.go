package engine

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
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

// RowIter implements sql.ExecSourceRel: it does what there is to do.
func (c *command) RowIter(ctx *sql.Context, _ sql.Row) (sql.RowIter, error) {
	if err := c.run(ctx); err != nil {
		return nil, err
	}
	return sql.RowsToRowIter(sql.NewRow(types.NewOkResult(0))), nil
}

// createVirtual makes the statement of a CREATE VIRTUAL TABLE.
func (p parser) createVirtual(v virtualTable) sqlparser.Statement {
	run := func(ctx *sql.Context) error {
		database := v.database
		if database == "" {
			database = ctx.GetCurrentDatabase()
		}
		return p.catalog.CreateVirtual(ctx, catalog.Virtual{Database: database, Name: v.name, Module: v.module, Arguments: v.arguments}, v.ifNotExists)
	}
	return sqlparser.InjectedStatement{
		Statement: &command{name: "CREATE VIRTUAL TABLE", run: run},
		Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_CREATE, TargetType: sqlparser.AuthTargetType_SingleTableIdentifier,
			TargetNames: []string{v.database, v.name}},
	}
}

// dropVirtual takes over a DROP TABLE that names a virtual table; any other statement stays.
func (p parser) dropVirtual(ctx context.Context, statement sqlparser.Statement) sqlparser.Statement {
	drop, ok := statement.(*sqlparser.DDL)
	sqlContext, within := ctx.(*sql.Context)
	if !ok || !within || drop.Action != sqlparser.DropStr || drop.Temporary || len(drop.FromTables) == 0 {
		return statement
	}
	ours := false
	names := make([]catalog.TableName, len(drop.FromTables))
	for i, table := range drop.FromTables {
		names[i] = catalog.TableName{Database: table.DbQualifier.String(), Name: table.Name.String()}
		if names[i].Database == "" {
			names[i].Database = sqlContext.GetCurrentDatabase()
		}
		ours = ours || p.catalog.IsVirtual(names[i])
	}
	if !ours {
		return statement
	}
	run := func(ctx *sql.Context) error { return p.catalog.DropVirtual(ctx, names, drop.IfExists) }
	return sqlparser.InjectedStatement{Statement: &command{name: "DROP TABLE", run: run}, Auth: drop.Auth}
}
