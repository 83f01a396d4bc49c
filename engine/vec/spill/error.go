package spill

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Action is what failed.
type Action string

// The actions.
const (
	Creating Action = "create"
	Writing  Action = "write"
	Reading  Action = "read"
)

// Error is a failure of the files that operators keep rows in. It has MySQL's number: 1004 creating, 1021 on a full disk, 1026 writing,
// 1024 reading.
type Error struct {
	Action Action
	// Path of the file, or of the folder.
	Path string
	Err  error
}

// Error implements error.
func (e *Error) Error() string {
	what := "cannot " + string(e.Action) + " a file for rows that do not fit into memory"
	if e.full() {
		what = "the disk is full: " + what
	}
	var path *fs.PathError
	if errors.As(e.Err, &path) {
		return fmt.Sprintf("%s: %s: %v", what, e.Path, path.Err)
	}
	return fmt.Sprintf("%s: %s: %v", what, e.Path, e.Err)
}

// Unwrap gives what failed underneath.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) full() bool {
	return errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT)
}

// Errno is MySQL's number.
func (e *Error) Errno() uint16 {
	switch {
	case e.full():
		return 1021
	case e.Action == Creating:
		return 1004
	case e.Action == Reading:
		return 1024
	}
	return 1026
}

// SQLState is the SQLSTATE.
func (e *Error) SQLState() string { return "HY000" }

// FullError is more on disk than a statement may have there.
type FullError struct {
	// Setting is the name of the limit, and Limit its value in bytes.
	Setting string
	Limit   int64
}

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("the rows that do not fit into memory need more than %d bytes on disk, which %s allows", e.Limit, e.Setting)
}

// Errno is MySQL's number.
func (e *FullError) Errno() uint16 { return 3170 }

// SQLState is the SQLSTATE.
func (e *FullError) SQLState() string { return "HY000" }

// errDamaged is a file that does not hold what was written.
var errDamaged = errors.New("its bytes are not those that were written")
