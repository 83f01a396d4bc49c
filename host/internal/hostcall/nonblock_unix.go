//go:build unix

package hostcall

import "syscall"

const nonblocking = syscall.O_NONBLOCK
