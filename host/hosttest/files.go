package hosttest

import "github.com/wasql/wasql/host/internal/hostcall"

// FileOperation and FileOutcome are one use of a granted file by a guest, and what a test makes of it.
type (
	FileOperation = hostcall.FileOperation
	FileOutcome   = hostcall.FileOutcome
)

// InjectFiles lets a test decide what becomes of the file operations of all guests of this process; nil ends that. f may be
// called from several goroutines.
func InjectFiles(f func(FileOperation) FileOutcome) { hostcall.InjectFiles(f) }
