package host

import (
	"slices"
	"time"
)

// InstanceInfo tells of an instance that is there.
type InstanceInfo struct {
	// Number counts the instances that the connector has made, from 1.
	Number int64
	// Session is whose it is; 0: of lifetime stateless or shared.
	Session uint64
	// Users have acquired it, Handles are their open scans and sinks.
	Users   int
	Handles int64
	// Poisoned: it ended in a way that no call can follow, and is gone when its users let go.
	Poisoned bool
	Since    time.Time
}

// Instances tells of the instances that are there now, in the order they were made.
func (c *Connector) Instances() []InstanceInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]InstanceInfo, 0, len(c.alive))
	for i := range c.alive {
		all = append(all, InstanceInfo{Number: i.number, Session: i.session, Users: i.users, Handles: i.handles.Load(), Poisoned: i.Poisoned(), Since: i.since})
	}
	slices.SortFunc(all, func(a, b InstanceInfo) int { return int(a.Number - b.Number) })
	return all
}

// enter notes an instance, and leave that it is gone.
func (c *Connector) enter(i *Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive[i] = struct{}{}
}

func (c *Connector) leave(i *Instance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.alive, i)
}
