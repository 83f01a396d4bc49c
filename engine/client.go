package engine

import (
	"context"
	"io"
	"math"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	"github.com/dolthub/vitess/go/mysql"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn"
)

// Client is who a session is for.
type Client struct {
	// User and Address are as in SHOW PROCESSLIST; both may be empty.
	User, Address string
	// FoundRows: of an UPDATE the rows that were found count, not those that are another now.
	FoundRows bool
	// KillConnection ends the connection of the session of that number, for KILL; nil: sessions have none.
	KillConnection func(session uint32) error
	// LoadInfile asks the client for a file, for LOAD DATA LOCAL; nil: it has none to give. The file is read to its end or closed before
	// the statement goes on.
	LoadInfile func(name string) (io.ReadCloser, error)
}

// NewSession makes a session of a user; the name may be empty. Its current database is the main one.
func (e *Engine) NewSession(user string) *Session { return e.Connect(Client{User: user}) }

// Connect makes a session of a client.
func (e *Engine) Connect(client Client) *Session { return e.connect(client, e.sessions.Add(1)) }

func (e *Engine) connect(client Client, id uint32) *Session {
	s := &Session{engine: e, client: client, services: client.services(),
		base: e.transactions.NewSession(sql.NewBaseSessionWithClientServer("wasql", client.known(), id))}
	s.base.SetCurrentDatabase(catalog.Main)
	// Some tables of information_schema show what the privileges allow, and nothing without any.
	s.base.SetPrivilegeSet(mysql_db.NewPrivilegeSetWithAllPrivileges(), math.MaxUint64)
	e.sql.ProcessList.AddConnection(s.base.ID(), client.Address)
	e.sql.ProcessList.ConnectionReady(s.base)
	return s
}

// known is the client as go-mysql-server knows it.
func (c Client) known() sql.Client {
	known := sql.Client{User: c.User, Address: c.Address}
	if known.Address == "" {
		known.Address = "localhost"
	}
	if c.FoundRows {
		known.Capabilities |= mysql.CapabilityClientFoundRows
	}
	return known
}

// services are what the client does for a statement.
func (c Client) services() sql.Services {
	services := sql.Services{KillConnection: c.KillConnection}
	if load := c.LoadInfile; load != nil {
		services.LoadInfile = func(name string) (io.ReadCloser, error) {
			if _, allowed, _ := sql.SystemVariables.GetGlobal("local_infile"); allowed != int8(1) {
				return nil, sqlerr.LocalFilesOff()
			}
			return load(name)
		}
	}
	return services
}

// Known tells a session who its client is, once that is found out. No statement of it may run.
func (s *Session) Known(client Client) {
	s.client, s.services = client, client.services()
	s.base.SetClient(client.known())
	s.engine.sql.ProcessList.ConnectionReady(s.base)
}

// Reset ends the session and gives another one of the same number, client and current database, as a client asks for that does not
// want to connect again.
func (s *Session) Reset() *Session {
	database := s.Database()
	s.Close()
	again := s.engine.connect(s.client, s.base.ID())
	again.base.SetCurrentDatabase(database)
	return again
}

// State is what a client is told of its session with every answer.
type State struct {
	Autocommit bool
	// InTransaction: the session is within a transaction that the client ends.
	InTransaction bool
	// NoBackslashEscapes is of the SQL mode.
	NoBackslashEscapes bool
	// Warnings is how many there are of the last statement.
	Warnings uint16
	// Released: the client asked for the end of the session with that of its transaction.
	Released bool
}

// stateAt is a State, and when it was so.
type stateAt struct {
	State
	epoch txn.Epoch
	known bool
}

// State is that after the last statement. None may run.
func (s *Session) State(ctx context.Context) State {
	if epoch := s.base.Epoch(); !s.state.known || epoch != s.state.epoch {
		sqlCtx := s.newContext(ctx, "")
		s.state = stateAt{epoch: epoch, known: true}
		s.state.Autocommit = switchedOn(sqlCtx, sql.AutoCommitSessionVar)
		s.state.NoBackslashEscapes = sql.LoadSqlMode(sqlCtx).ModeEnabled("NO_BACKSLASH_ESCAPES")
	}
	s.state.InTransaction = s.base.GetTransaction() != nil
	s.state.Warnings = s.base.WarningCount()
	s.state.Released = s.base.Released()
	return s.state.State
}

// First cuts the first statement off a text that may hold several, as the parser reads it: the semicolons of a procedure's body end no
// statement. rest is empty when nothing but blanks and comments is behind it. What cannot be parsed is given whole.
func (s *Session) First(ctx context.Context, text string) (first, rest string) {
	if at := strings.IndexByte(text, ';'); at < 0 || strings.TrimSpace(text[at+1:]) == "" {
		return text, ""
	}
	s.running.Lock()
	defer s.running.Unlock()
	_, _, rest, err := s.engine.sql.Parser.Parse(s.newContext(ctx, text), text, true)
	if err != nil {
		return text, ""
	}
	at := strings.LastIndex(text, rest)
	if more, err := Split(rest); at < 0 || err == nil && len(more) == 0 {
		return text, ""
	}
	return text[:at], text[at:]
}
