package main

import (
	"runtime"
	"runtime/debug"
)

// A guest has one thread. Go's collector works in it while the store does, a little at a time, and all that while every pointer that is
// written costs more: a bulk insert took a third longer. So behind some thousand rows, where what is not kept is
// garbage, it is made to run at once from begin to end, before it would begin by itself. And it runs seldom while the heap is small, but
// keeps a large one below twice what is alive, since memory is bounded.

const (
	collectRows = 4096
	// smallHeap is the size of the heap, in bytes, up to which it may grow to four times what is alive.
	smallHeap = 160 << 20
)

var collector struct {
	// rows were written since the heap was looked at.
	rows int
	// at is the size of the heap at which it is time.
	at uint64
}

func init() {
	debug.SetGCPercent(300)
	debug.SetMemoryLimit(smallHeap + smallHeap/8)
	collector.at = 8 << 20
}

// collect is told how many rows were written.
func collect(rows int) {
	if collector.rows += rows; collector.rows < collectRows {
		return
	}
	collector.rows = 0
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc < collector.at {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	alive := m.HeapAlloc
	collector.at = max(8<<20, min(alive/2*7, max(smallHeap, alive/4*7)))
	debug.SetMemoryLimit(int64(max(smallHeap, 2*alive)) + smallHeap/8)
}
