package engine

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
)

// define takes over the definitions that go-mysql-server does not get right: CREATE TABLE … LIKE, which
// loses prefixes of indexes and trips over hidden columns, and renaming into another database, where it
// does not look at the database. Any other statement stays.
func (p parser) define(ctx context.Context, statement sqlparser.Statement) (sqlparser.Statement, error) {
	keepDescending(statement)
	if _, within := ctx.(*sql.Context); !within {
		return statement, nil
	}
	switch s := statement.(type) {
	case *sqlparser.DDL:
		switch {
		case s.Action == sqlparser.CreateStr && s.OptLike != nil && len(s.OptLike.LikeTables) == 1 && s.TableSpec == nil:
			return p.createLike(ctx, s), nil
		case s.Action == sqlparser.CreateStr && s.TableSpec != nil:
			return s, onePrimaryKey(s.TableSpec)
		case s.Action == sqlparser.RenameStr && crosses(s):
			return p.rename(s), nil
		}
	case *sqlparser.AlterTable:
		for _, clause := range s.Statements {
			if clause.Action != sqlparser.RenameStr || !crosses(clause) {
				continue
			}
			if len(s.Statements) > 1 {
				return statement, sqlerr.New(1235, "42000", "ALTER TABLE that moves a table to another database and changes it too is not supported").
					WithHint("move it with RENAME TABLE first")
			}
			if len(clause.FromTables) == 0 {
				clause.FromTables = sqlparser.TableNames{s.Table}
			}
			return p.rename(clause), nil
		}
	}
	return statement, nil
}

// primaryOption is vitess's number, which it does not export, of PRIMARY KEY behind a column.
const primaryOption sqlparser.ColumnKeyOption = 1

// onePrimaryKey refuses a table with two primary keys, of which go-mysql-server makes one.
func onePrimaryKey(spec *sqlparser.TableSpec) error {
	keys := 0
	for _, c := range spec.Columns {
		if c.Type.KeyOpt == primaryOption {
			keys++
		}
	}
	for _, index := range spec.Indexes {
		if index.Info.Primary {
			keys++
		}
	}
	if keys > 1 {
		return sqlerr.New(1068, "42000", "multiple primary key defined")
	}
	return nil
}

// crosses tells whether a name of a RENAME says which database it is in.
func crosses(s *sqlparser.DDL) bool {
	for _, names := range []sqlparser.TableNames{s.FromTables, s.ToTables} {
		for _, name := range names {
			if !name.DbQualifier.IsEmpty() {
				return true
			}
		}
	}
	return false
}

func tableNames(names sqlparser.TableNames) []catalog.TableName {
	out := make([]catalog.TableName, len(names))
	for i, name := range names {
		out[i] = catalog.TableName{Database: name.DbQualifier.String(), Name: name.Name.String()}
	}
	return out
}

// createLike makes the statement of a CREATE TABLE … LIKE; that of a database without a home stays.
func (p parser) createLike(ctx context.Context, s *sqlparser.DDL) sqlparser.Statement {
	names := tableNames(sqlparser.TableNames{s.Table, s.OptLike.LikeTables[0]})
	if !p.catalog.Keeps(ctx.(*sql.Context), names[0].Database) {
		return s
	}
	run := func(ctx *sql.Context) error {
		return p.catalog.CreateLike(ctx, names[0], names[1], s.Temporary, s.IfNotExists)
	}
	return sqlparser.InjectedStatement{Statement: &command{name: "CREATE TABLE LIKE", run: run}, Auth: s.Auth}
}

// rename makes the statement of a RENAME across databases. A table of the current database that stays
// there is renamed by it as well.
func (p parser) rename(s *sqlparser.DDL) sqlparser.Statement {
	from, to := tableNames(s.FromTables), tableNames(s.ToTables)
	run := func(ctx *sql.Context) error {
		for i := range to {
			// A target without a database is in the current one.
			for _, name := range []*catalog.TableName{&from[i], &to[i]} {
				if strings.TrimSpace(name.Database) == "" {
					name.Database = ctx.GetCurrentDatabase()
				}
			}
		}
		return p.catalog.RenameTables(ctx, from, to)
	}
	return sqlparser.InjectedStatement{Statement: &command{name: "RENAME TABLE", run: run}, Auth: s.Auth}
}
