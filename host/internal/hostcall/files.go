package hostcall

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/wasql/wasql/abi"
)

// pathMax bounds the paths of guests.
const pathMax = 4096

// FileGrant opens one host file or folder under a guest's path.
type FileGrant struct {
	Path, Host, Match string
	Write             bool
}

// Files are the file grants of a connector, opened. Safe for concurrent use.
type Files struct {
	grants []*fileGrant
	closed sync.Once
}

// fileGrant is a root with either one name in it or all of it.
type fileGrant struct {
	name  string // guest's path, clean
	root  *os.Root
	file  string // name in root, for a grant of one file; empty: the whole folder
	match string
	write bool
}

// OpenFiles opens the roots of the grants. A file that is not there is an error unless it may be
// written; its folder must exist. Close the result.
func OpenFiles(grants []FileGrant) (*Files, error) {
	f := &Files{}
	for _, g := range grants {
		opened, err := openGrant(g)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("grant file %s: %w", g.Path, err), f.Close())
		}
		f.grants = append(f.grants, opened)
	}
	return f, nil
}

func openGrant(g FileGrant) (*fileGrant, error) {
	if g.Path == "" || g.Host == "" {
		return nil, errors.New("a file grant needs a path and a host path")
	}
	out := &fileGrant{name: path.Clean(g.Path), match: g.Match, write: g.Write}
	if out.match != "" {
		if _, err := path.Match(out.match, ""); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", out.match, err)
		}
	}
	// The operator may have named a link; what it points to now is what is granted.
	host, err := filepath.EvalSymlinks(g.Host)
	if errors.Is(err, fs.ErrNotExist) && g.Write {
		var folder string
		folder, err = filepath.EvalSymlinks(filepath.Dir(g.Host))
		host = filepath.Join(folder, filepath.Base(g.Host))
	}
	if err != nil {
		return nil, reason(err)
	}
	info, err := os.Stat(host)
	switch {
	case err == nil && info.IsDir():
		out.root, err = os.OpenRoot(host)
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("neither a regular file nor a folder")
	case err == nil || errors.Is(err, fs.ErrNotExist) && g.Write:
		out.file = filepath.Base(host)
		out.root, err = os.OpenRoot(filepath.Dir(host))
	}
	if err != nil {
		return nil, reason(err)
	}
	return out, nil
}

// reason drops the operation and path that os errors carry; the caller says them better.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// Close closes the roots. Twice is harmless.
func (f *Files) Close() error {
	if f == nil {
		return nil
	}
	var errs []error
	f.closed.Do(func() {
		for _, g := range f.grants {
			errs = append(errs, g.root.Close())
		}
	})
	return errors.Join(errs...)
}

// Folders lists the names of the granted folders, in order of the grants, and of the folders that
// hold granted files.
func (f *Files) Folders() []string {
	if f == nil {
		return nil
	}
	var names []string
	seen := make(map[string]bool)
	for _, g := range f.grants {
		name := g.name
		if g.file != "" {
			name = path.Dir(name)
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// below gives the part of clean name that lies in folder, "." for itself.
func below(folder, name string) (string, bool) {
	switch {
	case name == folder:
		return ".", true
	case folder == ".":
		return name, name != ".." && !strings.HasPrefix(name, "../") && !strings.HasPrefix(name, "/")
	case folder == "/":
		return strings.TrimPrefix(name, "/"), strings.HasPrefix(name, "/")
	}
	rest, ok := strings.CutPrefix(name, folder+"/")
	return rest, ok
}

// resolve finds the grant for a guest's path, and the name in its root. Grants of one file come
// before folders, and deeper folders before others. isDir says that a folder will do.
func (f *Files) resolve(name string) (g *fileGrant, rel, clean string, fault *Fault) {
	if len(name) > pathMax {
		return nil, "", "", faultf(abi.InvalidArgument, "path of %d bytes, at most %d", len(name), pathMax)
	}
	if name == "" || strings.ContainsRune(name, 0) {
		return nil, "", "", faultf(abi.InvalidArgument, "empty path, or a NUL in it")
	}
	clean = path.Clean(name)
	if f != nil {
		for _, candidate := range f.grants {
			if candidate.file != "" {
				if candidate.name == clean {
					return candidate, candidate.file, clean, nil
				}
				continue
			}
			if in, ok := below(candidate.name, clean); ok && (g == nil || len(candidate.name) > len(g.name)) {
				g, rel = candidate, in
			}
		}
	}
	if g == nil {
		missing := denied("file "+escape(clean), "grant file "+escape(clean))
		missing.Path = escape(clean)
		return nil, "", clean, missing
	}
	return g, rel, clean, nil
}

// matches tells whether the pattern of a folder grant lets a file through.
func (g *fileGrant) matches(rel string) bool {
	if g.match == "" || g.file != "" {
		return true
	}
	if !strings.Contains(g.match, "/") {
		rel = path.Base(rel)
	}
	return Glob(g.match, rel)
}
