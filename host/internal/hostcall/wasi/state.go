package wasi

import (
	"errors"
	"io"
	"os"
	"path"

	"github.com/wasql/wasql/abi/pb"
)

type kind uint8

const (
	stdin kind = iota
	stdout
	stderr
	folder
	file
)

// descriptor is one open file descriptor.
type descriptor struct {
	kind kind
	// name is the guest's path of a file or folder.
	name     string
	preopen  bool
	file     *os.File // of a file
	append   bool
	readable bool
	writable bool
	entries  []*pb.FileInfo // of a folder being listed
}

// state is what one guest has open.
type state struct {
	fds  map[uint32]*descriptor
	next uint32
}

func newState(folders []string) *state {
	s := &state{fds: map[uint32]*descriptor{0: {kind: stdin, readable: true}, 1: {kind: stdout, writable: true}, 2: {kind: stderr, writable: true}}, next: 3}
	for _, name := range folders {
		s.add(&descriptor{kind: folder, name: name, preopen: true})
	}
	return s
}

func (s *state) add(d *descriptor) uint32 {
	fd := s.next
	for s.fds[fd] != nil {
		fd++
	}
	s.fds[fd] = d
	s.next = fd + 1
	return fd
}

// drop forgets a descriptor; its number is used again, as WASI guests expect.
func (s *state) drop(fd uint32) {
	delete(s.fds, fd)
	if fd >= 3 {
		s.next = min(s.next, fd)
	}
}

// Close implements io.Closer.
func (s *state) Close() error {
	var errs []error
	for fd, d := range s.fds {
		if d.file != nil {
			errs = append(errs, d.file.Close())
		}
		delete(s.fds, fd)
	}
	return errors.Join(errs...)
}

func (c *call) state() *state {
	return c.g.WASI(func() io.Closer { return newState(c.g.Folders()) }).(*state)
}

func (c *call) fd(n uint32) *descriptor { return c.state().fds[n] }

// file gives the file behind descriptor parameter 0, or the errno of what it is instead.
func (c *call) file() (*descriptor, errno) {
	d := c.fd(c.u32(0))
	switch {
	case d == nil:
		return nil, ebadf
	case d.kind == folder:
		return nil, eisdir
	case d.kind != file:
		return nil, espipe
	}
	return d, success
}

// path reads a path parameter and joins it to the folder behind descriptor parameter at. A path
// that climbs out of the folder is refused here, whatever else is granted.
func (c *call) path(at, ptr, n int) (string, errno) {
	d := c.fd(c.u32(at))
	switch {
	case d == nil:
		return "", ebadf
	case d.kind != folder:
		return "", enotdir
	}
	if c.u32(n) > 4096 {
		return "", enametoolong
	}
	b, ok := c.g.Bytes(c.u32(ptr), c.u32(n))
	if !ok {
		return "", efault
	}
	rel := string(b)
	switch {
	case rel == "":
		return "", einval
	case rel[0] == '/':
		return "", enotcapable
	}
	if rel = path.Clean(rel); rel == ".." || len(rel) > 2 && rel[:3] == "../" {
		return "", enotcapable
	}
	return path.Join(d.name, rel), success
}
