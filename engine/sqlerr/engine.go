package sqlerr

import (
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
	kinds "gopkg.in/src-d/go-errors.v1"

	"github.com/wasql/wasql/host"
)

// kind gives one of go-mysql-server's error kinds MySQL's number and state.
type kind struct {
	kind  *kinds.Kind
	errno uint16
	state string
}

// engineKinds lists the kinds a query can meet, in the order of their numbers. The first kind found
// in an error's chain counts. Kinds that go-mysql-server numbers itself are left to it.
var engineKinds = []kind{
	{sql.ErrForeignKeyChildViolation, 1452, "23000"},
	{sql.ErrForeignKeyParentViolation, 1451, "23000"},
	{sql.ErrInsertIntoNonNullableProvidedNull, 1048, "23000"},
	{sql.ErrInsertIntoNonNullableDefaultNullColumn, 1364, "HY000"},
	{sql.ErrGeneratedColumnValue, 3105, "HY000"},
	{sql.ErrTruncateReferencedFromForeignKey, 1701, "42000"},
	{sql.ErrForeignKeyDepthLimit, 3008, "HY000"},
	{sql.ErrDeleteRowNotFound, 1032, "HY000"},
	{sql.ErrInvalidValue, 1366, "HY000"},
	{types.ErrBadCharsetString, 1366, "HY000"},
	{types.ErrConvertToDecimalLimit, 1264, "22003"},
	{types.ErrDataTruncatedForColumn, 1265, "01000"},
	{types.ErrDataTruncatedForColumnAtRow, 1265, "01000"},
	{types.ErrConvertingToEnum, 1265, "01000"},
	{sql.ErrInvalidSetValue, 1265, "01000"},
	{sql.ErrConvertingToSet, 1265, "01000"},
	{types.ErrConvertingToYear, 1264, "22003"},
	{sql.ErrNotMatchingSRID, 3643, "HY000"},
	{sql.ErrReadOnly, 1290, "HY000"},
	{sql.ErrSecureFilePriv, 1290, "HY000"},
	{sql.ErrLoadDataCannotOpen, 29, "HY000"},
	{sql.ErrCheckConstraintViolated, 3819, "HY000"},
	{sql.ErrUnexpectedSeparator, 1083, "42000"},
	{sql.ErrReadOnlyTransaction, 1792, "25006"},
	{sql.ErrNoDatabaseSelected, 1046, "3D000"},
	{sql.ErrDatabaseNotFound, 1049, "42000"},
	{sql.ErrDatabaseExists, 1007, "HY000"},
	{sql.ErrTableAlreadyExists, 1050, "42S01"},
	{sql.ErrTableNotFound, 1146, "42S02"},
	{sql.ErrUnknownTable, 1051, "42S02"},
	{sql.ErrTableColumnNotFound, 1054, "42S22"},
	{sql.ErrColumnNotFound, 1054, "42S22"},
	{sql.ErrUnknownColumn, 1054, "42S22"},
	{sql.ErrMisusedAlias, 1054, "42S22"},
	{sql.ErrAmbiguousColumnName, 1052, "23000"},
	{sql.ErrAmbiguousColumnOrAliasName, 1052, "23000"},
	{sql.ErrAmbiguousColumnInOrderBy, 1052, "23000"},
	{sql.ErrColumnExists, 1060, "42S21"},
	{sql.ErrDuplicateAliasOrTable, 1066, "42000"},
	{sql.ErrSyntaxError, 1064, "42000"},
	{sql.ErrInvalidSyntax, 1064, "42000"},
	{sql.ErrUnsupportedSyntax, 1235, "42000"},
	{sql.ErrUnsupportedFeature, 1235, "42000"},
	{sql.ErrNoTablesUsed, 1096, "HY000"},
	{sql.ErrInvalidType, 1210, "HY000"},
	{sql.ErrUnknownSystemVariable, 1193, "HY000"},
	{sql.ErrSystemVariableReadOnly, 1238, "HY000"},
	{sql.ErrSystemVariableGlobalOnly, 1229, "HY000"},
	{sql.ErrSystemVariableSessionOnly, 1228, "HY000"},
	{sql.ErrInvalidSystemVariableValue, 1231, "42000"},
	{sql.ErrInvalidTimeZone, 1298, "HY000"},
	{sql.ErrInvalidOperandColumns, 1241, "21000"},
	{sql.ErrExpectedSingleRow, 1242, "21000"},
	{sql.ErrMoreThanOneRow, 1172, "42000"},
	{sql.ErrNonAggregatedColumnWithoutGroupBy, 1140, "42000"},
	{sql.ErrAggregationUnsupported, 1111, "HY000"},
	{sql.ErrWindowUnsupported, 3593, "HY000"},
	{sql.ErrColumnNumberDoesNotMatch, 1222, "21000"},
	{sql.ErrColumnCountMismatch, 1353, "HY000"},
	{sql.ErrColValCountMismatch, 1136, "21S01"},
	{sql.ErrInsertIntoMismatchValueCount, 1136, "21S01"},
	{sql.ErrColumnSpecifiedTwice, 1110, "42000"},
	{sql.ErrFunctionNotFound, 1305, "42000"},
	{sql.ErrTableFunctionNotFound, 1305, "42000"},
	{sql.ErrStoredProcedureDoesNotExist, 1305, "42000"},
	{sql.ErrStoredProcedureAlreadyExists, 1304, "42000"},
	{sql.ErrCallIncorrectParameterCount, 1318, "42000"},
	{sql.ErrInvalidArgumentNumber, 1582, "42000"},
	{sql.ErrInvalidArgument, 1210, "HY000"},
	{sql.ErrInvalidArgumentType, 1210, "HY000"},
	{sql.ErrInvalidArgumentDetails, 1210, "HY000"},
	{sql.ErrTriggerDoesNotExist, 1360, "HY000"},
	{sql.ErrEventDoesNotExist, 1539, "HY000"},
	{sql.ErrUnknownEvent, 1539, "HY000"},
	{sql.ErrViewDoesNotExist, 1051, "42S02"},
	{sql.ErrExistingView, 1050, "42S01"},
	{sql.ErrExpectedTableFoundView, 1347, "HY000"},
	{sql.ErrSavepointDoesNotExist, 1305, "42000"},
	{sql.ErrUnknownPreparedStatement, 1243, "HY000"},
	{sql.ErrCollationUnknown, 1273, "HY000"},
	{sql.ErrCharSetUnknown, 1115, "42000"},
	{sql.ErrCollationInvalidForCharSet, 1253, "42000"},
	{sql.ErrCollationIllegalMix, 1267, "HY000"},
	{sql.ErrCteRecursionLimitExceeded, 3636, "HY000"},
	{sql.ErrRecursiveCTEMissingUnion, 3573, "HY000"},
	{sql.ErrUnknownWindowName, 3579, "HY000"},
	{sql.ErrInvalidJSONText, 3141, "22032"},
	{sql.ErrInvalidJson, 3140, "22032"},
	{sql.ErrInvalidGISData, 3037, "22023"},
	{sql.ErrDiffSRIDs, 3033, "HY000"},
	{sql.ErrValueOutOfRange, 1690, "22003"},
	{sql.ErrTruncatedIncorrect, 1292, "22007"},
	{types.ErrConvertingToTime, 1292, "22007"},
	{types.ErrConvertingToTimeOutOfRange, 1292, "22007"},
	{types.ErrLengthBeyondLimit, 1406, "22001"},
	{sql.ErrInvalidColTypeDefinition, 1064, "42000"},
	{sql.ErrDatabaseAccessDeniedForUser, 1044, "42000"},
	{sql.ErrTableAccessDeniedForUser, 1142, "42000"},
	{sql.ErrPrivilegeCheckFailed, 1142, "42000"},
	// What a connector's database does not do is refused as MySQL refuses to change a read-only table.
	{analyzererrors.ErrValidationGroupBy, 1055, "42000"},
	{analyzererrors.ErrValidationGroupByOrderBy, 1055, "42000"},
	{analyzererrors.ErrReadOnlyDatabase, 1036, "HY000"},
	{sql.ErrCreateTableNotSupported, 1036, "HY000"},
	{sql.ErrDropTableNotSupported, 1036, "HY000"},
	{sql.ErrRenameTableNotSupported, 1036, "HY000"},
	{sql.ErrAlterTableNotSupported, 1036, "HY000"},
	{sql.ErrAlterTableCollationNotSupported, 1036, "HY000"},
	{sql.ErrAlterTableCommentNotSupported, 1036, "HY000"},
	{sql.ErrTemporaryTableNotSupported, 1036, "HY000"},
	{sql.ErrTableCopyingNotSupported, 1036, "HY000"},
	{sql.ErrImmutableDatabaseProvider, 1036, "HY000"},
	{sql.ErrDatabaseCollationsNotSupported, 1036, "HY000"},
	{sql.ErrTriggersNotSupported, 1036, "HY000"},
	{sql.ErrStoredProceduresNotSupported, 1036, "HY000"},
	{sql.ErrEventsNotSupported, 1036, "HY000"},
	{sql.ErrViewsNotSupported, 1036, "HY000"},
	{sql.ErrNoForeignKeySupport, 1036, "HY000"},
	{sql.ErrFullTextNotSupported, 1214, "HY000"},
	{sql.ErrInvalidConstraintFunctionNotSupported, 3814, "HY000"},
	{sql.ErrNoFullTextIndexFound, 1191, "HY000"},
	{sql.ErrFullTextMatchAgainstNotColumns, 1210, "HY000"},
	{sql.ErrFullTextMatchAgainstSameTable, 1210, "HY000"},
	{sql.ErrAsOfNotSupported, 1235, "42000"},
}

// readOnlyTexts are go-mysql-server's refusals that have no kind.
var readOnlyTexts = []string{
	"table doesn't support INSERT INTO", "table doesn't support REPLACE INTO", "table doesn't support UPDATE",
	"table doesn't support DELETE FROM", "table doesn't support TRUNCATE", "table is not indexable", "table doesn't support",
	"is read-only", "read only",
}

// fromEngine numbers an error of go-mysql-server.
func fromEngine(err error) *Error {
	plain := sql.UnwrapError(err)
	if text, is := duplicateMessage(plain); is {
		return &Error{Errno: 1062, State: "23000", Message: text, Err: err}
	}
	for layer := plain; layer != nil; layer = errors.Unwrap(layer) {
		if sql.ErrValueOutOfRange.Is(layer) && written(err) {
			return &Error{Errno: 1264, State: "22003", Message: message(err), Err: err}
		}
		for _, k := range engineKinds {
			if k.kind.Is(layer) {
				return &Error{Errno: k.errno, State: k.state, Message: message(err), Err: err}
			}
		}
	}
	text := err.Error()
	if errors.Is(plain, sqlparser.ErrEmpty) {
		return &Error{Errno: 1065, State: "42000", Message: "the query was empty", Err: err}
	}
	if strings.HasPrefix(text, "syntax error at position") {
		return &Error{Errno: 1064, State: "42000", Message: message(err), Err: err}
	}
	if strings.Contains(strings.ToLower(text), "have a different number of columns") {
		return &Error{Errno: 1222, State: "21000", Message: text, Err: err}
	}
	for _, refusal := range readOnlyTexts {
		if strings.Contains(text, refusal) {
			return &Error{Errno: 1036, State: "HY000", Message: text, Hint: "connectors are read-only in this version", Err: err}
		}
	}
	var numbered *mysql.SQLError
	if !errors.As(err, &numbered) {
		numbered = sql.CastSQLError(plain)
	}
	state := numbered.State
	if state == "" {
		state = "HY000"
	}
	return &Error{Errno: uint16(numbered.Num), State: state, Message: numbered.Message, Err: err}
}

// written tells whether an error is about a value that was to be stored.
func written(err error) bool {
	var insert sql.WrappedInsertError
	var conversion sql.WrappedTypeConversionError
	return errors.As(err, &insert) || errors.As(err, &conversion)
}

// message is the text without trailing blanks; a syntax error says what it is.
func message(err error) string {
	text := strings.TrimSpace(err.Error())
	if rest, ok := strings.CutPrefix(text, "syntax error at position"); ok {
		return "you have an error in your SQL syntax at position" + rest
	}
	return text
}

func hintOf(err error) string {
	var e *host.Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
