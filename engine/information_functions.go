package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
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
				argumentsOf(f), typeOf(f.Result), yes(f.Deterministic), yes(f.Constraint), f.Description})
		}
	}
	return rows, nil
}

// argumentsOf writes the arguments as in a manual: those that may be left out in brackets.
func argumentsOf(f *pb.Function) string {
	least := int(f.ArgumentsMin)
	if least == 0 {
		least = len(f.Arguments)
	}
	var all []string
	for i, a := range f.Arguments {
		text := typeOf(a)
		if i >= least {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	if f.Variadic {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}

func typeOf(c *pb.Column) string {
	if c.GetSqlType() != "" {
		return c.GetSqlType()
	}
	return strings.ToLower(strings.TrimPrefix(c.GetType().String(), "TYPE_"))
}
