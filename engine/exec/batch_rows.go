package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// VariableBatchRows is the session variable that says how many rows a connector is asked for at a time; 0: as many as the host's limits
// say. It changes how a query runs, never its rows.
const VariableBatchRows = "wasql_batch_rows"

// batchRowsMost is the host's own limit.
const batchRowsMost = 1 << 20

func addBatchVariable() {
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
		Name: VariableBatchRows, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
		Type: types.NewSystemIntType(VariableBatchRows, 0, batchRowsMost, false), Default: int64(0),
	}})
}

// batchRows is what a scan asks for.
func batchRows(ctx *sql.Context) uint32 { return uint32(integerVariable(ctx, VariableBatchRows, 0)) }
