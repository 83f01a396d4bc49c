package exec

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/gms"
)

// attached are the indexes of a table that index drivers keep, unless they are among those that are shown already.
func attached(ctx *sql.Context, node sql.Node, shown []sql.Index) ([]sql.Index, error) {
	resolved, ok := node.(*plan.ResolvedTable)
	if !ok {
		return nil, nil
	}
	t := gms.Of(resolved.Table)
	if t == nil {
		return nil, nil
	}
	all, err := t.Attached(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if slices.ContainsFunc(shown, func(x sql.Index) bool {
		own, ok := x.(*gms.Index)
		return ok && own.DriverID() != ""
	}) {
		return nil, nil
	}
	out := make([]sql.Index, len(all))
	for i, x := range all {
		out[i] = x
	}
	return out, nil
}

// buildShowIndexes shows the indexes of drivers too; nil: there are none.
func (b Builder) buildShowIndexes(ctx *sql.Context, n *plan.ShowIndexes, row sql.Row) (sql.RowIter, error) {
	more, err := attached(ctx, n.Child, n.IndexesToShow)
	if err != nil || len(more) == 0 {
		return nil, err
	}
	with := *n
	with.IndexesToShow = slices.Concat(n.IndexesToShow, more)
	return b.Base.Build(ctx, &with, row)
}

// showAttached shows a table with the indexes of drivers; nil: it has none.
func (b Builder) showAttached(ctx *sql.Context, n *plan.ShowCreateTable, resolved *plan.ResolvedTable, row sql.Row) (sql.RowIter, error) {
	more, err := attached(ctx, resolved, n.Indexes)
	if err != nil || len(more) == 0 {
		return nil, err
	}
	with := *n
	with.Indexes = slices.Concat(n.Indexes, more)
	rows, err := b.Base.Build(ctx, &with, row)
	if err != nil {
		return nil, err
	}
	return &usingShown{rows, more}, nil
}

// usingShown adds to the lines of indexes which driver keeps them.
type usingShown struct {
	sql.RowIter
	indexes []sql.Index
}

// Next implements sql.RowIter.
func (u *usingShown) Next(ctx *sql.Context) (sql.Row, error) {
	row, err := u.RowIter.Next(ctx)
	if err != nil || len(row) < 2 {
		return row, err
	}
	text, ok := row[1].(string)
	if !ok {
		return row, nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		for _, x := range u.indexes {
			head := "KEY " + sqlName(x.ID()) + " ("
			at := strings.Index(line, head)
			if at < 0 || strings.TrimSpace(line[:at]) != "" && strings.TrimSpace(line[:at]) != "UNIQUE" {
				continue
			}
			end := at + len(head) + strings.Index(line[at+len(head):], ")") + 1
			lines[i] = line[:end] + " USING " + sqlName(x.IndexType()) + line[end:]
		}
	}
	row = slices.Clone(row)
	row[1] = strings.Join(lines, "\n")
	return row, nil
}

func sqlName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
