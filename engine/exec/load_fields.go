package exec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// loadFormat is how the lines of a LOAD DATA file are cut into fields.
type loadFormat struct {
	// fieldEnd and lineEnd are never both empty. Without lineEnd a line has as many fields as are
	// asked for.
	fieldEnd, lineEnd []byte
	// lineStart is what the fields of a line begin behind; lines without it do not count.
	lineStart []byte
	// enclosed and escape are single bytes, or notSet.
	enclosed, escape int
}

const (
	notSet = -1
	// longestField is the limit on one field: that of LONGTEXT and LONGBLOB, and of a batch.
	longestField = math.MaxInt32
	// loadBuffer is how much of a file is read at once.
	loadBuffer = 256 << 10
)

// errFieldTooLong says that the file does not have the form that the statement says.
var errFieldTooLong = fmt.Errorf("a field is longer than %d bytes: do FIELDS and LINES fit the file?", longestField)

// fieldReader cuts a file into fields as MySQL's LOAD DATA does.
type fieldReader struct {
	loadFormat
	source io.Reader
	// buffer[at:] is what was read and not yet cut.
	buffer []byte
	at     int
	ended  bool
	// stops tells the bytes that may end a plain run of a field.
	stops [256]bool
	// scratch holds a field that had to be changed.
	scratch []byte
	// line counts the lines begun, skipped ones included.
	line uint64
}

// field is one field of a line. Its bytes are valid until the reader is used again.
type field struct {
	bytes []byte
	null  bool
	// last: the line, or the file, ends behind it.
	last bool
}

func newFieldReader(source io.Reader, format loadFormat) *fieldReader {
	r := &fieldReader{loadFormat: format, source: source, buffer: make([]byte, 0, loadBuffer)}
	for _, end := range [][]byte{format.fieldEnd, format.lineEnd} {
		if len(end) > 0 {
			r.stops[end[0]] = true
		}
	}
	if format.escape != notSet {
		r.stops[format.escape] = true
	}
	return r
}

// more reads on, keeping buffer[at:]. False means that nothing follows.
func (r *fieldReader) more() (bool, error) {
	if r.ended {
		return false, nil
	}
	if r.at > 0 {
		r.buffer = r.buffer[:copy(r.buffer, r.buffer[r.at:])]
		r.at = 0
	}
	if len(r.buffer) > longestField {
		return false, errFieldTooLong
	}
	if len(r.buffer) == cap(r.buffer) {
		r.buffer = slices.Grow(r.buffer, cap(r.buffer))
	}
	n, err := io.ReadAtLeast(r.source, r.buffer[len(r.buffer):cap(r.buffer)], 1)
	r.buffer = r.buffer[:len(r.buffer)+n]
	if errors.Is(err, io.EOF) {
		r.ended, err = true, nil
	}
	return n > 0, err
}

// peek gives the byte at offset behind the current place, or notSet at the end of the file.
func (r *fieldReader) peek(offset int) (int, error) {
	for r.at+offset >= len(r.buffer) {
		if ok, err := r.more(); err != nil || !ok {
			return notSet, err
		}
	}
	return int(r.buffer[r.at+offset]), nil
}

// follows tells whether text stands at offset behind the current place.
func (r *fieldReader) follows(offset int, text []byte) (bool, error) {
	if len(text) == 0 {
		return false, nil
	}
	if _, err := r.peek(offset + len(text) - 1); err != nil {
		return false, err
	}
	return bytes.HasPrefix(r.buffer[min(r.at+offset, len(r.buffer)):], text), nil
}

// begin goes to the fields of the next line; false means that there is none.
func (r *fieldReader) begin() (bool, error) {
	r.line++
	if len(r.lineStart) == 0 {
		b, err := r.peek(0)
		return b != notSet, err
	}
	for {
		if i := bytes.Index(r.buffer[r.at:], r.lineStart); i >= 0 {
			r.at += i + len(r.lineStart)
			return true, nil
		}
		// The end of what was read may be the beginning of what is looked for.
		r.at = max(r.at, len(r.buffer)-len(r.lineStart)+1)
		if ok, err := r.more(); err != nil || !ok {
			return false, err
		}
	}
}

// skip goes behind the end of the current line.
func (r *fieldReader) skip() error {
	for len(r.lineEnd) > 0 {
		b, err := r.peek(0)
		if err != nil || b == notSet {
			return err
		}
		end, err := r.follows(0, r.lineEnd)
		if err != nil {
			return err
		}
		if b == r.escape {
			if b, err = r.peek(1); err != nil {
				return err
			} else if b != notSet {
				r.at++
			}
		} else if end {
			r.at += len(r.lineEnd)
			return nil
		}
		r.at++
	}
	return nil
}

// next cuts the next field of the line.
func (r *fieldReader) next() (field, error) {
	first, err := r.peek(0)
	if err != nil {
		return field{}, err
	}
	if first == r.enclosed && first != notSet {
		r.at++
		return r.slow(nil, true)
	}
	for i := 0; ; {
		for r.at+i < len(r.buffer) && !r.stops[r.buffer[r.at+i]] {
			i++
		}
		if r.at+i == len(r.buffer) {
			if ok, err := r.more(); err != nil {
				return field{}, err
			} else if ok {
				continue
			}
			return r.plain(i, 0, true), nil
		}
		if int(r.buffer[r.at+i]) == r.escape {
			head := r.buffer[r.at : r.at+i]
			r.at += i
			return r.slow(head, false)
		}
		if end, err := r.follows(i, r.lineEnd); err != nil {
			return field{}, err
		} else if end {
			return r.plain(i, len(r.lineEnd), true), nil
		}
		if end, err := r.follows(i, r.fieldEnd); err != nil {
			return field{}, err
		} else if end {
			return r.plain(i, len(r.fieldEnd), false), nil
		}
		i++
	}
}

// plain takes a field of length bytes that stands in the buffer as it is, and what ends it.
func (r *fieldReader) plain(length, end int, last bool) field {
	f := field{bytes: r.buffer[r.at : r.at+length], last: last}
	// NULL without quotes is no text where texts have quotes.
	f.null = r.enclosed != notSet && string(f.bytes) == "NULL"
	r.at += length + end
	return f
}

// slow cuts a field that has escapes or quotes, byte by byte. head is what was cut of it already.
func (r *fieldReader) slow(head []byte, quoted bool) (field, error) {
	r.scratch = append(r.scratch[:0], head...)
	wasNull := false
	finish := func(last bool) (field, error) {
		f := field{bytes: r.scratch, last: last, null: wasNull && len(r.scratch) == 1}
		f.null = f.null || !quoted && r.enclosed != notSet && string(r.scratch) == "NULL"
		return f, nil
	}
	for {
		b, err := r.peek(0)
		if err != nil {
			return field{}, err
		}
		if b == notSet {
			if quoted {
				// The quote was never closed: it belongs to the text.
				quoted, r.scratch = false, slices.Insert(r.scratch, 0, byte(r.enclosed))
			}
			return finish(true)
		}
		if len(r.scratch) > longestField {
			return field{}, errFieldTooLong
		}
		if b == r.escape {
			taken, null, err := r.unescape()
			if err != nil {
				return field{}, err
			}
			wasNull = wasNull || null
			if taken {
				continue
			}
		}
		ended, last, err := r.endsAt(b, quoted)
		if err != nil {
			return field{}, err
		}
		if ended {
			return finish(last)
		}
		r.scratch = append(r.scratch, byte(b))
		r.at++
	}
}

// unescape takes the escape at the current place. Where quote and escape are the same byte, only a
// doubled one is an escape.
func (r *fieldReader) unescape() (taken, null bool, err error) {
	second, err := r.peek(1)
	switch {
	case err != nil:
		return false, false, err
	case second == notSet:
		r.scratch = append(r.scratch, byte(r.escape))
		r.at++
		return true, false, nil
	case r.escape == r.enclosed && second != r.escape:
		return false, false, nil
	}
	r.at += 2
	if r.escape != r.enclosed {
		null = second == 'N'
		second = escaped(second)
	}
	r.scratch = append(r.scratch, byte(second))
	return true, null, nil
}

// escaped gives what an escape stands for.
func escaped(b int) int {
	switch b {
	case '0':
		return 0
	case 'b':
		return '\b'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'Z':
		return 26
	}
	return b
}

// endsAt tells whether byte b, at the current place, begins the end of the field, and takes it.
func (r *fieldReader) endsAt(b int, quoted bool) (ended, last bool, err error) {
	offset := 0
	if quoted {
		if b != r.enclosed {
			return false, false, nil
		}
		next, err := r.peek(1)
		switch {
		case err != nil:
			return false, false, err
		case next == notSet:
			r.at++
			return true, true, nil
		case next == r.enclosed:
			r.at++ // a doubled quote is one
			return false, false, nil
		}
		offset = 1
	}
	if end, err := r.follows(offset, r.lineEnd); err != nil || end {
		r.at += offset + len(r.lineEnd)
		return end, true, err
	}
	if end, err := r.follows(offset, r.fieldEnd); err != nil || end {
		r.at += offset + len(r.fieldEnd)
		return end, false, err
	}
	return false, false, nil
}
