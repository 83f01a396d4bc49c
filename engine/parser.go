package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/driver"
	"github.com/wasql/wasql/engine/sqlerr"
)

// parser is MySQL's, with six additions: statements that would touch the machine's files are
// refused, the star of a SELECT is written out where a table has hidden columns, EXPLAIN gives a
// tree, aggregates of connectors may have OVER, tables TABLESAMPLE, and there are servers, foreign tables and virtual tables.
type parser struct {
	mysql   sql.MysqlParser
	engine  *Engine
	catalog *catalog.Catalog
	indexes *driver.Set
	// loads: files can be granted to LOAD DATA.
	loads bool
	// samples are those of the text that is read.
	samples []sampled
}

var _ sql.Parser = parser{}

// ParseSimple implements sql.Parser.
func (p parser) ParseSimple(query string) (sqlparser.Statement, error) {
	query, p.samples = withSamples(query)
	if s, _, is, err := readOwn(query, ';'); is {
		return p.own(s, err)
	}
	read := usingFirst(withoutFormat(sharedLocks(query)))
	statement, err := p.mysql.ParseSimple(read)
	if err != nil {
		marked, is := withOver(read)
		if !is {
			return nil, err
		}
		again, refused := p.mysql.ParseSimple(marked)
		if refused != nil {
			return nil, err
		}
		if err := p.takeOver(context.Background(), again, marked, err); err != nil {
			return nil, err
		}
		statement = again
	}
	return p.check(context.Background(), statement)
}

// Parse implements sql.Parser.
func (p parser) Parse(ctx *sql.Context, query string, multi bool) (sqlparser.Statement, string, string, error) {
	return p.ParseWithOptions(ctx, query, ';', multi, sql.LoadSqlMode(ctx).ParserOptions())
}

// ParseWithOptions implements sql.Parser.
func (p parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, options sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	marked, samples := withSamples(query)
	if samples != nil {
		p.samples = samples
		statement, parsed, rest, err := p.parseWithOptions(ctx, marked, delimiter, multi, options)
		var own *sqlerr.Error
		if err == nil || errors.As(err, &own) {
			return statement, asWritten(parsed, samples), asWritten(rest, samples), err
		}
		p.samples = nil // what vitess says of the text as it is
	}
	return p.parseWithOptions(ctx, query, delimiter, multi, options)
}

func (p parser) parseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, options sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	text := sql.RemoveSpaceAndDelimiter(query, delimiter)
	if s, end, is, err := readOwn(text, delimiter); is {
		if err == nil && !multi && end < len(text) {
			err = (&lexer{text: text, at: end}).wrong()
		}
		statement, err := p.own(s, err)
		return statement, strings.TrimSpace(text[:end]), strings.TrimPrefix(text[end:], string(delimiter)), err
	}
	read := usingFirst(withoutFormat(sharedLocks(query)))
	statement, parsed, rest, err := p.mysql.ParseWithOptions(ctx, read, delimiter, multi, options)
	if err != nil {
		// Only what vitess refuses is tried so, and only when each name became one of a function.
		if calls, n := withQualifiedCalls(query); n > 0 {
			if s, text, more, again := p.mysql.ParseWithOptions(ctx, withoutFormat(calls), delimiter, multi, options); again == nil && qualifiedCalls(s) == n {
				statement, parsed, rest, err = s, text, more, nil
			}
		}
		if quoted, is := withColumnKey(read); err != nil && is {
			if s, text, more, again := p.mysql.ParseWithOptions(ctx, quoted, delimiter, multi, options); again == nil {
				statement, parsed, rest, err = s, text, more, nil
			}
		}
	}
	if err != nil {
		if marked, is := withOver(read); is {
			if s, text, more, again := p.mysql.ParseWithOptions(ctx, marked, delimiter, multi, options); again == nil {
				statement, parsed, rest = s, withoutOver(text), withoutOver(more)
				err = p.takeOver(ctx, s, marked, err)
			}
		}
	}
	if err == nil {
		statement, err = p.check(ctx, statement)
	}
	return statement, parsed, rest, err
}

// ParseOneWithOptions implements sql.Parser.
func (p parser) ParseOneWithOptions(ctx context.Context, query string, options sqlparser.ParserOptions) (sqlparser.Statement, int, error) {
	query, p.samples = withSamples(query)
	if s, end, is, err := readOwn(query, ';'); is {
		statement, err := p.own(s, err)
		return statement, min(end+1, len(query)), err
	}
	text := usingFirst(withoutFormat(sharedLocks(query)))
	statement, next, err := p.mysql.ParseOneWithOptions(ctx, text, options)
	if err != nil {
		if marked, is := withOver(text); is {
			if s, end, again := p.mysql.ParseOneWithOptions(ctx, marked, options); again == nil {
				statement, next = s, len(withoutOver(marked[:min(end, len(marked))]))
				err = p.takeOver(ctx, s, marked, err)
			}
		}
	}
	if next += len(query) - len(text); err == nil {
		statement, err = p.check(ctx, statement)
	}
	return statement, next, err
}

// check refuses and rewrites.
func (p parser) check(ctx context.Context, statement sqlparser.Statement) (sqlparser.Statement, error) {
	if err := p.refuseFiles(statement); err != nil {
		return statement, err
	}
	if err := p.takeSamples(ctx, statement); err != nil {
		return statement, err
	}
	if s := catalog.StatementOf(ctx); s != nil {
		noteMatches(s, statement) // a view's, or one that was prepared
	}
	explainAsTree(statement)
	ownAggregates(statement)
	widenDecimals(statement)
	nameReturned(statement)
	if sqlContext, ok := ctx.(*sql.Context); ok {
		p.nameDivided(sqlContext, statement)
		tables := stars{ctx: sqlContext, provider: p.catalog.Provider()}
		if err := (lateral{tables}).rewrite(statement); err != nil {
			return statement, err
		}
		if err := tables.expand(statement); err != nil {
			return statement, err
		}
	}
	if taken, err := p.driverIndex(ctx, statement); taken != nil || err != nil {
		return taken, err
	}
	statement, err := p.call(statement)
	if err != nil {
		return statement, err
	}
	if statement, err = p.foreign(ctx, statement); err != nil {
		return statement, err
	}
	return p.define(ctx, statement)
}

// own makes a statement of what vitess does not know.
func (p parser) own(s own, err error) (sqlparser.Statement, error) {
	if err != nil {
		return nil, err
	}
	return s.statement(p), nil
}

// refuseFiles refuses what reads or writes files of the machine outside of any grant.
func (p parser) refuseFiles(statement sqlparser.Statement) error {
	var refused string
	walk(statement, func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.Load:
			// A client's own file needs no grant; where there is no client, the file is refused when it is opened.
			if !p.loads && !bool(n.Local) {
				refused = loadData
			}
		case *sqlparser.Into:
			if n != nil && n.Outfile != "" {
				refused = "INTO OUTFILE"
			}
			if n != nil && n.Dumpfile != "" {
				refused = "INTO DUMPFILE"
			}
		case *sqlparser.FuncExpr:
			if strings.EqualFold(n.Name.String(), "load_file") {
				refused = "LOAD_FILE"
			}
		}
	})
	if refused == "" {
		return nil
	}
	return refusedFile(refused)
}
