package txn

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/txn/decision"
	"github.com/wasql/wasql/host"
)

// enter and leave bracket the commit of a session.
func (c *Coordinator) enter(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active[id] = true
}

func (c *Coordinator) leave(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.active, id)
}

// Opened finishes what a connector has prepared that was just opened: what the decision log says is committed is
// committed, what it says nothing of is rolled back. What cannot be finished now is tried again later, and shown by
// InDoubt. Transactions of other coordinators are left alone. Nobody may have begun a transaction with it.
func (c *Coordinator) Opened(ctx context.Context, connector *host.Connector) {
	if connector.Features()&uint64(pb.Feature_FEATURE_TRANSACTIONS) == 0 {
		return
	}
	var ids []string
	if connector.Features()&uint64(pb.Feature_FEATURE_PREPARE) != 0 {
		var err error
		if ids, err = preparedAt(ctx, connector); err != nil {
			c.config.Log.Warn("a connector does not tell what it has prepared", "connector", connector.Name(), "error", err)
		}
	}
	if len(ids) == 0 && !c.logThere() {
		return
	}
	log, err := c.decisions()
	for _, id := range ids {
		d := doubt{id: id, state: RollingBack, pending: []string{connector.Key()}, err: err}
		if err != nil {
			d.state = Foreign
			c.doubt(d)
			continue
		}
		c.mu.Lock()
		active := c.active[id]
		c.mu.Unlock()
		switch log.Of(id, lifeOf(id)).State {
		case decision.Aborted:
			if active {
				continue
			}
		case decision.Foreign:
			d.state = Foreign
		default:
			continue // it is in doubt already, since the log was opened
		}
		c.doubt(d)
	}
	for _, id := range c.inDoubt(connector.Key()) {
		c.settle(ctx, id, connector)
	}
}

// logThere tells whether there is a decision log, perhaps with something to do.
func (c *Coordinator) logThere() bool {
	if c.config.Folder == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(c.config.Folder, decision.FileName))
	return !errors.Is(err, fs.ErrNotExist)
}

// preparedAt asks a connector what it has prepared.
func preparedAt(ctx context.Context, c *host.Connector) ([]string, error) {
	instance, err := c.Acquire(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer instance.Release()
	answer := &pb.RecoverResponse{}
	err = instance.Call(ctx, pb.Op_OP_RECOVER, &pb.RecoverRequest{}, answer)
	return answer.GlobalIds, err
}

// InDoubt gives the transactions that are not finished, the oldest first.
func (c *Coordinator) InDoubt() ([]InDoubt, error) {
	var err error
	if c.logThere() {
		_, err = c.decisions()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []InDoubt
	for _, d := range c.doubts {
		found := InDoubt{ID: d.id, State: d.state, Participants: slices.Clone(d.pending), Decider: d.decider, Since: d.since}
		if d.err != nil {
			found.LastError = d.err.Error()
		}
		all = append(all, found)
	}
	slices.SortFunc(all, func(a, b InDoubt) int { return a.Since.Compare(b.Since) })
	return all, err
}
