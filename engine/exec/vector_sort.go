package exec

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/vec"
)

// topRows is the largest LIMIT that is kept apart while sorting.
const topRows = 1 << 20

// top compiles ORDER BY with LIMIT.
func (v *vectorizer) top(n *plan.TopN) (*vectors, bool) {
	if n.CalcFoundRows {
		return nil, false
	}
	limit, ok := count(n.Limit)
	if !ok {
		return nil, false
	}
	if limit > topRows {
		out, ok := v.sorted(n.Child, n.SortConditions, vec.Sort)
		if ok {
			out.source = vec.Limit(out.source, 0, uint64(limit))
		}
		return out, ok
	}
	keys := func(v *vectorizer, below *vectors) ([]vec.SortKey, bool) { return v.sortKeys(below, n.SortConditions) }
	if out, ok := v.topInPieces(n.Child, keys, int(limit)); ok {
		return out, true
	}
	return v.sorted(n.Child, n.SortConditions, func(child vec.Source, columns []vec.Expr, keys []vec.SortKey) vec.Source {
		return vec.Top(child, columns, keys, int(limit))
	})
}

// count is the number of a LIMIT or OFFSET.
func count(e sql.Expression) (int64, bool) {
	literal, ok := e.(*expression.Literal)
	if !ok {
		return 0, false
	}
	n, _, err := types.Int64.Convert(context.Background(), literal.Value())
	if err != nil {
		return 0, false
	}
	limit, ok := n.(int64)
	return limit, ok && limit >= 0
}

// limit compiles LIMIT, with the OFFSET below it.
func (v *vectorizer) limit(n *plan.Limit) (*vectors, bool) {
	rows, ok := count(n.Limit)
	if !ok || n.CalcFoundRows {
		return nil, false
	}
	child, skip := n.Child, int64(0)
	if offset, is := child.(*plan.Offset); is {
		if skip, ok = count(offset.Offset); !ok {
			return nil, false
		}
		child = offset.Child
	}
	below, ok := v.lazy(child)
	if !ok {
		return nil, false
	}
	return &vectors{source: vec.Limit(below.source, uint64(skip), uint64(rows)), columns: below.columns}, true
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
	return v.order(below, fields, operator)
}

// order compiles an order over what is compiled.
func (v *vectorizer) order(below *vectors, fields sql.SortConditions, operator func(vec.Source, []vec.Expr, []vec.SortKey) vec.Source) (*vectors, bool) {
	keys, ok := v.sortKeys(below, fields)
	if !ok {
		return nil, false
	}
	read, columns := wide(below.columns)
	return &vectors{source: operator(below.source, read, keys), columns: columns}, true
}

func (v *vectorizer) sortKeys(below *vectors, fields sql.SortConditions) ([]vec.SortKey, bool) {
	keys := make([]vec.SortKey, len(fields))
	for i, field := range fields {
		c, ok := v.value(below, field.Expr)
		if !ok || c.expr == nil || c.class == 0 || field.NullOrdering != sql.NullsFirst {
			return nil, false
		}
		keys[i] = vec.SortKey{Expr: c.expr, Class: c.class, Collation: c.collation, Descending: field.Order == sql.Descending}
	}
	return keys, true
}
