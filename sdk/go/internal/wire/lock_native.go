//go:build !wasm

package wire

import "sync"

var mutex sync.Mutex

// lock guards the layouts: tests may run in parallel.
func lock() (unlock func()) {
	mutex.Lock()
	return mutex.Unlock
}
