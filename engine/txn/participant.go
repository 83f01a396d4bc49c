package txn

import (
	"context"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// participant is a connector in a transaction.
type participant struct {
	connector *host.Connector
	// instance is held until the transaction ends.
	instance *host.Instance
	wrote    bool
	ended    bool
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

func (p *participant) begin(ctx *sql.Context, t *transaction) error {
	asked := isolation(ctx)
	resp := &pb.BeginResponse{}
	req := &pb.BeginRequest{Transaction: t.number, GlobalId: t.id, ReadOnly: t.readOnly, Isolation: asked}
	if err := p.instance.Call(ctx, pb.Op_OP_BEGIN, req, resp); err != nil {
		return err
	}
	if given := resp.Isolation; given != pb.Isolation_ISOLATION_UNSPECIFIED && given < asked {
		err := &host.Error{Kind: host.KindContract, Connector: p.connector.Name(), Call: "begin", Clause: "8.20",
			Message: fmt.Sprintf("it was asked for %s and gives %s, which is weaker", levelName(asked), levelName(given))}
		_ = p.rollback(context.WithoutCancel(ctx), t) // the first error is the one to tell
		return err
	}
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

func (p *participant) sync(ctx context.Context, t *transaction) error {
	if err := p.alive(); err != nil {
		return err
	}
	// Nothing would decide about prepared changes after a crash: without a decision log they need not outlive it.
	return p.instance.Call(ctx, pb.Op_OP_SYNC, &pb.SyncRequest{Transaction: t.number, GlobalId: t.id}, &pb.SyncResponse{})
}

func (p *participant) commit(ctx context.Context, t *transaction) error {
	if err := p.alive(); err != nil {
		return err
	}
	err := p.instance.Call(ctx, pb.Op_OP_COMMIT, &pb.CommitRequest{Transaction: t.number, GlobalId: t.id}, &pb.CommitResponse{})
	p.ended = err == nil
	return err
}

func (p *participant) rollback(ctx context.Context, t *transaction) error {
	p.ended = true
	return p.instance.Call(ctx, pb.Op_OP_ROLLBACK, &pb.RollbackRequest{Transaction: t.number, GlobalId: t.id}, &pb.RollbackResponse{})
}

// isolation is what the session asks for.
func isolation(ctx *sql.Context) pb.Isolation {
	value, err := ctx.GetSessionVariable(ctx, "transaction_isolation")
	if err == nil {
		name := strings.ReplaceAll(strings.ToUpper(fmt.Sprint(value)), "-", "_")
		if level, ok := pb.Isolation_value["ISOLATION_"+name]; ok {
			return pb.Isolation(level)
		}
	}
	return pb.Isolation_ISOLATION_REPEATABLE_READ
}

func levelName(level pb.Isolation) string {
	return strings.ReplaceAll(strings.TrimPrefix(pb.Isolation_name[int32(level)], "ISOLATION_"), "_", " ")
}
