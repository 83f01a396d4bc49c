package pushdown

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// reads counts, over a whole statement, how often each column is named. go-mysql-server's own
// pruning stops at HAVING, sub-queries, semi joins and more; this count does not.
type reads struct {
	ids map[sql.ColumnId]int
	// names are those of fields that have no id; they count for every column called so.
	names map[string]int
	// whole has the tables whose rows are used as they are, such as by SELECT * or UNION.
	whole map[*plan.ResolvedTable]bool
}

func countReads(ctx *sql.Context, n sql.Node) *reads {
	r := &reads{ids: map[sql.ColumnId]int{}, names: map[string]int{}, whole: map[*plan.ResolvedTable]bool{}}
	r.node(ctx, n, true)
	return r
}

// node visits n. whole tells that somebody above uses all columns of its rows.
func (r *reads) node(ctx *sql.Context, n sql.Node, whole bool) {
	if n == nil {
		return
	}
	if table, ok := n.(*plan.ResolvedTable); ok {
		if whole {
			r.whole[table] = true
		}
		return
	}
	if e, ok := n.(sql.Expressioner); ok {
		for _, expr := range e.Expressions() {
			r.expression(ctx, expr, 1)
		}
	}
	switch n := n.(type) {
	case *plan.Project, *plan.GroupBy, *plan.Window:
		whole = false
	case *plan.Filter, *plan.Having, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.TableAlias, *plan.Max1Row,
		*plan.CachedResults, *plan.HashLookup:
	case *plan.JoinNode:
		r.node(ctx, n.Left(), whole)
		r.node(ctx, n.Right(), whole && !n.Op.IsPartial())
		return
	case *plan.DescribeQuery:
		r.node(ctx, n.Query(), whole)
		return
	default:
		// Distinct and UNION compare whole rows; a node not known here may do anything.
		whole = true
	}
	for _, child := range n.Children() {
		r.node(ctx, child, whole)
	}
}

// expression adds n for each column named in e, sub-queries included.
func (r *reads) expression(ctx *sql.Context, e sql.Expression, n int) {
	if e == nil {
		return
	}
	sql.Inspect(ctx, e, func(ctx *sql.Context, e sql.Expression) bool {
		switch e := e.(type) {
		case *expression.GetField:
			if e.Id() == 0 {
				r.names[strings.ToLower(e.Name())] += n
			} else {
				r.ids[e.Id()] += n
			}
		case *plan.Subquery:
			if n > 0 {
				r.node(ctx, e.Query, true)
			}
		}
		return true
	})
}

// without counts again what is read when the given conditions are no longer evaluated.
func (r *reads) without(ctx *sql.Context, conditions []sql.Expression) *reads {
	less := &reads{ids: make(map[sql.ColumnId]int, len(r.ids)), names: r.names, whole: r.whole}
	for id, n := range r.ids {
		less.ids[id] = n
	}
	for _, e := range conditions {
		less.expression(ctx, e, -1)
	}
	return less
}

// of lists the row positions of the table's columns that are read, ascending.
func (r *reads) of(s *tableScope) []int {
	first, _ := s.ids.Next(1)
	full := s.table.FullSchema()
	var positions []int
	for i, c := range s.columns {
		id := first + sql.ColumnId(c.position)
		named := r.names[strings.ToLower(s.schema[i].Name)] > 0 || r.names[strings.ToLower(full[c.position].Name)] > 0
		if r.whole[s.node] || named || r.ids[id] > 0 {
			positions = append(positions, i)
		}
	}
	return positions
}
