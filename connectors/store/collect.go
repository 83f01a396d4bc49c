package main

import "runtime"

// A guest has one thread. Go's collector works in it while the store does, a little at a time, and all that while every pointer that is
// written costs more: a bulk insert took a third longer. So behind a batch of many rows, where what is not kept is
// garbage, it is made to run at once from begin to end, a little before it would begin by itself.

const (
	// collectRows is the size of a batch behind which it may be time to collect.
	collectRows = 256
	// collectBytes is the least size of the heap at which it is.
	collectBytes = 3 << 20
)

// collectAt is the size of the heap at which it is time. By itself the collector begins at twice what is alive.
var collectAt uint64 = collectBytes

func collect(rows int) {
	if rows < collectRows {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc < collectAt {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	collectAt = max(collectBytes, m.HeapAlloc/4*7)
}
