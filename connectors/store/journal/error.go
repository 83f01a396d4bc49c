package journal

import (
	"errors"
	"strconv"
)

// CorruptError says that the files hold bytes that no crash leaves behind: what was on disk once is not there now.
type CorruptError struct {
	// File is the name in the folder, Offset the byte at which it is wrong.
	File   string
	Offset int64
	Detail string
}

// Error names the file and the place.
func (e *CorruptError) Error() string {
	return "corrupt: " + e.File + " at byte " + decimal(e.Offset) + ": " + e.Detail
}

var (
	errClosed     = errors.New("journal: the log is closed")
	errNoReplay   = errors.New("journal: Replay comes before everything else, once")
	errDamaged    = errors.New("journal: the newest checkpoint is damaged: Checkpoint comes before Append")
	errUnfinished = errors.New("journal: Replay did not come to its end")
)

// FailedError says that the log takes no more records, since Err: Checkpoint repairs it.
type FailedError struct {
	Operation string
	Err       error
}

// Error gives the first failure.
func (e *FailedError) Error() string {
	return "journal: the log failed, records are taken again after a checkpoint: " + e.Operation + ": " + e.Err.Error()
}

// Unwrap gives it.
func (e *FailedError) Unwrap() error { return e.Err }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
