package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/vec"
)

// topRows is the largest LIMIT that is kept apart while sorting.
const topRows = 1 << 20

// top compiles ORDER BY with LIMIT.
func (v *vectorizer) top(n *plan.TopN) (*vectors, bool) {
	if n.CalcFoundRows {
		return nil, false
	}
	literal, ok := n.Limit.(*expression.Literal)
	if !ok {
		return nil, false
	}
	limit, ok := literal.Value().(int64)
	if !ok {
		if small, is := literal.Value().(int8); is {
			limit, ok = int64(small), true
		}
	}
	if !ok || limit < 0 || limit > topRows {
		return nil, false
	}
	return v.sorted(n.Child, n.SortConditions, func(child vec.Source, columns []vec.Expr, keys []vec.SortKey) vec.Source {
		return vec.Top(child, columns, keys, int(limit))
	})
}

// sort compiles ORDER BY.
func (v *vectorizer) sort(n *plan.Sort) (*vectors, bool) {
	return v.sorted(n.Child, n.SortConditions, vec.Sort)
}

func (v *vectorizer) sorted(child sql.Node, fields sql.SortConditions, operator func(vec.Source, []vec.Expr, []vec.SortKey) vec.Source) (*vectors, bool) {
	below, ok := v.node(child)
	if !ok {
		return nil, false
	}
	keys := make([]vec.SortKey, len(fields))
	for i, field := range fields {
		c, ok := v.value(below, field.Expr)
		if !ok || c.expr == nil || c.class == 0 || field.NullOrdering != sql.NullsFirst {
			return nil, false
		}
		keys[i] = vec.SortKey{Expr: c.expr, Class: c.class, Collation: c.collation, Descending: field.Order == sql.Descending}
	}
	wide := make([]vec.Expr, 0, len(below.columns))
	out := &vectors{columns: make([]vectorColumn, len(below.columns))}
	for i, c := range below.columns {
		out.columns[i] = c
		if c.expr != nil {
			out.columns[i].expr = vec.Column(len(wide), c.expr.Field())
			wide = append(wide, c.expr)
		}
	}
	out.source = operator(below.source, wide, keys)
	return out, true
}
