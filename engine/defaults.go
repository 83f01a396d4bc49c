package engine

import (
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	_ "github.com/dolthub/go-mysql-server/sql/variables" // fills sql.SystemVariables
	"github.com/sirupsen/logrus"
)

// Version is what @@version_comment says.
const Version = "wasql"

var defaults sync.Once

// setDefaults closes what go-mysql-server leaves open. Its system variables and its log are
// variables of packages, so this holds for the whole process.
func setDefaults() {
	defaults.Do(func() {
		err := sql.SystemVariables.AssignValues(map[string]any{
			// A folder that cannot exist: INTO OUTFILE, LOAD_FILE and LOAD DATA reach no file. The
			// parser refuses them with a message of its own before that.
			"secure_file_priv": filepath.Join(os.DevNull, "refused"),
			"local_infile":     int8(0),
			// MySQL's default; go-mysql-server compares literals byte by byte.
			"collation_connection": "utf8mb4_0900_ai_ci",
			"collation_server":     "utf8mb4_0900_ai_ci",
			"version_comment":      Version,
		})
		if err != nil {
			panic("engine: set go-mysql-server's defaults: " + err.Error())
		}
		sql.SystemVariables.AddSystemVariables([]sql.SystemVariable{&sql.MysqlSystemVariable{
			Name: VariablePlanCache, Scope: sql.GetMysqlScope(sql.SystemVariableScope_Both), Dynamic: true, SetVarHintApplies: true,
			Type: types.NewSystemBoolType(VariablePlanCache), Default: int8(1),
		}})
		// It writes to standard error, which is the command's; the engine has a log of its own.
		logrus.SetOutput(io.Discard)
	})
}
