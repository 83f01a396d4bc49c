//go:build unix

package spill

import (
	"errors"
	"os"
	"syscall"
)

// take holds a file until it is closed; false: a process that lives does.
func take(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
