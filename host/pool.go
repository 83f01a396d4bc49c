package host

import (
	"context"
	"fmt"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
)

// place is where the one instance of a session, or of a shared connector, stands.
type place struct {
	instance *Instance
	// making is closed when the instance that is being made is there, or could not be made.
	making chan struct{}
}

// leave takes the instance out of its place; when nobody uses it, it is added to gone.
func (p *place) leave(gone []*Instance) []*Instance {
	i := p.instance
	p.instance = nil
	if i != nil && i.users == 0 {
		return append(gone, i)
	}
	return gone
}

// Acquire gives an instance to work with: a pooled one for lifetime stateless, the session's own
// for session, the only one for shared. Release it. It waits when all instances are in use, at
// most Limits.AcquireTime.
func (c *Connector) Acquire(ctx context.Context, session uint64) (*Instance, error) {
	switch c.manifest.Lifetime {
	case pb.Lifetime_LIFETIME_SESSION:
		return c.standing(ctx, session, func() *place {
			if c.sessions[session] == nil {
				c.sessions[session] = &place{}
			}
			return c.sessions[session]
		})
	case pb.Lifetime_LIFETIME_SHARED:
		return c.standing(ctx, 0, func() *place { return &c.shared })
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, c.closedError()
	}
	if n := len(c.idle); n > 0 {
		i := c.idle[n-1]
		c.idle = c.idle[:n-1]
		i.users = 1
		c.mu.Unlock()
		return i, nil
	}
	c.waiting++
	c.mu.Unlock()
	i, err := c.make(ctx, 0, c.handed)
	if err == nil && i.exclusive {
		return i, nil // one that was put back meanwhile
	}
	c.mu.Lock()
	var surplus *Instance
	if c.waiting > 0 {
		c.waiting--
	} else {
		surplus = <-c.handed // it was handed over when it was not needed any more
	}
	c.mu.Unlock()
	if surplus != nil {
		c.put(surplus)
	}
	if err != nil {
		return nil, err
	}
	i.exclusive = true
	i.users = 1
	return i, nil
}

func (c *Connector) closedError() *Error {
	return &Error{Kind: KindClosed, Connector: c.name, Call: "acquire", Message: "the connector is closed"}
}

// standing gives the instance of a place, making it when there is none or it was lost.
func (c *Connector) standing(ctx context.Context, session uint64, find func() *place) (*Instance, error) {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return nil, c.closedError()
		}
		p := find()
		if i := p.instance; i != nil && !i.Poisoned() {
			i.users++
			c.mu.Unlock()
			return i, nil
		}
		if making := p.making; making != nil {
			c.mu.Unlock()
			select {
			case <-making:
				continue
			case <-ctx.Done():
				return nil, cancelled(c.name, "acquire", ctx)
			}
		}
		gone := p.leave(nil)
		making := make(chan struct{})
		p.making = making
		c.mu.Unlock()
		for _, i := range gone {
			c.discard(i)
		}
		return c.settle(ctx, session, p, making)
	}
}

// settle makes the instance of a place, for which making stands.
func (c *Connector) settle(ctx context.Context, session uint64, p *place, making chan struct{}) (*Instance, error) {
	i, err := c.make(ctx, session, nil)
	c.mu.Lock()
	p.making = nil
	close(making)
	if err != nil {
		c.mu.Unlock()
		return nil, err
	}
	i.users = 1
	if !c.closed {
		p.instance = i
	}
	c.mu.Unlock()
	return i, nil
}

// make starts and configures an instance, when there is room for one more; or gives one that is handed over while it waits.
func (c *Connector) make(ctx context.Context, session uint64, handed <-chan *Instance) (*Instance, error) {
	if i, err := c.slot(ctx, handed); i != nil || err != nil {
		return i, err
	}
	i, err := c.start(ctx)
	if err == nil {
		if err = i.configure(ctx, session); err != nil {
			i.drop()
		}
	}
	if err != nil {
		<-c.slots
		return nil, err
	}
	c.enter(i)
	return i, nil
}

// slot waits for room, or for an instance that somebody puts back.
func (c *Connector) slot(ctx context.Context, handed <-chan *Instance) (*Instance, error) {
	select {
	case c.slots <- struct{}{}:
		return nil, nil
	default:
	}
	timer := time.NewTimer(c.limits.AcquireTime)
	defer timer.Stop()
	select {
	case c.slots <- struct{}{}:
		return nil, nil
	case i := <-handed:
		return i, nil
	case <-ctx.Done():
		return nil, cancelled(c.name, "acquire", ctx)
	case <-timer.C:
		return nil, &Error{Kind: KindLimit, Connector: c.name, Call: "acquire", Code: abi.Resource, Setting: "Instances",
			Message: fmt.Sprintf("all %d instances are in use for %v", c.limits.Instances, c.limits.AcquireTime)}
	}
}

// put takes an instance back from one of its users.
func (c *Connector) put(i *Instance) {
	c.mu.Lock()
	i.users--
	if i.users < 0 {
		c.mu.Unlock()
		panic("host: Instance released twice")
	}
	keep := i.users > 0
	if !keep && !c.closed && !i.Poisoned() {
		switch {
		case i.exclusive:
			// An instance with handles left open is not given to anybody else.
			switch {
			case i.handles.Load() != 0:
			case c.waiting > 0:
				c.waiting--
				i.users = 1
				c.handed <- i // there is room for all that are alive
				keep = true
			case len(c.idle) < c.limits.IdleInstances:
				c.idle = append(c.idle, i)
				keep = true
			}
		case c.shared.instance == i:
			keep = true
		default:
			p := c.sessions[i.session]
			keep = p != nil && p.instance == i
		}
	}
	if !keep && i.users == 0 {
		// Nobody may find it any more, or it would be dropped twice.
		if c.shared.instance == i {
			c.shared.instance = nil
		}
		if p := c.sessions[i.session]; p != nil && p.instance == i {
			p.instance = nil
		}
	}
	c.mu.Unlock()
	if !keep {
		c.discard(i)
	}
}

// discard drops an instance that nobody uses.
func (c *Connector) discard(i *Instance) {
	c.leave(i)
	i.drop()
	<-c.slots
}

// EndSession drops the session's instance, at once or when its last user releases it.
func (c *Connector) EndSession(session uint64) {
	c.mu.Lock()
	var gone []*Instance
	if p := c.sessions[session]; p != nil {
		// An instance that is being made now stands in a place nobody finds: it goes when released.
		gone = p.leave(nil)
		delete(c.sessions, session)
	}
	c.mu.Unlock()
	for _, i := range gone {
		c.discard(i)
	}
}
