package hostcall

import (
	"io/fs"
	"os"
	"path"

	"github.com/wasql/wasql/abi"
)

// OpenHow says how a file is opened.
type OpenHow struct {
	Read, Write, Append         bool
	Create, Truncate, Exclusive bool
	// Folder also opens folders, for reading.
	Folder bool
}

func (h OpenHow) changes() bool { return h.Write || h.Append || h.Create || h.Truncate }

func (h OpenHow) flags() int {
	flags := os.O_RDONLY
	switch {
	case (h.Write || h.Append) && h.Read:
		flags = os.O_RDWR
	case h.Write || h.Append:
		flags = os.O_WRONLY
	}
	if h.Append {
		flags |= os.O_APPEND
	}
	if h.Create {
		flags |= os.O_CREATE
	}
	if h.Truncate {
		flags |= os.O_TRUNC
	}
	if h.Exclusive {
		flags |= os.O_EXCL
	}
	// Opening a FIFO or a device must not wait: what it is, is looked at before and after.
	return flags | nonblocking
}

// Open opens a granted file. Only regular files and, if asked for, folders are ever given.
func (g *Guest) Open(name string, how OpenHow) (*os.File, fs.FileInfo, *Fault) {
	grant, rel, clean, fault := g.powers.Files.resolve(name)
	power := "files.read"
	if how.changes() {
		power = "files.write"
	}
	if fault == nil && how.changes() && !grant.write {
		fault = denied("writing file "+escape(clean), "grant file "+escape(clean)+" for writing")
	}
	if fault == nil && g.openFiles >= g.limits.OpenFiles {
		return nil, nil, &Fault{Code: abi.Resource, Message: "too many open files", Setting: "OpenFiles", Path: clean}
	}
	if fault == nil {
		fault = grant.refuses(rel, clean)
	}
	if fault != nil {
		g.audit(power, clean, fault.Message)
		return nil, nil, fault
	}
	file, err := how.open(grant, rel, clean)
	if err != nil {
		fault = ioFault("open", clean, err)
		g.audit(power, clean, fault.Message)
		return nil, nil, fault
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() && (!info.IsDir() || !how.Folder) {
		fault = notRegular(clean, info)
	} else if err != nil {
		fault = ioFault("open", clean, err)
	} else if info.Mode().IsRegular() && !grant.matches(rel) {
		fault = grant.mismatch(clean)
	}
	if fault != nil {
		_ = file.Close() // nothing was written
		g.audit(power, clean, fault.Message)
		return nil, nil, fault
	}
	g.openFiles++
	g.audit(power, clean, "")
	return file, info, nil
}

// open opens a name of a grant.
func (h OpenHow) open(grant *fileGrant, rel, clean string) (file *os.File, err error) {
	name := "open"
	if h.changes() {
		name = "create"
	}
	failed := change(name, clean, func() error {
		file, err = grant.root.OpenFile(rel, h.flags(), 0o644)
		return err
	})
	if failed != nil && file != nil {
		_ = file.Close() // nothing was written
	}
	return file, failed
}

// Opened gives back the place of a file that was closed.
func (g *Guest) Opened(closed int) { g.openFiles -= closed }

// refuses looks at what a name is before it is opened.
func (grant *fileGrant) refuses(rel, clean string) *Fault {
	info, err := grant.root.Stat(rel)
	if err != nil {
		if isEscape(err) {
			return ioFault("open", clean, err)
		}
		// What is not there may be created, if its name is right.
		if !grant.matches(rel) {
			return grant.mismatch(clean)
		}
		return nil
	}
	if info.IsDir() {
		return nil
	}
	if !info.Mode().IsRegular() {
		return notRegular(clean, info)
	}
	if !grant.matches(rel) {
		return grant.mismatch(clean)
	}
	return nil
}

func (grant *fileGrant) mismatch(clean string) *Fault {
	f := denied("file "+escape(clean), "grant folder "+grant.name+" without the pattern "+grant.match)
	f.Path = clean
	return f
}

func notRegular(clean string, info fs.FileInfo) *Fault {
	what := "a device, pipe or socket"
	if info.IsDir() {
		return &Fault{Code: abi.InvalidArgument, Message: "open " + clean + ": is a folder", Path: clean}
	}
	return &Fault{Code: abi.Denied, Message: "open " + clean + ": is " + what + ", only regular files are given", Path: clean}
}

// Stat looks at a granted path. follow also looks through a link at the end.
func (g *Guest) Stat(name string, follow bool) (fs.FileInfo, string, *Fault) {
	grant, rel, clean, fault := g.powers.Files.resolve(name)
	if fault != nil {
		g.audit("files.read", clean, fault.Message)
		return nil, clean, fault
	}
	stat := grant.root.Stat
	if !follow {
		stat = grant.root.Lstat
	}
	info, err := stat(rel)
	if err != nil {
		return nil, clean, ioFault("stat", clean, err)
	}
	if !info.IsDir() && !grant.matches(rel) {
		return nil, clean, grant.mismatch(clean)
	}
	return info, clean, nil
}

// writable finds the grant of a path that is to be changed. A grant of one file does not let its
// name be taken away.
func (g *Guest) writable(name string, isFolder bool) (*fileGrant, string, string, *Fault) {
	grant, rel, clean, fault := g.powers.Files.resolve(name)
	switch {
	case fault != nil:
	case !grant.write:
		fault = denied("writing "+escape(clean), "grant folder "+escape(path.Dir(clean))+" for writing")
	case grant.file != "" || rel == ".":
		fault = denied("changing the name "+escape(clean), "grant folder "+escape(path.Dir(clean))+" for writing")
	case !isFolder && !grant.matches(rel):
		fault = grant.mismatch(clean)
	}
	reason := ""
	if fault != nil {
		reason = fault.Message
	}
	g.audit("files.write", clean, reason)
	return grant, rel, clean, fault
}

// Remove removes a file or an empty folder.
func (g *Guest) Remove(name string, isFolder bool) *Fault {
	grant, rel, clean, fault := g.writable(name, isFolder)
	if fault != nil {
		return fault
	}
	info, err := grant.root.Lstat(rel)
	switch {
	case err != nil:
		return ioFault("remove", clean, err)
	case !info.IsDir() && !grant.matches(rel):
		return grant.mismatch(clean)
	}
	if err := change("remove", clean, func() error { return grant.root.Remove(rel) }); err != nil {
		return ioFault("remove", clean, err)
	}
	return nil
}

// Rename renames within one granted folder.
func (g *Guest) Rename(from, to string) *Fault {
	source, sourceRel, sourceClean, fault := g.writable(from, true)
	if fault != nil {
		return fault
	}
	target, targetRel, targetClean, fault := g.writable(to, true)
	if fault != nil {
		return fault
	}
	if source != target {
		return faultf(abi.InvalidArgument, "rename %s to %s: not in one granted folder", sourceClean, targetClean)
	}
	info, err := source.root.Lstat(sourceRel)
	if err != nil {
		return ioFault("rename", sourceClean, err)
	}
	if !info.IsDir() {
		if !source.matches(sourceRel) {
			return source.mismatch(sourceClean)
		}
		if !target.matches(targetRel) {
			return target.mismatch(targetClean)
		}
	}
	if err := change("rename", sourceClean, func() error { return source.root.Rename(sourceRel, targetRel) }); err != nil {
		return ioFault("rename", sourceClean, err)
	}
	return nil
}

// Mkdir makes a folder. With parents one that is there will do, the granted one among them.
func (g *Guest) Mkdir(name string, parents bool) *Fault {
	if granted, rel, _, fault := g.powers.Files.resolve(name); parents && fault == nil && granted.write && granted.file == "" && rel == "." {
		return nil
	}
	grant, rel, clean, fault := g.writable(name, true)
	if fault != nil {
		return fault
	}
	mkdir := grant.root.Mkdir
	if parents {
		mkdir = grant.root.MkdirAll
	}
	if err := change("mkdir", clean, func() error { return mkdir(rel, 0o755) }); err != nil {
		return ioFault("make folder", clean, err)
	}
	return nil
}
