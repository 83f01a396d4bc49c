package abi

import "fmt"

// Code classifies a failure. Exports and imports return it negated. The numbers are those of
// the Code enum in status.proto.
type Code int32

// The codes.
const (
	OK              Code = 0
	Unimplemented   Code = 1
	InvalidArgument Code = 2
	NotFound        Code = 3
	AlreadyExists   Code = 4
	Denied          Code = 5
	Cancelled       Code = 6
	Deadline        Code = 7
	Resource        Code = 8
	ReadOnly        Code = 9
	Conflict        Code = 10
	Constraint      Code = 11
	Corrupt         Code = 12
	Unavailable     Code = 13
	Pending         Code = 14
	Internal        Code = 15
	BadHandle       Code = 16
	NoPlan          Code = 17
	Aborted         Code = 18
	IO              Code = 19
	InvalidData     Code = 20
	OutOfRange      Code = 21
	End             Code = 22
	TooSmall        Code = 23
	codeEnd         Code = 24
)

type codeInfo struct {
	name     string
	sqlstate string
	errno    uint16
}

// The MySQL error numbers are those of the server's own error of the same meaning, and 1296
// (an error that a storage engine reports with its own text) where there is none.
var codes = [codeEnd]codeInfo{
	OK:              {"ok", "00000", 0},
	Unimplemented:   {"unimplemented", "HYC00", 1235},
	InvalidArgument: {"invalid argument", "HY000", 1210},
	NotFound:        {"not found", "42S02", 1146},
	AlreadyExists:   {"already exists", "42S01", 1050},
	Denied:          {"denied", "42000", 1227},
	Cancelled:       {"cancelled", "70100", 1317},
	Deadline:        {"deadline exceeded", "HY000", 3024},
	Resource:        {"resource limit", "HY000", 1041},
	ReadOnly:        {"read-only", "HY000", 1036},
	Conflict:        {"conflict", "40001", 1213},
	Constraint:      {"constraint", "23000", 1062},
	Corrupt:         {"corrupt data", "HY000", 1194},
	Unavailable:     {"unavailable", "HY000", 1429},
	Pending:         {"pending", "HY000", 1205},
	Internal:        {"internal error", "HY000", 1296},
	BadHandle:       {"bad handle", "HY000", 1296},
	NoPlan:          {"no plan", "HY000", 1296},
	Aborted:         {"aborted", "40000", 1296},
	IO:              {"input/output error", "HY000", 1030},
	InvalidData:     {"invalid data", "22000", 1366},
	OutOfRange:      {"out of range", "22003", 1264},
	End:             {"end", "02000", 1329},
	TooSmall:        {"buffer too small", "HY000", 1296},
}

// String names the code.
func (c Code) String() string {
	if c >= 0 && c < codeEnd {
		return codes[c].name
	}
	return fmt.Sprintf("code(%d)", int32(c))
}

// Known tells whether c is a code of this version.
func (c Code) Known() bool { return c >= 0 && c < codeEnd }

// SQLState is the default SQLSTATE of the code.
func (c Code) SQLState() string {
	if c.Known() {
		return codes[c].sqlstate
	}
	return "HY000"
}

// Errno is the default MySQL error number of the code.
func (c Code) Errno() uint16 {
	if c.Known() {
		return codes[c].errno
	}
	return 1296
}
