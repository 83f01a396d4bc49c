package journal

import "io"

// FS is the folder of a log. A name has no slash. Nothing is used concurrently.
type FS interface {
	// Open opens a file for reading; one that is not there is an error that Missing knows.
	Open(name string) (Reader, error)
	// Create opens a file for writing, making or emptying it.
	Create(name string) (File, error)
	// Append opens a file for writing at its end, whatever it was cut to; it is there.
	Append(name string) (File, error)
	// Rename is atomic and replaces to.
	Rename(from, to string) error
	Remove(name string) error
	// List gives the names of all files, in any order.
	List() ([]string, error)
	// SyncNames waits until the names of the folder are on disk: files made, renamed, removed.
	SyncNames() error
	// Lock holds a file against every other opener until it is closed, or fails at once.
	Lock(name string) (io.Closer, error)
	// Random fills p.
	Random(p []byte) error
}

// Reader is a file open for reading.
type Reader interface {
	io.ReaderAt
	io.Closer
	// Size is the length when it was opened, in bytes.
	Size() int64
}

// File is a file open for writing at its end.
type File interface {
	io.Writer
	io.Closer
	// Sync waits until all that was written is on disk.
	Sync() error
	Truncate(size int64) error
}
