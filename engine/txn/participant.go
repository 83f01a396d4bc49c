package txn

import (
	"context"
	"fmt"
	"time"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// participant is a connector in a transaction.
type participant struct {
	connector *host.Connector
	// instance is held until the transaction ends.
	instance *host.Instance
	// joined is when it became one.
	joined time.Time
	wrote  bool
	// begun: it has answered BEGIN. offered: a request was to begin the transaction, which may have failed before.
	begun, offered bool
	// committed: it has committed with its last write.
	committed bool
	// prepared: SYNC was sent, so that the transaction may outlive the instance.
	prepared bool
	ended    bool
	// locks: the statement that runs reads FOR UPDATE or FOR SHARE; locked: one has done so.
	locks, locked bool
	// statement is the last one that it was told of.
	statement uint64
	// given is the isolation level that it keeps for the transaction.
	given pb.Isolation
	// depth of the deepest savepoint that it was told.
	depth uint32
}

func (p *participant) can(f pb.Feature) bool { return p.connector.Features()&uint64(f) != 0 }

// alive fails when the instance died with what it knew of the transaction.
func (p *participant) alive() error {
	if !p.instance.Poisoned() {
		return nil
	}
	return sqlerr.New(1213, "40001", "connector %s lost the transaction with its instance: try restarting transaction", p.connector.Name())
}

func (p *participant) begin(ctx context.Context, t *transaction) error {
	asked := p.given
	resp := &pb.BeginResponse{}
	if err := p.instance.Call(ctx, pb.Op_OP_BEGIN, p.beginRequest(t), resp); err != nil {
		return err
	}
	p.begun = true
	if given := resp.Isolation; given != pb.Isolation_ISOLATION_UNSPECIFIED && given < asked {
		err := &host.Error{Kind: host.KindContract, Connector: p.connector.Name(), Call: "begin", Clause: "8.20",
			Message: fmt.Sprintf("it was asked for %s and gives %s, which is weaker", levelName(asked), levelName(given))}
		_ = p.rollback(context.WithoutCancel(ctx), t) // the first error is the one to tell
		return err
	}
	p.given = max(asked, resp.Isolation)
	return nil
}

// write notes that it is written to, and tells it the savepoints it has not heard of.
func (p *participant) write(ctx context.Context, t *transaction) error {
	if !p.wrote {
		if err := t.admit(p); err != nil {
			return err
		}
		p.wrote = true
	}
	if !p.can(pb.Feature_FEATURE_SAVEPOINTS) {
		return nil
	}
	for _, point := range t.savepoints {
		if point.depth <= p.depth {
			continue
		}
		if err := p.ensure(ctx, t); err != nil {
			return err
		}
		req := &pb.SavepointRequest{Transaction: t.number, Depth: point.depth}
		if err := p.instance.Call(ctx, pb.Op_OP_SAVEPOINT, req, &pb.SavepointResponse{}); err != nil {
			return err
		}
		p.depth = point.depth
	}
	return nil
}

// rollbackTo takes back what was written since a savepoint, which stays.
func (p *participant) rollbackTo(ctx context.Context, t *transaction, depth uint32) error {
	if p.depth < depth {
		return nil // nothing was written since
	}
	p.depth = depth
	return p.instance.Call(ctx, pb.Op_OP_ROLLBACK_TO, &pb.RollbackToRequest{Transaction: t.number, Depth: depth}, &pb.RollbackToResponse{})
}

// release forgets the savepoints from depth on; before is the one that is left.
func (p *participant) release(ctx context.Context, t *transaction, depth, before uint32) error {
	if p.depth < depth {
		return nil
	}
	p.depth = before
	return p.instance.Call(ctx, pb.Op_OP_RELEASE, &pb.ReleaseRequest{Transaction: t.number, Depth: depth}, &pb.ReleaseResponse{})
}

// promises tells whether it can prepare a commit. One whose changes outlive the process prepares only for a decision that does.
func (p *participant) promises(t *transaction) bool {
	return p.can(pb.Feature_FEATURE_PREPARE) && (t.coordinator.durable() || !durable(p.connector))
}

// validates tells whether what was only read must be as it was when the transaction commits, and the connector can tell.
func (p *participant) validates(t *transaction) bool {
	return !t.readOnly && p.promises(t) && (p.locked || p.given == pb.Isolation_ISOLATION_SERIALIZABLE)
}

// sync is phase one. Whatever comes of it, the connector may have the transaction prepared.
func (p *participant) sync(ctx context.Context, t *transaction) error {
	if err := p.alive(); err != nil {
		return err
	}
	if err := p.ensure(ctx, t); err != nil {
		return err
	}
	p.prepared = true
	return p.instance.Call(ctx, pb.Op_OP_SYNC, &pb.SyncRequest{Transaction: t.number, GlobalId: t.id, Prepare: true}, &pb.SyncResponse{})
}

func (p *participant) commit(ctx context.Context, t *transaction) error {
	if p.committed {
		return nil
	}
	err := p.alive()
	if err == nil {
		err = p.ensure(ctx, t)
	}
	if err != nil {
		return err
	}
	err = p.instance.Call(ctx, pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: t.number, GlobalId: t.id}, &pb.CommitResponse{})
	p.ended = err == nil
	return err
}

// refused tells whether COMMIT failed because the connector would not do it. One that died in it, or failed for a reason of
// its own, may have done it.
func (p *participant) refused(err error) bool {
	return !p.instance.Poisoned() && !gms.Said(err, abi.Internal)
}

// outcome asks, after a COMMIT that failed, what became of the transaction: another instance, when that one died.
func (p *participant) outcome(ctx context.Context, t *transaction) (committed bool, err error) {
	committed, err = outcomeOf(ctx, p.connector, t.session, t.id)
	p.ended = committed
	return committed, err
}

// finishTries is how often a session tries to end what is prepared, before it leaves that to the background.
const finishTries = 3

// finish ends what is prepared as was decided, in another instance when this one is lost.
func (p *participant) finish(ctx context.Context, t *transaction, commit bool) error {
	p.ended = true
	var err error
	if !p.instance.Poisoned() {
		if commit {
			err = p.instance.Call(ctx, pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: t.number, GlobalId: t.id}, &pb.CommitResponse{})
		} else {
			err = p.instance.Call(ctx, pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: t.number, GlobalId: t.id}, &pb.RollbackResponse{})
		}
		if err == nil {
			return nil
		}
	}
	for range finishTries {
		if err = finishAt(ctx, p.connector, t.session, t.number, t.id, commit); err == nil {
			return nil
		}
	}
	return err
}

func (p *participant) rollback(ctx context.Context, t *transaction) error {
	if p.prepared {
		err := p.finish(ctx, t, false)
		if err != nil {
			// It is rolled back for sure, later.
			t.coordinator.doubt(doubt{id: t.id, state: RollingBack, pending: []string{p.connector.Key()}, err: err})
		}
		return err
	}
	p.ended = true
	if p.instance.Poisoned() || !p.begun && !p.offered {
		return nil // it has lost it, or never heard of it
	}
	return p.instance.Call(ctx, pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: t.number, GlobalId: t.id}, &pb.RollbackResponse{})
}
