package decision

import "fmt"

// UnknownError tells that it is not known whether a record is on disk: an fsync failed, and so did making the file anew.
type UnknownError struct {
	File string
	Err  error
}

// Error implements error.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("it is not known what the decision log %s holds: %v", e.File, e.Err)
}

// Unwrap gives what failed.
func (e *UnknownError) Unwrap() error { return e.Err }

// CorruptError tells that the log is damaged at a place that once was on disk.
type CorruptError struct {
	File   string
	Offset int64
	Text   string
}

// Error implements error.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("the decision log %s is damaged at byte %d: %s", e.File, e.Offset, e.Text)
}

// LockedError tells that another process has the log open.
type LockedError struct{ File string }

// Error implements error.
func (e *LockedError) Error() string {
	return "the decision log " + e.File + " is in use by another process"
}
