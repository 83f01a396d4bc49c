package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Exit codes of the command. Scripts rely on them.
const (
	exitDone     = 0
	exitSQL      = 1
	exitUsage    = 2
	exitDenied   = 3
	exitTrap     = 4
	exitLimit    = 5
	exitInternal = 70
	exitAgain    = 75
	exitSignal   = 130
)

// usageError is a wrong command line, as opposed to wrong SQL.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode tells what the failure was, for scripts.
func exitCode(err error) int {
	var usage usageError
	var wall *host.Error
	var task taskError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &task) && again(err):
		return exitAgain
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case errors.Is(err, host.ErrDenied):
		return exitDenied
	case errors.Is(err, host.ErrLimit), errors.Is(err, sqlerr.ErrDeadline), errors.Is(err, context.DeadlineExceeded):
		return exitLimit
	case errors.Is(err, host.ErrTrap), errors.Is(err, host.ErrContract):
		return exitTrap
	case errors.As(err, &wall):
		return exitSQL
	case errors.Is(err, sqlerr.ErrKilled), errors.Is(err, context.Canceled):
		return exitSignal
	}
	return exitSQL
}

// taskError is the failure of a verb that schedulers run: they want to know whether to try again.
type taskError struct{ error }

func (e taskError) Unwrap() error { return e.error }

// again tells whether the same may succeed later: what was read has changed, or is busy.
func again(err error) bool {
	var wall *host.Error
	var failure *sqlerr.Error
	return errors.As(err, &wall) && wall.Status.GetRetryable() || errors.As(err, &failure) && (failure.Errno == 1412 || failure.Errno == 1205 || failure.Errno == 1213)
}

// describe writes an error on one line, whatever a connector put into it: SQL errors with
// MySQL's number and SQLSTATE, as its own client shows them, then the hint.
func describe(err error) string {
	text := err.Error()
	var failure *sqlerr.Error
	if errors.As(err, &failure) {
		text = fmt.Sprintf("error %d (%s): %s", failure.Errno, failure.State, text)
		if failure.Hint != "" && !strings.Contains(text, failure.Hint) {
			text += "; " + failure.Hint
		}
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// brokenPipe turns the end of a reader such as head into a quiet end.
func brokenPipe(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
