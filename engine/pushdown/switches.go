package pushdown

import (
	"fmt"
	"hash/fnv"
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
)

// The session variables. All are booleans that start at 1: setting one to 0 leaves that part of
// the work to the engine. They change how a query runs, never its rows; only which rows a sample has depends on whose it is.
const (
	VariableAll      = "wasql_pushdown"
	VariableFilters  = "wasql_pushdown_filters"
	VariableColumns  = "wasql_pushdown_columns"
	VariableOrder    = "wasql_pushdown_order"
	VariableLimit    = "wasql_pushdown_limit"
	VariableJoins    = "wasql_pushdown_joins"
	VariableLookups  = "wasql_pushdown_lookups"
	VariableGroups   = "wasql_pushdown_groups"
	VariableKeys     = "wasql_pushdown_keys"
	VariableDistinct = "wasql_pushdown_distinct"
	VariableJoined   = "wasql_pushdown_joined"
	VariableSample   = "wasql_pushdown_sample"
)

// VariableRefuse is a seed that leaves parts of queries to the engine at random, for tests; 0 leaves none.
const VariableRefuse = "wasql_pushdown_refuse"

// refusedAtRandom is the reason that EXPLAIN gives for these.
const refusedAtRandom = VariableRefuse + " leaves it to the engine"

// switches says which parts of a query may be put to connectors.
type switches struct {
	filters, columns, order, limit, joins, lookups, groups, keys, distinct, joined, sample bool
	// refuse is the seed of what is left to the engine at random; 0: nothing is.
	refuse uint64
}

func addVariables() {
	names := []string{VariableAll, VariableFilters, VariableColumns, VariableOrder, VariableLimit, VariableJoins, VariableLookups, VariableGroups, VariableKeys, VariableDistinct, VariableJoined, VariableSample}
	variables := make([]sql.SystemVariable, len(names))
	for i, name := range names {
		variables[i] = &sql.MysqlSystemVariable{
			Name: name, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemBoolType(name), Default: int8(1),
		}
	}
	variables = append(variables, &sql.MysqlSystemVariable{
		Name: VariableRefuse, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
		Type: types.NewSystemIntType(VariableRefuse, 0, math.MaxInt64, false), Default: int64(0),
	})
	sql.SystemVariables.AddSystemVariables(variables)
}

// switchesOf reads the session's variables.
func switchesOf(ctx *sql.Context) switches {
	if !isOn(ctx, VariableAll) {
		return switches{}
	}
	s := switches{filters: isOn(ctx, VariableFilters), columns: isOn(ctx, VariableColumns), order: isOn(ctx, VariableOrder),
		limit: isOn(ctx, VariableLimit), joins: isOn(ctx, VariableJoins), lookups: isOn(ctx, VariableLookups),
		groups: isOn(ctx, VariableGroups), keys: isOn(ctx, VariableKeys),
		distinct: isOn(ctx, VariableDistinct), joined: isOn(ctx, VariableJoined), sample: isOn(ctx, VariableSample)}
	if value, err := ctx.GetSessionVariable(ctx, VariableRefuse); err == nil {
		if seed, ok := value.(int64); ok {
			s.refuse = uint64(seed)
		}
	}
	return s
}

// refuses tells whether a part of a query, known by its text, is left to the engine at random: about every third is, the
// same ones for the same seed.
func (s switches) refuses(part string) bool {
	if s.refuse == 0 {
		return false
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d %s", s.refuse, part) // a hash takes everything
	return h.Sum64()>>7%3 == 0
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
