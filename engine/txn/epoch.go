package txn

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// Epoch is a time in which nothing changed that plans are made of: two that are equal had the same
// definitions, privileges and variables. What connectors change by themselves it does not know.
type Epoch struct {
	definitions uint64
	settings    uint64
}

// Epoch is the session's of now.
func (s *Session) Epoch() Epoch {
	return Epoch{definitions: s.coordinator.definitions.Load(), settings: s.settings.Load()}
}

// Redefined begins a new epoch for all sessions: something was defined that is no statement's.
func (c *Coordinator) Redefined() { c.definitions.Add(1) }

// SetSessionVariable implements sql.Session.
func (s *Session) SetSessionVariable(ctx *sql.Context, name string, value any) error {
	s.settings.Add(1)
	defer s.settings.Add(1)
	return s.BaseSession.SetSessionVariable(ctx, name, value)
}

// defaults are the characteristics of a transaction for which none were set.
func (s *Session) defaults(ctx *sql.Context) characteristics {
	if now := s.settings.Load() + 1; s.usualAt != now {
		s.usual, s.usualAt = defaults(ctx), now
	}
	return s.usual
}

// redefines tells whether a statement may change what others' plans are made of. It is true for those
// that are not known here.
func redefines(ctx *sql.Context, parsed sqlparser.Statement) bool {
	switch n := parsed.(type) {
	case *sqlparser.Insert, *sqlparser.Update, *sqlparser.Delete, *sqlparser.Load, sqlparser.SelectStatement, *sqlparser.Show, *sqlparser.Explain,
		*sqlparser.Begin, *sqlparser.Commit, *sqlparser.Rollback, *sqlparser.Savepoint, *sqlparser.RollbackSavepoint, *sqlparser.ReleaseSavepoint,
		*sqlparser.Use, *sqlparser.Prepare, *sqlparser.Deallocate:
		return false
	case *sqlparser.Set:
		for _, e := range n.Exprs {
			switch e.Scope {
			case sqlparser.SetScope_None, sqlparser.SetScope_Session, sqlparser.SetScope_User:
			default:
				return true
			}
		}
		return false
	case *sqlparser.Execute:
		prepared, ok := ctx.Session.GetPreparedQuery(n.Name)
		return !ok || redefines(ctx, prepared)
	}
	return true
}
