//go:build !unix

package hostcall

const nonblocking = 0
