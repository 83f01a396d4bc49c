package engine

import (
	"strings"

	"github.com/dolthub/vitess/go/vt/sqlparser"
)

// reference is a column of a FROM clause.
type reference struct{ qualifier, column string }

// merged lists what a star stands for over joins that merge columns with USING: the merged ones
// first, in the order of the left table, then the rest of the left, then the rest of the right. It
// gives up, with false, on tables whose columns it does not know and on joins it cannot merge.
func (s stars) merged(from sqlparser.TableExprs) ([]reference, bool) {
	var all []reference
	for _, one := range from {
		columns, ok := s.references(one)
		if !ok {
			return nil, false
		}
		all = append(all, columns...)
	}
	return all, true
}

func (s stars) references(from sqlparser.TableExpr) ([]reference, bool) {
	switch e := from.(type) {
	case *sqlparser.ParenTableExpr:
		return s.merged(e.Exprs)
	case *sqlparser.JoinTableExpr:
		return s.joined(e)
	}
	items, _ := s.gather(nil, false, from)
	if len(items) != 1 || items[0].visible == nil {
		return nil, false
	}
	columns := make([]reference, len(items[0].visible))
	for i, name := range items[0].visible {
		columns[i] = reference{items[0].qualifier, name}
	}
	return columns, true
}

func (s stars) joined(e *sqlparser.JoinTableExpr) ([]reference, bool) {
	left, ok := s.references(e.LeftExpr)
	if !ok {
		return nil, false
	}
	right, ok := s.references(e.RightExpr)
	if !ok {
		return nil, false
	}
	kind := strings.ToLower(e.Join)
	if len(e.Condition.Using) == 0 {
		// A natural join would also compare the hidden columns.
		return append(left, right...), !strings.Contains(kind, "natural")
	}
	using := map[string]bool{}
	for _, column := range e.Condition.Using {
		using[column.Lowered()] = true
	}
	// Of a right join the right side always has a value; a full one would need both.
	from := left
	switch kind {
	case sqlparser.RightJoinStr:
		from = right
	case sqlparser.JoinStr, sqlparser.LeftJoinStr:
	default:
		return nil, false
	}
	var out []reference
	for _, part := range []struct {
		columns []reference
		common  bool
	}{{from, true}, {left, false}, {right, false}} {
		for _, r := range part.columns {
			if using[strings.ToLower(r.column)] == part.common {
				out = append(out, r)
			}
		}
	}
	return out, true
}
