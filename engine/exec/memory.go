package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/vec"
	"github.com/wasql/wasql/engine/vec/spill"
)

// Session variables of what operators keep. The first is the memory of a statement, in bytes; what goes beyond is put on disk, as far as
// the second allows: 0 forbids it, and the statement fails then.
const (
	VariableMemory     = "wasql_memory"
	VariableSpillBytes = "wasql_spill_bytes"
	// VariableSpillDirectory shows the folder for it.
	VariableSpillDirectory = "wasql_spill_directory"
)

const (
	memoryDefault     = 256 << 20
	spillBytesDefault = 64 << 30
	bytesMax          = 1 << 60
)

func addMemoryVariables() {
	scope := sql.GetMysqlScope(sql.SystemVariableScope_Both)
	sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{
		&sql.MysqlSystemVariable{Name: VariableMemory, Scope: scope, Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemIntType(VariableMemory, 1, bytesMax, false), Default: int64(memoryDefault)},
		&sql.MysqlSystemVariable{Name: VariableSpillBytes, Scope: scope, Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemIntType(VariableSpillBytes, 0, bytesMax, false), Default: int64(spillBytesDefault)},
		&sql.MysqlSystemVariable{Name: VariableSpillDirectory, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Global),
			Type: types.NewSystemStringType(VariableSpillDirectory), Default: ""},
	})
}

// Memory is what the operators of an engine may keep, in memory and on disk. It is safe for concurrent use.
type Memory struct {
	all    *vec.Budget
	folder *spill.Folder
}

// NewMemory makes one of limit bytes for all statements together, 0: without end, with the folder for what goes beyond.
func NewMemory(limit int64, setting string, folder *spill.Folder) *Memory {
	// As the engine's system variables are the process's, the last engine's folder is shown.
	_ = sql.SystemVariables.AssignValues(map[string]any{VariableSpillDirectory: folder.Parent()})
	return &Memory{folder: folder, all: vec.NewBudget(nil, func() vec.Settings { return vec.Settings{Memory: limit, Name: setting} })}
}

// Statement gives a statement's part, which is to be closed with it. The session's variables are looked up when it is used.
func (m *Memory) Statement(ctx *sql.Context) *vec.Budget {
	return vec.NewBudget(m.all, func() vec.Settings {
		return vec.Settings{Memory: limitOf(ctx, VariableMemory), Name: VariableMemory, Space: m.folder.Space(limitOf(ctx, VariableSpillBytes), VariableSpillBytes)}
	})
}

// Folder is the folder that processes share, in which this one makes its own.
func (m *Memory) Folder() string { return m.folder.Parent() }

// Used is what all statements keep in memory now, and the most that it was, in bytes.
func (m *Memory) Used() (now, peak int64) { return m.all.Used() }

func limitOf(ctx *sql.Context, variable string) int64 {
	value, err := ctx.GetSessionVariable(ctx, variable)
	n, ok := value.(int64)
	if err != nil || !ok {
		return memoryDefault // the variable is one of ours, and a number
	}
	return n
}

// Close removes the folder.
func (m *Memory) Close() error { return m.folder.Close() }
