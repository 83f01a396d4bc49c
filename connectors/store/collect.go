package main

import (
	"runtime"
	"runtime/debug"
)

// A guest has one thread. Go's collector works in it while the store does, a little at a time, and all that while every pointer that is
// written costs more. So behind a batch, when what is not kept is garbage, it is made to run at once from begin to end,
// before it would begin by itself. Blocks hold few pointers, so that a run takes little time however many rows there are, and what it
// frees are blocks that were copied or divided. It runs seldom while the heap is small, but keeps a large one below
// twice what is alive, since memory is bounded.

const (
	// collectBytes is how much is written before the heap is looked at, which takes as long as writing a thousand rows.
	collectBytes = 2 << 20
	// rowBytes is what a row that is written by itself counts for: its block may be copied.
	rowBytes = 512
	// smallHeap is the size of the heap, in bytes, up to which it may grow to four times what is alive.
	smallHeap = 160 << 20
	// leastHeap is what it always may grow to.
	leastHeap = 24 << 20
)

var collector struct {
	// bytes were written since the heap was looked at.
	bytes int
	// at is the size of the heap at which it is time.
	at uint64
}

func init() {
	// By itself it begins at nine times what is alive, or at the limit of memory.
	debug.SetGCPercent(800)
	debug.SetMemoryLimit(smallHeap + smallHeap/8)
	collector.at = leastHeap
}

// collect is told how much was written.
func collect(bytes int) {
	if collector.bytes += bytes; collector.bytes < collectBytes {
		return
	}
	collector.bytes = 0
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc < collector.at {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&m)
	alive := m.HeapAlloc
	collector.at = max(leastHeap, min(alive/2*7, max(smallHeap, alive/4*7)))
	debug.SetMemoryLimit(int64(max(smallHeap, 2*alive)) + smallHeap/8)
}
