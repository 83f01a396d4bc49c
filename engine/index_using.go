package engine

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/driver"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// usingFirst puts the words of CREATE INDEX name ON table USING driver (…), as the founding guide has them, in MySQL's
// order: CREATE INDEX name USING driver ON table (…). The table may be called table. Any other text stays.
func usingFirst(text string) string {
	l := &lexer{text: text}
	if !l.keyword("CREATE") {
		return text
	}
	for _, kind := range []string{"UNIQUE", "FULLTEXT", "SPATIAL", "VECTOR"} {
		if l.keyword(kind) {
			break
		}
	}
	if !l.keyword("INDEX") {
		return text
	}
	if _, err := l.ifNotExists(); err != nil {
		return text
	}
	if _, err := l.identifier(); err != nil {
		return text
	}
	l.skip()
	on := l.at
	if !l.keyword("ON") {
		return text
	}
	l.skip()
	named := l.at
	database, name, err := l.tableName()
	if err != nil {
		return text
	}
	behind := l.at
	l.skip()
	using := l.at
	if !l.keyword("USING") {
		return text
	}
	if _, err := l.identifier(); err != nil {
		return text
	}
	end := l.at
	if !l.mark('(') {
		return text
	}
	table := strings.TrimSpace(text[named:behind])
	if database == "" && strings.EqualFold(table, "table") {
		table = quote(name)
	}
	return text[:on] + text[using:end] + " ON " + table + text[named+len(strings.TrimRight(text[named:behind], " \t\r\n")):using] + text[end:]
}

// nativeUsing are MySQL's own kinds of indexes.
func nativeUsing(name string) bool {
	return name == "" || strings.EqualFold(name, "btree") || strings.EqualFold(name, "hash") || strings.EqualFold(name, "rtree")
}

// driverIndex takes over the definitions of indexes that an index driver keeps; nil: the statement is another.
func (p parser) driverIndex(ctx context.Context, statement sqlparser.Statement) (sqlparser.Statement, error) {
	within, ok := ctx.(*sql.Context)
	if !ok || p.indexes == nil {
		return nil, nil
	}
	switch s := statement.(type) {
	case *sqlparser.DDL:
		if s.TableSpec != nil && s.Action == sqlparser.CreateStr {
			return nil, noDriverHere(s.TableSpec)
		}
	case *sqlparser.AlterTable:
		for _, clause := range s.Statements {
			made, err := p.indexClause(within, s, clause)
			switch {
			case err != nil:
				return nil, err
			case made == nil:
				continue
			}
			if len(s.Statements) > 1 {
				return nil, sqlerr.New(1235, "42000", "ALTER TABLE with an index of an index driver and something else is not supported").
					WithHint("use a statement for each")
			}
			return made, nil
		}
	}
	return nil, nil
}

// noDriverHere refuses an index of a driver within CREATE TABLE, where go-mysql-server would make it the table's own.
func noDriverHere(spec *sqlparser.TableSpec) error {
	for _, index := range spec.Indexes {
		for _, option := range index.Options {
			if strings.EqualFold(option.Name, "using") && !nativeUsing(option.Using) {
				return sqlerr.New(1235, "42000", "an index of index driver '%s' within CREATE TABLE is not supported", option.Using).
					WithHint("CREATE INDEX %s USING %s ON … makes it afterwards", index.Info.Name, option.Using)
			}
		}
	}
	return nil
}

// indexClause makes the statement of a clause about an index of a driver; nil: it is about something else.
func (p parser) indexClause(ctx *sql.Context, s *sqlparser.AlterTable, clause *sqlparser.DDL) (sqlparser.Statement, error) {
	spec := clause.IndexSpec
	if spec == nil {
		return nil, nil
	}
	table := gms.TableName{Database: in(ctx, s.Table.DbQualifier.String()), Name: s.Table.Name.String()}
	statement := func(name string, run func(*sql.Context) error) sqlparser.Statement {
		auth := clause.Auth
		auth.TargetNames = []string{s.Table.DbQualifier.String(), s.Table.Name.String()}
		return sqlparser.InjectedStatement{Statement: &command{name: name, run: run}, Auth: auth}
	}
	if strings.EqualFold(spec.Action, sqlparser.CreateStr) {
		using := usingOf(spec)
		if nativeUsing(using) {
			return nil, p.indexNameFree(ctx, table, spec.ToName.String())
		}
		definition, err := definitionOf(spec, table, using)
		if err != nil {
			return nil, err
		}
		return statement("CREATE INDEX", func(ctx *sql.Context) error { return p.createIndex(ctx, definition, clause.IfNotExists) }), nil
	}
	name := spec.ToName.String()
	if strings.EqualFold(spec.Action, sqlparser.RenameStr) {
		name = spec.FromName.String()
	}
	x, err := p.indexes.Find(ctx, p.actual(ctx, table), name)
	if err != nil || x == nil {
		return nil, err
	}
	switch {
	case strings.EqualFold(spec.Action, sqlparser.DropStr):
		return statement("DROP INDEX", func(ctx *sql.Context) error { return p.indexes.Drop(ctx, x) }), nil
	case strings.EqualFold(spec.Action, sqlparser.RenameStr):
		to := spec.ToName.String()
		if err := p.indexNameFree(ctx, table, to); err != nil {
			return nil, err
		}
		return statement("RENAME INDEX", func(ctx *sql.Context) error { return p.indexes.Rename(ctx, x, to) }), nil
	}
	return nil, nil
}

// usingOf is what USING says, in front of the columns or behind them.
func usingOf(spec *sqlparser.IndexSpec) string {
	if using := spec.Using.String(); using != "" {
		return using
	}
	for _, option := range spec.Options {
		if strings.EqualFold(option.Name, "using") {
			return option.Using
		}
	}
	return ""
}

// actual is a table by the names that its indexes are kept under: SQL's own, in the connector's spelling. A table that
// cannot be had is left as it is called.
func (p parser) actual(ctx *sql.Context, table gms.TableName) gms.TableName {
	t, err := p.catalog.Table(ctx, catalog.TableName(table))
	if err != nil {
		return table
	}
	return gms.TableName{Database: t.Database(), Name: t.Name()}
}

// indexNameFree refuses the name of an index of a driver for an index of the table's own.
func (p parser) indexNameFree(ctx *sql.Context, table gms.TableName, name string) error {
	if name == "" {
		return nil
	}
	x, err := p.indexes.Find(ctx, p.actual(ctx, table), name)
	if err == nil && x != nil {
		err = sql.ErrDuplicateKey.New(name)
	}
	return err
}

// definitionOf reads CREATE INDEX … USING driver.
func definitionOf(spec *sqlparser.IndexSpec, table gms.TableName, using string) (driver.Definition, error) {
	d := driver.Definition{Database: table.Database, Table: table.Name, Name: spec.ToName.String(), Driver: using}
	switch spec.Type {
	case sqlparser.UniqueStr:
		d.Unique = true
	case "":
	default:
		return d, sqlerr.New(1235, "42000", "an index of index driver '%s' cannot be %s", using, strings.ToUpper(spec.Type))
	}
	for _, field := range spec.Fields {
		switch {
		case field.Expression != nil:
			return d, sqlerr.New(1235, "42000", "an index of index driver '%s' is of columns, not of expressions", using)
		case field.Length != nil:
			return d, sqlerr.New(1235, "42000", "an index of index driver '%s' is of whole columns, not of the beginning of %s", using, field.Column)
		}
		d.Columns = append(d.Columns, field.Column.String())
	}
	for _, option := range spec.Options {
		switch {
		case strings.EqualFold(option.Name, "comment") && option.Value != nil:
			d.Comment = string(option.Value.Val)
		case strings.EqualFold(option.Name, "engine_attribute") && option.Value != nil:
			options, err := attributes(string(option.Value.Val))
			if err != nil {
				return d, err
			}
			d.Options = options
		}
	}
	if d.Name == "" && len(d.Columns) > 0 {
		d.Name = d.Columns[0]
	}
	return d, nil
}

// createIndex makes an index of a driver. With ifNotExists one that is there is a note.
func (p parser) createIndex(ctx *sql.Context, d driver.Definition, ifNotExists bool) error {
	err := p.indexes.Create(ctx, d)
	if ifNotExists && sql.ErrDuplicateKey.Is(err) {
		ctx.Session.Warn(&sql.Warning{Level: "Note", Code: 1061, Message: err.Error()})
		return nil
	}
	return err
}
