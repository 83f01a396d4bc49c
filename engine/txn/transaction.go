package txn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// transaction is one of a session. The session's mutex guards it.
type transaction struct {
	characteristics
	coordinator *Coordinator
	number      uint64
	id          string
	// session is the number that connectors of lifetime session know it by.
	session uint64
	// warning tells the client something; may be nil.
	warning func(message string)
	// participants in the order in which they joined.
	participants []*participant
	// savepoints in the order of their depths.
	savepoints []savepoint
	// alone: a connector without transactions was written to.
	alone bool
	// started: by START TRANSACTION.
	started bool
	// over: see AtOutcome.
	over []func()
}

var _ sql.Transaction = (*transaction)(nil)

// String implements sql.Transaction.
func (t *transaction) String() string { return t.id }

// IsReadOnly implements sql.Transaction.
func (t *transaction) IsReadOnly() bool { return t.readOnly }

// TransactionWith implements gms.Transactor.
func (s *Session) TransactionWith(ctx *sql.Context, c *host.Connector, write bool) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, p, err := s.join(ctx, c, write, false)
	if err != nil || p == nil {
		return 0, err
	}
	return t.number, p.ensure(ctx, t)
}

// join makes a connector a participant of the session's transaction, for a request that writes, or that reads and is a part of it;
// nil: the request stands alone. With lazy the connector may hear of it by the request.
func (s *Session) join(ctx *sql.Context, c *host.Connector, write, lazy bool) (*transaction, *participant, error) {
	if top := s.top(); top != nil && top.kind.defines {
		// A definition commits by itself, and what it copies with it.
		return nil, nil, nil
	}
	t := s.current
	s.coordinator.catchUp(ctx, c)
	if write && t != nil && t.readOnly {
		// go-mysql-server lets nothing through but writes to temporary tables, which are no part of the transaction.
		return nil, nil, nil
	}
	if c.Features()&uint64(pb.Feature_FEATURE_TRANSACTIONS) == 0 {
		if write && t != nil {
			t.alone = true
		}
		return nil, nil, nil
	}
	if t == nil {
		if !write && !s.within(ctx) || len(s.running) == 0 {
			return nil, nil, nil
		}
		t = s.begin(ctx)
	}
	p := t.with(c)
	if p == nil {
		if !write && !s.within(ctx) {
			return nil, nil, nil
		}
		var err error
		if p, err = t.join(ctx, c, lazy); err != nil {
			return nil, nil, err
		}
	}
	if err := p.alive(); err != nil {
		return nil, nil, err
	}
	if err := p.startStatement(ctx, t, s.statements, s.locks()); err != nil {
		return nil, nil, err
	}
	if write {
		s.mark(ctx, t)
		if err := p.write(ctx, t); err != nil {
			return nil, nil, err
		}
	}
	return t, p, nil
}

// with finds a participant, or nil.
func (t *transaction) with(c *host.Connector) *participant {
	for _, p := range t.participants {
		if p.connector == c {
			return p
		}
	}
	return nil
}

// join sends BEGIN to a connector, or with lazy leaves that to the first request.
func (t *transaction) join(ctx *sql.Context, c *host.Connector, lazy bool) (*participant, error) {
	if c.Manifest().GetLifetime() == pb.Lifetime_LIFETIME_STATELESS {
		return nil, &host.Error{Kind: host.KindContract, Connector: c.Name(), Call: "begin", Clause: "8.3",
			Message: "the connector declares transactions and lifetime stateless: its instances share nothing that could be rolled back"}
	}
	instance, err := c.Acquire(ctx, gms.SessionOf(ctx))
	if err != nil {
		return nil, err
	}
	p := &participant{connector: c, instance: instance, joined: time.Now()}
	if p.given, err = p.level(t.isolation); err == nil && (!lazy || !p.lazy()) {
		err = p.begin(ctx, t)
	}
	if err != nil {
		instance.Release()
		return nil, err
	}
	t.participants = append(t.participants, p)
	return p, nil
}

// writers are the participants that were written to: those that promise to commit before it is decided, and the one, or none, that
// cannot, so that its COMMIT decides. With a writer, those count too that must see whether what was read is as it was.
func (t *transaction) writers() (prepared []*participant, decider *participant) {
	wrote := t.wrote()
	for _, p := range t.participants {
		switch {
		case !p.wrote && (!wrote || !p.validates(t)):
		case p.promises(t):
			prepared = append(prepared, p)
		default:
			decider = p
		}
	}
	return prepared, decider
}

// wrote tells whether a participant was written to, and has not committed yet.
func (t *transaction) wrote() bool {
	return slices.ContainsFunc(t.participants, func(p *participant) bool { return p.wrote && !p.committed })
}

// commit ends the session's transaction, which is gone afterwards: it is committed when there is no error. After
// error OutcomeUnknown nobody knows, after any other it is rolled back.
func (s *Session) commit(ctx context.Context) error {
	t := s.leave()
	if t == nil {
		return nil
	}
	defer t.let()
	// A statement that only shows something is over, and its context with it, before it is committed.
	if err := context.Cause(ctx); err != nil && t.wrote() {
		return also(err, t.rollback(ctx))
	}
	// What has begun here goes on to its end, whoever goes away.
	return t.commit(context.WithoutCancel(ctx))
}

// rollback ends the session's transaction, which is gone afterwards.
func (s *Session) rollback(ctx context.Context) error {
	t := s.leave()
	if t == nil {
		return nil
	}
	defer t.let()
	return t.rollback(context.WithoutCancel(ctx))
}

// leave takes the transaction from the session.
func (s *Session) leave() *transaction {
	t := s.current
	s.current = nil
	for _, running := range s.running {
		running.mark = 0
	}
	if t != nil {
		s.ended(t)
	}
	return t
}

// rollback takes back what every participant that is alive has done. One that is lost has lost it, unless it was prepared.
func (t *transaction) rollback(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var failures []error
	for _, p := range t.participants {
		if p.ended {
			continue
		}
		if err := p.rollback(ctx, t); err != nil {
			failures = append(failures, fmt.Errorf("roll back: %w", err))
		}
	}
	return errors.Join(failures...)
}

// let lets the instances go.
func (t *transaction) let() {
	for _, p := range t.participants {
		p.instance.Release()
	}
	t.participants = nil
	for _, f := range t.over {
		f()
	}
	t.over = nil
}
