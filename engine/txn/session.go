package txn

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/rowexec"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/gms"
)

// Session is a session with transactions. It runs one statement at a time; the parts of a statement
// may ask it at the same time.
type Session struct {
	*sql.BaseSession
	coordinator *Coordinator

	mu      sync.Mutex
	current *transaction
	// running are the statements that run now, each within the one before it.
	running []*statement
	// statements counts those that began.
	statements uint64
	// next is what SET TRANSACTION said of the next transaction; nil: nothing.
	next *nextTransaction
	// chained are the characteristics of the transaction that ended last, for AND CHAIN.
	chained characteristics
	// released: COMMIT RELEASE was run.
	released bool
	// again: see Again.
	again bool
	// ends: see AtEnd.
	ends []ending
	// endings counts what was ever to be done at an end.
	endings uint64
	// settings counts what was set; see Epoch.
	settings atomic.Uint64
	// usual are the characteristics of transactions by the settings of number usualAt.
	usual   characteristics
	usualAt uint64
}

var (
	_ sql.TransactionSession    = (*Session)(nil)
	_ sql.LifecycleAwareSession = (*Session)(nil)
	_ gms.Transactor            = (*Session)(nil)
)

// StartTransaction implements sql.TransactionSession. go-mysql-server calls it before every
// statement that finds no transaction, so it costs nothing. A transaction that is open goes on.
func (s *Session) StartTransaction(ctx *sql.Context, characteristic sql.TransactionCharacteristic) (sql.Transaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) == 0 {
		s.statements++
	}
	if s.current == nil {
		s.begin(ctx)
		if top := s.top(); top != nil && top.kind.begins {
			s.current.started = true
			if mode := top.kind.mode; mode != "" {
				s.current.readOnly = mode == sqlparser.TxReadOnly
			}
			if top.kind.snapshot {
				return s.current, s.beginEverywhere(ctx)
			}
		} else if characteristic == sql.ReadOnly {
			s.current.readOnly = true
		}
	}
	return s.current, nil
}

// CommitTransaction implements sql.TransactionSession. After an error nothing stays.
func (s *Session) CommitTransaction(ctx *sql.Context, _ sql.Transaction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if top := s.top(); top != nil && (top.failed || !top.single || (top.kind.temporary || top.kind.keeps) && explicit(ctx)) {
		// What failed is taken back at its end; a statement within another one, such as that of a procedure
		// which a trigger calls, is the other one's to commit; a temporary table commits nothing, nor does a view.
		return nil
	}
	return s.commit(ctx)
}

// Rollback implements sql.TransactionSession.
func (s *Session) Rollback(ctx *sql.Context, _ sql.Transaction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.current != nil && s.current.alone
	err := s.rollback(ctx)
	if kept {
		ctx.Session.Warn(&sql.Warning{Level: "Warning", Code: 1196, Message: "Some non-transactional changed tables couldn't be rolled back"})
	}
	return err
}

// CreateSavepoint implements sql.TransactionSession.
func (s *Session) CreateSavepoint(ctx *sql.Context, _ sql.Transaction, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == rowexec.TriggerSavePointPrefix || s.current == nil {
		return nil // statements are all or nothing without it
	}
	return s.current.savepoint(ctx, name)
}

// RollbackToSavepoint implements sql.TransactionSession.
func (s *Session) RollbackToSavepoint(ctx *sql.Context, _ sql.Transaction, name string) error {
	return s.atSavepoint(ctx, name, (*transaction).rollbackTo)
}

// ReleaseSavepoint implements sql.TransactionSession.
func (s *Session) ReleaseSavepoint(ctx *sql.Context, _ sql.Transaction, name string) error {
	return s.atSavepoint(ctx, name, (*transaction).release)
}

// atSavepoint does something with a savepoint of the client's.
func (s *Session) atSavepoint(ctx *sql.Context, name string, do func(*transaction, context.Context, string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case name == rowexec.TriggerSavePointPrefix:
		return nil // statements are all or nothing without it
	case s.current == nil:
		return sql.ErrSavepointDoesNotExist.New(name)
	}
	return do(s.current, ctx, name)
}

// Statement implements gms.Transactor.
func (s *Session) Statement() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.statements
}

// End rolls back what the session left open. Its client is gone.
func (s *Session) End(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rollback(ctx)
}

// ValidateSession implements sql.Session. go-mysql-server calls it at the start of every statement. One
// that runs without a Runner and failed left its transaction open.
func (s *Session) ValidateSession(ctx *sql.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) == 0 && s.current != nil && !explicit(ctx) {
		ctx.SetTransaction(nil)
		return s.rollback(ctx)
	}
	return nil
}

// CommandBegin implements sql.LifecycleAwareSession.
func (s *Session) CommandBegin() error { return nil }

// CommandEnd implements sql.LifecycleAwareSession.
func (s *Session) CommandEnd() {}

// SessionEnd implements sql.LifecycleAwareSession.
func (s *Session) SessionEnd() {
	_ = s.End(context.Background()) // the client that could be told is gone
}

// explicit tells whether the client ends the transaction itself.
func explicit(ctx *sql.Context) bool {
	return ctx.GetIgnoreAutoCommit() || !on(ctx, sql.AutoCommitSessionVar)
}

// on reads a variable of the session that is true or false.
func on(ctx *sql.Context, variable string) bool {
	value, err := ctx.GetSessionVariable(ctx, variable)
	if err != nil {
		return false
	}
	truth, err := sql.ConvertToBool(ctx, value)
	return err == nil && truth
}
