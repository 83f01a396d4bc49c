package engine

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

const (
	createServerForm = "the form is CREATE SERVER [IF NOT EXISTS] name FOREIGN DATA WRAPPER connector [OPTIONS (option 'value', …)]"
	alterServerForm  = "the form is ALTER SERVER name OPTIONS (option 'value', …, DROP option)"
	dropServerForm   = "the form is DROP SERVER [IF EXISTS] name [CASCADE]"
)

// createServer is CREATE SERVER as read.
type createServer struct {
	ifNotExists bool
	server      catalog.Server
}

// alterServer is ALTER SERVER as read.
type alterServer struct {
	name    string
	changes []catalog.OptionChange
}

// dropServer is DROP SERVER as read.
type dropServer struct {
	name              string
	ifExists, cascade bool
}

// serverQuotes are those a server's name may stand in.
const serverQuotes = "`'\""

func (l *lexer) createServer() (s createServer, err error) {
	if s.ifNotExists, err = l.ifNotExists(); err != nil {
		return s, err
	}
	if s.server.Name, err = l.name(serverQuotes); err != nil {
		return s, err
	}
	for _, word := range []string{"FOREIGN", "DATA", "WRAPPER"} {
		if !l.keyword(word) {
			return s, l.wrong()
		}
	}
	if s.server.Wrapper, err = l.name(serverQuotes); err != nil {
		return s, err
	}
	options, err := l.options(false)
	s.server.Options = optionMap(options)
	return s, err
}

func (l *lexer) alterServer() (s alterServer, err error) {
	if s.name, err = l.name(serverQuotes); err != nil {
		return s, err
	}
	if s.changes, err = l.options(true); err == nil && len(s.changes) == 0 {
		err = l.wrong()
	}
	return s, err
}

func (l *lexer) dropServer() (s dropServer, err error) {
	if s.ifExists, err = l.ifExists(); err != nil {
		return s, err
	}
	if s.name, err = l.name(serverQuotes); err != nil {
		return s, err
	}
	if s.cascade = l.keyword("CASCADE"); !s.cascade {
		l.keyword("RESTRICT") // what it does anyway
	}
	return s, nil
}

func (s createServer) statement(p parser) sqlparser.Statement {
	return serverStatement("CREATE SERVER", func(ctx *sql.Context) error { return p.catalog.CreateServer(ctx, s.server, s.ifNotExists) })
}

func (s alterServer) statement(p parser) sqlparser.Statement {
	return serverStatement("ALTER SERVER", func(ctx *sql.Context) error { return p.catalog.AlterServer(ctx, s.name, s.changes) })
}

func (s dropServer) statement(p parser) sqlparser.Statement {
	return serverStatement("DROP SERVER", func(ctx *sql.Context) error { return p.catalog.DropServer(ctx, s.name, s.ifExists, s.cascade) })
}

// serverStatement wants the privilege that MySQL wants: SUPER.
func serverStatement(name string, run func(*sql.Context) error) sqlparser.Statement {
	return sqlparser.InjectedStatement{
		Statement: &command{name: name, run: run},
		Auth:      sqlparser.AuthInformation{AuthType: sqlparser.AuthType_SUPER, TargetType: sqlparser.AuthTargetType_Global},
	}
}
