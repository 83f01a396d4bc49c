// Package sqlerr gives every failure of a statement MySQL's own error number and SQLSTATE. From
// finds them: for an error of go-mysql-server by its kind, for one of a connector as the connector
// or the host said, for a cancelled or late statement by the reason in its context, for the rest
// 1105. The original error stays underneath, for errors.Is and errors.As.
package sqlerr

import (
	"context"
	"errors"
	"fmt"
)

// Error is a failure of a statement as a MySQL client sees it.
type Error struct {
	// Errno is MySQL's error number.
	Errno uint16
	// State is the SQLSTATE, five characters.
	State   string
	Message string
	// Hint says what to do about it; may be empty.
	Hint string
	// Err is what happened underneath; nil when Message says it all.
	Err error
}

// New makes an error with a number of its own.
func New(errno uint16, state, format string, args ...any) *Error {
	return &Error{Errno: errno, State: state, Message: fmt.Sprintf(format, args...)}
}

// WithHint adds what to do about it.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Error is the message alone; clients show number and state beside it.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// Causes of a statement's end that are put into its context with context.WithCancelCause or
// context.WithTimeoutCause.
var (
	// ErrDeadline: max_execution_time, or the hint of that name, has passed.
	ErrDeadline = &Error{Errno: 3024, State: "HY000", Message: "query execution was interrupted, maximum statement execution time exceeded",
		Hint: "raise max_execution_time, or leave out the MAX_EXECUTION_TIME hint"}
	// ErrKilled: KILL QUERY, an interrupt, or the client went away.
	ErrKilled = &Error{Errno: 1317, State: "70100", Message: "query execution was interrupted"}
)

// numbered is what an error of the host or of a connector offers.
type numbered interface {
	error
	Errno() uint16
	SQLState() string
}

// From gives err its number and state; nil stays nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		if known.Message == err.Error() {
			return known
		}
		return &Error{Errno: known.Errno, State: known.State, Message: err.Error(), Hint: known.Hint, Err: err}
	}
	var foreign numbered
	if errors.As(err, &foreign) && foreign.Errno() != 0 {
		return &Error{Errno: foreign.Errno(), State: foreign.SQLState(), Message: err.Error(), Hint: hintOf(foreign), Err: err}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Errno: ErrDeadline.Errno, State: ErrDeadline.State, Message: ErrDeadline.Message, Hint: ErrDeadline.Hint, Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Errno: ErrKilled.Errno, State: ErrKilled.State, Message: ErrKilled.Message, Err: err}
	}
	return fromEngine(err)
}

// InContext is From for a statement that ran under ctx: when the context has ended, its cause is
// what counts, whatever the statement failed with because of that.
func InContext(ctx context.Context, err error) *Error {
	if err == nil || ctx.Err() == nil {
		return From(err)
	}
	var cause *Error
	if errors.As(context.Cause(ctx), &cause) {
		return &Error{Errno: cause.Errno, State: cause.State, Message: cause.Message, Hint: cause.Hint, Err: err}
	}
	return From(context.Cause(ctx))
}
