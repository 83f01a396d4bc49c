package loader

import "fmt"

// Code says which of the loader's promises a module breaks. Codes are stable:
// tests, logs and the hostile-module suite compare them.
type Code uint8

const (
	ModuleInvalid   Code = iota + 1 // the bytes are no well-formed module
	ModuleFeature                   // well-formed perhaps, but beyond core 2.0 as admitted here
	ModuleSize                      // more bytes than Limits.ModuleBytes
	ModuleReserved                  // uses a name the meter keeps for itself
	CountLimit                      // too many of something: functions, segments, locals
	TableLimit                      // tables together begin larger than Limits.TableEntries
	MemoryLimit                     // memory begins larger than Limits.MemoryPages
	CompileBudget                   // compiling it would take too long or too much memory
	RewriteMismatch                 // Rewrite was given an Info of other bytes
)

var codeNames = [...]string{
	ModuleInvalid:   "E_MODULE_INVALID",
	ModuleFeature:   "E_MODULE_FEATURE",
	ModuleSize:      "E_MODULE_SIZE",
	ModuleReserved:  "E_MODULE_RESERVED",
	CountLimit:      "E_MODULE_COUNT_LIMIT",
	TableLimit:      "E_MODULE_TABLE_LIMIT",
	MemoryLimit:     "E_MODULE_MEMORY_LIMIT",
	CompileBudget:   "E_COMPILE_BUDGET",
	RewriteMismatch: "E_REWRITE_MISMATCH",
}

// String returns the code as it stands in error texts, such as E_MODULE_INVALID.
func (c Code) String() string {
	if int(c) < len(codeNames) && codeNames[c] != "" {
		return codeNames[c]
	}
	return fmt.Sprintf("E_MODULE_%d", uint8(c))
}

// Error is every refusal of this package. It holds no reference to the module.
type Error struct {
	Code   Code
	Offset int    // bytes from the start of the module to what was refused
	What   string // what was refused, with its value
	Limit  uint64 // the limit that was passed; 0 when the refusal is not about a limit
	Name   string // the Limits field to change; empty when there is none
}

// Error gives code, cause, place and, where there is one, the limit to change.
func (e *Error) Error() string {
	s := fmt.Sprintf("load module: %v: %s at byte %#x", e.Code, e.What, e.Offset)
	if e.Name != "" {
		s += fmt.Sprintf(" (limit %s = %d)", e.Name, e.Limit)
	}
	return s
}

// Is makes errors.Is(err, &Error{Code: c}) compare codes alone.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
