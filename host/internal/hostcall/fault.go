package hostcall

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// Fault is the failure of one import: the guest sees its code, and the rest through LAST_ERROR.
type Fault struct {
	Code          abi.Code
	Message, Hint string
	// Setting is the grant or limit to change.
	Setting string
	// Path is the file it is about.
	Path string
}

// Error gives the message.
func (f *Fault) Error() string { return f.Message }

func (f *Fault) status() *pb.Status {
	return &pb.Status{Code: pb.Code(f.Code), Message: f.Message, Hint: f.Hint, Setting: f.Setting, File: f.Path}
}

func faultf(code abi.Code, format string, args ...any) *Fault {
	return &Fault{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ioFault turns an error of the operating system into a Fault that names the guest's path and
// nothing of the host.
func ioFault(operation, path string, err error) *Fault {
	code, what := abi.IO, "input/output error"
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code, what = abi.NotFound, "no such file"
	case errors.Is(err, fs.ErrExist):
		code, what = abi.AlreadyExists, "file exists"
	case errors.Is(err, fs.ErrPermission):
		code, what = abi.Denied, "permission denied by the operating system"
	case errors.As(err, &errno):
		what = errno.Error()
	case isEscape(err):
		code, what = abi.Denied, "path leads out of the granted folder"
	}
	return &Fault{Code: code, Message: operation + " " + path + ": " + what, Path: path}
}

// isEscape tells os.Root's refusal of a path that leaves its folder; the package has no value for it.
func isEscape(err error) bool {
	var pathErr *fs.PathError
	return errors.As(err, &pathErr) && pathErr.Err != nil && pathErr.Err.Error() == "path escapes from parent"
}

// StopReason says why the host ended a guest's call.
type StopReason uint8

// The reasons.
const (
	StopDeadline StopReason = iota + 1
	StopCancelled
	StopFuel
	StopHostCalls
	StopExit
	StopState
)

// Stop ends a guest's call, and with it the life of the instance.
type Stop struct {
	Reason StopReason
	// ExitCode is what the guest passed to proc_exit.
	ExitCode uint32
	Message  string
	// Limit names the limit that was reached.
	Limit string
	// Err is the context's error for StopCancelled.
	Err error
}

// Error gives the message.
func (s *Stop) Error() string { return s.Message }

// Unwrap gives the context's error.
func (s *Stop) Unwrap() error { return s.Err }
