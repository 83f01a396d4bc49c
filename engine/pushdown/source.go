package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// hostSource is the source of a table that is read through its connector; nil for other tables.
func hostSource(t sql.Table) exec.Source {
	switch table := t.(type) {
	case *gms.Table:
		return exec.HostSource(table)
	case *gms.Stored:
		return exec.HostSource(table.Table)
	case *gms.Indexed:
		return exec.HostSource(table.Table)
	}
	return nil
}
