package txn

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

var errStatement = errors.New("the statement failed")

func TestAStatementThatStandsAloneIsATransaction(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	if got := b.read(a); got[0] != 0 {
		t.Errorf("a read of its own is in transaction %d", got[0])
	}
	b.wants()
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.wants("a: begin 1 REPEATABLE READ", "a: commit 1")
	if err := b.write(errStatement, a); !errors.Is(err, errStatement) {
		t.Fatal(err)
	}
	b.wants("a: begin 2 REPEATABLE READ", "a: rollback 2")
	b.must("SELECT 1")
	b.wants()
	// What is read in order to write is read in the transaction of the write.
	err := b.statement("UPDATE t SET n = n + 1", func() error {
		read, err := b.session.TransactionWith(b.ctx, a, false)
		if err != nil {
			return err
		}
		write, err := b.session.TransactionWith(b.ctx, a, true)
		if read == 0 || read != write {
			t.Errorf("reads in transaction %d, writes in %d", read, write)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.wants("a: begin 3 REPEATABLE READ", "a: commit 3")
}

func TestATransactionBeginsWithAConnectorWhenItIsNeeded(t *testing.T) {
	b := newBench(t)
	a, c := b.connect(ledger{name: "a"}), b.connect(ledger{name: "c"})
	b.must("START TRANSACTION")
	b.wants()
	numbers := b.read(a)
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	if again := b.read(a, c); again[0] != numbers[0] || again[1] != numbers[0] {
		t.Errorf("reads of one transaction are in %v and %v", numbers, again)
	}
	b.must("COMMIT")
	b.wants("a: begin 1 REPEATABLE READ", "a: savepoint 1.1", "a: release 1.1", "c: begin 1 REPEATABLE READ", "a: commit 1", "c: rollback 1")
	if got := b.read(a); got[0] != 0 {
		t.Errorf("after COMMIT a read is in transaction %d", got[0])
	}
}

func TestWithoutAutocommitTheClientEndsTheTransaction(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("SET autocommit = 0")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.must("ROLLBACK")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.must("SET autocommit = 1") // as in MySQL, commits
	b.wants("a: begin 1 REPEATABLE READ", "a: savepoint 1.1", "a: release 1.1", "a: rollback 1",
		"a: begin 2 REPEATABLE READ", "a: savepoint 2.1", "a: release 2.1", "a: commit 2")
}

func TestAFailingStatementOfATransactionIsTakenBack(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	if err := b.write(errStatement, a); !errors.Is(err, errStatement) {
		t.Fatal(err)
	}
	b.must("COMMIT")
	b.wants("a: begin 1 REPEATABLE READ", "a: savepoint 1.1", "a: release 1.1",
		"a: savepoint 1.1", "a: rollback_to 1.1", "a: release 1.1", "a: commit 1")
}

func TestStatementsWithinAStatement(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	// What a procedure does stands alone, statement by statement.
	err := b.statement("CALL p()", func() error {
		return errors.Join(b.write(nil, a), b.write(errStatement, a), b.write(nil, a))
	})
	if !errors.Is(err, errStatement) {
		t.Fatal(err)
	}
	if got := strings.Join(b.said, " "); strings.Count(got, "commit") != 2 || strings.Count(got, "rollback") != 1 {
		t.Errorf("asked were %s", got)
	}
	b.said = nil
	// What happens within another statement, such as in a trigger, is part of it.
	err = b.statement("DELETE FROM t", func() error {
		if _, err := b.session.TransactionWith(b.ctx, a, true); err != nil {
			return err
		}
		if err := b.write(errStatement, a); !errors.Is(err, errStatement) {
			t.Fatal(err)
		}
		return b.write(nil, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(b.said, "\n")
	if strings.Count(got, "begin") != 1 || strings.Count(got, "rollback_to") != 1 || !strings.Contains(got, "a: commit") {
		t.Errorf("asked were:\n%s", got)
	}
}

func TestSavepoints(t *testing.T) {
	b := newBench(t)
	a, c := b.connect(ledger{name: "a"}), b.connect(ledger{name: "c"})
	b.must("BEGIN")
	write := func(connectors ...*host.Connector) {
		t.Helper()
		if err := b.write(nil, connectors...); err != nil {
			t.Fatal(err)
		}
	}
	write(a)
	b.must("SAVEPOINT one")
	b.must("SAVEPOINT Two")
	b.said = nil
	write(a)
	b.wants("a: savepoint 1.1", "a: savepoint 1.2", "a: savepoint 1.3", "a: release 1.3")
	// One that joins later is told all of them, since each of them may be gone back to.
	write(c)
	b.wants("c: begin 1 REPEATABLE READ", "c: savepoint 1.1", "c: savepoint 1.2", "c: savepoint 1.3", "c: release 1.3")
	b.must("ROLLBACK TO two")
	b.wants("a: rollback_to 1.2", "c: rollback_to 1.2")
	// The name moves to the newest place.
	b.must("SAVEPOINT one")
	write(a)
	b.must("ROLLBACK TO one")
	b.must("RELEASE SAVEPOINT two")
	b.wants("a: savepoint 1.3", "a: savepoint 1.4", "a: release 1.4", "a: rollback_to 1.3", "a: release 1.2", "c: release 1.2")
	for _, gone := range []string{"ROLLBACK TO two", "ROLLBACK TO one", "RELEASE SAVEPOINT nobody"} {
		if err := b.sql(gone); !sql.ErrSavepointDoesNotExist.Is(err) {
			t.Errorf("%s: %v", gone, err)
		}
	}
	b.must("COMMIT")
	b.wants("a: sync 1", "c: sync 1", "a: commit 1", "c: commit 1")
	if err := b.sql("ROLLBACK TO one"); !sql.ErrSavepointDoesNotExist.Is(err) {
		t.Errorf("a savepoint outlives its transaction: %v", err)
	}
	plain := b.connect(ledger{name: "plain", features: everything &^ uint64(pb.Feature_FEATURE_SAVEPOINTS), lifetime: pb.Lifetime_LIFETIME_SHARED})
	b.must("BEGIN")
	write(plain)
	if err := sqlerr.From(b.sql("SAVEPOINT x")); err == nil || err.Errno != 1178 {
		t.Errorf("a connector without savepoints gives %v", err)
	}
}

func TestCommitWithSeveralConnectors(t *testing.T) {
	shared := pb.Lifetime_LIFETIME_SHARED
	once := everything &^ uint64(pb.Feature_FEATURE_PREPARE)
	cases := []struct {
		name    string
		ledgers []ledger
		errno   uint16
		want    []string
	}{
		{"all of them sync before any commits", []ledger{{name: "a"}, {name: "b"}, {name: "c"}}, 0,
			[]string{"a: sync", "b: sync", "c: sync", "a: commit", "b: commit", "c: commit"}},
		{"one that cannot prepare decides", []ledger{{name: "a"}, {name: "b", features: once, lifetime: shared}}, 0,
			[]string{"a: sync", "b: commit", "a: commit"}},
		{"and takes the others with it", []ledger{{name: "a"}, {name: "b", features: once, lifetime: shared, fails: []pb.Op{pb.Op_OP_COMMIT}}}, 1213,
			[]string{"a: sync", "b: commit", "a: rollback", "b: rollback"}},
		{"one refuses", []ledger{{name: "a"}, {name: "b", features: everything, lifetime: shared, fails: []pb.Op{pb.Op_OP_SYNC}}}, 1213,
			[]string{"a: sync", "b: sync", "a: rollback", "b: rollback"}},
		{"one breaks its promise", []ledger{{name: "a"}, {name: "b", features: everything, lifetime: shared, fails: []pb.Op{pb.Op_OP_COMMIT, pb.Op_OP_RECOVER}}, {name: "c"}}, 0,
			[]string{"a: sync", "b: sync", "c: sync", "a: commit", "b: commit", "c: commit"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.must("BEGIN")
			for _, l := range c.ledgers {
				if err := b.write(nil, b.connect(l)); err != nil {
					t.Fatal(err)
				}
			}
			b.said = nil
			err := sqlerr.From(b.sql("COMMIT"))
			if got := errnoOf(err); got != c.errno {
				t.Errorf("COMMIT gives %d (%v), want %d", got, err, c.errno)
			}
			for i := range c.want {
				c.want[i] += " 1"
			}
			b.wants(c.want...)
			left, err2 := b.session.coordinator.InDoubt()
			broken := strings.Contains(c.name, "promise")
			if err2 != nil || (len(left) > 0) != broken || broken && (left[0].State != Committing || left[0].Participants[0] != "b" || left[0].LastError == "") {
				t.Errorf("in doubt are %v, %v", left, err2)
			}
		})
	}
}

func errnoOf(err *sqlerr.Error) uint16 {
	if err == nil {
		return 0
	}
	return err.Errno
}

func TestASecondWriterThatCannotPrepareIsRefused(t *testing.T) {
	b := newBench(t)
	once := everything &^ uint64(pb.Feature_FEATURE_PREPARE)
	a := b.connect(ledger{name: "a", features: once, lifetime: pb.Lifetime_LIFETIME_SHARED})
	c := b.connect(ledger{name: "c", features: once, lifetime: pb.Lifetime_LIFETIME_SHARED})
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	err := sqlerr.From(b.write(nil, c))
	if errnoOf(err) != 1235 || !strings.Contains(err.Message, "a") || !strings.Contains(err.Message, "c") {
		t.Errorf("writing to it gives %v", err)
	}
	b.must("COMMIT")
	if got := strings.Join(b.said, "\n"); !strings.HasSuffix(got, "a: commit 1\nc: rollback 1") {
		t.Errorf("asked were:\n%s", got)
	}
}

func TestConnectorsThatKeepNoTransactions(t *testing.T) {
	b := newBench(t)
	plain := b.connect(ledger{name: "plain", features: uint64(pb.Feature_FEATURE_WRITES), lifetime: pb.Lifetime_LIFETIME_SHARED})
	b.must("BEGIN")
	if err := b.write(nil, plain); err != nil {
		t.Fatal(err)
	}
	b.must("ROLLBACK")
	b.wants()
	if w := b.session.Warnings(); len(w) != 1 || w[0].Code != 1196 {
		t.Errorf("ROLLBACK warns %v", w)
	}
	stateless := b.connect(ledger{name: "stateless", features: everything})
	var broken *host.Error
	if err := b.write(nil, stateless); !errors.As(err, &broken) || broken.Kind != host.KindContract || broken.Clause != "8.3" {
		t.Errorf("a stateless connector with transactions: %v", err)
	}
}

func TestDefinitionsCommitAndStandAlone(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.said = nil
	err := b.statement("CREATE TABLE t (i int)", func() error {
		number, err := b.session.TransactionWith(b.ctx, a, true)
		if number != 0 {
			t.Errorf("a definition writes in transaction %d", number)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.wants("a: commit 1")
	if explicit(b.ctx) {
		t.Error("the transaction goes on behind a definition")
	}
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.said = nil
	if err := b.statement("CREATE TEMPORARY TABLE t (i int)", func() error { return b.session.CommitTransaction(b.ctx, nil) }); err != nil {
		t.Fatal(err)
	}
	b.wants()
}

func TestReadOnlyTransactionsAndIsolation(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("START TRANSACTION READ ONLY")
	b.read(a)
	b.must("COMMIT")
	b.wants("a: begin 1 REPEATABLE READ read only", "a: rollback 1")
	b.must("SET SESSION transaction_isolation = 'SERIALIZABLE'")
	b.said = nil
	b.must("BEGIN")
	b.read(a)
	b.must("COMMIT")
	if len(b.said) == 0 || !strings.HasSuffix(b.said[0], "SERIALIZABLE") {
		t.Errorf("asked were %v", b.said)
	}
	weak := b.connect(ledger{name: "weak", features: everything, lifetime: pb.Lifetime_LIFETIME_SHARED, gives: pb.Isolation_ISOLATION_READ_COMMITTED})
	var broken *host.Error
	if err := b.write(nil, weak); !errors.As(err, &broken) || broken.Clause != "8.20" {
		t.Errorf("a weaker isolation than asked for: %v", err)
	}
}

func TestALostInstanceLosesTheTransaction(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	mortal := b.connect(ledger{name: "mortal", features: everything, lifetime: pb.Lifetime_LIFETIME_SHARED, traps: pb.Op_OP_ROLLBACK_TO})
	b.must("BEGIN")
	if err := b.write(nil, a, mortal); err != nil {
		t.Fatal(err)
	}
	if err := b.write(errStatement, mortal); !errors.Is(err, errStatement) {
		t.Fatal(err)
	}
	b.said = nil
	if err := sqlerr.From(b.write(nil, mortal)); errnoOf(err) != 1213 {
		t.Errorf("the next write gives %v", err)
	}
	b.wants("a: rollback 1")
	if explicit(b.ctx) {
		t.Error("the transaction goes on without what is lost")
	}
}

func TestASessionThatEndsRollsBack(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.said = nil
	cancelled, cancel := context.WithCancel(b.ctx.Context)
	cancel()
	if err := b.session.End(cancelled); err != nil {
		t.Fatal(err)
	}
	b.wants("a: rollback 1")
}

func TestACancelledCommitLeavesNothing(t *testing.T) {
	b := newBench(t)
	a := b.connect(ledger{name: "a"})
	b.must("BEGIN")
	if err := b.write(nil, a); err != nil {
		t.Fatal(err)
	}
	b.said = nil
	cancelled, cancel := context.WithCancel(b.ctx.Context)
	cancel()
	if err := b.session.CommitTransaction(b.ctx.WithContext(cancelled), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("it gives %v", err)
	}
	b.wants("a: rollback 1")
}
