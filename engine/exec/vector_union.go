package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// union compiles UNION, INTERSECT and EXCEPT, with the ORDER BY and LIMIT over them.
func (v *vectorizer) union(n *plan.SetOp) (*vectors, bool) {
	left, ok := v.node(n.Left())
	if !ok {
		return nil, false
	}
	right, ok := v.node(n.Right())
	if !ok || len(left.columns) != len(right.columns) {
		return nil, false
	}
	out := &vectors{columns: make([]vectorColumn, len(left.columns))}
	l, r := vec.Member{Source: left.source}, vec.Member{Source: right.source}
	var fields []col.Field
	var collations []*vec.Collation
	for i := range left.columns {
		a, b := left.columns[i], right.columns[i]
		if a.expr == nil && b.expr == nil {
			out.columns[i] = a
			continue
		}
		merged, field, ok := unionColumn(a, b)
		if !ok {
			return nil, false
		}
		merged.expr = vec.Column(len(fields), field)
		out.columns[i] = merged
		fields, collations = append(fields, field), append(collations, merged.collation)
		l.Columns, r.Columns = append(l.Columns, a.expr), append(r.Columns, b.expr)
	}
	if out.source, ok = setSource(n, out, fields, collations, l, r); !ok {
		return nil, false
	}
	return v.unionOrder(n, out)
}

// setSource combines the branches.
func setSource(n *plan.SetOp, out *vectors, fields []col.Field, collations []*vec.Collation, l, r vec.Member) (vec.Source, bool) {
	compared := n.Distinct || n.SetOpType != plan.UnionType
	if compared && len(fields) == 0 {
		return nil, false
	}
	for _, c := range out.columns {
		if compared && (c.expr == nil || !groupable(c)) {
			return nil, false
		}
	}
	switch {
	case n.SetOpType == plan.IntersectType:
		return vec.Intersect(fields, collations, !n.Distinct, l, r), true
	case n.SetOpType == plan.ExceptType:
		return vec.Except(fields, collations, !n.Distinct, l, r), true
	case !n.Distinct:
		return vec.Union(fields, l, r), true
	}
	keys := make([]vec.Key, len(out.columns))
	first := make([]vec.Aggregate, len(out.columns))
	for i, c := range out.columns {
		keys[i], first[i] = keyOf(c), vec.Aggregate{Kind: vec.First, Argument: c.expr}
	}
	return vec.Group(vec.Union(fields, l, r), keys, first), true
}

// unionColumn is a column of two branches.
func unionColumn(a, b vectorColumn) (vectorColumn, col.Field, bool) {
	none := col.Field{}
	if a.expr == nil || b.expr == nil || a.class != b.class || a.unit != b.unit || a.collation != b.collation {
		return a, none, false
	}
	a.read.NotNull = false
	x, err := gms.Physical(a.read.Type)
	if err != nil {
		return a, none, false
	}
	y, err := gms.Physical(b.read.Type)
	if err != nil {
		return a, none, false
	}
	x.Nullable = true
	switch {
	case a.read.Type.Equals(b.read.Type):
	case a.class == vec.Decimal:
		x = col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: max(scaleOf(a), scaleOf(b)), Nullable: true}
		a.read.Type = decimalType(x.Scale)
	case a.class == vec.Whole && a.unit == plainNumber:
		x, a.read.Type = col.Field{Type: col.Int64, Nullable: true}, types.Int64
	case a.class == vec.Text && x.Type == y.Type && x.Type == col.UTF8:
		a.read.Type = wideText(a.read.Type)
	case a.class == 0 || x.Type != y.Type || x.Scale != y.Scale:
		return a, none, false
	}
	return a, x, true
}

// wideText is the text type of any length with the collation of another.
func wideText(t sql.Type) sql.Type {
	if text, ok := t.(sql.StringType); ok {
		return types.CreateLongText(text.Collation())
	}
	return types.LongText
}

// merged compiles a column of one branch as one of all.
func (v *vectorizer) merged(below *vectors, m *merged) (vectorColumn, bool) {
	c, ok := v.value(below, m.Child)
	if !ok || c.expr == nil {
		return vectorColumn{}, false
	}
	exact := c.unit == plainNumber && (c.class == vec.Whole || c.class == vec.Unsigned || c.class == vec.Decimal)
	switch {
	case c.class == vec.Text && types.IsTextOnly(m.to):
		c.collation = collationOf(m.to.(sql.StringType).Collation())
		return c, c.expr.Field().Type == col.UTF8
	case m.plain && exact:
		return c, true // columns compare numbers of all kinds
	case c.class == vec.Whole && exact && types.IsInteger(m.to) && m.to != types.Uint64:
		return c, true
	case exact && types.IsDecimal(m.to):
		scale := uint32(m.to.(sql.DecimalType).Scale())
		field := col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: scale, Nullable: true}
		return vectorColumn{expr: vec.Fit(c.expr, field), class: vec.Decimal, read: ColumnRead{Type: decimalType(scale)}}, scaleOf(c) <= scale
	}
	return vectorColumn{}, false
}

// unionOrder compiles what stands over all branches.
func (v *vectorizer) unionOrder(n *plan.SetOp, out *vectors) (*vectors, bool) {
	skip, rows := int64(0), int64(-1)
	var ok bool
	if n.Offset != nil {
		if skip, ok = count(n.Offset); !ok {
			return nil, false
		}
	}
	if n.Limit != nil {
		if rows, ok = count(n.Limit); !ok {
			return nil, false
		}
	}
	if len(n.SortConditions) > 0 {
		operator := vec.Sort
		if rows >= 0 && rows <= topRows && skip <= topRows {
			operator = func(child vec.Source, columns []vec.Expr, keys []vec.SortKey) vec.Source {
				return vec.Top(child, columns, keys, int(skip+rows))
			}
		}
		if out, ok = v.order(out, n.SortConditions, operator); !ok {
			return nil, false
		}
	}
	switch {
	case rows >= 0:
		out.source = vec.Limit(out.source, uint64(skip), uint64(rows))
	case skip > 0:
		out.source = vec.Limit(out.source, uint64(skip), ^uint64(0))
	}
	return out, true
}
