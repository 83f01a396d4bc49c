// Package spill keeps on disk what the operators of a statement cannot keep in memory: runs of batches, written once, in order, and read
// in order, any number of times.
//
// A Folder is the process's own below one that processes share. It is made when the first run is, holds a lock as long as it is open,
// and is removed by Close; what a process that died has left is removed by the next that makes one. A Space is a statement's part of it,
// with a limit. Every frame of a run has a checksum, since a disk that gives other bytes back must not change an answer.
package spill
