// Package journaltest has the folder of a log in memory, which crashes and fails on demand.
package journaltest

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"

	"github.com/wasql/wasql/connectors/store/journal"
)

// ErrCrashed is what everything answers after the moment of a crash.
var ErrCrashed = errors.New("journaltest: the machine has crashed")

// FS is a journal.FS in memory that knows what is on disk and what only in the system's memory.
// Its operations are counted: those that change something, and reading ones only when CountReads is set.
type FS struct {
	// Fault is asked before the operation numbered n, from 1; nil never fails.
	Fault func(n int, operation, name string) Fault
	// CountReads counts Open, ReadAt, List and Lock too.
	CountReads bool

	operations int
	crashed    bool
	random     *rand.Rand

	// names are what the folder says now, disk what it said when it was synced last, changes what happened since.
	names, disk map[string]*file
	changes     []change
	locked      bool
}

// Fault is what becomes of an operation.
type Fault struct {
	// Err fails it.
	Err error
	// Crash ends everything.
	Crash bool
	// Bytes of a write are done all the same, of a failing or crashing one; other operations are done when it is above 0.
	Bytes int
}

// change of the folder: the names that it binds, nil for none, all or nothing.
type change map[string]*file

// file keeps its content as of the last sync, and the writes since.
type file struct {
	disk, now []byte
	writes    []write
}

// write is content at an offset, or, with nil content, a cut to offset.
type write struct {
	offset  int
	content []byte
}

// New gives an empty folder.
func New(seed uint64) *FS {
	return &FS{random: rand.New(rand.NewPCG(seed, seed)), names: map[string]*file{}, disk: map[string]*file{}}
}

// Operations is how many there were.
func (f *FS) Operations() int { return f.operations }

// step counts an operation. done says how many bytes of it take place, all of them when err is nil.
func (f *FS) step(operation, name string, bytes int) (done int, err error) {
	if f.crashed {
		return 0, ErrCrashed
	}
	f.operations++
	if f.Fault == nil {
		return bytes, nil
	}
	fault := f.Fault(f.operations, operation, name)
	if fault.Crash {
		f.crashed, fault.Err = true, ErrCrashed
	}
	if fault.Err == nil {
		return bytes, nil
	}
	return min(bytes, fault.Bytes), fault.Err
}

func (f *FS) reads(operation, name string) error {
	if f.crashed {
		return ErrCrashed
	}
	if !f.CountReads {
		return nil
	}
	_, err := f.step(operation, name, 1)
	return err
}

func missing(name string) error { return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} }

func (f *FS) bind(c change) {
	for name, file := range c {
		if file == nil {
			delete(f.names, name)
		} else {
			f.names[name] = file
		}
	}
	f.changes = append(f.changes, c)
}

// Open opens for reading.
func (f *FS) Open(name string) (journal.Reader, error) {
	if err := f.reads("open", name); err != nil {
		return nil, err
	}
	if f.names[name] == nil {
		return nil, missing(name)
	}
	return &reader{f, f.names[name], name}, nil
}

// Create makes or empties.
func (f *FS) Create(name string) (journal.File, error) {
	done, err := f.step("create", name, 1)
	if done == 0 {
		return nil, err
	}
	if old := f.names[name]; old != nil {
		old.cut(0)
	} else {
		f.bind(change{name: {}})
	}
	return &handle{fs: f, file: f.names[name], name: name}, err
}

// Append opens for writing at the end.
func (f *FS) Append(name string) (journal.File, error) {
	if _, err := f.step("append", name, 1); err != nil {
		return nil, err
	}
	if f.names[name] == nil {
		return nil, missing(name)
	}
	return &handle{fs: f, file: f.names[name], name: name, atEnd: true}, nil
}

// Rename replaces.
func (f *FS) Rename(from, to string) error {
	done, err := f.step("rename", from, 1)
	if done > 0 {
		if f.names[from] == nil {
			return missing(from)
		}
		f.bind(change{from: nil, to: f.names[from]})
	}
	return err
}

// Remove removes.
func (f *FS) Remove(name string) error {
	done, err := f.step("remove", name, 1)
	if done > 0 {
		if f.names[name] == nil {
			return missing(name)
		}
		f.bind(change{name: nil})
	}
	return err
}

// List lists.
func (f *FS) List() ([]string, error) {
	if err := f.reads("list", ""); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(f.names))
	for name := range f.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// SyncNames makes the names certain.
func (f *FS) SyncNames() error {
	done, err := f.step("sync names", "", 1)
	if done > 0 {
		f.disk, f.changes = clone(f.names), nil
	}
	return err
}

func clone(names map[string]*file) map[string]*file {
	out := make(map[string]*file, len(names))
	for name, file := range names {
		out[name] = file
	}
	return out
}

// Lock lets one in.
func (f *FS) Lock(name string) (io.Closer, error) {
	if err := f.reads("lock", name); err != nil {
		return nil, err
	}
	if f.locked {
		return nil, errors.New("somebody else holds " + name)
	}
	f.locked = true
	return unlock{f}, nil
}

// Random is the same for the same seed.
func (f *FS) Random(p []byte) error {
	for i := range p {
		p[i] = byte(f.random.Uint32())
	}
	return nil
}

type unlock struct{ fs *FS }

func (u unlock) Close() error {
	u.fs.locked = false
	return nil
}
