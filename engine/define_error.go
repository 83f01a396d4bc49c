package engine

import (
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/sqlerr"
)

// Numbers of errors about something that is not there.
const (
	errBadTable     = 1051 // what DROP TABLE names
	errBadField     = 1054
	errCantDrop     = 1091 // what DROP COLUMN and DROP INDEX name
	errNoSuchTable  = 1146
	errNoSuchKey    = 1176 // what RENAME INDEX names
	stateNoTable    = "42S02"
	stateDefinition = "42000"
)

// ofDefinition gives the error of a definition the number that MySQL has for it, where the one of what is not
// there depends on the statement.
func ofDefinition(statement sqlparser.Statement, err error) error {
	if err == nil {
		return nil
	}
	told := sqlerr.From(err)
	if told == nil {
		return err
	}
	switch s := statement.(type) {
	case *sqlparser.DDL:
		if s.Action == sqlparser.DropStr && len(s.FromTables) > 0 && told.Errno == errNoSuchTable {
			return renumbered(told, errBadTable, stateNoTable)
		}
	case *sqlparser.AlterTable:
		return ofAlter(s, told, err)
	}
	return err
}

// ofAlter looks for the one clause that can have failed so.
func ofAlter(s *sqlparser.AlterTable, told *sqlerr.Error, err error) error {
	drops, renames, others, name := 0, 0, 0, ""
	for _, clause := range s.Statements {
		switch {
		case clause.ColumnAction == sqlparser.DropStr:
			drops++
			name = clause.Column.String()
		case clause.IndexSpec != nil && clause.IndexSpec.Action == sqlparser.RenameStr:
			renames++
			name = clause.IndexSpec.FromName.String()
		default:
			others++
		}
	}
	switch {
	case told.Errno == errBadField && drops > 0 && others == 0:
		told = renumbered(told, errCantDrop, stateDefinition)
		if drops == 1 {
			told.Message = "can't drop '" + name + "'; check that column/key exists"
		}
		return told
	case told.Errno == errCantDrop && renames > 0 && drops == 0 && others == 0:
		told = renumbered(told, errNoSuchKey, stateDefinition)
		if renames == 1 {
			told.Message = "key '" + name + "' doesn't exist in table '" + s.Table.Name.String() + "'"
		}
		return told
	}
	return err
}

func renumbered(told *sqlerr.Error, errno uint16, state string) *sqlerr.Error {
	out := *told
	out.Errno, out.State = errno, state
	return &out
}
