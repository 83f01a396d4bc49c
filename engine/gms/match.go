package gms

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/fulltext"

	"github.com/wasql/wasql/abi/pb"
)

// Matching is a statement that knows which columns its MATCH … AGAINST are over: the lower-case names of each.
type Matching interface {
	Matches() [][]string
}

// matchesOf are the columns of the MATCH … AGAINST of the statement of ctx; nil: it has none.
func matchesOf(ctx *sql.Context) [][]string {
	if m, ok := StatementOf(ctx).(Matching); ok {
		return m.Matches()
	}
	return nil
}

// HasMatches tells whether the statement of ctx has a MATCH … AGAINST.
func HasMatches(ctx *sql.Context) bool { return matchesOf(ctx) != nil }

// ByConnector tells whether MATCH … AGAINST with this index is for the table's connector to answer: there are no
// words of it here.
func ByConnector(index fulltext.Index) bool {
	x, ok := index.(*Index)
	return ok && !x.worded()
}

// worded tells whether go-mysql-server keeps the words of a FULLTEXT index in tables.
func (x *Index) worded() bool { return hasWords(x.declared) }

func hasWords(x *pb.Index) bool {
	return x.Kind == pb.IndexKind_INDEX_KIND_FULLTEXT && x.Options[fulltextConfig] != ""
}

// matched are the indexes that go-mysql-server wants to see for a MATCH … AGAINST over columns of the table that have
// no FULLTEXT index: whether the connector searches them all the same is what PLAN will tell.
func (t *Table) matched(ctx *sql.Context) []sql.Index {
	var all []sql.Index
	for i, names := range matchesOf(ctx) {
		declared := &pb.Index{Name: "match " + strconv.Itoa(i+1), Kind: pb.IndexKind_INDEX_KIND_FULLTEXT}
		for _, name := range names {
			at := slices.IndexFunc(t.FullSchema(), func(c *sql.Column) bool { return strings.EqualFold(c.Name, name) })
			if at >= 0 {
				declared.Columns = append(declared.Columns, &pb.IndexColumn{Column: uint32(at)})
			}
		}
		if len(declared.Columns) == len(names) && !slices.ContainsFunc(t.Keys(), func(x *Index) bool { return x.IsFullText() && sameColumns(x.declared, declared) }) {
			all = append(all, newIndex(t.Database(), t.name, declared, t.declared.Table, t.FullSchema()))
		}
	}
	return all
}

// sameColumns tells whether two indexes are over the same columns, in any order.
func sameColumns(a, b *pb.Index) bool {
	return len(a.Columns) == len(b.Columns) && !slices.ContainsFunc(a.Columns, func(c *pb.IndexColumn) bool {
		return !slices.ContainsFunc(b.Columns, func(d *pb.IndexColumn) bool { return c.Column == d.Column && c.ExpressionSql == "" })
	})
}
