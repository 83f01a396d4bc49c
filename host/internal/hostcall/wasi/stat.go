package wasi

import (
	"io/fs"
	"path"
)

const (
	typeUnknown   = 0
	typeCharacter = 2
	typeDirectory = 3
	typeRegular   = 4
	typeLink      = 7

	flagAppend = 1

	rightRead    = 1 << 1
	rightWrite   = 1 << 6
	rightSetSize = 1 << 22
	rightsAll    = 1<<30 - 1
	rightsWrite  = rightWrite | 1<<8 | rightSetSize
)

func fdFdstatGet(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil {
		return ebadf
	}
	b, ok := c.g.Bytes(c.u32(1), 24)
	if !ok {
		return efault
	}
	clear(b)
	rights := uint64(rightsAll)
	switch d.kind {
	case folder:
		b[0] = typeDirectory
	case file:
		b[0] = typeRegular
		if !d.writable {
			rights &^= rightsWrite
		}
		if d.append {
			b[2] = flagAppend
		}
	default:
		b[0] = typeCharacter
		// Neither seek nor tell, by which C libraries know a terminal or pipe.
		rights &^= 1<<2 | 1<<5
	}
	le.PutUint64(b[8:], rights)
	le.PutUint64(b[16:], rights)
	return success
}

// fdFdstatSetFlags takes the flags that change nothing here, such as non-blocking.
func fdFdstatSetFlags(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil {
		return ebadf
	}
	if wantsAppend := c.u32(1)&flagAppend != 0; d.kind == file && wantsAppend != d.append {
		return enotsup
	}
	return success
}

func fdFdstatSetRights(c *call) errno {
	if c.fd(c.u32(0)) == nil {
		return ebadf
	}
	return success
}

func fdFilestatGet(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil {
		return ebadf
	}
	b, ok := c.g.Bytes(c.u32(1), 64)
	if !ok {
		return efault
	}
	switch d.kind {
	case file:
		info, err := d.file.Stat()
		if err != nil {
			return eio
		}
		putFilestat(b, info)
	case folder:
		return c.folderStat(d.name, b)
	default:
		clear(b)
		b[16] = typeCharacter
	}
	return success
}

// folderStat describes a folder; one that only holds granted files is not looked at.
func (c *call) folderStat(name string, b []byte) errno {
	info, _, fault := c.g.Stat(name, true)
	if fault == nil {
		putFilestat(b, info)
		return success
	}
	for _, held := range c.g.Folders() {
		if held == path.Clean(name) {
			clear(b)
			b[16] = typeDirectory
			return success
		}
	}
	return number(fault)
}

func fileType(mode fs.FileMode) byte {
	switch {
	case mode.IsRegular():
		return typeRegular
	case mode.IsDir():
		return typeDirectory
	case mode&fs.ModeSymlink != 0:
		return typeLink
	}
	return typeUnknown
}

// putFilestat writes what a guest may know: no device, inode or link count of the host.
func putFilestat(b []byte, info fs.FileInfo) {
	clear(b)
	b[16] = fileType(info.Mode())
	le.PutUint64(b[24:], 1)
	if info.Mode().IsRegular() {
		le.PutUint64(b[32:], uint64(info.Size()))
	}
	modified := uint64(max(info.ModTime().UnixNano(), 0))
	for at := 40; at <= 56; at += 8 {
		le.PutUint64(b[at:], modified)
	}
}
