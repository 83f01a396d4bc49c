package txn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn/decision"
	"github.com/wasql/wasql/host"
)

// State is what is to become of a transaction that is not finished.
type State string

// The states, as information_schema.WASQL_TRANSACTIONS has them.
const (
	// Committing: it is committed, and some participants were not told yet.
	Committing State = "COMMITTING"
	// RollingBack: some participants are prepared, and to be rolled back.
	RollingBack State = "ROLLING BACK"
	// Undecided: the participant that decides was asked, and cannot say what it did.
	Undecided State = "UNDECIDED"
	// Foreign: another coordinator has it prepared, and decides.
	Foreign State = "FOREIGN"
)

// InDoubt is a transaction that is not finished.
type InDoubt struct {
	ID    string
	State State
	// Participants have not ended it.
	Participants []string
	// Decider is the participant that knows, for state Undecided.
	Decider string
	Since   time.Time
	// LastError is what the last try failed with; empty before the first.
	LastError string
}

// doubt is a transaction that is not finished. Coordinator.mu guards it.
type doubt struct {
	id      string
	state   State
	pending []string
	decider string
	// settle: the decision log must be made certain before.
	settle bool
	since  time.Time
	err    error
	// busy is closed when the try that is under way has ended; nil: there is none.
	busy chan struct{}
}

const (
	// retryFirst and retryLast bound the time between two tries to finish a transaction.
	retryFirst = 20 * time.Millisecond
	retryLast  = 2 * time.Second
)

// takeUp notes what the decision log has left to do.
func (c *Coordinator) takeUp(left []decision.Decision) {
	for _, d := range left {
		found := doubt{id: d.ID, state: Committing, pending: slices.Clone(d.Participants)}
		if d.State == decision.Asked {
			found.state, found.decider = Undecided, d.Decider
		}
		c.doubt(found)
	}
}

// doubt notes a transaction that is not finished, and has it finished in the background.
func (c *Coordinator) doubt(d doubt) {
	d.since = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.doubts[d.id]; known || c.closed {
		return
	}
	c.doubts[d.id] = &d
	c.doubtful.Store(int64(len(c.doubts)))
	c.config.Log.Warn("a transaction is not finished", "transaction", d.id, "state", string(d.state), "participants", strings.Join(d.pending, ", "), "error", d.err)
	c.goOn()
}

// goOn has what is in doubt finished in the background; c.mu is held.
func (c *Coordinator) goOn() {
	if !c.resolving && !c.closed && c.config.Connector != nil {
		ctx, cancel := context.WithCancel(context.Background())
		c.resolving, c.stop = true, cancel
		c.stopped.Go(func() { c.resolve(ctx) })
	}
}

// resolve tries to finish what is in doubt until nothing is, or ctx ends.
func (c *Coordinator) resolve(ctx context.Context) {
	for pause := retryFirst; ; pause = min(2*pause, retryLast) {
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		for _, id := range c.inDoubt("") {
			if ctx.Err() != nil {
				return
			}
			c.settle(ctx, id, nil)
		}
		c.mu.Lock()
		done := !slices.ContainsFunc(values(c.doubts), (*doubt).actionable)
		if done || c.closed {
			c.resolving = false
			c.stop()
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
}

// actionable tells whether a try may help. Nobody but another coordinator can end what is its own.
func (d *doubt) actionable() bool { return d.state != Foreign }

func values(m map[string]*doubt) []*doubt {
	all := make([]*doubt, 0, len(m))
	for _, d := range m {
		all = append(all, d)
	}
	return all
}

// inDoubt gives the ids of what is in doubt at a connector, or everywhere, the oldest first.
func (c *Coordinator) inDoubt(name string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*doubt
	for _, d := range c.doubts {
		if d.actionable() && (name == "" || d.decider == name || slices.Contains(d.pending, name)) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *doubt) int { return a.since.Compare(b.since) })
	ids := make([]string, len(found))
	for i, d := range found {
		ids[i] = d.id
	}
	return ids
}

// settle tries to finish a transaction, or waits for somebody who does. open is a connector that is open; the
// others are found by name.
func (c *Coordinator) settle(ctx context.Context, id string, open *host.Connector) {
	c.mu.Lock()
	d := c.doubts[id]
	if d == nil || d.busy != nil || c.closed {
		var busy chan struct{}
		if d != nil {
			busy = d.busy
		}
		c.mu.Unlock()
		if busy != nil {
			select {
			case <-busy:
			case <-ctx.Done():
			}
		}
		return
	}
	d.busy = make(chan struct{})
	now := *d
	now.pending = slices.Clone(d.pending)
	c.mu.Unlock()
	done, err := c.try(ctx, &now, open)
	c.mu.Lock()
	close(d.busy)
	d.busy, d.state, d.pending, d.settle = nil, now.state, now.pending, now.settle
	if d.err = err; done {
		delete(c.doubts, id)
		c.doubtful.Store(int64(len(c.doubts)))
	}
	c.mu.Unlock()
	if done {
		c.config.Log.Info("a transaction is finished", "transaction", id, "state", string(now.state), "after", time.Since(now.since))
	}
}

// try makes the steps that are left.
func (c *Coordinator) try(ctx context.Context, d *doubt, open *host.Connector) (done bool, err error) {
	log, err := c.decisions()
	if err != nil {
		return false, err
	}
	if d.settle {
		if err := log.Settle(); err != nil {
			return false, err
		}
		d.settle = false
	}
	if d.state == Undecided {
		if err := c.inquire(ctx, log, d, open); err != nil {
			return false, err
		}
	}
	var left []string
	var failures []error
	for _, name := range d.pending {
		if err := c.tell(ctx, d, name, open); err != nil {
			left, failures = append(left, name), append(failures, err)
		}
	}
	if d.pending = left; len(left) > 0 {
		return false, errors.Join(failures...)
	}
	return true, log.Finish(d.id)
}

// inquire asks the participant that decides what it did, and writes that down.
func (c *Coordinator) inquire(ctx context.Context, log *decision.Log, d *doubt, open *host.Connector) error {
	connector, err := c.named(ctx, d.decider, open)
	if err != nil {
		return err
	}
	committed, err := outcomeOf(ctx, connector, 0, d.id)
	switch {
	case err != nil:
		return err
	case committed:
		if err := log.Commit(d.id, d.pending); err != nil {
			return err
		}
		d.state = Committing
	default:
		d.state = RollingBack
	}
	return nil
}

// tell ends the transaction with a participant.
func (c *Coordinator) tell(ctx context.Context, d *doubt, name string, open *host.Connector) error {
	connector, err := c.named(ctx, name, open)
	if err != nil {
		return err
	}
	return finishAt(ctx, connector, 0, 0, d.id, d.state == Committing)
}

// catchUp tries to finish what is in doubt at a connector before it is used.
func (c *Coordinator) catchUp(ctx context.Context, connector *host.Connector) {
	if c.doubtful.Load() == 0 {
		return
	}
	for _, id := range c.inDoubt(connector.Key()) {
		c.settle(ctx, id, connector)
	}
}

// named gives a connector by its name.
func (c *Coordinator) named(ctx context.Context, name string, open *host.Connector) (*host.Connector, error) {
	if open != nil {
		if strings.EqualFold(open.Key(), name) {
			return open, nil
		}
	}
	if c.config.Connector == nil {
		return nil, fmt.Errorf("connector %s is not open", name)
	}
	return c.config.Connector(ctx, name)
}

// finishAt commits or rolls back a prepared transaction in whatever instance the connector has now. One that the connector
// does not have prepared any more has ended as it should.
func finishAt(ctx context.Context, c *host.Connector, session, number uint64, id string, commit bool) error {
	instance, err := c.Acquire(ctx, session)
	if err != nil {
		return err
	}
	defer instance.Release()
	answer := &pb.RecoverResponse{}
	if err := instance.Call(ctx, pb.Op_OP_RECOVER, &pb.RecoverRequest{}, answer); err != nil {
		return err
	}
	if !slices.Contains(answer.GlobalIds, id) {
		return nil
	}
	if commit {
		return instance.Call(ctx, pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: number, GlobalId: id}, &pb.CommitResponse{})
	}
	return instance.Call(ctx, pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: number, GlobalId: id}, &pb.RollbackResponse{})
}

// outcomeOf asks a connector whether it has committed a transaction. An error: it cannot tell.
func outcomeOf(ctx context.Context, c *host.Connector, session uint64, id string) (committed bool, err error) {
	instance, err := c.Acquire(ctx, session)
	if err != nil {
		return false, err
	}
	defer instance.Release()
	answer := &pb.RecoverResponse{}
	if err := instance.Call(ctx, pb.Op_OP_RECOVER, &pb.RecoverRequest{GlobalIds: []string{id}}, answer); err != nil {
		return false, err
	}
	if !answer.Told {
		return false, fmt.Errorf("connector %s does not remember which transactions it has committed", c.Name())
	}
	return slices.Contains(answer.Committed, id), nil
}

// Decide ends a transaction that nobody can decide about but the operator: one whose decider cannot tell, or that another
// coordinator has left. What other participants did is not looked at.
func (c *Coordinator) Decide(ctx context.Context, id string, commit bool) error {
	if _, err := c.InDoubt(); err != nil {
		return err
	}
	c.mu.Lock()
	d := c.doubts[id]
	state, pending := State(""), []string(nil)
	if d != nil {
		state, pending = d.state, slices.Clone(d.pending)
	}
	c.mu.Unlock()
	switch state {
	case "":
		return sqlerr.New(1397, "XAE04", "XAER_NOTA: no transaction in doubt has the id %s", id).WithHint("information_schema.WASQL_TRANSACTIONS lists them")
	case Committing, RollingBack:
		return sqlerr.New(1399, "XAE07", "XAER_RMFAIL: the command cannot be executed when global transaction is in the %s state: it is decided, and goes on by itself", state)
	}
	if commit && state == Undecided {
		log, err := c.decisions()
		if err == nil {
			err = log.Commit(id, pending)
		}
		if err != nil {
			return err
		}
	}
	c.mu.Lock()
	if d.state = RollingBack; commit {
		d.state = Committing
	}
	c.goOn()
	c.mu.Unlock()
	c.settle(ctx, id, nil)
	return nil
}
