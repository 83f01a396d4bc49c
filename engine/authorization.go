package engine

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// authorization asks go-mysql-server's handler only when there are accounts. That one looks for a database called mysql at
// every statement, which would start the home for a statement that reads nothing of it.
type authorization struct {
	accounts sql.AuthorizationHandler
	catalog  *analyzer.Catalog
}

func (a authorization) handler() sql.AuthorizationHandler {
	if a.catalog.MySQLDb.Enabled() {
		return a.accounts
	}
	return sql.NoopAuthorizationHandler{}
}

// NewQueryState implements sql.AuthorizationHandler.
func (a authorization) NewQueryState(ctx *sql.Context) sql.AuthorizationQueryState {
	return a.handler().NewQueryState(ctx)
}

// HandleAuth implements sql.AuthorizationHandler.
func (a authorization) HandleAuth(ctx *sql.Context, state sql.AuthorizationQueryState, auth sqlparser.AuthInformation) error {
	return a.handler().HandleAuth(ctx, state, auth)
}

// HandleAuthNode implements sql.AuthorizationHandler.
func (a authorization) HandleAuthNode(ctx *sql.Context, state sql.AuthorizationQueryState, node sql.AuthorizationCheckerNode) error {
	return a.handler().HandleAuthNode(ctx, state, node)
}

// CheckDatabase implements sql.AuthorizationHandler.
func (a authorization) CheckDatabase(ctx *sql.Context, state sql.AuthorizationQueryState, database string) error {
	return a.handler().CheckDatabase(ctx, state, database)
}

// CheckSchema implements sql.AuthorizationHandler.
func (a authorization) CheckSchema(ctx *sql.Context, state sql.AuthorizationQueryState, database, schema string) error {
	return a.handler().CheckSchema(ctx, state, database, schema)
}

// CheckTable implements sql.AuthorizationHandler.
func (a authorization) CheckTable(ctx *sql.Context, state sql.AuthorizationQueryState, database, schema, table string) error {
	return a.handler().CheckTable(ctx, state, database, schema, table)
}
