package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/gms"
)

// polisher changes a row that go-mysql-server made into what MySQL shows.
type polisher func(row Row)

// polish gives the polisher for the rows of a SHOW statement; nil when none is needed.
func polish(ctx *sql.Context, provider sql.DatabaseProvider, statement sqlparser.Statement, columns []Column) polisher {
	show, ok := statement.(*sqlparser.Show)
	if !ok || len(columns) < 2 {
		return nil
	}
	switch {
	case columns[0].Name == "Field" && columns[1].Name == "Type":
		return polishColumns(columns[2].Name == "Collation")
	case columns[1].Name == "Create Table":
		return polishCreateTable(ctx, provider, show)
	}
	for i, c := range columns {
		if c.Name == "Database Collation" {
			return polishDatabaseCollation(ctx, provider, i)
		}
	}
	return nil
}

// polishDatabaseCollation names the collation of the current database, where go-mysql-server always
// names its own default one. Programs that dump a database compare the two.
func polishDatabaseCollation(ctx *sql.Context, provider sql.DatabaseProvider, column int) polisher {
	collation := gms.DefaultCollation
	if db, err := provider.Database(ctx, ctx.GetCurrentDatabase()); err == nil {
		if collated, ok := db.(sql.CollatedDatabase); ok {
			collation = collated.GetCollation(ctx)
		}
	}
	return func(row Row) { row[column] = collation.Name() }
}

// polishColumns takes the collation out of the type that SHOW COLUMNS gives, where go-mysql-server
// writes it because it takes another one for the default, and puts it where it belongs.
func polishColumns(full bool) polisher {
	return func(row Row) {
		text, _ := row[1].(string)
		bare, collation, found := strings.Cut(text, " COLLATE ")
		bare, _, _ = strings.Cut(bare, " CHARACTER SET ")
		row[1] = bare
		if full && found {
			row[2] = collation
		}
	}
}

// polishCreateTable names the connector as the engine of the table. A virtual table has its own text.
func polishCreateTable(ctx *sql.Context, provider sql.DatabaseProvider, show *sqlparser.Show) polisher {
	database := show.Table.DbQualifier.String()
	if database == "" {
		database = ctx.GetCurrentDatabase()
	}
	db, err := provider.Database(ctx, database)
	if err != nil {
		return nil
	}
	if virtual, ok := db.(interface{ VirtualText(name string) string }); ok {
		if text := virtual.VirtualText(show.Table.Name.String()); text != "" {
			return func(row Row) { row[1] = text }
		}
	}
	table, _, err := db.GetTableInsensitive(ctx, show.Table.Name.String())
	if err != nil {
		return nil
	}
	ours := gms.Of(table)
	if ours == nil {
		return nil
	}
	engine := ours.Connector().Manifest().GetName()
	return func(row Row) {
		if text, ok := row[1].(string); ok {
			// The last one: a comment before it may hold the same words.
			if at := strings.LastIndex(text, ") ENGINE=InnoDB"); at >= 0 {
				row[1] = text[:at] + ") ENGINE=" + quote(engine) + text[at+len(") ENGINE=InnoDB"):]
			}
		}
	}
}

// untrue tells whether a warning is not so: go-mysql-server says of every CREATE DATABASE that names a
// collation that it is not supported, and hands it on.
func untrue(statement, warning string) bool {
	return strings.HasPrefix(warning, "Setting CHARACTER SET, COLLATION and ENCRYPTION") && !strings.Contains(strings.ToLower(statement), "encryption")
}

// repeated tells whether a warning is about a constant of the statement that was warned of already: constants
// that are converted for each row are converted once in MySQL.
func repeated(told map[string]bool, statement, warning string) bool {
	_, value, truncated := strings.Cut(warning, "Truncated incorrect ")
	if !truncated {
		return false
	}
	_, value, _ = strings.Cut(value, ": ")
	value = strings.Trim(value, "'\" ")
	if !strings.Contains(statement, "'"+value+"'") && !strings.Contains(statement, `"`+value+`"`) {
		return false
	}
	again := told[warning]
	told[warning] = true
	return again
}

// nameReturned gives what RETURNING computes the name that a SELECT would give it: its text.
func nameReturned(statement sqlparser.Statement) {
	insert, ok := statement.(*sqlparser.Insert)
	if !ok {
		return
	}
	for _, e := range insert.Returning {
		returned, ok := e.(*sqlparser.AliasedExpr)
		if !ok || !returned.As.IsEmpty() {
			continue
		}
		if _, column := returned.Expr.(*sqlparser.ColName); column {
			continue
		}
		text := returned.InputExpression
		if text == "" {
			text = strings.ReplaceAll(sqlparser.String(returned.Expr), "`", "")
		}
		returned.As = sqlparser.NewColIdent(text)
	}
}
