package wasi

import (
	"fmt"
	"time"

	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
)

func argsSizesGet(c *call) errno {
	if e := c.put32(0, 0); e != success {
		return e
	}
	return c.put32(1, 0)
}

func argsGet(*call) errno { return success }

// environ gives the variables as NAME=value with a closing NUL.
func (c *call) environ() [][]byte {
	var out [][]byte
	for _, p := range c.g.Environ() {
		out = append(out, []byte(p.Key+"="+p.Value+"\x00"))
	}
	return out
}

func environSizesGet(c *call) errno {
	vars, size := c.environ(), 0
	for _, v := range vars {
		size += len(v)
	}
	if e := c.put32(0, uint32(len(vars))); e != success {
		return e
	}
	return c.put32(1, uint32(size))
}

func environGet(c *call) errno {
	vars, size := c.environ(), 0
	for _, v := range vars {
		size += len(v)
	}
	pointers, ok := c.g.Bytes(c.u32(0), uint32(4*len(vars)))
	text, ok2 := c.g.Bytes(c.u32(1), uint32(size))
	if !ok || !ok2 {
		return efault
	}
	at := 0
	for i, v := range vars {
		le.PutUint32(pointers[4*i:], c.u32(1)+uint32(at))
		at += copy(text[at:], v)
	}
	return success
}

const (
	clockRealtime  = 0
	clockMonotonic = 1
	clockCPU       = 3
)

func (c *call) clock(id uint32) (int64, errno) {
	switch {
	case id == clockRealtime:
		return c.g.Now(), success
	case id <= clockCPU:
		return c.g.Monotonic(), success
	}
	return 0, einval
}

func clockResGet(c *call) errno {
	if c.u32(0) > clockCPU {
		return einval
	}
	return c.put64(1, 1000)
}

func clockTimeGet(c *call) errno {
	now, e := c.clock(c.u32(0))
	if e != success {
		return e
	}
	return c.put64(2, uint64(now))
}

func randomGet(c *call) errno {
	b, ok := c.g.Bytes(c.u32(0), c.u32(1))
	if !ok {
		return efault
	}
	const chunk = 1 << 20
	for len(b) > 0 {
		n := min(len(b), chunk)
		if f := c.g.Random(b[:n]); f != nil {
			return number(f)
		}
		b = b[n:]
		c.g.Check()
	}
	return success
}

func schedYield(*call) errno { return success }

func procExit(guest any, s []uint64) {
	g := guest.(*hostcall.Guest)
	g.Enter()
	code := uint32(s[0])
	backend.End(&hostcall.Stop{Reason: hostcall.StopExit, ExitCode: code, Message: fmt.Sprintf("proc_exit(%d)", code)})
}

const (
	subscriptionBytes = 48
	eventBytes        = 32
	eventsMax         = 4096
	tagClock          = 0
	tagRead           = 1
	tagWrite          = 2
)

// pollOneoff waits for the earliest clock, unless a file is asked about: files are always ready.
func pollOneoff(c *call) errno {
	n := c.u32(2)
	if n == 0 || n > eventsMax {
		return einval
	}
	in, ok := c.g.Bytes(c.u32(0), n*subscriptionBytes)
	out, ok2 := c.g.Bytes(c.u32(1), n*eventBytes)
	if !ok || !ok2 {
		return efault
	}
	// in and out may overlap: subscriptions are copied before any event is written.
	subs := make([]subscription, n)
	wait := time.Duration(-1)
	ready := false
	for i := range subs {
		s := &subs[i]
		s.read(c, in[i*subscriptionBytes:][:subscriptionBytes])
		switch {
		case s.tag != tagClock || s.err != success:
			ready = true
		case wait < 0 || s.wait < wait:
			wait = s.wait
		}
	}
	if !ready && wait > 0 {
		c.g.Sleep(wait)
	}
	events := 0
	for i := range subs {
		s := &subs[i]
		if s.tag == tagClock && s.err == success && (ready && s.wait > 0 || s.wait > wait) {
			continue
		}
		s.event(out[events*eventBytes:][:eventBytes])
		events++
	}
	return c.put32(3, uint32(events))
}

type subscription struct {
	user uint64
	tag  byte
	wait time.Duration
	err  errno
}

func (s *subscription) read(c *call, b []byte) {
	s.user, s.tag = le.Uint64(b), b[8]
	switch s.tag {
	case tagClock:
		id, timeout, absolute := le.Uint32(b[16:]), le.Uint64(b[24:]), le.Uint16(b[40:])&1 != 0
		s.wait = time.Duration(min(timeout, 1<<62))
		if absolute {
			var now int64
			now, s.err = c.clock(id)
			s.wait -= time.Duration(now)
		} else if id > clockCPU {
			s.err = einval
		}
	case tagRead, tagWrite:
		if c.fd(le.Uint32(b[16:])) == nil {
			s.err = ebadf
		}
	default:
		s.err = einval
	}
}

func (s *subscription) event(b []byte) {
	clear(b)
	le.PutUint64(b, s.user)
	le.PutUint16(b[8:], uint16(s.err))
	b[10] = s.tag
}
