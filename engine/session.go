package engine

import (
	"context"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn"
)

// Session is one client: its current database, its variables, its warnings. It runs one statement
// at a time; a second one waits until the first one's Result is closed.
type Session struct {
	engine *Engine
	client Client
	// services are those of the client.
	services sql.Services
	base     *txn.Session
	// running is held from the start of a statement to the end of its result.
	running sync.Mutex
	closed  bool
	plans   plans
	state   stateAt
}

// ID is the session's number, as KILL and SHOW PROCESSLIST have it.
func (s *Session) ID() uint32 { return s.base.ID() }

// Use makes a database current.
func (s *Session) Use(ctx context.Context, database string) error {
	return s.exec(ctx, "USE "+quote(database))
}

// Set sets a variable of the session to a value written as in SQL.
func (s *Session) Set(ctx context.Context, variable, value string) error {
	if strings.ContainsAny(variable, "` ;=") {
		return sqlerr.New(1193, "HY000", "unknown system variable %.80q", variable)
	}
	return s.exec(ctx, "SET SESSION "+variable+" = "+value)
}

func (s *Session) exec(ctx context.Context, statement string) error {
	result, err := s.Query(ctx, statement)
	if err != nil {
		return err
	}
	return result.Close(ctx)
}

// Database is the name of the current database.
func (s *Session) Database() string { return s.base.GetCurrentDatabase() }

// Close ends the session: its transaction is rolled back, connectors drop what they keep for it. Twice is harmless. A statement
// that still runs is waited for.
func (s *Session) Close() {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	if err := s.base.End(context.Background()); err != nil {
		s.engine.log.Warn("roll back at the end of a session", "session", s.base.ID(), "error", err)
	}
	s.engine.catalog.EndSession(uint64(s.base.ID()))
	s.engine.sql.ProcessList.RemoveConnection(s.base.ID())
}

// quote writes an identifier.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
