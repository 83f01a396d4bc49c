package main

import wasql "github.com/wasql/wasql/sdk/go"

// MySQL's numbers of the errors that a store gives.
const (
	errDatabaseExists      = 1007
	errNoDatabaseDrop      = 1008
	errDiskFull            = 1021
	errStorage             = 1030
	errReadOnly            = 1036
	errNull                = 1048
	errNoDatabase          = 1049
	errNullUse             = 1138
	errTableExists         = 1050
	errDuplicateName       = 1061
	errDuplicate           = 1062
	errNoKeyDrop           = 1091
	errNoTable             = 1146
	errNoKey               = 1176
	errLockWait            = 1205
	errDeadlock            = 1213
	errNoSavepoint         = 1305
	errNoDefault           = 1364
	errChangedTable        = 1412
	errWrongValue          = 1525
	errSnapshotExists      = 1537
	errReadOnlyTransaction = 1792
	errAutoIncrement       = 1467
)

// states are the SQLSTATEs of the numbers above that have one of their own.
var states = map[uint16]string{
	errNull: "23000", errNullUse: "22004", errNoDatabase: "42000", errTableExists: "42S01", errDuplicateName: "42000", errDuplicate: "23000",
	errNoKeyDrop: "42000", errNoTable: "42S02", errNoKey: "42000", errDeadlock: "40001", errNoSavepoint: "42000", errReadOnlyTransaction: "25006",
}

// failure is an error with MySQL's number.
func failure(code wasql.Code, number uint16, format string, args ...any) *wasql.Error {
	e := wasql.Errorf(code, format, args...)
	e.Errno, e.SQLState = number, "HY000"
	if state := states[number]; state != "" {
		e.SQLState = state
	}
	return e
}
