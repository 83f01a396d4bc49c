package journaltest

import "io"

// settle puts the writes on disk.
func (f *file) settle() {
	for _, w := range f.writes {
		f.disk = w.apply(f.disk)
	}
	f.writes = nil
}

// lose drops the content of the writes: the system forgets pages that it could not write, and no later sync writes them. What
// is read stays what was written, until the crash.
func (f *file) lose() {
	for i, w := range f.writes {
		if w.content != nil {
			f.writes[i] = write{offset: -1 - w.offset - len(w.content)}
		}
	}
}

// apply gives b after the write; a negative offset is the complement of a length that b has at least.
func (w write) apply(b []byte) []byte {
	switch {
	case w.offset < 0:
		return grow(b, -1-w.offset)
	case w.content == nil:
		return grow(b, w.offset)[:w.offset:w.offset]
	}
	b = grow(b, w.offset+len(w.content))
	out := append([]byte{}, b...)
	copy(out[w.offset:], w.content)
	return out
}

func (f *file) change(w write) {
	f.now = w.apply(f.now)
	f.writes = append(f.writes, w)
}

func (f *file) write(offset int, content []byte) {
	f.change(write{offset, append([]byte{}, content...)})
}

func (f *file) cut(length int) { f.change(write{offset: length}) }

// grow makes b at least n long, with zeros.
func grow(b []byte, n int) []byte {
	if len(b) < n {
		b = append(b[:len(b):len(b)], make([]byte, n-len(b))...)
	}
	return b
}

// reader is a file open for reading.
type reader struct {
	fs   *FS
	file *file
	name string
}

// ReadAt reads.
func (r *reader) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.fs.reads("read", r.name); err != nil {
		return 0, err
	}
	if offset > int64(len(r.file.now)) {
		return 0, io.EOF
	}
	n := copy(p, r.file.now[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Size is the length.
func (r *reader) Size() int64 { return int64(len(r.file.now)) }

// Close does nothing.
func (r *reader) Close() error { return nil }

// handle is a file open for writing: at its end, or, as one that was created, where it wrote last.
type handle struct {
	fs     *FS
	file   *file
	name   string
	atEnd  bool
	offset int
}

// Write writes at the end.
func (h *handle) Write(p []byte) (int, error) {
	done, err := h.fs.step("write", h.name, len(p))
	if h.atEnd {
		h.offset = len(h.file.now)
	}
	if done > 0 {
		h.file.write(h.offset, p[:done])
		h.offset += done
	}
	return done, err
}

// Sync makes the content certain.
func (h *handle) Sync() error {
	done, err := h.fs.step("sync", h.name, 1)
	if done > 0 {
		h.file.settle()
	} else if err != nil && !h.fs.crashed {
		h.file.lose()
	}
	return err
}

// Truncate cuts.
func (h *handle) Truncate(length int64) error {
	done, err := h.fs.step("truncate", h.name, 1)
	if done > 0 {
		h.file.cut(int(length))
	}
	return err
}

// Close does nothing to the content.
func (h *handle) Close() error {
	if h.fs.crashed {
		return ErrCrashed
	}
	return nil
}
