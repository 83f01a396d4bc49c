package hostcall

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// List gives the entries of a folder, or the files that match a pattern, sorted by path, at most
// filesMax. Links that lead out, devices and what a grant's pattern leaves out are not shown.
func (g *Guest) List(pattern string, filesMax int) ([]*pb.FileInfo, *Fault) {
	if len(pattern) > pathMax || strings.ContainsRune(pattern, 0) {
		return nil, faultf(abi.InvalidArgument, "pattern of %d bytes, at most %d, without NUL", len(pattern), pathMax)
	}
	if filesMax <= 0 || filesMax > g.limits.FilesListed {
		filesMax = g.limits.FilesListed
	}
	if pattern == "" {
		pattern = "."
	}
	clean := path.Clean(pattern)
	if _, err := path.Match(clean, ""); err != nil {
		return nil, faultf(abi.InvalidArgument, "malformed pattern %s", escape(pattern))
	}
	folder, wild := globRoot(clean)
	l := lister{guest: g, pattern: clean, left: filesMax}
	if !wild {
		info, _, fault := g.Stat(clean, true)
		if fault != nil {
			return nil, fault
		}
		if !info.IsDir() {
			return []*pb.FileInfo{fileInfo(clean, info)}, nil
		}
		l.pattern = path.Join(clean, "*")
	}
	return l.run(folder)
}

type lister struct {
	guest   *Guest
	pattern string
	left    int
	found   []*pb.FileInfo
	visited int
}

func (l *lister) run(folder string) ([]*pb.FileInfo, *Fault) {
	granted := false
	for _, grant := range l.guest.files() {
		if grant.file == "" {
			continue
		}
		if Glob(l.pattern, grant.name) {
			granted = true
			if info, err := grant.root.Stat(grant.file); err == nil && info.Mode().IsRegular() {
				l.add(grant.name, info)
			}
		}
	}
	grant, rel, _, fault := l.guest.powers.Files.resolve(folder)
	if fault == nil && grant.file == "" {
		granted = true
		l.guest.audit("files.read", l.pattern, "")
		if fault = l.walk(grant, rel); fault != nil {
			return nil, fault
		}
	}
	if !granted {
		l.guest.audit("files.read", l.pattern, "not granted")
		return nil, denied("folder "+escape(folder), "grant folder "+escape(folder))
	}
	slices.SortFunc(l.found, func(a, b *pb.FileInfo) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(l.found, func(a, b *pb.FileInfo) bool { return a.Path == b.Path }), nil
}

func (g *Guest) files() []*fileGrant {
	if g.powers.Files == nil {
		return nil
	}
	return g.powers.Files.grants
}

// visitedMax bounds the entries looked at for one listing.
const visitedMax = 1 << 20

var errFull = errors.New("listing is full")

func (l *lister) walk(grant *fileGrant, start string) *Fault {
	deep := strings.Count(l.pattern, "/")
	anyDepth := strings.Contains(l.pattern, "**")
	err := fs.WalkDir(grant.root.FS(), start, func(rel string, entry fs.DirEntry, err error) error {
		if l.visited++; l.visited&63 == 0 {
			l.guest.check()
		}
		if l.visited > visitedMax || l.left <= 0 {
			return errFull
		}
		if err != nil {
			if rel == start {
				return err
			}
			return skip(entry)
		}
		name := path.Join(grant.name, rel)
		if rel != start {
			l.entry(grant, rel, name)
		}
		if entry.IsDir() && rel != start && !anyDepth && strings.Count(name, "/") >= deep {
			return fs.SkipDir
		}
		return nil
	})
	switch {
	case errors.Is(err, errFull) && l.visited > visitedMax:
		return faultf(abi.Resource, "list %s: more than %d entries looked at", escape(l.pattern), visitedMax)
	case errors.Is(err, errFull):
		return nil
	case err != nil:
		return ioFault("list", l.pattern, err)
	}
	return nil
}

// skip leaves out a folder that cannot be read.
func skip(entry fs.DirEntry) error {
	if entry != nil && entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func (l *lister) entry(grant *fileGrant, rel, name string) {
	if !Glob(l.pattern, name) {
		return
	}
	// Links are looked through; those that lead out of the root fail here and are not shown.
	info, err := grant.root.Stat(rel)
	if err != nil || !info.IsDir() && (!info.Mode().IsRegular() || !grant.matches(rel)) {
		return
	}
	l.add(name, info)
}

func (l *lister) add(name string, info fs.FileInfo) {
	l.found = append(l.found, fileInfo(name, info))
	l.left--
}

func fileInfo(name string, info fs.FileInfo) *pb.FileInfo {
	out := &pb.FileInfo{Path: name, ModifiedNs: info.ModTime().UnixNano(), Directory: info.IsDir(), Regular: info.Mode().IsRegular()}
	if out.Regular {
		out.SizeBytes = uint64(max(info.Size(), 0))
	}
	return out
}
