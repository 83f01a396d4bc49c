package server

import (
	"errors"
	"io"
)

// loadInfile asks the client for a file, which it may give or not.
func (c *conn) loadInfile(name string) (io.ReadCloser, error) {
	c.begin()
	c.out = append(append(c.out, nullCell), name...)
	if err := errors.Join(c.packets.end(), c.flush()); err != nil {
		return nil, err
	}
	return &infile{packets: &c.packets}, nil
}

// infile is a file that comes in packets. An empty one ends it.
type infile struct {
	*packets
	rest   []byte
	ended  bool
	closed bool
}

// Read implements io.Reader.
func (f *infile) Read(to []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.ended || f.closed {
			return 0, io.EOF
		}
		packet, err := f.next(f.packets.read)
		if err != nil {
			f.ended = true
			return 0, err
		}
		f.rest, f.ended = packet, len(packet) == 0
	}
	n := copy(to, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Close reads what the client still sends: nothing else can be said before that.
func (f *infile) Close() error {
	for f.rest = nil; !f.ended; {
		packet, err := f.next(f.packets.read)
		if err != nil {
			f.ended = true
			return err
		}
		f.ended = len(packet) == 0
	}
	f.closed = true
	return nil
}
