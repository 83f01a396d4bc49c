package main

import (
	"encoding/binary"
	"hash/crc64"
	"io"
	"sort"

	wasql "github.com/wasql/wasql/sdk/go"
)

// pageBytes is about the size of a page; one entry may be larger.
const pageBytes = 8 << 10

// pagesKept is how many pages of a run are kept in memory.
const pagesKept = 128

var table = crc64.MakeTable(crc64.ECMA)

// runInfo is what the manifest says of a run: the file, and where its directory lies. The checksum of the directory
// holds those of the pages, so that the manifest vouches for every byte that is ever read.
type runInfo struct {
	name           string
	size, entries  uint64
	directory, crc uint64
}

// runWriter writes sorted entries into a new file:
//
//	page      entries: length of the key times two, plus one when it is removed; length; bytes
//	…
//	directory for each page: length, checksum, length of its first entry, that entry
//
// The checksum of a page begins with the name of the index and the number of the page: a page of another place is damage.
type runWriter struct {
	info      runInfo
	seed      uint64
	file      *wasql.File
	page      []byte
	first     string
	pages     uint64
	directory []byte
}

func newRun(dir, name string, seed uint64) (*runWriter, error) {
	file, err := wasql.CreateFile(dir + "/" + name)
	if err != nil {
		return nil, err
	}
	return &runWriter{info: runInfo{name: name}, seed: runSeed(seed, name), file: file}, nil
}

func runSeed(seed uint64, name string) uint64 { return crc64.Update(seed, table, []byte(name)) }

func pageSum(seed, number uint64, page []byte) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], number)
	return crc64.Update(crc64.Update(seed, table, b[:]), table, page)
}

// add takes the next entry, which is greater than the one before.
func (w *runWriter) add(e *entry) error {
	if len(w.page) == 0 {
		w.first = e.bytes
	}
	head := uint64(e.keyLen) << 1
	if e.removed {
		head |= 1
	}
	w.page = binary.AppendUvarint(binary.AppendUvarint(w.page, head), uint64(len(e.bytes)))
	w.page = append(w.page, e.bytes...)
	w.info.entries++
	if len(w.page) >= pageBytes {
		return w.endPage()
	}
	return nil
}

func (w *runWriter) endPage() error {
	if len(w.page) == 0 {
		return nil
	}
	w.directory = binary.AppendUvarint(w.directory, uint64(len(w.page)))
	w.directory = binary.LittleEndian.AppendUint64(w.directory, pageSum(w.seed, w.pages, w.page))
	w.directory = binary.AppendUvarint(w.directory, uint64(len(w.first)))
	w.directory = append(w.directory, w.first...)
	_, err := w.file.Write(w.page)
	w.info.directory += uint64(len(w.page))
	w.pages++
	w.page = w.page[:0]
	return err
}

// end writes the directory, and waits until all of it is on disk.
func (w *runWriter) end() (runInfo, error) {
	err := w.endPage()
	w.info.crc = crc64.Update(w.seed, table, w.directory)
	w.info.size = w.info.directory + uint64(len(w.directory))
	if err == nil {
		_, err = w.file.Write(w.directory)
	}
	if err == nil {
		err = w.file.Sync()
	}
	if closed := w.file.Close(); err == nil {
		err = closed
	}
	return w.info, err
}

// run is an open run.
type run struct {
	runInfo
	seed  uint64
	file  *wasql.File
	pages []pageInfo
	kept  map[int][]entry
	// scans that read it; a run that is not part of the index any more is closed after the last.
	scans int
	gone  bool
}

type pageInfo struct {
	offset, length, crc uint64
	first               string
}

// damaged is the error of bytes that are not what was written.
func damaged(file, format string, args ...any) error {
	e := wasql.Errorf(wasql.Corrupt, "the index is damaged: "+format, args...)
	e.File = file
	e.Hint = "it is built anew from its table"
	return e
}

// openRun opens a run and reads its directory.
func openRun(dir string, info runInfo, seed uint64) (*run, error) {
	path := dir + "/" + info.name
	file, err := wasql.OpenFile(path)
	if err != nil {
		return nil, damaged(path, "file %s cannot be opened: %v", info.name, err)
	}
	r := &run{runInfo: info, seed: runSeed(seed, info.name), file: file, kept: map[int][]entry{}}
	if err := r.load(path); err != nil {
		_ = file.Close() // the error is the one to tell
		return nil, err
	}
	return r, nil
}

func (r *run) load(path string) error {
	if uint64(r.file.Size()) != r.size || r.directory > r.size {
		return damaged(path, "file %s has %d bytes, and %d were written", r.name, r.file.Size(), r.size)
	}
	b := make([]byte, r.size-r.directory)
	if err := readAt(r.file, b, int64(r.directory)); err != nil {
		return damaged(path, "the directory of file %s cannot be read: %v", r.name, err)
	}
	if crc64.Update(r.seed, table, b) != r.crc {
		return damaged(path, "the directory of file %s has another checksum", r.name)
	}
	// From here on the bytes are those that were written.
	offset := uint64(0)
	for rest := string(b); rest != ""; {
		p := pageInfo{offset: offset}
		var n int
		p.length, n = cutUvarint(rest)
		p.crc = load64(rest[n:])
		rest = rest[n+8:]
		first, n := cutUvarint(rest)
		p.first, rest = rest[n:n+int(first)], rest[n+int(first):]
		offset += p.length
		r.pages = append(r.pages, p)
	}
	return nil
}

func readAt(f *wasql.File, b []byte, offset int64) error {
	for len(b) > 0 {
		n, err := f.ReadAt(b, offset)
		if n == 0 {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// page reads one page, and compares its checksum.
func (r *run) page(number int) ([]entry, error) {
	if kept, ok := r.kept[number]; ok {
		return kept, nil
	}
	p := &r.pages[number]
	b := make([]byte, p.length)
	if err := readAt(r.file, b, int64(p.offset)); err != nil {
		return nil, damaged(r.name, "page %d of file %s cannot be read: %v", number, r.name, err)
	}
	if pageSum(r.seed, uint64(number), b) != p.crc {
		return nil, damaged(r.name, "page %d of file %s has another checksum", number, r.name)
	}
	var entries []entry
	for rest := string(b); rest != ""; {
		head, n := cutUvarint(rest)
		rest = rest[n:]
		size, n := cutUvarint(rest)
		entries = append(entries, entry{bytes: rest[n : n+int(size)], keyLen: int(head >> 1), removed: head&1 != 0})
		rest = rest[n+int(size):]
	}
	if len(r.kept) >= pagesKept {
		clear(r.kept)
	}
	r.kept[number] = entries
	return entries, nil
}

func (r *run) close() { _ = r.file.Close() } // it was only read from

// runCursor reads the entries of a run in order.
type runCursor struct {
	run     *run
	number  int
	entries []entry
	at      int
}

// seek goes to the first entry that is not less than low.
func (c *runCursor) seek(low string) error {
	c.number = max(sort.Search(len(c.run.pages), func(i int) bool { return c.run.pages[i].first > low })-1, 0)
	c.entries, c.at = nil, 0
	if len(c.run.pages) == 0 {
		return nil
	}
	var err error
	if c.entries, err = c.run.page(c.number); err != nil {
		return err
	}
	c.at = sort.Search(len(c.entries), func(i int) bool { return c.entries[i].bytes >= low })
	return nil
}

// peek gives the entry that is next, or nil at the end.
func (c *runCursor) peek() (*entry, error) {
	for c.at >= len(c.entries) {
		if c.number+1 >= len(c.run.pages) {
			return nil, nil
		}
		c.number++
		var err error
		if c.entries, err = c.run.page(c.number); err != nil {
			return nil, err
		}
		c.at = 0
	}
	return &c.entries[c.at], nil
}

func (c *runCursor) step() { c.at++ }
