package host

// Room is how many more instances could be acquired now without waiting. It says nothing about a moment later.
func (c *Connector) Room() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cap(c.slots) - len(c.slots) + len(c.idle)
}
