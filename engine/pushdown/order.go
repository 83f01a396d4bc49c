package pushdown

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
)

// ordering is an ORDER BY put in the table's own columns.
type ordering struct {
	keys  []*pb.OrderKey
	watch []exec.WatchKey
	text  string
}

// newOrdering translates sort conditions; behind resolves a field through the projections between
// the sort and the table. A reason says why the order is not asked for.
func newOrdering(s *tableScope, conditions sql.SortConditions, behind func(sql.Expression) sql.Expression) (ordering, string) {
	var out ordering
	for i, condition := range conditions {
		if i > 0 {
			out.text += ", "
		}
		out.text += condition.Expr.String()
		if condition.Order == sql.Descending {
			out.text += " DESC"
		}
		field, ok := behind(condition.Expr).(*expression.GetField)
		if !ok {
			return out, "it is by an expression, not by a column"
		}
		position, ok := s.field(field)
		if !ok {
			return out, "it is by a column of another table"
		}
		if condition.NullOrdering != sql.NullsFirst {
			return out, "it puts NULL where MySQL does not"
		}
		c := &s.columns[position]
		if c.class == classOther {
			return out, "columns of this type are ordered by the engine"
		}
		descending := condition.Order == sql.Descending
		key := &pb.OrderKey{Column: c.position, Descending: descending, NullsLast: descending}
		if text, ok := c.typ.(sql.StringType); ok {
			key.Collation = text.Collation().Name()
		}
		out.keys = append(out.keys, key)
		out.watch = append(out.watch, exec.WatchKey{Position: position, Type: c.typ, Descending: descending, Name: c.name})
	}
	return out, ""
}
