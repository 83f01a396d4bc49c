package pushdown

import (
	"maps"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
)

// reads counts, over a whole statement, how often each column is named where its value matters.
// go-mysql-server's own pruning stops at HAVING, sub-queries, semi joins, views and more; this
// count does not. A column that a projection only hands on counts when somebody above wants it.
type reads struct {
	ids map[sql.ColumnId]int
	// names are those of fields that have no id; they count for every column called so.
	names map[string]int
	// fields are named through a table. A derived table that is nothing but a table loses the ids of
	// its columns when go-mysql-server puts the table in its place.
	fields map[field]int
	// tables has, for a table whose rows are used as they are, who wants its columns.
	tables map[*plan.ResolvedTable]wish
	// seen has the names of all fields; an alias has no id of its own to be known by.
	seen map[string]bool
	// rows are the tables whose whole rows an expression looks at.
	rows map[sql.TableId]bool
	// open are the projected expressions that nobody wants so far.
	open []projected
}

// wish says which columns of a row are wanted besides those that are named.
type wish struct {
	// all: somebody compares, returns or stores whole rows.
	all bool
	// as has the ids by which the columns are known above, in the order of the row.
	as []sql.ColumnId
	// table is the id by which fields above know the table, with names of columns; 0: they know its own.
	table sql.TableId
}

// field is a column known by its table and its name.
type field struct {
	table sql.TableId
	name  string
}

// projected is an expression of a projection, wanted when one of its ids or its name is.
type projected struct {
	expr sql.Expression
	ids  [2]sql.ColumnId
	name string
}

func countReads(ctx *sql.Context, n sql.Node) *reads {
	r := &reads{ids: map[sql.ColumnId]int{}, names: map[string]int{}, fields: map[field]int{}, tables: map[*plan.ResolvedTable]wish{}, seen: map[string]bool{}, rows: map[sql.TableId]bool{}}
	r.node(ctx, n, wish{all: true})
	// What is wanted of one projection may make another wanted.
	for more := true; more; {
		more = false
		waiting := r.open
		r.open = nil
		for _, p := range waiting {
			if r.ids[p.ids[0]] > 0 || r.ids[p.ids[1]] > 0 || r.seen[p.name] {
				r.expression(ctx, p.expr, 1)
				more = true
			} else {
				r.open = append(r.open, p)
			}
		}
	}
	for table, w := range r.tables {
		if r.rows[table.Id()] || w.table != 0 && r.rows[w.table] {
			w.all = true
			r.tables[table] = w
		}
	}
	return r
}

// node visits n, of whose rows w is wanted.
func (r *reads) node(ctx *sql.Context, n sql.Node, w wish) {
	switch n := n.(type) {
	case nil:
		return
	case *plan.ResolvedTable:
		r.tables[n] = w
		return
	case *plan.IndexedTableAccess:
		r.expressions(ctx, n)
		if table, ok := n.TableNode.(*plan.ResolvedTable); ok {
			r.tables[table] = w
		}
		return
	case *plan.Project:
		r.project(ctx, n, w)
		r.node(ctx, n.Child, wish{})
		return
	case *plan.JoinNode:
		r.expressions(ctx, n)
		r.node(ctx, n.Left(), wish{all: w.wants()})
		r.node(ctx, n.Right(), wish{all: w.wants() && !n.Op.IsPartial()})
		return
	case *plan.SubqueryAlias:
		r.node(ctx, n.Child, aliased(ctx, n, w))
		return
	case *plan.TableAlias:
		if table, ok := n.Child.(plan.TableIdNode); ok && table.Id() != n.Id() {
			w.table = n.Id()
		}
		r.node(ctx, n.Child, w)
		return
	case *plan.DescribeQuery:
		r.node(ctx, n.Query(), w)
		return
	case *plan.InsertInto:
		// Its source is no child of it.
		r.node(ctx, n.Source, wish{all: true})
	}
	r.expressions(ctx, n)
	switch n.(type) {
	case *plan.GroupBy, *plan.Window:
		w = wish{}
	case *plan.Filter, *plan.Having, *plan.Sort, *plan.TopN, *plan.Limit, *plan.Offset, *plan.Max1Row,
		*plan.CachedResults, *plan.HashLookup:
	default:
		// Distinct and UNION compare whole rows; a node not known here may do anything.
		w = wish{all: true}
	}
	for _, child := range n.Children() {
		r.node(ctx, child, w)
	}
}

// wants tells whether more is wanted than what is named.
func (w wish) wants() bool { return w.all || w.as != nil }

// aliased passes on, through a derived table or view, the ids its columns have outside.
func aliased(ctx *sql.Context, n *plan.SubqueryAlias, w wish) wish {
	if w.wants() {
		return wish{all: true}
	}
	var as []sql.ColumnId
	n.Columns().ForEach(func(id sql.ColumnId) { as = append(as, id) })
	if len(as) != len(n.Schema(ctx)) || len(as) != len(n.Child.Schema(ctx)) {
		return wish{all: true}
	}
	return wish{as: as}
}

// project counts the expressions that are wanted already, and leaves the others open.
func (r *reads) project(ctx *sql.Context, n *plan.Project, w wish) {
	for i, e := range n.Projections {
		p := projected{expr: e}
		if id, ok := e.(sql.IdExpression); ok {
			p.ids[0] = id.Id()
		}
		if w.as != nil && i < len(w.as) {
			p.ids[1] = w.as[i]
		}
		if p.ids[0] == 0 && p.ids[1] != 0 {
			if alias, ok := e.(*expression.Alias); ok {
				p.name = strings.ToLower(alias.Name())
			}
		}
		if w.all || p.ids[0] == 0 && p.name == "" || holdsSubquery(ctx, e) {
			r.expression(ctx, e, 1)
		} else {
			r.open = append(r.open, p)
		}
	}
}

func holdsSubquery(ctx *sql.Context, e sql.Expression) bool {
	found := false
	sql.Inspect(ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		_, sub := e.(*plan.Subquery)
		found = found || sub
		return !found
	})
	return found
}

func (r *reads) expressions(ctx *sql.Context, n sql.Node) {
	if e, ok := n.(sql.Expressioner); ok {
		for _, expr := range e.Expressions() {
			r.expression(ctx, expr, 1)
		}
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
			if n > 0 {
				r.seen[strings.ToLower(e.Name())] = true
			}
			if e.Id() == 0 {
				r.names[strings.ToLower(e.Name())] += n
			} else {
				r.ids[e.Id()] += n
				r.fields[field{e.TableId(), strings.ToLower(e.Name())}] += n
			}
		case *expression.MatchAgainst:
			// A word is looked up by the key of the row, or by all of it.
			for _, c := range e.Columns {
				if column, ok := c.(*expression.GetField); ok && r.rows != nil {
					r.rows[column.TableId()] = true
				}
			}
		case *plan.Subquery:
			if n > 0 {
				r.node(ctx, e.Query, wish{all: true})
			}
		}
		return true
	})
}

// without counts again what is read when the given conditions are no longer evaluated.
func (r *reads) without(ctx *sql.Context, conditions []sql.Expression) *reads {
	less := &reads{ids: maps.Clone(r.ids), names: r.names, fields: maps.Clone(r.fields), tables: r.tables}
	for _, e := range conditions {
		less.expression(ctx, e, -1)
	}
	return less
}

// of lists the row positions of the table's columns that are read, ascending.
func (r *reads) of(s *tableScope) []int {
	first, _ := s.ids.Next(1)
	full := s.table.FullSchema()
	w, visited := r.tables[s.node]
	if !visited {
		w.all = true // it stands where nobody looked
	}
	var positions []int
	for i, c := range s.columns {
		named := r.names[strings.ToLower(s.schema[i].Name)] > 0 || r.names[strings.ToLower(full[c.position].Name)] > 0
		above := i < len(w.as) && r.ids[w.as[i]] > 0 || w.table != 0 && r.fields[field{w.table, strings.ToLower(s.schema[i].Name)}] > 0
		if w.all || named || above || r.ids[first+sql.ColumnId(c.position)] > 0 {
			positions = append(positions, i)
		}
	}
	return positions
}
