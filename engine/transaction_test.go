package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wasql/wasql/engine/sqlerr"
)

// run runs statements that must succeed.
func run(t *testing.T, s *Session, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, _, _, err := ask(t.Context(), s, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// refused runs a statement that must fail with an errno.
func refused(t *testing.T, s *Session, errno uint16, statement string) {
	t.Helper()
	_, _, _, err := ask(t.Context(), s, statement)
	if e := sqlerr.From(err); e == nil || e.Errno != errno {
		t.Errorf("%s: %v, want error %d", statement, err, errno)
	}
}

// twoSessions have a table of two rows.
func twoSessions(t *testing.T) (ann, bob *Session) {
	t.Helper()
	e, ann := newEngine(t, Config{}, "store")
	bob = e.NewSession("bob")
	t.Cleanup(bob.Close)
	run(t, ann, "CREATE TABLE t (id INT PRIMARY KEY, n INT)", "INSERT INTO t VALUES (1, 10), (2, 20)")
	return ann, bob
}

func TestATransactionIsUnseenUntilItIsCommitted(t *testing.T) {
	ann, bob := twoSessions(t)
	const sum = "SELECT sum(n) FROM t"
	run(t, ann, "BEGIN", "UPDATE t SET n = 11 WHERE id = 1", "INSERT INTO t VALUES (3, 30)")
	if got := one(t, bob, sum); got != "30" {
		t.Errorf("before COMMIT another session sees %s", got)
	}
	// What a transaction reads stays as it was when it began to read.
	run(t, bob, "START TRANSACTION")
	if got := one(t, bob, sum); got != "30" {
		t.Errorf("a transaction that begins sees %s", got)
	}
	run(t, ann, "COMMIT")
	if got := one(t, bob, sum); got != "30" {
		t.Errorf("within a transaction another one's COMMIT shows: %s", got)
	}
	run(t, bob, "COMMIT")
	if got := one(t, bob, sum); got != "61" {
		t.Errorf("after COMMIT another session sees %s", got)
	}
}

func TestOfTwoTransactionsThatChangeARowOneIsTakenBack(t *testing.T) {
	ann, bob := twoSessions(t)
	run(t, ann, "BEGIN", "UPDATE t SET n = n + 1 WHERE id = 1")
	run(t, bob, "UPDATE t SET n = n + 100 WHERE id = 1")
	refused(t, ann, 1213, "COMMIT")
	if got := one(t, ann, "SELECT n FROM t WHERE id = 1"); got != "110" {
		t.Errorf("the row is %s", got)
	}
	// The transaction is over: what follows stands alone.
	run(t, ann, "UPDATE t SET n = 0 WHERE id = 2", "ROLLBACK")
	if got := one(t, bob, "SELECT n FROM t WHERE id = 2"); got != "0" {
		t.Errorf("a statement behind it is part of a transaction: %s", got)
	}
	// Rows that differ are no conflict.
	run(t, ann, "BEGIN", "UPDATE t SET n = 1 WHERE id = 1")
	run(t, bob, "UPDATE t SET n = 2 WHERE id = 2")
	run(t, ann, "COMMIT")
}

func TestSingleStatementsOfManySessionsDoNotConflict(t *testing.T) {
	ann, _ := twoSessions(t)
	const sessions, updates = 4, 25
	var wait sync.WaitGroup
	failures := make(chan error, sessions)
	for range sessions {
		s := ann.engine.NewSession("one of many")
		t.Cleanup(s.Close)
		wait.Go(func() {
			for range updates {
				if _, _, _, err := ask(context.Background(), s, "UPDATE t SET n = n + 1 WHERE id = 1"); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if got := one(t, ann, "SELECT n FROM t WHERE id = 1"); got != fmt.Sprint(10+sessions*updates) {
		t.Errorf("after %d updates of 10 the row is %s", sessions*updates, got)
	}
}

func TestASessionThatClosesRollsBack(t *testing.T) {
	ann, bob := twoSessions(t)
	run(t, bob, "BEGIN", "DELETE FROM t")
	bob.Close()
	if got := one(t, ann, "SELECT count(*) FROM t"); got != "2" {
		t.Errorf("%s rows are left", got)
	}
}

func TestAStatementThatIsKilledLeavesNothing(t *testing.T) {
	ann, bob := twoSessions(t)
	run(t, ann, "CREATE TABLE many (a INT PRIMARY KEY AUTO_INCREMENT, b INT)", "CREATE TABLE digits (d INT)",
		"INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
	const endless = "INSERT INTO many (b) SELECT 1 FROM digits a, digits b, digits c, digits d, digits e, digits f, digits g, digits h"
	for name, before := range map[string]string{"alone": "COMMIT", "in a transaction": "BEGIN"} {
		t.Run(name, func(t *testing.T) {
			run(t, ann, before, "INSERT INTO t VALUES (9, 9)")
			ended := make(chan error, 1)
			go func() {
				_, _, _, err := ask(context.Background(), ann, endless)
				ended <- err
			}()
			// Some rows have gone to the connector by then.
			time.Sleep(300 * time.Millisecond)
			run(t, bob, fmt.Sprintf("KILL QUERY %d", ann.ID()))
			select {
			case err := <-ended:
				if e := sqlerr.From(err); e == nil || e.Errno != 1317 {
					t.Errorf("the statement ends with %v", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("KILL does not end the statement")
			}
			if got := one(t, ann, "SELECT count(*) FROM many"); got != "0" {
				t.Errorf("it leaves %s rows", got)
			}
			run(t, ann, "COMMIT")
			if got := one(t, bob, "SELECT count(*) FROM t WHERE id = 9"); got != "1" {
				t.Errorf("what came before it is gone: %s rows", got)
			}
			run(t, bob, "DELETE FROM t WHERE id = 9")
		})
	}
}

// checklist: G25
func TestCommitReleaseEndsTheSession(t *testing.T) {
	ann, bob := twoSessions(t)
	run(t, ann, "BEGIN", "UPDATE t SET n = 0", "COMMIT AND NO CHAIN NO RELEASE", "BEGIN", "UPDATE t SET n = 1", "COMMIT RELEASE")
	refused(t, ann, 1317, "SELECT 1")
	if got := one(t, bob, "SELECT sum(n) FROM t"); got != "2" {
		t.Errorf("behind COMMIT RELEASE the sum is %s", got)
	}
	run(t, bob, "BEGIN", "DELETE FROM t", "ROLLBACK RELEASE")
	refused(t, bob, 1317, "SELECT 1")
}

// checklist: G25
func TestWhoDecidesAboutWhatNobodyKnows(t *testing.T) {
	ann, _ := twoSessions(t)
	refused(t, ann, 1397, "XA COMMIT 'nobody'")
	refused(t, ann, 1397, "XA ROLLBACK 'nobody'")
	refused(t, ann, 1064, "XA ROLLBACK")
}
