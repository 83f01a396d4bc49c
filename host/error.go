package host

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// Kind says whose fault an Error is, and what became of the instance.
type Kind uint8

// The kinds.
const (
	// KindConnector: the guest said no. It lives on.
	KindConnector Kind = iota + 1
	// KindOption: the options given do not fit the connector's manifest.
	KindOption
	// KindDenied: a power is missing.
	KindDenied
	// KindLimit: a limit was reached; Setting names it.
	KindLimit
	// KindTrap: the guest's code failed. The instance is gone.
	KindTrap
	// KindContract: the guest broke the ABI; Clause says where. The instance is gone.
	KindContract
	// KindModule: the module cannot be used at all.
	KindModule
	// KindCancelled: the context ended; Unwrap gives its error. The instance is gone if it was running.
	KindCancelled
	// KindClosed: the scan, instance, connector or runtime was closed before.
	KindClosed
	// KindHost: a fault of this package or of the machine.
	KindHost
)

var kindNames = [...]string{"", "connector error", "wrong option", "denied", "limit reached", "trap", "contract broken", "module refused",
	"cancelled", "closed", "host fault"}

// String names the kind.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind(" + strconv.Itoa(int(k)) + ")"
}

// Values for errors.Is.
var (
	ErrDenied      = errors.New("denied")
	ErrLimit       = errors.New("limit reached")
	ErrTrap        = errors.New("trap")
	ErrContract    = errors.New("contract broken")
	ErrModule      = errors.New("module refused")
	ErrOption      = errors.New("wrong option")
	ErrClosed      = errors.New("closed")
	ErrCancelled   = errors.New("cancelled")
	ErrNotFound    = errors.New("not found")
	ErrNoPlan      = errors.New("no plan")
	ErrUnsupported = errors.ErrUnsupported
)

// Error is every failure at the wall.
type Error struct {
	Kind Kind
	// Connector is the name of the module or server, Call what was asked of it.
	Connector, Call string
	Code            abi.Code
	// Clause is that of SPEC which was broken.
	Clause string
	// Status is what the guest said, bounded and escaped; nil when it said nothing.
	Status *pb.Status
	// Message is the fault in one line.
	Message, Hint string
	// Setting is the limit, option or grant to change.
	Setting string
	// Frames are the guest's functions at a trap, innermost first.
	Frames []string
	Err    error
}

// Error gives one line: connector, call, what, where, and how to go on.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Connector != "" {
		b.WriteString("connector " + e.Connector + ": ")
	}
	if e.Call != "" {
		b.WriteString(e.Call + ": ")
	}
	if e.Kind == KindConnector {
		b.WriteString(e.Code.String())
	} else {
		b.WriteString(e.Kind.String())
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	b.WriteString(where(e.Status))
	if e.Clause != "" && !strings.Contains(e.Message, "clause "+e.Clause) {
		b.WriteString(" (clause " + e.Clause + ")")
	}
	if e.Setting != "" {
		b.WriteString(" [" + e.Setting + "]")
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// where gives the place, as far as the guest told.
func where(s *pb.Status) string {
	if s == nil {
		return ""
	}
	var parts []string
	// What the message says already is not repeated. A column's name or a number is part of many
	// messages by chance: it was said only with its word before it.
	add := func(name, value string) {
		said := value
		if name != "file" && name != "table" {
			said = name + " " + value
		}
		if value != "" && !strings.Contains(s.Message, said) {
			parts = append(parts, name+" "+value)
		}
	}
	add("table", s.Table)
	add("column", s.Column)
	add("row", positive(s.Row))
	add("file", s.File)
	add("line", positive(s.Line))
	if s.Value != "" && !strings.Contains(s.Message, s.Value) {
		parts = append(parts, fmt.Sprintf("value %q", s.Value))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func positive(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is work with the values above.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrDenied:
		return e.Kind == KindDenied
	case ErrLimit:
		return e.Kind == KindLimit
	case ErrTrap:
		return e.Kind == KindTrap
	case ErrContract:
		return e.Kind == KindContract
	case ErrModule:
		return e.Kind == KindModule
	case ErrOption:
		return e.Kind == KindOption
	case ErrClosed:
		return e.Kind == KindClosed
	case ErrCancelled:
		return e.Kind == KindCancelled
	case ErrNotFound:
		return e.Code == abi.NotFound
	case ErrNoPlan:
		return e.Code == abi.NoPlan
	case ErrUnsupported:
		return e.Code == abi.Unimplemented
	}
	return false
}

// Errno is MySQL's error number.
func (e *Error) Errno() uint16 {
	if e.Status != nil && e.Status.MysqlErrno > 0 && e.Status.MysqlErrno < 1<<16 {
		return uint16(e.Status.MysqlErrno)
	}
	return e.Code.Errno()
}

// SQLState is the five characters of the SQL standard.
func (e *Error) SQLState() string {
	if e.Status != nil && e.Status.Sqlstate != "" {
		return e.Status.Sqlstate
	}
	return e.Code.SQLState()
}

// Retryable tells whether the guest said that trying again makes sense.
func (e *Error) Retryable() bool { return e.Status != nil && e.Status.Retryable }
