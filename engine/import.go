package engine

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

const importForm = "the form is IMPORT FOREIGN SCHEMA schema [LIMIT TO (table, …) | EXCEPT (table, …)] FROM SERVER server INTO database [OPTIONS (option 'value', …)]"

// importSchema is IMPORT FOREIGN SCHEMA as read.
type importSchema struct{ catalog.Import }

func (l *lexer) importSchema() (i importSchema, err error) {
	if i.Schema, err = l.name(serverQuotes); err != nil {
		return i, err
	}
	switch {
	case l.keywords("LIMIT", "TO"):
		i.LimitTo, err = l.names()
	case l.keyword("EXCEPT"):
		i.Except, err = l.names()
	}
	if err != nil {
		return i, err
	}
	if !l.keywords("FROM", "SERVER") {
		return i, l.wrong()
	}
	if i.Server, err = l.name(serverQuotes); err != nil {
		return i, err
	}
	if !l.keyword("INTO") {
		return i, l.wrong()
	}
	if i.Into, err = l.identifier(); err != nil {
		return i, err
	}
	options, err := l.options(false)
	i.Options = optionMap(options)
	return i, err
}

// names reads a list of names in parentheses.
func (l *lexer) names() (names []string, err error) {
	if !l.mark('(') {
		return nil, l.wrong()
	}
	for {
		name, err := l.name(serverQuotes)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		switch {
		case l.mark(')'):
			return names, nil
		case !l.mark(','):
			return nil, l.wrong()
		}
	}
}

var importedSchema = texts("Table", "Remote_table")

func importRows(p parser, ctx *sql.Context, i catalog.Import) ([]sql.Row, error) {
	done, err := p.catalog.ImportSchema(ctx, i)
	var rows []sql.Row
	for _, t := range done {
		rows = append(rows, sql.Row{strings.ToLower(i.Into) + "." + t.Name, t.Remote})
	}
	return rows, err
}

// statement implements own. Its rows are the tables that were imported.
func (i importSchema) statement(p parser) sqlparser.Statement {
	run := func(ctx *sql.Context, _ []any) ([]sql.Row, error) { return importRows(p, ctx, i.Import) }
	return sqlparser.InjectedStatement{Statement: &report{name: "IMPORT FOREIGN SCHEMA", schema: importedSchema, commits: true, run: run},
		Auth: sqlparser.AuthInformation{AuthType: sqlparser.AuthType_CREATE, TargetType: sqlparser.AuthTargetType_DatabaseIdentifiers, TargetNames: []string{i.Into}}}
}

// listOf reads names with commas between them.
func listOf(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
