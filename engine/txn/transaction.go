package txn

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// transaction is one of a session. The session's mutex guards it.
type transaction struct {
	number   uint64
	id       string
	readOnly bool
	// participants in the order in which they joined.
	participants []*participant
	// savepoints in the order of their depths.
	savepoints []savepoint
	// alone: a connector without transactions was written to.
	alone bool
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
	if top := s.top(); top != nil && top.kind.defines {
		// A definition commits by itself, and what it copies with it.
		return 0, nil
	}
	t := s.current
	if write && t != nil && t.readOnly {
		// go-mysql-server lets nothing through but writes to temporary tables, which are no part of the transaction.
		return 0, nil
	}
	if c.Features()&uint64(pb.Feature_FEATURE_TRANSACTIONS) == 0 {
		if write && t != nil {
			t.alone = true
		}
		return 0, nil
	}
	if t == nil {
		if !write && !s.within(ctx) || len(s.running) == 0 {
			return 0, nil
		}
		t = s.coordinator.begin(readOnlyByDefault(ctx))
		s.current = t
	}
	p := t.with(c)
	if p == nil {
		if !write && !s.within(ctx) {
			return 0, nil
		}
		var err error
		if p, err = t.join(ctx, c); err != nil {
			return 0, err
		}
	}
	if err := p.alive(); err != nil {
		return 0, err
	}
	if write {
		s.mark(ctx, t)
		if err := p.write(ctx, t); err != nil {
			return 0, err
		}
	}
	return t.number, nil
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

// join sends BEGIN to a connector.
func (t *transaction) join(ctx *sql.Context, c *host.Connector) (*participant, error) {
	if c.Manifest().GetLifetime() == pb.Lifetime_LIFETIME_STATELESS {
		return nil, &host.Error{Kind: host.KindContract, Connector: c.Name(), Call: "begin", Clause: "8.3",
			Message: "the connector declares transactions and lifetime stateless: its instances share nothing that could be rolled back"}
	}
	instance, err := c.Acquire(ctx, gms.SessionOf(ctx))
	if err != nil {
		return nil, err
	}
	p := &participant{connector: c, instance: instance}
	if err := p.begin(ctx, t); err != nil {
		instance.Release()
		return nil, err
	}
	t.participants = append(t.participants, p)
	return p, nil
}

// writers are the participants that were written to; those that cannot prepare come first, since
// their COMMIT decides.
func (t *transaction) writers() []*participant {
	var deciding, prepared []*participant
	for _, p := range t.participants {
		switch {
		case !p.wrote:
		case p.can(pb.Feature_FEATURE_PREPARE):
			prepared = append(prepared, p)
		default:
			deciding = append(deciding, p)
		}
	}
	return append(deciding, prepared...)
}

// admit refuses a writer with which no commit could be all or nothing.
func (t *transaction) admit(p *participant) error {
	if p.can(pb.Feature_FEATURE_PREPARE) {
		return nil
	}
	for _, other := range t.writers() {
		if !other.can(pb.Feature_FEATURE_PREPARE) {
			return sqlerr.New(1235, "42000", "the transaction has written to %s: it cannot write to %s too, since neither connector can prepare a commit",
				other.connector.Name(), p.connector.Name()).WithHint("commit between the two writes")
		}
	}
	return nil
}

// commit ends the session's transaction, which is gone afterwards, and rolled back when it fails.
func (s *Session) commit(ctx context.Context) error {
	t := s.leave()
	if t == nil {
		return nil
	}
	defer t.let()
	// A statement that only shows something is over, and its context with it, before it is committed.
	if err := context.Cause(ctx); err != nil && len(t.writers()) > 0 {
		return also(err, t.rollback(ctx))
	}
	// What has begun here goes on to its end, whoever goes away.
	ctx = context.WithoutCancel(ctx)
	writers := t.writers()
	if len(writers) > 1 {
		for _, p := range writers {
			if !p.can(pb.Feature_FEATURE_PREPARE) {
				continue
			}
			if err := p.sync(ctx, t); err != nil {
				return also(err, t.rollback(ctx))
			}
		}
	}
	var done, open []*participant
	var failure error
	for i, p := range writers {
		err := p.commit(ctx, t)
		switch {
		case err == nil:
			done = append(done, p)
		case i == 0:
			return also(err, t.rollback(ctx))
		default:
			// It had promised to keep the transaction, and others have kept it: the rest goes on.
			p.ended, open, failure = true, append(open, p), err
		}
	}
	if len(open) > 0 {
		return also(t.halfDone(done, open, failure), t.rollback(ctx))
	}
	// Those that were only read from have nothing to keep.
	return t.rollback(ctx)
}

// halfDone is the error of a commit that some connectors kept and others, which had promised it, did not.
func (t *transaction) halfDone(done, open []*participant, err error) error {
	return sqlerr.New(1180, "HY000", "got error during COMMIT of %s: %s kept it, and of %s the outcome is unknown: %v",
		t.id, names(done), names(open), err)
}

func names(participants []*participant) string {
	all := make([]string, len(participants))
	for i, p := range participants {
		all[i] = p.connector.Name()
	}
	return strings.Join(all, ", ")
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
	return t
}

// rollback takes back what every participant that is alive has done. One that is lost has lost it.
func (t *transaction) rollback(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var failures []error
	for _, p := range t.participants {
		if p.instance.Poisoned() || p.ended {
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
}
