package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/transform"

	"github.com/wasql/wasql/engine/vec"
)

// joinKinds are the joins that hash their right side. excluding stands for those that a NULL on either side excludes.
var joinKinds = map[plan.JoinType]vec.JoinKind{
	plan.JoinTypeHash: vec.Inner, plan.JoinTypeLeftOuterHash: vec.LeftOuter, plan.JoinTypeSemiHash: vec.Semi, plan.JoinTypeAntiHashIncludeNulls: vec.Anti,
	plan.JoinTypeAntiHash: excluding,
}

// loopKinds are the joins that look at each pair of rows, or go through both sides in one order. On columns their equalities are hashed,
// which gives the same pairs in the same order.
var loopKinds = map[plan.JoinType]vec.JoinKind{
	plan.JoinTypeCross: vec.Inner, plan.JoinTypeInner: vec.Inner, plan.JoinTypeLeftOuter: vec.LeftOuter, plan.JoinTypeSemi: vec.Semi,
	plan.JoinTypeAnti: excluding, plan.JoinTypeAntiIncludeNulls: vec.Anti,
	plan.JoinTypeMerge: vec.Inner, plan.JoinTypeLeftOuterMerge: vec.LeftOuter, plan.JoinTypeSemiMerge: vec.Semi,
	plan.JoinTypeAntiMerge: excluding, plan.JoinTypeAntiMergeIncludeNulls: vec.Anti,
}

// excluding is an anti join that gives the rows of the left side whose condition is false, and not NULL, with all of the right.
const excluding = vec.Anti + 100

// joinInputs are the nodes that a join on columns reads, and its kind; 0: it is none.
func joinInputs(n *plan.JoinNode) (kind vec.JoinKind, right sql.Node, lookup *plan.HashLookup) {
	if n.ScopeLen != 0 || len(n.UsingCols) > 0 {
		return 0, nil, nil
	}
	if lookup, ok := n.Right().(*plan.HashLookup); ok {
		if kind = joinKinds[n.Op]; lookup.JoinType.IsExcludeNulls() != (kind == excluding) {
			return 0, nil, nil
		}
		return kind, lookup.Child, lookup
	}
	return loopKinds[n.Op], n.Right(), nil
}

// join compiles a join.
func (v *vectorizer) join(n *plan.JoinNode) (*vectors, bool) {
	if kind, leaf := lookupInputs(v.ctx, n); kind != 0 {
		return v.lookup(n, kind, leaf)
	}
	kind, right, lookup := joinInputs(n)
	if kind == 0 {
		return nil, false
	}
	built, _, ok := v.joined(n, kind, right, lookup)
	return built, ok
}

// joined compiles a join of a kind; right are the columns of its right side.
func (v *vectorizer) joined(n *plan.JoinNode, kind vec.JoinKind, rightNode sql.Node, lookup *plan.HashLookup) (_ *vectors, rightColumns []vectorColumn, _ bool) {
	left, ok := v.node(n.Left())
	if !ok {
		return nil, nil, false
	}
	v.lateral += len(left.columns)
	right, ok := v.node(rightNode)
	v.lateral -= len(left.columns)
	if !ok {
		return nil, nil, false
	}
	l, q := vec.Side{Source: left.source}, vec.Side{Source: right.source}
	var rest sql.Expression
	if lookup != nil {
		var classes []vectorColumn
		if l.Keys, q.Keys, classes, ok = v.joinKeys(left, right, lookup); ok && kind != excluding && !v.narrowedByLeft(n, lookup, &l, &q, classes) {
			q.Source = v.narrowed(n, kind, lookup, right.source, q.Keys, classes)
		}
		rest = v.unpaired(n.Filter, lookup)
	} else {
		l.Keys, q.Keys, rest = v.equalities(left, right, n.Filter)
	}
	if !ok {
		return nil, nil, false
	}
	if kind == excluding && (rest != nil || len(l.Keys) != 1) {
		rest = expression.JoinAnd(ands(n.Filter)...) // what is NULL of one part counts only when no other is false
	}
	pairs := &vectors{}
	l.Columns = pairs.take(left)
	width := len(pairs.columns)
	q.Columns = pairs.take(right)
	var residual vec.Condition
	if rest != nil {
		v.offset = v.lateral
		residual, ok = v.condition(pairs, rest)
		if v.offset = 0; !ok {
			return nil, nil, false
		}
	}
	if kind != vec.Inner && kind != vec.LeftOuter {
		pairs.columns = pairs.columns[:width]
	}
	if kind == excluding {
		pairs.source = vec.NotIn(l, q, residual)
	} else {
		pairs.source = vec.Join(kind, l, q, residual)
	}
	return pairs, right.columns, true
}

// equalities finds the parts of a condition that compare a value of the left side with one of the right, which can be hashed, and gives
// the others; nil: there are none.
func (v *vectorizer) equalities(left, right *vectors, condition sql.Expression) (l, q []vec.Key, others sql.Expression) {
	if condition == nil {
		return nil, nil, nil
	}
	var rest []sql.Expression
	for _, part := range ands(condition) {
		equal, ok := part.(*expression.Equals)
		if ok {
			a, b := equal.Left(), equal.Right()
			border := v.lateral + len(left.columns)
			if v.side(a, border) == rightSide {
				a, b = b, a
			}
			if v.side(a, border) == leftSide && v.side(b, border) == rightSide {
				var p, r vec.Key
				if p, r, _, ok = v.keyPair(left, right, a, b, border); ok {
					l, q = append(l, p), append(q, r)
					continue
				}
			}
		}
		rest = append(rest, part)
	}
	return l, q, expression.JoinAnd(rest...)
}

// The sides of a join that an expression reads.
const (
	noSide = iota
	leftSide
	rightSide
	bothSides
)

// side tells on which sides of a join the columns of an expression are.
func (v *vectorizer) side(e sql.Expression, border int) int {
	side := noSide
	transform.InspectExpr(v.ctx, e, func(_ *sql.Context, e sql.Expression) bool {
		switch x := e.(type) {
		case *expression.GetField:
			if x.Index() < border {
				side |= leftSide
			} else {
				side |= rightSide
			}
		case *plan.Subquery:
			side = bothSides
		}
		return side == bothSides
	})
	return side
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
	probes, entries := keysOf(lookup.LeftProbeKey), keysOf(lookup.RightEntryKey)
	if len(probes) != len(entries) {
		return nil, nil, nil, false
	}
	for i := range probes {
		p, r, class, ok := v.keyPair(left, right, probes[i], entries[i], 0)
		if !ok {
			return nil, nil, nil, false
		}
		l, q, classes = append(l, p), append(q, r), append(classes, class)
	}
	return l, q, classes, true
}

// keyPair compiles the two sides of an equality; the right one counts its columns from border on, and is
// given, too.
func (v *vectorizer) keyPair(left, right *vectors, probe, entry sql.Expression, border int) (p, r vec.Key, class vectorColumn, ok bool) {
	defer func() { v.offset = 0 }()
	v.offset = v.lateral
	a, ok := v.value(left, probe)
	if !ok || a.expr == nil || a.class == 0 {
		return p, r, class, false
	}
	v.offset = border
	b, ok := v.value(right, entry)
	if !ok || b.expr == nil || a.class != b.class || a.unit != b.unit {
		return p, r, class, false
	}
	p, r = vec.Key{Expr: a.expr}, vec.Key{Expr: b.expr}
	switch a.class {
	case vec.Text:
		collation, ok := v.compared(probe, entry)
		if !ok {
			return p, r, class, false
		}
		p.Collation, r.Collation = collation, collation
	case vec.Decimal:
		p.Scale = max(scaleOf(a), scaleOf(b))
		r.Scale = p.Scale
	}
	return p, r, b, true
}

// unpaired is what a join's condition says beyond the equality of the keys; nil: nothing.
func (v *vectorizer) unpaired(condition sql.Expression, lookup *plan.HashLookup) sql.Expression {
	if condition == nil {
		return nil
	}
	probes, entries := keysOf(lookup.LeftProbeKey), keysOf(lookup.RightEntryKey)
	var rest []sql.Expression
	for _, part := range ands(condition) {
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

// ands are the parts of a condition that must all be true. Equal rows are rows whose values are equal, one by one.
func ands(condition sql.Expression) []sql.Expression {
	switch e := condition.(type) {
	case nil:
		return nil
	case *expression.And:
		return append(ands(e.LeftChild), ands(e.RightChild)...)
	case *expression.Equals:
		left, ok := e.Left().(expression.Tuple)
		right, is := e.Right().(expression.Tuple)
		if !ok || !is || len(left) != len(right) {
			break
		}
		var out []sql.Expression
		for i := range left {
			out = append(out, ands(expression.NewEquals(left[i], right[i]))...)
		}
		return out
	}
	return []sql.Expression{condition}
}

// keysOf are the values of a key, those of rows within it one by one.
func keysOf(key sql.Expression) []sql.Expression {
	tuple, ok := key.(expression.Tuple)
	if !ok {
		return []sql.Expression{key}
	}
	var out []sql.Expression
	for _, e := range tuple {
		out = append(out, keysOf(e)...)
	}
	return out
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
