package wasql

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// Code classifies a failure; see SPEC section 9. Codes are errors, for errors.Is(err, wasql.NotFound).
type Code abi.Code

// The codes a connector may use.
const (
	Unimplemented   = Code(abi.Unimplemented)
	InvalidArgument = Code(abi.InvalidArgument)
	NotFound        = Code(abi.NotFound)
	AlreadyExists   = Code(abi.AlreadyExists)
	Denied          = Code(abi.Denied)
	Cancelled       = Code(abi.Cancelled)
	Deadline        = Code(abi.Deadline)
	Resource        = Code(abi.Resource)
	ReadOnly        = Code(abi.ReadOnly)
	Conflict        = Code(abi.Conflict)
	Constraint      = Code(abi.Constraint)
	Corrupt         = Code(abi.Corrupt)
	Unavailable     = Code(abi.Unavailable)
	Pending         = Code(abi.Pending)
	Internal        = Code(abi.Internal)
	BadHandle       = Code(abi.BadHandle)
	NoPlan          = Code(abi.NoPlan)
	Aborted         = Code(abi.Aborted)
	IO              = Code(abi.IO)
	InvalidData     = Code(abi.InvalidData)
	OutOfRange      = Code(abi.OutOfRange)
)

// Error names the code.
func (c Code) Error() string { return abi.Code(c).String() }

// Error is a failure with what a user needs to mend it. Set what is known; the host shows it all.
// Make one with Errorf and fill in more fields, or chain the With methods.
type Error struct {
	Code    Code
	Message string
	// Hint says what to do about it.
	Hint string
	// SQLState has five characters, Errno is MySQL's number; empty and 0 mean the default of the code.
	SQLState string
	Errno    uint16
	// Retryable says that the same call may work later, after RetryAfterMS when that is known.
	Retryable    bool
	RetryAfterMS uint64
	// The place. Row and Line count from 1; 0 means unknown. Value is the offending value, shortened.
	Table, Column string
	Row           uint64
	File          string
	Line          uint64
	Value         string
	// Setting is the limit or option to change.
	Setting string
	// Err is the cause, for errors.Is and errors.As inside the connector.
	Err error
}

// Errorf makes an Error; %w keeps the cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Error gives the message, with the place when there is one.
func (e *Error) Error() string {
	place := ""
	switch {
	case e.File != "" && e.Line != 0:
		place = fmt.Sprintf("%s:%d: ", e.File, e.Line)
	case e.File != "":
		place = e.File + ": "
	}
	return place + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, wasql.NotFound) true for an error of that code, and the errors of package io/fs for theirs.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.Code == NotFound
	case fs.ErrExist:
		return e.Code == AlreadyExists
	case fs.ErrPermission:
		return e.Code == Denied
	case errors.ErrUnsupported:
		return e.Code == Unimplemented
	}
	code, ok := target.(Code)
	return ok && code == e.Code
}

// WithHint says what to do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// At names the place in a file; line counts from 1, 0 is unknown.
func (e *Error) At(file string, line int) *Error {
	e.File, e.Line = file, uint64(max(line, 0))
	return e
}

// In names the column and the offending value, which is cut after 200 bytes.
func (e *Error) In(column, value string) *Error {
	if len(value) > 200 {
		value = value[:200] + "…"
	}
	e.Column, e.Value = column, value
	return e
}

// OnRow names the row, counted from 1.
func (e *Error) OnRow(row int) *Error {
	e.Row = uint64(max(row, 0))
	return e
}

// ForSetting names the limit or option to change.
func (e *Error) ForSetting(name string) *Error {
	e.Setting = name
	return e
}

// toError gives any error its place among the codes.
func toError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		if e.Message != "" && err.Error() != e.Error() {
			// Somebody wrapped it: keep the fields, show the longer text.
			c := *e
			c.Message = err.Error()
			return &c
		}
		return e
	}
	code := Internal
	var known Code
	switch {
	case errors.As(err, &known):
		code = known
	case errors.Is(err, fs.ErrNotExist):
		code = NotFound
	case errors.Is(err, fs.ErrPermission):
		code = Denied
	case errors.Is(err, fs.ErrExist):
		code = AlreadyExists
	case errors.Is(err, errors.ErrUnsupported):
		code = Unimplemented
	case errors.Is(err, io.ErrUnexpectedEOF):
		code = InvalidData
	}
	return &Error{Code: code, Message: err.Error(), Err: err}
}

func (e *Error) status() *pb.Status {
	s := &pb.Status{
		Code: pb.Code(e.Code), Message: e.Message, Hint: e.Hint, Sqlstate: e.SQLState, MysqlErrno: uint32(e.Errno),
		Retryable: e.Retryable, RetryAfterMs: e.RetryAfterMS, Table: e.Table, Column: e.Column, Row: e.Row, File: e.File, Line: e.Line,
		Value: e.Value, Setting: e.Setting,
	}
	if e.Retryable {
		s.Retry = pb.Retry_RETRY_SAFE
	}
	return s
}

// ErrorFrom makes an Error of a Status message; code is the one that counts.
func ErrorFrom(s *pb.Status, code Code) *Error {
	return &Error{
		Code: code, Message: s.GetMessage(), Hint: s.GetHint(), SQLState: s.GetSqlstate(), Errno: uint16(s.GetMysqlErrno()),
		Retryable: s.GetRetryable(), RetryAfterMS: s.GetRetryAfterMs(), Table: s.GetTable(), Column: s.GetColumn(), Row: s.GetRow(),
		File: s.GetFile(), Line: s.GetLine(), Value: s.GetValue(), Setting: s.GetSetting(),
	}
}
