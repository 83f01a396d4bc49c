package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/function"
)

// functionSchema is that of WASQL_FUNCTIONS.
func functionSchema() sql.Schema {
	return texts("FUNCTION_NAME", "SERVER_NAME", "CONNECTOR_NAME", "KIND", "ARGUMENTS", "RESULT", "IS_DETERMINISTIC", "IS_CONSTRAINT", "DESCRIPTION")
}

// functionRows lists the functions of the mounted connectors, one row for each overload. It opens connectors that
// have functions.
func functionRows(ctx *sql.Context, e *Engine) ([]sql.Row, error) {
	var rows []sql.Row
	for _, keeper := range e.catalog.Functions(ctx) {
		for _, f := range keeper.All() {
			rows = append(rows, sql.Row{f.Name, keeper.Database, keeper.Connector.Manifest().GetName(), strings.TrimPrefix(f.Kind.String(), "FUNCTION_KIND_"),
				function.Arguments(f), function.TypeName(f.Result), yes(f.Deterministic), yes(f.Constraint), f.Description})
		}
	}
	return rows, nil
}
