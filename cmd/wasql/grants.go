package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// pathGrants decides which files a local command lets connectors and LOAD DATA read: a path named in
// the statement or on the command line, and nothing else. Each is announced once.
type pathGrants struct {
	announce io.Writer
	// stdin is the file that holds a copy of standard input, once it was asked for.
	stdin func() (string, error)

	mu   sync.Mutex
	said map[string]bool
}

// grant answers for one path as the user wrote it: a file, or a glob of files in one folder.
func (g *pathGrants) grant(connector, path string) ([]host.FileGrant, error) {
	if path == "-" {
		file, err := g.stdin()
		if err != nil {
			return nil, err
		}
		g.sayRead(connector, "standard input")
		return []host.FileGrant{{Path: path, Host: file}}, nil
	}
	folder, pattern := filepath.Split(path)
	if strings.ContainsAny(pattern, "*?[") {
		return g.grantGlob(connector, path, folder, pattern)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(absolute)
	switch {
	case os.IsNotExist(err):
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, cannotOpen("%s is a folder: name a file, or several as %s", path, filepath.Join(path, "*."+connector))
	case !info.Mode().IsRegular():
		return nil, cannotOpen("%s is not a regular file; pipe it in and name it - instead", path)
	}
	g.sayRead(connector, absolute)
	return []host.FileGrant{{Path: path, Host: absolute}}, nil
}

// cannotOpen is MySQL's error for a file that is there and cannot be used.
func cannotOpen(format string, args ...any) error { return sqlerr.New(1016, "HY000", format, args...) }

func (g *pathGrants) grantGlob(connector, path, folder, pattern string) ([]host.FileGrant, error) {
	if strings.ContainsAny(folder, "*?[") {
		return nil, cannotOpen("%s: only the last part of a path may have wildcards", path)
	}
	if folder == "" {
		folder = "."
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	g.sayRead(connector, filepath.Join(absolute, pattern))
	return []host.FileGrant{{Path: filepath.Clean(folder), Host: absolute, Match: pattern}}, nil
}

// mount answers for the path of a mounted connector, which may also be a folder.
func (g *pathGrants) mount(connector, path string) ([]host.FileGrant, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(absolute)
	if err == nil && info.IsDir() {
		g.sayRead(connector, absolute+string(filepath.Separator))
		return []host.FileGrant{{Path: path, Host: absolute}}, nil
	}
	return g.grant(connector, path)
}

func (g *pathGrants) sayRead(connector, what string) { g.say("grant: %s may read %s", connector, what) }

// say announces a grant, once.
func (g *pathGrants) say(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	if g.said == nil {
		g.said = map[string]bool{}
	}
	if !g.said[line] {
		g.said[line] = true
		tell(g.announce, "%s\n", line)
	}
}

// copyStdin keeps standard input in a file, so that a connector can read it from any place and
// more than once. The file is removed by the returned function.
func copyStdin(stdin io.Reader) (open func() (string, error), remove func()) {
	var once sync.Once
	var name string
	var failure error
	open = func() (string, error) {
		once.Do(func() {
			file, err := os.CreateTemp("", "wasql-stdin-*")
			if err != nil {
				failure = err
				return
			}
			name = file.Name()
			if _, failure = io.Copy(file, stdin); failure == nil {
				failure = file.Close()
			}
		})
		return name, failure
	}
	remove = func() {
		if name != "" {
			_ = os.Remove(name) // a leftover in the temporary folder does no harm
		}
	}
	return open, remove
}
