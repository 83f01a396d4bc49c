package hostcall

import "time"

// guestClock is the time a guest sees. Without a granted clock it starts at 0 and steps 1 µs a
// reading, so that a guest without grants always sees the same.
type guestClock struct {
	source  Clock
	virtual int64
	start   time.Time
	last    int64
}

func (c *guestClock) step() int64 {
	at := c.virtual
	c.virtual += 1000
	return at
}

// now gives nanoseconds since 1970.
func (c *guestClock) now() int64 {
	if c.source == nil {
		return c.step()
	}
	return max(c.source.Now().UnixNano(), 0)
}

// monotonic gives nanoseconds that never go back.
func (c *guestClock) monotonic() int64 {
	if c.source == nil {
		return c.step()
	}
	t := c.source.Now()
	if c.start.IsZero() {
		c.start = t
	}
	c.last = max(c.last, int64(t.Sub(c.start)))
	return c.last
}

// remaining gives the nanoseconds left for the call: by the wall when a clock is granted, else
// always the whole of it, as the guest must not see time pass.
func (g *Guest) remaining() int64 {
	if g.powers.Clock == nil || g.call.deadline.IsZero() {
		return int64(g.limits.CallTime)
	}
	return max(int64(time.Until(g.call.deadline)), 0)
}

// Now gives the guest's time of day, in nanoseconds since 1970.
func (g *Guest) Now() int64 { return g.clock.now() }

// Monotonic gives the guest's other clock.
func (g *Guest) Monotonic() int64 { return g.clock.monotonic() }

// Sleep lets d pass on the guest's clock: really when a clock is granted, else by stepping it.
func (g *Guest) Sleep(d time.Duration) {
	if g.powers.Clock == nil {
		g.clock.virtual += max(int64(d), 0)
		return
	}
	g.Wait(d)
}
