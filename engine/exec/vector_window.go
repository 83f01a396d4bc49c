package exec

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation"
	"github.com/dolthub/go-mysql-server/sql/expression/function/aggregation/window"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/function"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// windowCompiler compiles the functions of a window node.
type windowCompiler struct {
	ctx *sql.Context
	// value compiles what they are computed of.
	value func(sql.Expression) (vectorColumn, bool)
	// rows: these are values of rows.
	rows  bool
	overs []vec.Over
	// texts tell the windows apart.
	texts []string
	// found says where each function is that was compiled.
	found []windowPlace
}

// windowPlace is a column of a window node: a function of a window.
type windowPlace struct {
	over, function int
	column         vectorColumn
}

// window compiles window functions.
func (v *vectorizer) window(n *plan.Window) (*vectors, bool) {
	below, ok := v.node(n.Child)
	if !ok {
		return nil, false
	}
	c := &windowCompiler{ctx: v.ctx, value: func(e sql.Expression) (vectorColumn, bool) { return v.value(below, e) }}
	out := &vectors{columns: make([]vectorColumn, len(n.SelectExprs))}
	var handed []vec.Expr
	functions := make([]int, len(n.SelectExprs))
	for i, e := range n.SelectExprs {
		functions[i] = -1
		if f, is := e.(sql.WindowAdaptableExpression); is {
			if functions[i] = len(c.found); !c.function(f) {
				return nil, false
			}
			continue
		}
		handedOn, ok := v.value(below, e)
		if !ok || handedOn.direct != nil {
			return nil, false
		}
		out.columns[i] = handedOn
		if handedOn.expr != nil {
			out.columns[i].expr = vec.Column(len(handed), handedOn.expr.Field())
			handed = append(handed, handedOn.expr)
		}
	}
	for i, f := range functions {
		if f >= 0 {
			out.columns[i] = c.result(f, len(handed))
		}
	}
	out.source = vec.Windows(below.source, handed, c.overs...)
	return out, len(c.found) > 0
}

// result is the column of a function, behind those that are handed on.
func (c *windowCompiler) result(function, handed int) vectorColumn {
	p := &c.found[function]
	at := handed + p.function
	for i := range p.over {
		at += len(c.overs[i].Functions)
	}
	out := p.column
	field, err := gms.Physical(out.read.Type)
	if err != nil {
		return vectorColumn{} // it was asked before
	}
	field.Nullable = true
	out.expr = vec.Column(at, field)
	return out
}

// function compiles one function over its window; false: it is not covered.
func (c *windowCompiler) function(e sql.WindowAdaptableExpression) bool {
	definition := e.Window()
	if definition == nil {
		return false
	}
	f, column, ok := c.call(e)
	if !ok {
		return false
	}
	if _, err := gms.Physical(column.read.Type); err != nil {
		return false
	}
	if f.Frame, ok = c.frame(definition.Frame); !ok {
		return false
	}
	column.read.NotNull = false
	over, ok := c.over(definition)
	if !ok {
		return false
	}
	c.found = append(c.found, windowPlace{over: over, function: len(c.overs[over].Functions), column: column})
	c.overs[over].Functions = append(c.overs[over].Functions, f)
	return true
}

// over finds or compiles a window.
func (c *windowCompiler) over(definition *sql.WindowDefinition) (int, bool) {
	var text strings.Builder
	for _, e := range definition.PartitionBy {
		text.WriteString(sql.DebugString(c.ctx, e) + ", ")
	}
	text.WriteString("ORDER BY ")
	for _, field := range definition.OrderBy {
		text.WriteString(sql.DebugString(c.ctx, field.Expr) + " " + field.Order.String() + ", ")
	}
	for i, known := range c.texts {
		if known == text.String() {
			return i, true
		}
	}
	var over vec.Over
	for _, e := range definition.PartitionBy {
		k, ok := c.value(e)
		if !ok || k.expr == nil || !groupable(k) {
			return 0, false
		}
		over.Partition = append(over.Partition, keyOf(k))
	}
	for _, field := range definition.OrderBy {
		k, ok := c.value(field.Expr)
		if !ok || k.expr == nil || k.class == 0 || field.NullOrdering != sql.NullsFirst {
			return 0, false
		}
		over.Order = append(over.Order, vec.SortKey{Expr: k.expr, Class: k.class, Collation: k.collation, Descending: field.Order == sql.Descending})
	}
	c.texts, c.overs = append(c.texts, text.String()), append(c.overs, over)
	return len(c.overs) - 1, true
}

// frame compiles a frame. Those that reach as far as values do are not covered.
func (c *windowCompiler) frame(f sql.WindowFrame) (vec.Frame, bool) {
	if f == nil {
		return vec.DefaultFrame, true
	}
	out := vec.Frame{Rows: strings.HasPrefix(f.String(), "ROWS")}
	out.Start.Unbounded, out.End.Unbounded = f.UnboundedPreceding(), f.UnboundedFollowing()
	for _, bound := range []struct {
		at   *vec.Bound
		n    sql.Expression
		sign int64
	}{
		{&out.Start, f.StartNPreceding(), -1}, {&out.Start, f.StartNFollowing(), 1},
		{&out.End, f.EndNPreceding(), -1}, {&out.End, f.EndNFollowing(), 1},
	} {
		if bound.n == nil {
			continue
		}
		n, ok := c.number(bound.n)
		if !ok || !out.Rows {
			return out, false
		}
		bound.at.N = bound.sign * n
	}
	return out, true
}

var windowKinds = map[string]vec.WindowKind{
	function.CumeDist: vec.CumeDist, function.NthValue: vec.NthValue, function.Lag: vec.Lag, function.Lead: vec.Lead, function.Tile: vec.Tile,
}

// call compiles a function without its window.
func (c *windowCompiler) call(e sql.Expression) (vec.WindowFunction, vectorColumn, bool) {
	result := vectorColumn{class: vec.Whole, read: ColumnRead{Type: e.Type(c.ctx)}}
	switch x := e.(type) {
	case *window.RowNumber:
		return vec.WindowFunction{Kind: vec.RowNumber}, result, true
	case *window.Rank:
		return rank(vec.Rank), unsignedColumn(result), true
	case *window.DenseRank:
		return rank(vec.DenseRank), unsignedColumn(result), true
	case *window.PercentRank:
		result.class = vec.Float
		return vec.WindowFunction{Kind: vec.PercentRank}, result, true
	case *window.FirstValue:
		return c.taken(vec.FirstValue, x.Child)
	case *window.LastValue:
		return c.taken(vec.LastValue, x.Child)
	case *function.Windowed:
		return c.windowed(x, result)
	case *aggregation.Count:
		f := vec.WindowFunction{Kind: vec.FrameCount}
		if _, star := x.Child.(*expression.Star); star {
			return f, result, true
		}
		if literal, is := x.Child.(*expression.Literal); is && literal.Value() != nil {
			return f, result, true
		}
		a, ok := c.value(x.Child)
		f.Argument = a.expr
		return f, result, ok && a.expr != nil
	case *function.Total:
		return c.total(x, result)
	case *aggregation.Sum:
		return c.float(vec.FrameSum, x.Child, result)
	case *aggregation.Avg:
		return c.float(vec.FrameAvg, x.Child, result)
	case *aggregation.Min:
		return c.extreme(vec.FrameMin, x.Child)
	case *aggregation.Max:
		return c.extreme(vec.FrameMax, x.Child)
	}
	return vec.WindowFunction{}, result, false
}

// number is a constant number of rows.
func (c *windowCompiler) number(e sql.Expression) (int64, bool) {
	literal, ok := e.(*expression.Literal)
	if !ok || literal.Value() == nil {
		return 0, false
	}
	n, in, err := types.Int64.Convert(c.ctx, literal.Value())
	if err != nil || in != sql.InRange {
		return 0, false
	}
	rows, ok := n.(int64)
	return rows, ok && rows >= 0
}

func rank(kind vec.WindowKind) vec.WindowFunction {
	return vec.WindowFunction{Kind: kind, Result: col.Field{Type: col.Uint64}}
}

func unsignedColumn(c vectorColumn) vectorColumn {
	c.class = vec.Unsigned
	return c
}

// taken compiles a function that is its argument in another row.
func (c *windowCompiler) taken(kind vec.WindowKind, e sql.Expression) (vec.WindowFunction, vectorColumn, bool) {
	a, ok := c.value(e)
	if c.rows && e.Type(c.ctx) == types.Boolean {
		return vec.WindowFunction{}, a, false // truth values of rows would become numbers
	}
	return vec.WindowFunction{Kind: kind, Argument: a.expr, Class: a.class}, a, ok && a.expr != nil && !anyDigits(a)
}

// anyDigits tells whether a column holds decimals of as many digits behind the point as each happens to have.
func anyDigits(c vectorColumn) bool {
	d, ok := c.read.Type.(sql.DecimalType)
	return ok && c.class == vec.Decimal && d.Scale() == types.DecimalTypeMaxScale
}

func (c *windowCompiler) windowed(x *function.Windowed, result vectorColumn) (f vec.WindowFunction, out vectorColumn, ok bool) {
	kind := windowKinds[x.Name]
	switch kind {
	case vec.CumeDist:
		result.class = vec.Float
		return vec.WindowFunction{Kind: kind}, result, true
	case vec.Tile:
		f = rank(kind)
		f.N, ok = c.number(x.Arguments[0])
		return f, unsignedColumn(result), ok && f.N > 0
	}
	if f, out, ok = c.taken(kind, x.Arguments[0]); !ok {
		return f, out, false
	}
	if f.N = 1; len(x.Arguments) > 1 {
		if f.N, ok = c.number(x.Arguments[1]); !ok || kind == vec.NthValue && f.N == 0 {
			return f, out, false
		}
	}
	if len(x.Arguments) < 3 {
		return f, out, true
	}
	if literal, is := x.Arguments[2].(*expression.Literal); is && literal.Value() == nil {
		return f, out, true
	}
	return c.withDefault(f, out, x)
}

// withDefault compiles what LAG and LEAD are where there is no row.
func (c *windowCompiler) withDefault(f vec.WindowFunction, a vectorColumn, x *function.Windowed) (vec.WindowFunction, vectorColumn, bool) {
	otherwise, ok := c.value(x.Arguments[2])
	if !ok || otherwise.expr == nil || a.unit != otherwise.unit || a.class == 0 || anyDigits(otherwise) {
		return f, a, false
	}
	f.Default = otherwise.expr
	switch {
	case a.class == vec.Decimal && (otherwise.class == vec.Decimal || otherwise.class == vec.Whole) && scaleOf(otherwise) <= scaleOf(a):
		f.Result = col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: scaleOf(a)}
		a.read.Type = decimalType(scaleOf(a))
	case a.class != otherwise.class || a.expr.Field().Type == col.Binary:
		return f, a, false
	case a.class == vec.Whole && a.unit == plainNumber:
		f.Result, a.read.Type = col.Field{Type: col.Int64}, types.Int64
	case a.class == vec.Float && a.expr.Field().Type != otherwise.expr.Field().Type:
		return f, a, false
	}
	return f, a, true
}

// total compiles SUM and AVG of exact numbers.
func (c *windowCompiler) total(x *function.Total, result vectorColumn) (vec.WindowFunction, vectorColumn, bool) {
	f := vec.WindowFunction{Kind: vec.FrameSum}
	a, ok := c.value(x.Child)
	if !ok || a.expr == nil || a.unit != plainNumber || anyDigits(a) || a.class != vec.Whole && a.class != vec.Unsigned && a.class != vec.Decimal {
		return f, result, false
	}
	scale := scaleOf(a)
	if x.Average {
		f.Kind, scale = vec.FrameAvg, min(scale+averageDigits, types.DecimalTypeMaxScale)
	}
	f.Argument, f.Class, f.Result = a.expr, a.class, col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: scale}
	return f, vectorColumn{class: vec.Decimal, read: ColumnRead{Type: decimalType(scale)}}, true
}

func (c *windowCompiler) float(kind vec.WindowKind, e sql.Expression, result vectorColumn) (vec.WindowFunction, vectorColumn, bool) {
	a, ok := c.value(e)
	result.class = vec.Float
	f := vec.WindowFunction{Kind: kind, Argument: a.expr, Class: vec.Float, Result: col.Field{Type: col.Float64}}
	return f, result, ok && a.expr != nil && a.class == vec.Float
}

func (c *windowCompiler) extreme(kind vec.WindowKind, e sql.Expression) (vec.WindowFunction, vectorColumn, bool) {
	f, a, ok := c.taken(kind, e)
	f.Collation = a.collation
	return f, a, ok && a.class != 0
}
