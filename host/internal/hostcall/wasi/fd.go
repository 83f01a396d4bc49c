package wasi

import (
	"errors"
	"io"
)

func fdAdvise(c *call) errno {
	_, e := c.file()
	return e
}

func fdClose(c *call) errno {
	s, fd := c.state(), c.u32(0)
	d := s.fds[fd]
	if d == nil {
		return ebadf
	}
	s.drop(fd)
	if d.file == nil {
		return success
	}
	c.g.Opened(1)
	if err := d.file.Close(); err != nil {
		return eio
	}
	return success
}

func fdSync(c *call) errno {
	d, e := c.file()
	if e != success {
		return e
	}
	if err := d.file.Sync(); err != nil {
		return eio
	}
	return success
}

func fdFilestatSetSize(c *call) errno {
	d, e := c.file()
	switch {
	case e != success:
		return e
	case !d.writable:
		return ebadf
	case c.s[1] > 1<<62:
		return einval
	}
	if err := d.file.Truncate(int64(c.s[1])); err != nil {
		return eio
	}
	return success
}

// vectors bounds the buffers of one scattered read or write.
const vectorsMax = 1024

// vectors calls f with each buffer of the list at the pointer in parameter 1, until f says stop.
func (c *call) vectors(f func(b []byte) (n int, more bool, e errno)) (total uint32, e errno) {
	n := c.u32(2)
	if n > vectorsMax {
		return 0, einval
	}
	list, ok := c.g.Bytes(c.u32(1), 8*n)
	if !ok {
		return 0, efault
	}
	for i := range int(n) {
		b, ok := c.g.Bytes(le.Uint32(list[8*i:]), le.Uint32(list[8*i+4:]))
		if !ok {
			return total, efault
		}
		if len(b) == 0 {
			continue
		}
		done, more, e := f(b)
		total += uint32(done)
		if e != success {
			if total > 0 {
				return total, success
			}
			return 0, e
		}
		if !more || done < len(b) {
			break
		}
		c.g.Check()
	}
	return total, success
}

// finish stores how many bytes went, at the pointer in parameter at.
func (c *call) finish(at int, total uint32, e errno) errno {
	if e != success {
		return e
	}
	return c.put32(at, total)
}

func readResult(n int, err error) (int, bool, errno) {
	switch {
	case errors.Is(err, io.EOF):
		return n, false, success
	case err != nil:
		return n, false, eio
	}
	return n, true, success
}

func fdRead(c *call) errno {
	d := c.fd(c.u32(0))
	switch {
	case d == nil || !d.readable:
		return ebadf
	case d.kind == stdin:
		return c.put32(3, 0)
	case d.kind == folder:
		return eisdir
	}
	total, e := c.vectors(func(b []byte) (int, bool, errno) { return readResult(d.file.Read(b)) })
	return c.finish(3, total, e)
}

func fdPread(c *call) errno {
	d, e := c.file()
	switch {
	case e != success:
		return e
	case !d.readable:
		return ebadf
	case c.s[3] > 1<<62:
		return einval
	}
	at := int64(c.s[3])
	total, e := c.vectors(func(b []byte) (int, bool, errno) {
		n, err := d.file.ReadAt(b, at)
		at += int64(n)
		return readResult(n, err)
	})
	return c.finish(4, total, e)
}

func writeResult(n int, err error) (int, bool, errno) {
	if err != nil {
		return n, false, eio
	}
	return n, true, success
}

func fdWrite(c *call) errno {
	d := c.fd(c.u32(0))
	if d == nil || !d.writable {
		return ebadf
	}
	write := func(b []byte) (int, bool, errno) { return writeResult(d.file.Write(b)) }
	if d.kind != file {
		write = func(b []byte) (int, bool, errno) {
			c.g.Stdout(b, d.kind == stderr)
			return len(b), true, success
		}
	}
	total, e := c.vectors(write)
	return c.finish(3, total, e)
}

func fdPwrite(c *call) errno {
	d, e := c.file()
	switch {
	case e != success:
		return e
	case !d.writable:
		return ebadf
	case d.append || c.s[3] > 1<<62:
		return einval
	}
	at := int64(c.s[3])
	total, e := c.vectors(func(b []byte) (int, bool, errno) {
		n, err := d.file.WriteAt(b, at)
		at += int64(n)
		return writeResult(n, err)
	})
	return c.finish(4, total, e)
}

func fdSeek(c *call) errno {
	d, e := c.file()
	if e != success {
		return e
	}
	whence := c.u32(2)
	if whence > 2 {
		return einval
	}
	at, err := d.file.Seek(int64(c.s[1]), int(whence))
	if err != nil {
		return einval
	}
	return c.put64(3, uint64(at))
}

func fdTell(c *call) errno {
	d, e := c.file()
	if e != success {
		return e
	}
	at, err := d.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return eio
	}
	return c.put64(1, uint64(at))
}

func fdRenumber(c *call) errno {
	s, from, to := c.state(), c.u32(0), c.u32(1)
	d, old := s.fds[from], s.fds[to]
	if d == nil || old == nil {
		return ebadf
	}
	if from == to {
		return success
	}
	s.drop(from)
	s.fds[to] = d
	if old.file == nil {
		return success
	}
	c.g.Opened(1)
	if err := old.file.Close(); err != nil {
		return eio
	}
	return success
}
