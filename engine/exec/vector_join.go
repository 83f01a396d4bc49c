package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/engine/vec"
)

// joinKinds are the joins that hash their right side, apart from those that a NULL on either side excludes.
var joinKinds = map[plan.JoinType]vec.JoinKind{
	plan.JoinTypeHash: vec.Inner, plan.JoinTypeLeftOuterHash: vec.LeftOuter, plan.JoinTypeSemiHash: vec.Semi, plan.JoinTypeAntiHashIncludeNulls: vec.Anti,
}

// join compiles a hash join.
func (v *vectorizer) join(n *plan.JoinNode) (*vectors, bool) {
	kind := joinKinds[n.Op]
	lookup, ok := n.Right().(*plan.HashLookup)
	if kind == 0 || !ok || n.ScopeLen != 0 || len(n.UsingCols) > 0 || lookup.JoinType.IsExcludeNulls() {
		return nil, false
	}
	left, ok := v.node(n.Left())
	if !ok {
		return nil, false
	}
	v.lateral += len(left.columns)
	right, ok := v.node(lookup.Child)
	v.lateral -= len(left.columns)
	if !ok {
		return nil, false
	}
	leftKeys, rightKeys, classes, ok := v.joinKeys(left, right, lookup)
	if !ok {
		return nil, false
	}
	pairs := &vectors{}
	l, q := vec.Side{Source: left.source, Keys: leftKeys}, vec.Side{Source: v.narrowed(n, kind, lookup, right.source, rightKeys, classes), Keys: rightKeys}
	l.Columns = pairs.take(left)
	width := len(pairs.columns)
	q.Columns = pairs.take(right)
	var residual vec.Condition
	if rest := v.unpaired(n.Filter, lookup); rest != nil {
		v.offset = v.lateral
		residual, ok = v.condition(pairs, rest)
		if v.offset = 0; !ok {
			return nil, false
		}
	}
	if kind == vec.Semi || kind == vec.Anti {
		pairs.columns = pairs.columns[:width]
	}
	pairs.source = vec.Join(kind, l, q, residual)
	return pairs, true
}

// take appends the columns of one side, and gives those that are read.
func (p *vectors) take(side *vectors) []vec.Expr {
	before := 0
	for _, c := range p.columns {
		if c.expr != nil {
			before++
		}
	}
	var read []vec.Expr
	for _, c := range side.columns {
		if c.expr != nil {
			field := c.expr.Field()
			field.Nullable = true
			read = append(read, c.expr)
			c.expr = vec.Column(before+len(read)-1, field)
			c.read.NotNull = false
		}
		p.columns = append(p.columns, c)
	}
	return read
}

// joinKeys compiles the keys of both sides, which must be compared as they are hashed; classes are those of the right side.
func (v *vectorizer) joinKeys(left, right *vectors, lookup *plan.HashLookup) (l, q []vec.Key, classes []vectorColumn, ok bool) {
	probes, entries := columnsOf(lookup.LeftProbeKey), columnsOf(lookup.RightEntryKey)
	if len(probes) != len(entries) {
		return nil, nil, nil, false
	}
	for i := range probes {
		v.offset = v.lateral
		a, ok := v.value(left, probes[i])
		v.offset = 0
		if !ok || a.expr == nil || a.class == 0 {
			return nil, nil, nil, false
		}
		b, ok := v.value(right, entries[i])
		if !ok || b.expr == nil || a.class != b.class || a.unit != b.unit {
			return nil, nil, nil, false
		}
		p, r := vec.Key{Expr: a.expr}, vec.Key{Expr: b.expr}
		switch a.class {
		case vec.Text:
			collation, ok := v.compared(probes[i], entries[i])
			if !ok {
				return nil, nil, nil, false
			}
			p.Collation, r.Collation = collation, collation
		case vec.Decimal:
			p.Scale = max(scaleOf(a), scaleOf(b))
			r.Scale = p.Scale
		}
		l, q, classes = append(l, p), append(q, r), append(classes, b)
	}
	return l, q, classes, true
}

// unpaired is what a join's condition says beyond the equality of the keys; nil: nothing.
func (v *vectorizer) unpaired(condition sql.Expression, lookup *plan.HashLookup) sql.Expression {
	if condition == nil {
		return nil
	}
	probes, entries := columnsOf(lookup.LeftProbeKey), columnsOf(lookup.RightEntryKey)
	var rest []sql.Expression
	for _, part := range expression.SplitConjunction(v.ctx, condition) {
		equal, ok := part.(*expression.Equals)
		paired := false
		for i := 0; ok && i < len(probes); i++ {
			paired = paired || sameField(equal.Left(), probes[i]) && sameName(equal.Right(), entries[i]) ||
				sameField(equal.Right(), probes[i]) && sameName(equal.Left(), entries[i])
		}
		if !paired {
			rest = append(rest, part)
		}
	}
	return expression.JoinAnd(rest...)
}

// sameField tells whether two expressions are the same column of the left side.
func sameField(a, b sql.Expression) bool {
	x, ok := a.(*expression.GetField)
	y, is := b.(*expression.GetField)
	return ok && is && x.Index() == y.Index() && sameName(a, b)
}

// sameName tells whether two columns are the same one; those of the right side count their positions from other places.
func sameName(a, b sql.Expression) bool {
	x, ok := a.(*expression.GetField)
	y, is := b.(*expression.GetField)
	return ok && is && x.Id() == y.Id() && x.TableId() == y.TableId() && x.Name() == y.Name() && x.Table() == y.Table()
}
