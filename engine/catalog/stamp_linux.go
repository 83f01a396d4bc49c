package catalog

import (
	"fmt"
	"io/fs"
	"syscall"
)

// numbered is what tells a file from another of the same name, size and time: its number, and when its inode changed,
// which nobody can set.
func numbered(info fs.FileInfo) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprint(s.Dev, s.Ino, s.Ctim.Sec, s.Ctim.Nsec)
}
