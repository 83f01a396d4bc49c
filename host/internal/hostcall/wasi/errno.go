package wasi

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/host/internal/hostcall"
)

var le = binary.LittleEndian

// errno is an error number of WASI preview 1.
type errno uint16

const (
	success      errno = 0
	eacces       errno = 2
	ebadf        errno = 8
	eexist       errno = 20
	efault       errno = 21
	einval       errno = 28
	eio          errno = 29
	eisdir       errno = 31
	emfile       errno = 33
	enametoolong errno = 37
	enoent       errno = 44
	enosys       errno = 52
	enotdir      errno = 54
	enotsup      errno = 58
	espipe       errno = 70
	enotcapable  errno = 76
)

// number gives the errno for a fault.
func number(f *hostcall.Fault) errno {
	if f == nil {
		return success
	}
	switch f.Code {
	case abi.NotFound:
		return enoent
	case abi.AlreadyExists:
		return eexist
	case abi.Denied:
		return eacces
	case abi.Resource:
		return emfile
	case abi.InvalidArgument:
		return einval
	case abi.Unimplemented:
		return enosys
	}
	return eio
}
