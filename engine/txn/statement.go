package txn

import (
	"context"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/sqlerr"
)

// statement is one that runs.
type statement struct {
	kind kind
	// single: with autocommit it is a transaction of its own. So are those of a client, and those of
	// a procedure that a client called; not those within another statement, such as a trigger's.
	single bool
	failed bool
	// mark is the depth of the savepoint where it began to write; 0: it has not written, or needs none.
	mark uint32
}

// kind is what a statement does to transactions.
type kind struct {
	// commits: it ends the transaction that is open, before it begins.
	commits bool
	// defines: its changes stand alone, without a transaction.
	defines bool
	// temporary: it concerns a temporary table, and go-mysql-server would commit for it.
	temporary bool
	// calls: its parts are statements of their own.
	calls bool
	// writes: what it reads is read within the transaction that it writes in, or rows that others
	// change in between would be overwritten.
	writes bool
	// redefines: plans that were made before it ends may not hold behind it.
	redefines bool
	// begins: it is START TRANSACTION. mode is what it says of reading and writing, snapshot WITH CONSISTENT SNAPSHOT.
	begins   bool
	mode     string
	snapshot bool
	// ends: it is COMMIT or ROLLBACK. chain, release: AND CHAIN, RELEASE.
	ends, chain, release bool
	// locks: what it reads shall not be changed before the transaction is committed.
	locks bool
	// several: it reads more than one table, all as they are at one moment.
	several bool
	// next is what SET TRANSACTION says; nil: it is another statement.
	next *nextTransaction
	// keeps: it never ends the transaction that is open. go-mysql-server would commit for a statement that
	// reads a view, whose CREATE VIEW it takes for the statement.
	keeps bool
}

// Kind is what a statement does to transactions. That of one which reads or writes rows holds whenever it runs.
type Kind struct{ kind kind }

// KindOf tells the kind of a statement that is going to run.
func KindOf(ctx *sql.Context, parsed sqlparser.Statement) Kind {
	k := kindOf(ctx, parsed)
	k.redefines = redefines(ctx, parsed)
	return Kind{k}
}

func kindOf(ctx *sql.Context, parsed sqlparser.Statement) kind {
	switch n := parsed.(type) {
	case *sqlparser.DDL:
		if n.Temporary {
			return kind{temporary: true}
		}
		return kind{commits: true, defines: true}
	case *sqlparser.AlterTable, *sqlparser.DBDDL:
		return kind{commits: true, defines: true}
	case *sqlparser.LockTables:
		return kind{commits: true}
	case *sqlparser.Call:
		return kind{calls: true}
	case *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete, *sqlparser.Load:
		return kind{writes: true, keeps: true}
	case sqlparser.SelectStatement:
		locks, several := readsOf(n)
		return kind{keeps: true, locks: locks, several: several}
	case *sqlparser.Show, *sqlparser.Explain:
		return kind{keeps: true}
	case *sqlparser.Begin:
		return kind{begins: true, mode: n.TransactionCharacteristic, snapshot: consistentSnapshot.MatchString(ctx.Query())}
	case *sqlparser.Commit, *sqlparser.Rollback:
		k := kind{ends: true}
		k.chain, k.release = completion(ctx, ctx.Query())
		return k
	case *sqlparser.Set:
		return kind{next: nextOf(n)}
	case *sqlparser.Execute:
		if prepared, ok := ctx.Session.GetPreparedQuery(n.Name); ok {
			return kindOf(ctx, prepared)
		}
	}
	return kind{}
}

func (s *Session) top() *statement {
	if n := len(s.running); n > 0 {
		return s.running[n-1]
	}
	return nil
}

// start begins a statement; finish must follow, also after an error.
func (s *Session) start(ctx *sql.Context, k kind) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	outer := s.top()
	n := &statement{kind: k, single: outer == nil || outer.single && outer.kind.calls}
	if n.kind.redefines {
		s.coordinator.Redefined()
	}
	s.running = append(s.running, n)
	if !n.single {
		return nil
	}
	s.statements++
	if n.kind.commits && s.current != nil {
		err := s.commit(ctx)
		ended(ctx)
		if err != nil {
			return err
		}
	}
	if n.kind.defines && s.characteristics(ctx).readOnly {
		return sql.ErrReadOnlyTransaction.New()
	}
	return nil
}

// ended tells go-mysql-server that there is no transaction any more.
func ended(ctx *sql.Context) {
	ctx.SetTransaction(nil)
	ctx.SetIgnoreAutoCommit(false)
}

// fail notes that the statement will not be kept. Its iterators may still be open.
func (s *Session) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if top := s.top(); top != nil {
		top.failed = true
	}
}

// within tells whether reads belong to the transaction, although nothing was written yet.
func (s *Session) within(ctx *sql.Context) bool {
	for _, n := range s.running {
		if n.kind.writes || n.kind.several {
			return true
		}
	}
	return explicit(ctx)
}

// mark sets savepoints where the statements that run began to write, unless rolling back all of
// the transaction does as well.
func (s *Session) mark(ctx *sql.Context, t *transaction) {
	for _, running := range s.running {
		if running.mark != 0 || running.single && (running.kind.calls || !explicit(ctx)) {
			continue
		}
		running.mark = t.deepest() + 1
		t.savepoints = append(t.savepoints, savepoint{depth: running.mark})
	}
}

// AtEnd has f called when the client's statement that runs now has ended and its iterators are closed,
// unless forget was called before. Without a statement that runs through a Runner f is not called.
func (s *Session) AtEnd(f func()) (forget func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) == 0 {
		return func() {}
	}
	s.endings++
	number := s.endings
	s.ends = append(s.ends, ending{number, f})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ends = slices.DeleteFunc(s.ends, func(e ending) bool { return e.number == number })
	}
}

// ending is what is to be done when the client's statement has ended.
type ending struct {
	number uint64
	do     func()
}

// finish ends the statement that began last, after its iterators were closed. cause is what it
// failed with, or nil.
func (s *Session) finish(ctx *sql.Context, cause error) error {
	err := s.conclude(ctx, cause)
	s.mu.Lock()
	var ends []ending
	if len(s.running) == 0 {
		ends, s.ends = s.ends, nil
	}
	s.mu.Unlock()
	for _, e := range ends {
		e.do()
	}
	return err
}

func (s *Session) conclude(ctx *sql.Context, cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.top()
	s.running = s.running[:len(s.running)-1]
	if n.kind.redefines {
		s.coordinator.Redefined()
	}
	given := cause != nil && deadlocked(cause)
	s.again = given && len(s.running) == 0 && !n.kind.calls && !explicit(ctx)
	if n.kind.ends && n.single && cause == nil {
		s.released = s.released || n.kind.release
		if n.kind.chain && s.current == nil {
			s.chain(ctx)
			return nil
		}
	}
	if s.current == nil {
		if cause != nil {
			ended(ctx) // it was a COMMIT that failed, and took the transaction with it
		}
		return nil
	}
	if given {
		// As in MySQL, the whole transaction is gone.
		err := s.rollback(ctx)
		ended(ctx)
		return err
	}
	if n.single && !explicit(ctx) {
		defer ctx.SetTransaction(nil)
		if cause != nil {
			return s.rollback(ctx)
		}
		// The statement is done, and go-mysql-server has ended its context by now.
		return s.commit(context.WithoutCancel(ctx))
	}
	return s.current.settle(ctx, n, cause != nil)
}

// settle forgets the mark of a statement, going back to it when the statement failed.
func (t *transaction) settle(ctx context.Context, n *statement, failed bool) error {
	if n.mark == 0 {
		return nil
	}
	for i, point := range t.savepoints {
		if point.depth == n.mark && point.name == "" {
			var err error
			if failed {
				err = t.back(ctx, n.mark)
			}
			return also(err, t.forget(ctx, i))
		}
	}
	return nil
}

// Again tells whether the statement that ended last was given up by a connector in favour of another
// transaction, stood alone, and can simply be run again.
func (s *Session) Again() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.again
}

// deadlocked tells whether a connector gave the transaction up.
func deadlocked(err error) bool { return sqlerr.From(err).Errno == 1213 }
