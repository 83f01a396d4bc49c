package txn

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn/decision"
	"github.com/wasql/wasql/engine/txn/internal/failpoint"
	"github.com/wasql/wasql/host"
)

// OutcomeUnknown is the error number of a COMMIT of which nobody can tell whether it was done; its SQLSTATE is 08007.
// The message has the transaction's id, and information_schema.WASQL_TRANSACTIONS shows what becomes of it.
const OutcomeUnknown = 9007

// commit ends a transaction: afterwards it is committed, and err is nil, or rolled back, or its outcome is unknown, which
// is error OutcomeUnknown. ctx is not that of a statement, which may end.
func (t *transaction) commit(ctx context.Context) error {
	prepared, decider := t.writers()
	switch {
	case len(prepared) == 0 && decider == nil:
		// Those that were only read from have nothing to keep.
		return t.rollback(ctx)
	case len(prepared) == 0:
		return t.commitOne(ctx, decider)
	case len(prepared) == 1 && decider == nil:
		return t.commitOne(ctx, prepared[0])
	}
	return t.commitAll(ctx, prepared, decider)
}

// commitOne commits with the only connector that was written to, which decides by itself.
func (t *transaction) commitOne(ctx context.Context, p *participant) error {
	failpoint.At("commit " + p.connector.Name())
	err := p.commit(ctx, t)
	failpoint.At("committed " + p.connector.Name())
	if err == nil {
		return t.rollback(ctx) // of those that were read from
	}
	if p.refused(err) {
		return also(err, t.rollback(ctx))
	}
	committed, asked := p.outcome(ctx, t)
	switch {
	case asked != nil:
		return also(t.unknown(p, err, asked), t.rollback(ctx))
	case committed:
		return t.rollback(ctx)
	}
	return also(err, t.rollback(ctx))
}

// commitAll commits with several: all but the decider prepare, then the commit is decided, then all are told.
func (t *transaction) commitAll(ctx context.Context, prepared []*participant, decider *participant) error {
	c := t.coordinator
	log, err := c.decisions()
	if err == nil {
		err = log.Live(c.life)
	}
	if err != nil {
		return also(t.cannotDecide(err), t.rollback(ctx))
	}
	c.enter(t.id)
	defer c.leave(t.id)
	for _, p := range prepared {
		failpoint.At("prepare " + p.connector.Name())
		if err := p.sync(ctx, t); err != nil {
			return also(err, t.rollback(ctx))
		}
		failpoint.At("prepared " + p.connector.Name())
	}
	// A consistent snapshot begins before the first of them commits, or behind the last.
	c.phases.RLock()
	defer c.phases.RUnlock()
	if decider != nil {
		if err := t.ask(ctx, log, prepared, decider); err != nil {
			return err
		}
	}
	failpoint.At("decide")
	if err := log.Commit(t.id, names(prepared)); err != nil {
		return t.undecided(ctx, prepared, decider, err)
	}
	failpoint.At("decided")
	return t.finish(ctx, log, prepared)
}

// ask has the participant decide that cannot prepare. nil: it has committed.
func (t *transaction) ask(ctx context.Context, log *decision.Log, prepared []*participant, decider *participant) error {
	failpoint.At("ask")
	if err := log.Ask(t.id, decider.connector.Key(), names(prepared)); err != nil {
		return t.undecided(ctx, prepared, nil, err)
	}
	failpoint.At("asked")
	failpoint.At("commit " + decider.connector.Name())
	err := decider.commit(ctx, t)
	failpoint.At("committed " + decider.connector.Name())
	if err == nil {
		return nil
	}
	if !decider.refused(err) {
		committed, asked := decider.outcome(ctx, t)
		if asked != nil {
			t.coordinator.doubt(doubt{id: t.id, state: Undecided, decider: decider.connector.Key(), pending: names(prepared), err: asked})
			t.keepPrepared(ctx, prepared)
			return t.unknown(decider, err, asked)
		}
		if committed {
			return nil
		}
	}
	failure := also(err, t.rollback(ctx))
	return also(failure, log.Finish(t.id))
}

// undecided ends a transaction whose decision could not be written. decider, when there is one, has committed.
func (t *transaction) undecided(ctx context.Context, prepared []*participant, decider *participant, err error) error {
	c := t.coordinator
	var unknown *decision.UnknownError
	switch {
	case decider != nil:
		// It is decided, whatever the log says: it knows whom to ask.
		return t.finish(ctx, nil, prepared)
	case !errors.As(err, &unknown):
		return also(t.cannotDecide(err), t.rollback(ctx))
	}
	// The record may be on disk: nothing must be told before it certainly is not.
	c.doubt(doubt{id: t.id, state: RollingBack, settle: true, pending: names(prepared), err: err})
	t.keepPrepared(ctx, prepared)
	return t.outcomeError(err, "the decision log cannot be written, and it is rolled back when it can")
}

// finish tells the prepared participants that the transaction is committed. What fails goes on in the background.
func (t *transaction) finish(ctx context.Context, log *decision.Log, prepared []*participant) error {
	c := t.coordinator
	var open []string
	var failures []error
	for _, p := range prepared {
		failpoint.At("commit " + p.connector.Name())
		if err := p.finish(ctx, t, true); err != nil {
			open, failures = append(open, p.connector.Key()), append(failures, err)
		}
		failpoint.At("committed " + p.connector.Name())
	}
	if len(open) > 0 || log == nil {
		c.doubt(doubt{id: t.id, state: Committing, pending: open, err: errors.Join(failures...)})
		t.warn(open, errors.Join(failures...))
		return t.rollback(ctx)
	}
	failpoint.At("finish")
	if err := log.Finish(t.id); err != nil {
		c.config.Log.Warn("a finished transaction stays in the decision log", "transaction", t.id, "error", err)
	}
	return t.rollback(ctx)
}

// keepPrepared leaves what is prepared as it is, and ends the rest of the transaction.
func (t *transaction) keepPrepared(ctx context.Context, prepared []*participant) {
	for _, p := range prepared {
		p.ended = true
	}
	if err := t.rollback(ctx); err != nil {
		t.coordinator.config.Log.Warn("roll back those that were read from", "transaction", t.id, "error", err)
	}
}

// cannotDecide is the error of a transaction that is rolled back because the log cannot be used.
func (t *transaction) cannotDecide(err error) error {
	e := sqlerr.New(1180, "HY000", "the transaction is rolled back, because it cannot be decided: %v", err).
		WithHint("mend the disk, or write to one connector in a transaction")
	e.Err = err
	return e
}

// unknown is the error of a commit of which p, that decides, cannot tell the outcome.
func (t *transaction) unknown(p *participant, err, asked error) error {
	return t.outcomeError(err, fmt.Sprintf("connector %s was lost in COMMIT and cannot tell what became of it: %v", p.connector.Name(), asked))
}

func (t *transaction) outcomeError(err error, why string) error {
	e := sqlerr.New(OutcomeUnknown, "08007", "outcome unknown, id %s: %s", t.id, why).
		WithHint("look into information_schema.WASQL_TRANSACTIONS, and at the rows, before you try again")
	e.Err = err
	return e
}

func names(participants []*participant) []string {
	all := make([]string, len(participants))
	for i, p := range participants {
		all[i] = p.connector.Key()
	}
	return all
}

// warn tells the client that a committed transaction is not seen everywhere yet.
func (t *transaction) warn(open []string, err error) {
	if t.warning != nil && len(open) > 0 {
		t.warning(fmt.Sprintf("transaction %s is committed, and connector %s has not done it yet: %v", t.id, strings.Join(open, ", "), err))
	}
}

// admit refuses a writer with which no commit could be all or nothing, before it writes.
func (t *transaction) admit(p *participant) error {
	if p.promises(t) {
		return nil
	}
	_, other := t.writers()
	if other == nil {
		return nil
	}
	why, hint := "since neither connector can prepare a commit", "commit between the two writes"
	if t.coordinator.durable() || !durable(p.connector) || !durable(other.connector) {
		return twoDeciders(other, p, why, hint)
	}
	return twoDeciders(other, p, "since what both keep outlives the program, and there is no decision log that would",
		"give the engine a folder for it (wasql --db FOLDER), or commit between the two writes")
}

func twoDeciders(a, b *participant, why, hint string) error {
	return sqlerr.New(1235, "42000", "the transaction has written to %s: it cannot write to %s too, %s", a.connector.Name(), b.connector.Name(), why).WithHint("%s", hint)
}

// durable tells whether what a connector keeps may outlive the process.
func durable(c *host.Connector) bool { return c.Durable() }
