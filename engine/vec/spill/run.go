package spill

import (
	"sync"

	"github.com/wasql/wasql/abi/col"
)

// Run is batches in a file. It is written by one, and read by any number at a time when it is sealed.
type Run struct {
	space *Space
	path  string
	file  File
	rows  int64
	bytes int64
}

// frames are buffers of writers.
var frames = sync.Pool{New: func() any { return new([]byte) }}

// Create begins a run.
func (s *Space) Create() (*Run, error) {
	path, err := s.folder.next()
	if err != nil {
		return nil, &Error{Action: Creating, Path: s.folder.parent, Err: err}
	}
	file, err := s.folder.files.Create(path)
	if err != nil {
		return nil, &Error{Action: Creating, Path: path, Err: err}
	}
	r := &Run{space: s, path: path, file: file}
	s.mu.Lock()
	s.runs[r] = struct{}{}
	s.mu.Unlock()
	return r, nil
}

// Write appends a batch of plain columns, of which all rows count. The batch stays the caller's.
func (r *Run) Write(b *col.Batch) error {
	buffer := frames.Get().(*[]byte)
	defer frames.Put(buffer)
	frame, err := encode((*buffer)[:0], b)
	*buffer = frame
	if err != nil {
		return &Error{Action: Writing, Path: r.path, Err: err}
	}
	if err := r.space.take(int64(len(frame))); err != nil {
		return err
	}
	r.bytes += int64(len(frame))
	if _, err := r.file.Write(frame); err != nil {
		return &Error{Action: Writing, Path: r.path, Err: err}
	}
	r.rows += int64(b.Rows)
	return nil
}

// Seal ends the writing.
func (r *Run) Seal() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	if r.file = nil; err != nil {
		return &Error{Action: Writing, Path: r.path, Err: err}
	}
	return nil
}

// Rows is the number of rows that were written.
func (r *Run) Rows() int64 { return r.rows }

// Bytes is the size of the file.
func (r *Run) Bytes() int64 { return r.bytes }

// Remove removes the file; twice is harmless. No reader may be open. A file that cannot be removed goes with its folder.
func (r *Run) Remove() {
	_ = r.Seal() // nobody reads it
	r.space.mu.Lock()
	defer r.space.mu.Unlock()
	if _, there := r.space.runs[r]; !there {
		return
	}
	delete(r.space.runs, r)
	if r.space.folder.files.Remove(r.path) == nil {
		r.space.used -= r.bytes
	}
}
