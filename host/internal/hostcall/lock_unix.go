//go:build unix

package hostcall

import (
	"errors"
	"os"
	"syscall"
)

// lockFile holds a file until it is closed; false: somebody else does.
func lockFile(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
