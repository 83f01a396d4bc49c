package spill

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Files are what a Folder needs of a file system: that of the machine, or one that fails on demand.
type Files interface {
	// Create makes a file that was not there.
	Create(path string) (File, error)
	Open(path string) (io.ReadSeekCloser, error)
	Remove(path string) error
}

// File is a file that is written.
type File interface {
	io.Writer
	io.Closer
}

// Machine are the files of the machine.
type Machine struct{}

// Create implements Files.
func (Machine) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // a name of our own in a folder of our own
}

// Open implements Files.
func (Machine) Open(path string) (io.ReadSeekCloser, error) {
	return os.Open(path) //nolint:gosec // one that Create has made
}

// Remove implements Files.
func (Machine) Remove(path string) error { return os.Remove(path) }

const (
	// prefix begins the names of folders.
	prefix = "wasql-spill-"
	// lockName is the file in each that is locked as long as its process lives.
	lockName = "lock"
)

// Folder is where a process keeps its runs. It is safe for concurrent use.
type Folder struct {
	parent string
	files  Files

	mu    sync.Mutex
	path  string
	lock  *os.File
	count uint64
	// made: the parent was not there before.
	made  bool
	ended bool
}

// NewFolder gives a folder below parent, which is made with the first run when it is not there. Empty: the machine's folder for
// temporary files. files nil: the machine's.
func NewFolder(parent string, files Files) *Folder {
	if parent == "" {
		parent = os.TempDir()
	}
	if files == nil {
		files = Machine{}
	}
	return &Folder{parent: parent, files: files}
}

// Parent is the folder that processes share.
func (f *Folder) Parent() string { return f.parent }

// next gives the path of a new file.
func (f *Folder) next() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		if f.ended {
			return "", os.ErrClosed
		}
		if err := f.make(); err != nil {
			return "", err
		}
	}
	f.count++
	return filepath.Join(f.path, "run"+number(f.count)), nil
}

// make makes the folder, and removes those of processes that are gone.
func (f *Folder) make() error {
	if _, err := os.Stat(f.parent); err != nil {
		if err := os.MkdirAll(f.parent, 0o700); err != nil {
			return err
		}
		f.made = true
	}
	f.sweep()
	for {
		path, err := os.MkdirTemp(f.parent, prefix)
		if err != nil {
			return err
		}
		lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // a folder of our own
		if err != nil {
			_ = os.RemoveAll(path) // what failed first is what counts
			return err
		}
		if free, err := take(lock); !free && err == nil {
			_ = lock.Close() // another process took it for one that was left, and removes it
			continue
		}
		f.path, f.lock = path, lock
		return nil
	}
}

// sweep removes folders whose lock nobody holds. One without a lock is being made.
func (f *Folder) sweep() {
	entries, err := os.ReadDir(f.parent)
	if err != nil {
		return // the next who looks removes them
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		path := filepath.Join(f.parent, entry.Name())
		lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR, 0) //nolint:gosec // one that make has made
		if err != nil {
			continue
		}
		if free, err := take(lock); free && err == nil {
			_ = os.RemoveAll(path) // the next who looks removes it
		}
		_ = lock.Close()
	}
}

// Close removes the folder with what is in it. No run may be in use; a later one fails.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	if f.path == "" {
		return nil
	}
	err := os.RemoveAll(f.path)
	if closing := f.lock.Close(); err == nil {
		err = closing
	}
	f.path, f.lock = "", nil
	if f.made {
		_ = os.Remove(f.parent) // unless another process has its folder there
	}
	return err
}
