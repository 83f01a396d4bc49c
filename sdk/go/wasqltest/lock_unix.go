//go:build unix

package wasqltest

import (
	"os"
	"syscall"
)

// lock holds a file until it is closed.
func lock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
