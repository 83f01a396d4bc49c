package engine

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

// statement implements own.
func (f foreignTable) statement(p parser) sqlparser.Statement {
	run := func(ctx *sql.Context) error {
		return p.catalog.CreateForeign(ctx, catalog.Foreign{Form: catalog.ServerForm, Database: in(ctx, f.database), Name: f.name,
			Server: f.server, Options: f.options, Columns: f.columns}, f.ifNotExists)
	}
	return tableStatement("CREATE FOREIGN TABLE", sqlparser.AuthType_CREATE, f.database, f.name, run)
}

// statement implements own.
func (v virtualTable) statement(p parser) sqlparser.Statement {
	run := func(ctx *sql.Context) error {
		return p.catalog.CreateForeign(ctx, catalog.Foreign{Form: catalog.ModuleForm, Database: in(ctx, v.database), Name: v.name,
			Connector: v.module, Arguments: v.arguments}, v.ifNotExists)
	}
	return tableStatement("CREATE VIRTUAL TABLE", sqlparser.AuthType_CREATE, v.database, v.name, run)
}

// tableStatement is a statement about a table, with the privilege it wants.
func tableStatement(name, privilege, database, table string, run func(*sql.Context) error) sqlparser.Statement {
	return sqlparser.InjectedStatement{
		Statement: &command{name: name, run: run},
		Auth: sqlparser.AuthInformation{AuthType: privilege, TargetType: sqlparser.AuthTargetType_SingleTableIdentifier,
			TargetNames: []string{database, table}},
	}
}

// in is the database that a statement means: the current one when it names none.
func in(ctx *sql.Context, database string) string {
	if database == "" {
		return ctx.GetCurrentDatabase()
	}
	return database
}

// dropForeign is DROP FOREIGN TABLE as read.
type dropForeign struct {
	ifExists bool
	names    []catalog.TableName
}

func (l *lexer) dropForeign() (d dropForeign, err error) {
	if d.ifExists, err = l.ifExists(); err != nil {
		return d, err
	}
	for {
		var name catalog.TableName
		if name.Database, name.Name, err = l.tableName(); err != nil {
			return d, err
		}
		d.names = append(d.names, name)
		if !l.mark(',') {
			break
		}
	}
	l.keyword("RESTRICT")
	return d, nil
}

// statement implements own.
func (d dropForeign) statement(p parser) sqlparser.Statement {
	run := func(ctx *sql.Context) error {
		names := make([]catalog.TableName, len(d.names))
		for i, name := range d.names {
			names[i] = catalog.TableName{Database: in(ctx, name.Database), Name: name.Name}
		}
		return p.catalog.DropForeign(ctx, names, d.ifExists)
	}
	return tableStatement("DROP FOREIGN TABLE", sqlparser.AuthType_DROP, d.names[0].Database, d.names[0].Name, run)
}
