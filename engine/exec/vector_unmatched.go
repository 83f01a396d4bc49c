package exec

import (
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
)

// unmatched tells whether a filter keeps the rows of a left join that match none: so go-mysql-server plans NOT IN with a sub-query
// when the left side is small. A NULL on either side excludes a row there; one of the columns that must be NULL is a key
// of the right side, which is never NULL in a pair.
func unmatched(n *plan.Filter) (*plan.JoinNode, *plan.HashLookup) {
	join, ok := n.Child.(*plan.JoinNode)
	if !ok || join.Op != plan.JoinTypeLeftOuterHashExcludeNulls || join.ScopeLen != 0 || len(join.UsingCols) > 0 {
		return nil, nil
	}
	lookup, ok := join.Right().(*plan.HashLookup)
	if !ok || !lookup.JoinType.IsExcludeNulls() {
		return nil, nil
	}
	keyed := false
	for _, part := range ands(n.Expression) {
		null, ok := part.(*expression.IsNull)
		if !ok {
			return nil, nil
		}
		for _, key := range keysOf(lookup.RightEntryKey) {
			keyed = keyed || sameName(null.Child, key)
		}
	}
	if !keyed {
		return nil, nil
	}
	return join, lookup
}

// unmatched compiles such a join: the right side's columns are NULL in all rows.
func (v *vectorizer) unmatched(join *plan.JoinNode, lookup *plan.HashLookup) (*vectors, bool) {
	out, right, ok := v.joined(join, excluding, lookup.Child, lookup)
	if !ok {
		return nil, false
	}
	for range right {
		null := vec.Constant(col.Field{Type: col.Null, Nullable: true}, col.Vec{Type: col.Null})
		out.columns = append(out.columns, vectorColumn{expr: null, read: ColumnRead{Type: types.Null}})
	}
	return out, true
}
