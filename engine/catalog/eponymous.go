package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
)

// eponymous finds the table that is called like its connector, which needs no definition and no database before its
// name: SELECT … FROM series. Only queries find it so, and only in the main database, behind the tables that are there: a
// definition of that name makes another table. nil: there is none.
func (c *Catalog) eponymous(ctx *sql.Context, name string) (*gms.Table, error) {
	d, ok := c.lookup(name)
	if !ok || c.homeOf(d) != nil || !queries(ctx) {
		return nil, nil
	}
	if files, err := d.isFiles(ctx); err != nil || files {
		return nil, err
	}
	t, err := d.listed(ctx, name)
	if t == nil || err != nil || t.Declared().Kind == pb.TableKind_TABLE_KIND_REGULAR {
		return nil, err
	}
	return t.As(Main, t.Name())
}

// queries tells whether the statement of ctx only reads.
func queries(ctx *sql.Context) bool {
	text := strings.TrimLeft(ctx.Query(), " \t\r\n(")
	for _, word := range []string{"select", "with", "explain", "describe", "desc", "table", "show"} {
		if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
			return true
		}
	}
	return false
}
