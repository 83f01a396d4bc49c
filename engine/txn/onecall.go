package txn

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/txn/internal/failpoint"
	"github.com/wasql/wasql/host"
)

var _ gms.OneCall = (*Session)(nil)

// TransactionBy implements gms.OneCall.
func (s *Session) TransactionBy(ctx *sql.Context, c *host.Connector, write bool) (uint64, *pb.BeginRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, p, err := s.join(ctx, c, write, !explicit(ctx))
	if err != nil || p == nil {
		return 0, nil, err
	}
	if p.begun {
		return t.number, nil, nil
	}
	// Whether a request that fails has begun it is not known: each brings it again, until one call tells.
	p.offered = true
	return t.number, p.beginRequest(t), nil
}

// CommitWith implements gms.OneCall: the write is the only one of a transaction that ends with its statement.
func (s *Session) CommitWith(ctx *sql.Context, c *host.Connector) *pb.CommitRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, n := s.current, s.top()
	if t == nil || len(s.running) != 1 || !n.single || n.failed || n.kind.calls || explicit(ctx) || t.alone || ctx.Err() != nil {
		return nil
	}
	p := t.with(c)
	if p == nil || !p.wrote || !p.can(pb.Feature_FEATURE_ONE_CALL) {
		return nil
	}
	if c.Manifest().GetLifetime() != pb.Lifetime_LIFETIME_SHARED {
		return nil // its calls are broken off when the client goes away, and a commit must not be
	}
	for _, other := range t.participants {
		if other != p && (other.wrote || other.validates(t)) {
			return nil
		}
	}
	failpoint.At("commit " + c.Name())
	return &pb.CommitRequest{Transaction: t.number, GlobalId: t.id}
}

// Committed implements gms.OneCall.
func (s *Session) Committed(ctx *sql.Context, c *host.Connector, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	failpoint.At("committed " + c.Name())
	t := s.current
	if t == nil || t.with(c) == nil {
		return err // the session was ended meanwhile
	}
	p := t.with(c)
	switch {
	case err == nil:
		p.ended, p.committed = true, true
		return nil
	case p.refused(err):
		return err
	}
	committed, asked := p.outcome(context.WithoutCancel(ctx), t)
	switch {
	case asked != nil:
		p.ended = true
		return t.unknown(p, err, asked)
	case committed:
		p.committed = true
		return nil
	}
	return err
}

// lazy tells whether the connector can begin the transaction with its first request, whose answer cannot say which
// isolation it gives: the manifest must.
func (p *participant) lazy() bool {
	return p.can(pb.Feature_FEATURE_ONE_CALL) && len(p.connector.Manifest().GetIsolationLevels()) > 0
}

// ensure sends BEGIN unless it is known that the connector has begun the transaction.
func (p *participant) ensure(ctx context.Context, t *transaction) error {
	if p.begun {
		return nil
	}
	return p.begin(ctx, t)
}

func (p *participant) beginRequest(t *transaction) *pb.BeginRequest {
	return &pb.BeginRequest{Transaction: t.number, GlobalId: t.id, ReadOnly: t.readOnly, Isolation: p.given}
}
