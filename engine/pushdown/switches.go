package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// The session variables. All are booleans that start at 1: setting one to 0 leaves that part of
// the work to the engine. They change how a query runs, never its rows.
const (
	VariableAll     = "wasql_pushdown"
	VariableFilters = "wasql_pushdown_filters"
	VariableColumns = "wasql_pushdown_columns"
	VariableOrder   = "wasql_pushdown_order"
	VariableLimit   = "wasql_pushdown_limit"
	VariableJoins   = "wasql_pushdown_joins"
	VariableLookups = "wasql_pushdown_lookups"
)

// switches says which parts of a query may be put to connectors.
type switches struct {
	filters, columns, order, limit, joins, lookups bool
}

func addVariables() {
	names := []string{VariableAll, VariableFilters, VariableColumns, VariableOrder, VariableLimit, VariableJoins, VariableLookups}
	variables := make([]sql.SystemVariable, len(names))
	for i, name := range names {
		variables[i] = &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemBoolType(name), Default: int8(1),
		}
	}
	sql.SystemVariables.AddSystemVariables(variables)
}

// switchesOf reads the session's variables.
func switchesOf(ctx *sql.Context) switches {
	if !isOn(ctx, VariableAll) {
		return switches{}
	}
	return switches{filters: isOn(ctx, VariableFilters), columns: isOn(ctx, VariableColumns), order: isOn(ctx, VariableOrder),
		limit: isOn(ctx, VariableLimit), joins: isOn(ctx, VariableJoins), lookups: isOn(ctx, VariableLookups)}
}

// isOn reads one variable; a session made before they were added has none, which means on.
func isOn(ctx *sql.Context, name string) bool {
	value, err := ctx.GetSessionVariable(ctx, name)
	if err != nil {
		return true
	}
	on, err := sql.ConvertToBool(ctx, value)
	return err != nil || on
}
