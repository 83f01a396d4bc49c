package hostcall

import "sync/atomic"

// FileOperation is one use of a granted file: open, create (an open that may change something), read, write, sync, truncate, rename,
// remove, mkdir, stat or list.
type FileOperation struct {
	Name, Path string
	// Bytes are those to be read or written.
	Bytes int
}

// FileOutcome is what a test makes of a FileOperation.
type FileOutcome struct {
	// Err fails it.
	Err error
	// Bytes of a write that fails are written all the same; any other failing operation takes place all the same when it is above 0.
	Bytes int
	// After is called when it was done, or not done.
	After func()
}

// injected is nil outside tests.
var injected atomic.Pointer[func(FileOperation) FileOutcome]

// InjectFiles lets a test decide what becomes of the file operations of all guests; nil ends that.
func InjectFiles(f func(FileOperation) FileOutcome) {
	if f == nil {
		injected.Store(nil)
		return
	}
	injected.Store(&f)
}

// attempt does an operation on n bytes, of which do is given how many.
func attempt(name, path string, n int, do func(n int) (int, error)) (int, error) {
	plan := injected.Load()
	if plan == nil {
		return do(n)
	}
	outcome := (*plan)(FileOperation{name, path, n})
	if outcome.After != nil {
		defer outcome.After()
	}
	if outcome.Err == nil {
		return do(n)
	}
	done := 0
	if outcome.Bytes > 0 {
		done, _ = do(min(n, outcome.Bytes))
	}
	return done, outcome.Err
}

// change is attempt for an operation without bytes.
func change(name, path string, do func() error) error {
	if injected.Load() == nil {
		return do()
	}
	_, err := attempt(name, path, 1, func(int) (int, error) { return 0, do() })
	return err
}
