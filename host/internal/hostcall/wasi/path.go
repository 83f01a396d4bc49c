package wasi

import (
	"path"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host/internal/hostcall"
)

func fdPrestatGet(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil || !d.preopen {
		return ebadf
	}
	b, ok := c.g.Bytes(c.u32(1), 8)
	if !ok {
		return efault
	}
	clear(b)
	le.PutUint32(b[4:], uint32(len(d.name)))
	return success
}

func fdPrestatDirName(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil || !d.preopen {
		return ebadf
	}
	if c.u32(2) < uint32(len(d.name)) {
		return enametoolong
	}
	b, ok := c.g.Bytes(c.u32(1), uint32(len(d.name)))
	if !ok {
		return efault
	}
	copy(b, d.name)
	return success
}

func pathCreateDirectory(c *call) errno {
	name, e := c.path(0, 1, 2)
	if e != success {
		return e
	}
	return number(c.g.Mkdir(name, false))
}

func pathRemoveDirectory(c *call) errno {
	return c.remove(true)
}

func pathUnlinkFile(c *call) errno {
	return c.remove(false)
}

func (c *call) remove(wantFolder bool) errno {
	name, e := c.path(0, 1, 2)
	if e != success {
		return e
	}
	info, _, fault := c.g.Stat(name, false)
	switch {
	case fault != nil:
		return number(fault)
	case info.IsDir() && !wantFolder:
		return eisdir
	case !info.IsDir() && wantFolder:
		return enotdir
	}
	return number(c.g.Remove(name, wantFolder))
}

func pathRename(c *call) errno {
	from, e := c.path(0, 1, 2)
	if e != success {
		return e
	}
	to, e := c.path(3, 4, 5)
	if e != success {
		return e
	}
	return number(c.g.Rename(from, to))
}

func pathFilestatGet(c *call) errno {
	name, e := c.path(0, 2, 3)
	if e != success {
		return e
	}
	b, ok := c.g.Bytes(c.u32(4), 64)
	if !ok {
		return efault
	}
	follow := c.u32(1)&1 != 0
	info, _, fault := c.g.Stat(name, follow)
	if fault != nil {
		return c.folderStat(name, b)
	}
	putFilestat(b, info)
	return success
}

const (
	openCreate    = 1
	openDirectory = 2
	openExclusive = 4
	openTruncate  = 8
)

func pathOpen(c *call) errno {
	name, e := c.path(0, 2, 3)
	if e != success {
		return e
	}
	if _, ok := c.g.Bytes(c.u32(8), 4); !ok {
		return efault
	}
	flags, rights := c.u32(4), c.s[5]
	how := hostcall.OpenHow{
		Read: rights&rightRead != 0, Write: rights&rightsWrite != 0, Append: c.u32(7)&flagAppend != 0,
		Create: flags&openCreate != 0, Truncate: flags&openTruncate != 0, Exclusive: flags&openExclusive != 0,
	}
	if !how.Write {
		how.Append = false
	}
	if d, e := c.openFolder(name, flags); d != nil || e != success {
		if e != success {
			return e
		}
		return c.put32(8, c.state().add(d))
	}
	opened, _, fault := c.g.Open(name, how)
	if fault != nil {
		return number(fault)
	}
	d := &descriptor{kind: file, name: name, file: opened, append: how.Append, readable: how.Read, writable: how.Write}
	return c.put32(8, c.state().add(d))
}

// openFolder gives a descriptor when name is a folder, nil when it is not. Folders hold no file of
// the host open: they are names, looked up again on every use.
func (c *call) openFolder(name string, flags uint32) (*descriptor, errno) {
	info, _, fault := c.g.Stat(name, true)
	isFolder := fault == nil && info.IsDir()
	for _, held := range c.g.Folders() {
		isFolder = isFolder || fault != nil && held == path.Clean(name)
	}
	switch {
	case !isFolder && flags&openDirectory == 0:
		return nil, success
	case !isFolder && fault != nil:
		return nil, number(fault)
	case !isFolder:
		return nil, enotdir
	case flags&(openCreate|openTruncate) != 0:
		return nil, eisdir
	case len(c.state().fds) > descriptorsMax:
		return nil, emfile
	}
	return &descriptor{kind: folder, name: name, readable: true}, success
}

// descriptorsMax bounds descriptors of folders, which cost the host no file.
const descriptorsMax = 4096

const direntBytes = 24

// fdReaddir lists a folder. The cookie is the number of entries already given; cookie 0 looks anew.
func fdReaddir(c *call) errno {
	d := c.fd(c.u32(0))
	switch {
	case d == nil:
		return ebadf
	case d.kind != folder:
		return enotdir
	}
	out, ok := c.g.Bytes(c.u32(1), c.u32(2))
	if !ok {
		return efault
	}
	if c.s[3] == 0 || d.entries == nil {
		entries, fault := c.g.List(path.Join(d.name, "*"), 0)
		if fault != nil {
			return number(fault)
		}
		d.entries = entries
	}
	used := 0
	for i := c.s[3]; i < uint64(len(d.entries)) && used < len(out); i++ {
		used += copy(out[used:], dirent(i, d.entries[i]))
	}
	return c.put32(4, uint32(used))
}

// dirent encodes entry i; one that does not fit is cut, which tells the guest to ask with more room.
func dirent(i uint64, info *pb.FileInfo) []byte {
	name := path.Base(info.Path)
	b := make([]byte, direntBytes, direntBytes+len(name))
	le.PutUint64(b, i+1)
	le.PutUint32(b[16:], uint32(len(name)))
	b[20] = typeRegular
	if info.Directory {
		b[20] = typeDirectory
	}
	return append(b, name...)
}
