package engine

import (
	"regexp"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/catalog"
)

// qualifiedCall is the name of a table function behind the name of its database, where a table stands.
var qualifiedCall = regexp.MustCompile("((?i:\\b(?:from|join)\\s+)|,\\s*)(`[^`]+`|[A-Za-z_$][\\w$]*)\\s*\\.\\s*(`[^`]+`|[A-Za-z_$][\\w$]*)(\\s*\\()")

// withQualifiedCalls writes series.series(0, 9) in a way that vitess reads: its grammar knows names of table
// functions without a database only. n is how many there are.
func withQualifiedCalls(query string) (out string, n int) {
	out = qualifiedCall.ReplaceAllStringFunc(query, func(call string) string {
		n++
		m := qualifiedCall.FindStringSubmatch(call)
		return m[1] + "`" + catalog.QualifiedFunction(strings.Trim(m[2], "`"), strings.Trim(m[3], "`")) + "`" + m[4]
	})
	return out, n
}

// nameDivided writes the database into the names of functions that are an aggregate here and a scalar function
// there: go-mysql-server asks which of the two a call is by its plain name.
func (p parser) nameDivided(ctx *sql.Context, statement sqlparser.Statement) {
	walk(statement, func(node sqlparser.SQLNode) {
		if f, ok := node.(*sqlparser.FuncExpr); ok && !f.Qualifier.IsEmpty() && p.catalog.Divided(ctx, f.Name.String()) {
			f.Name = sqlparser.NewColIdent(catalog.QualifiedFunction(f.Qualifier.String(), f.Name.String()))
			f.Qualifier = sqlparser.NewTableIdent("")
		}
	})
}

// qualifiedCalls counts the table functions of a statement that are named with a database.
func qualifiedCalls(statement sqlparser.Statement) int {
	n := 0
	walk(statement, func(node sqlparser.SQLNode) {
		if f, ok := node.(*sqlparser.TableFuncExpr); ok && catalog.IsQualifiedFunction(f.Name) {
			n++
		}
	})
	return n
}
