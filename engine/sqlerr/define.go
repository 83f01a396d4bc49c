package sqlerr

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
)

// definitionKinds are the kinds that definitions can meet, in the order of their numbers.
var definitionKinds = []kind{
	{sql.ErrDuplicateKey, 1061, "42000"},
	{sql.ErrIndexIDAlreadyRegistered, 1061, "42000"},
	{sql.ErrIncompatibleDefaultType, 1067, "42000"},
	{sql.ErrInvalidColumnDefaultValue, 1067, "42000"},
	{sql.ErrInvalidAutoIncCols, 1075, "42000"},
	{sql.ErrUnsupportedIndexPrefix, 1089, "HY000"},
	{sql.ErrForeignKeyNotFound, 1091, "42000"},
	{analyzererrors.ErrInvalidRowLength, 1118, "42000"},
	{sql.ErrForeignKeyColumnCountMismatch, 1239, "42000"},
	{sql.ErrForeignKeyMissingColumns, 1239, "42000"},
	{sql.ErrInvalidIndexName, 1280, "42000"},
	{sql.ErrFullTextInvalidColumnType, 1283, "HY000"},
	{sql.ErrInvalidRefInView, 1356, "HY000"},
	{sql.ErrForeignKeyNotResolved, 1452, "23000"},
	{sql.ErrEventAlreadyExists, 1537, "HY000"},
	{sql.ErrForeignKeyDropIndex, 1553, "HY000"},
	{sql.ErrForeignKeyMissingReferenceIndex, 1822, "HY000"},
	{sql.ErrForeignKeyDuplicateName, 1826, "HY000"},
	{sql.ErrForeignKeyDropColumn, 1828, "HY000"},
	{sql.ErrForeignKeySetNullNonNullable, 1830, "HY000"},
	{sql.ErrForeignKeyTypeChange, 1832, "HY000"},
	{sql.ErrForeignKeyTypeChangeSetNull, 1832, "HY000"},
	{sql.ErrForeignKeyDepthLimit, 3008, "HY000"},
	{sql.ErrForeignKeyDropTable, 3730, "HY000"},
	{sql.ErrForeignKeyColumnTypeMismatch, 3780, "HY000"},
	{sql.ErrDuplicateCheckName, 3822, "HY000"},
	{sql.ErrColumnFunctionalIndexDependency, 3837, "HY000"},
	{sql.ErrUnknownConstraint, 3940, "HY000"},
	{sql.ErrCheckConstraintInvalidatedByColumnAlter, 3959, "HY000"},
	{sql.ErrTriggerCannotBeDropped, 4031, "HY000"},
}

func init() { engineKinds = append(definitionKinds, engineKinds...) }

// LocalFilesOff is the error for a LOAD DATA LOCAL that the operator does not want.
func LocalFilesOff() *Error {
	return New(3948, "42000", "Loading local data is disabled; this must be enabled on both the client and server sides").
		WithHint("SET GLOBAL local_infile = 1 enables it here")
}
