package journal

import "io"

// window is how much of a file is read at once.
const window = 256 << 10

// scanner reads the frames of a file.
type scanner struct {
	file Reader
	name string
	// at is where the next frame begins.
	at   int64
	size int64
	seed uint32
	// buf holds the bytes of the file from start on.
	buf   []byte
	start int64
}

// openScanner opens a file and reads its header.
func openScanner(fs FS, name, magic string, generation uint64) (*scanner, header, error) {
	file, err := fs.Open(name)
	if err != nil {
		return nil, header{}, err
	}
	s := &scanner{file: file, name: name, at: headerBytes, size: file.Size()}
	b, err := s.bytes(0, int(min(headerBytes, s.size)))
	if err != nil {
		return nil, header{}, firstOf(err, file.Close())
	}
	h, seed, wrong := decodeHeader(b, magic, generation)
	if wrong != "" {
		return nil, header{}, firstOf(&CorruptError{File: name, Detail: wrong}, file.Close())
	}
	s.seed = seed
	return s, h, nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// bytes gives n bytes of the file at an offset, which are there, until the next call.
func (s *scanner) bytes(offset int64, n int) ([]byte, error) {
	if offset < s.start || offset+int64(n) > s.start+int64(len(s.buf)) {
		want := max(n, int(min(window, s.size-offset)))
		if cap(s.buf) < want {
			s.buf = make([]byte, want)
		}
		s.buf, s.start = s.buf[:want], offset
		got, err := s.file.ReadAt(s.buf, offset)
		if got < want {
			s.buf = s.buf[:0]
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return s.buf[offset-s.start:][:n:n], nil
}

// frame reads a frame at an offset; ok is false when there is none. The payload is valid until the next call.
func (s *scanner) frame(offset int64) (f frame, payload []byte, ok bool, err error) {
	if s.size-offset < frameBytes {
		return f, nil, false, nil
	}
	b, err := s.bytes(offset, frameBytes)
	if err != nil {
		return f, nil, false, err
	}
	f, ok = decodeFrame(b, s.seed)
	if !ok || s.size-offset < size(int(f.length)) {
		return f, nil, false, nil
	}
	b, err = s.bytes(offset, int(size(int(f.length))))
	if err != nil || !f.holds(b[frameBytes:], s.seed) {
		return f, nil, false, err
	}
	return f, b[frameBytes:][:f.length:f.length], true, nil
}

// next reads the next frame; ok is false at the first place without one.
func (s *scanner) next() (f frame, payload []byte, ok bool, err error) {
	f, payload, ok, err = s.frame(s.at)
	if ok {
		s.at += size(len(payload))
	}
	return f, payload, ok, err
}

// proof looks behind the end of the good frames for one that says that record number was on disk.
func (s *scanner) proof(number uint64) (offset int64, found bool, err error) {
	for offset = s.at; s.size-offset >= frameBytes; offset += 8 {
		f, _, ok, err := s.frame(offset)
		if err != nil {
			return 0, false, err
		}
		if ok && f.synced > number {
			return offset, true, nil
		}
	}
	return 0, false, nil
}

func (s *scanner) corrupt(detail string) error {
	return &CorruptError{File: s.name, Offset: s.at, Detail: detail}
}
