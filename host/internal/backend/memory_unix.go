//go:build unix

package backend

import "syscall"

func reserve(bytes uint64) ([]byte, error) {
	return syscall.Mmap(-1, 0, int(bytes), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
}

// commit opens reserved[from:to]; fresh pages of an anonymous mapping are zero.
func commit(reserved []byte, from, to uint64) error {
	return syscall.Mprotect(reserved[from:to], syscall.PROT_READ|syscall.PROT_WRITE)
}

func unreserve(reserved []byte) error { return syscall.Munmap(reserved) }
