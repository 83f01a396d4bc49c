package engine

import (
	"context"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/sqlerr"
)

// parser is MySQL's, with three additions: statements that would touch the machine's files are
// refused, the star of a SELECT is written out where a table has hidden columns, and EXPLAIN gives
// a tree.
type parser struct {
	mysql   sql.MysqlParser
	catalog *catalog.Catalog
}

var _ sql.Parser = parser{}

// ParseSimple implements sql.Parser.
func (p parser) ParseSimple(query string) (sqlparser.Statement, error) {
	statement, err := p.mysql.ParseSimple(withoutFormat(query))
	if err != nil {
		return nil, err
	}
	return statement, p.check(context.Background(), statement)
}

// Parse implements sql.Parser.
func (p parser) Parse(ctx *sql.Context, query string, multi bool) (sqlparser.Statement, string, string, error) {
	return p.ParseWithOptions(ctx, query, ';', multi, sql.LoadSqlMode(ctx).ParserOptions())
}

// ParseWithOptions implements sql.Parser.
func (p parser) ParseWithOptions(ctx context.Context, query string, delimiter rune, multi bool, options sqlparser.ParserOptions) (sqlparser.Statement, string, string, error) {
	statement, parsed, rest, err := p.mysql.ParseWithOptions(ctx, withoutFormat(query), delimiter, multi, options)
	if err == nil {
		err = p.check(ctx, statement)
	}
	return statement, parsed, rest, err
}

// ParseOneWithOptions implements sql.Parser.
func (p parser) ParseOneWithOptions(ctx context.Context, query string, options sqlparser.ParserOptions) (sqlparser.Statement, int, error) {
	statement, next, err := p.mysql.ParseOneWithOptions(ctx, withoutFormat(query), options)
	if err == nil {
		err = p.check(ctx, statement)
	}
	return statement, next, err
}

// check refuses and rewrites.
func (p parser) check(ctx context.Context, statement sqlparser.Statement) error {
	if err := refuseFiles(statement); err != nil {
		return err
	}
	explainAsTree(statement)
	if sqlContext, ok := ctx.(*sql.Context); ok {
		return stars{ctx: sqlContext, provider: p.catalog.Provider()}.expand(statement)
	}
	return nil
}

// refuseFiles refuses what reads or writes files of the machine outside of any grant.
func refuseFiles(statement sqlparser.Statement) error {
	var refused string
	walk(statement, func(node sqlparser.SQLNode) {
		switch n := node.(type) {
		case *sqlparser.Load:
			refused = "LOAD DATA"
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
	return sqlerr.New(1290, "HY000", "wasql is running with the --secure-file-priv option so it cannot execute this statement: %s", refused).
		WithHint("files are read through connectors, such as csv.`./people.csv`, under their grants")
}
