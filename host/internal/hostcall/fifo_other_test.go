//go:build !unix

package hostcall

import "testing"

func makeFIFO(*testing.T, string) {}
