package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// group compiles GROUP BY, and aggregates without it.
func (v *vectorizer) group(n *plan.GroupBy) (*vectors, bool) {
	return v.grouped(n.Child, func(v *vectorizer, below *vectors) (*grouping, bool) { return v.grouping(n, below) })
}

func (v *vectorizer) grouping(n *plan.GroupBy, below *vectors) (*grouping, bool) {
	out := &grouping{keys: make([]vec.Key, len(n.GroupByExprs)), aggregates: make([]vec.Aggregate, len(n.SelectDeps)),
		columns: make([]vectorColumn, len(n.SelectDeps))}
	for i, e := range n.GroupByExprs {
		c, ok := v.value(below, e)
		if !ok || c.expr == nil || !groupable(c) {
			return nil, false
		}
		out.keys[i] = keyOf(c)
	}
	real := false
	for i, e := range n.SelectDeps {
		a, c, ok := v.aggregate(below, e)
		if !ok {
			return nil, false
		}
		out.aggregates[i] = a
		real = real || a.Kind != vec.First
		field, err := gms.Physical(c.read.Type)
		if err != nil {
			return nil, false
		}
		field.Nullable, c.read.NotNull = true, false
		c.expr = vec.Column(i, field)
		out.columns[i] = c
	}
	return out, len(out.keys) > 0 || real // else it is no aggregation
}

// distinct compiles SELECT DISTINCT: groups of all columns.
func (v *vectorizer) distinct(n *plan.Distinct) (*vectors, bool) {
	if len(n.DistinctOn()) > 0 {
		return nil, false
	}
	return v.grouped(n.Child, func(_ *vectorizer, below *vectors) (*grouping, bool) { return distinctGroups(below) })
}

func distinctGroups(below *vectors) (*grouping, bool) {
	out := &grouping{keys: make([]vec.Key, len(below.columns)), aggregates: make([]vec.Aggregate, len(below.columns)),
		columns: make([]vectorColumn, len(below.columns))}
	for i, c := range below.columns {
		if c.expr == nil || !groupable(c) {
			return nil, false
		}
		out.keys[i] = keyOf(c)
		out.aggregates[i] = vec.Aggregate{Kind: vec.First, Argument: c.expr}
		out.columns[i] = c
		out.columns[i].expr = vec.Column(i, c.expr.Field())
	}
	return out, true
}

// keyOf is a column as a key.
func keyOf(c vectorColumn) vec.Key {
	return vec.Key{Expr: c.expr, Collation: c.collation, Scale: scaleOf(c)}
}

// groupable tells whether values of a column that are equal have equal keys.
func groupable(c vectorColumn) bool {
	if c.class != 0 {
		return true
	}
	switch c.expr.Field().Type {
	case col.Enum, col.Set, col.Bit:
		return true
	}
	return false
}

// aggregate compiles one column of a GROUP BY.
func (v *vectorizer) aggregate(below *vectors, e sql.Expression) (vec.Aggregate, vectorColumn, bool) {
	switch x := e.(type) {
	case *aggregation.Count:
		if x.Window() != nil {
			break
		}
		counted := vectorColumn{class: vec.Whole, read: ColumnRead{Type: types.Int64}}
		if _, star := x.Child.(*expression.Star); star {
			return vec.Aggregate{Kind: vec.Count}, counted, true
		}
		if literal, ok := x.Child.(*expression.Literal); ok && literal.Value() != nil {
			return vec.Aggregate{Kind: vec.Count}, counted, true
		}
		c, ok := v.value(below, x.Child)
		return vec.Aggregate{Kind: vec.Count, Argument: c.expr}, counted, ok && c.expr != nil
	case *aggregation.CountDistinct:
		a := vec.Aggregate{Kind: vec.Count, Distinct: make([]vec.Key, len(x.ChildExpressions))}
		for i, e := range x.ChildExpressions {
			c, ok := v.value(below, e)
			if !ok || c.expr == nil || !groupable(c) {
				return a, c, false
			}
			a.Distinct[i] = keyOf(c)
		}
		return a, vectorColumn{class: vec.Whole, read: ColumnRead{Type: types.Int64}}, x.Window() == nil && len(a.Distinct) > 0
	case *function.Total:
		kind := vec.Sum
		if x.Average {
			kind = vec.Avg
		}
		return v.total(below, kind, x.Child, x.Window() != nil)
	case *aggregation.Sum:
		return v.sum(below, vec.Sum, x.Child, x.Window() != nil)
	case *aggregation.Avg:
		return v.sum(below, vec.Avg, x.Child, x.Window() != nil)
	case *aggregation.Min:
		return v.extreme(below, vec.Min, x.Child, x.Window() != nil)
	case *aggregation.Max:
		return v.extreme(below, vec.Max, x.Child, x.Window() != nil)
	case sql.Aggregation:
	default:
		c, ok := v.value(below, e)
		return vec.Aggregate{Kind: vec.First, Argument: c.expr}, c, ok && c.expr != nil
	}
	return vec.Aggregate{}, vectorColumn{}, false
}

// sum compiles SUM and AVG of what is no exact number to SQL: a double.
func (v *vectorizer) sum(below *vectors, kind vec.Kind, e sql.Expression, window bool) (vec.Aggregate, vectorColumn, bool) {
	c, ok := v.value(below, e)
	if !ok || c.expr == nil || window || c.unit != plainNumber || c.class != vec.Float {
		return vec.Aggregate{}, c, false
	}
	a := vec.Aggregate{Kind: kind, Argument: c.expr, Class: c.class, Result: col.Field{Type: col.Float64}}
	return a, vectorColumn{class: vec.Float, read: ColumnRead{Type: types.Float64}}, true
}

// total compiles SUM and AVG of exact numbers.
func (v *vectorizer) total(below *vectors, kind vec.Kind, e sql.Expression, window bool) (vec.Aggregate, vectorColumn, bool) {
	c, ok := v.value(below, e)
	if !ok || c.expr == nil || window || c.unit != plainNumber || c.class != vec.Whole && c.class != vec.Unsigned && c.class != vec.Decimal {
		return vec.Aggregate{}, c, false
	}
	scale := scaleOf(c)
	if kind == vec.Avg {
		scale = min(scale+averageDigits, types.DecimalTypeMaxScale)
	}
	a := vec.Aggregate{Kind: kind, Argument: c.expr, Class: c.class, Result: col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: scale}}
	return a, vectorColumn{class: vec.Decimal, read: ColumnRead{Type: decimalType(scale)}}, true
}

// averageDigits is what AVG has more digits behind the point than its argument.
const averageDigits = 4

func (v *vectorizer) extreme(below *vectors, kind vec.Kind, e sql.Expression, window bool) (vec.Aggregate, vectorColumn, bool) {
	c, ok := v.value(below, e)
	if !ok || c.expr == nil || window || c.class == 0 {
		return vec.Aggregate{}, c, false
	}
	return vec.Aggregate{Kind: kind, Argument: c.expr, Class: c.class, Collation: c.collation}, c, true
}
