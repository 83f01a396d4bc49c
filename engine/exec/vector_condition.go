package exec

import (
	"math"

	"github.com/cockroachdb/apd/v3"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// condition compiles a condition. What columns do not cover is evaluated row by row, within the batch.
func (v *vectorizer) condition(below *vectors, e sql.Expression) (vec.Condition, bool) {
	if c, ok := v.covered(below, e); ok {
		return c, true
	}
	return v.byRow(below, e)
}

// covered compiles what columns cover.
func (v *vectorizer) covered(below *vectors, e sql.Expression) (vec.Condition, bool) {
	switch x := e.(type) {
	case *expression.And:
		return v.both(below, x.LeftChild, x.RightChild, vec.And)
	case *expression.Or:
		return v.both(below, x.LeftChild, x.RightChild, vec.Or)
	case *expression.Not:
		c, ok := v.condition(below, x.Child)
		if !ok {
			return nil, false
		}
		return vec.Not(c), true
	case *expression.IsNull:
		c, ok := v.value(below, x.Child)
		if !ok || c.expr == nil {
			return nil, false
		}
		return vec.IsNull(c.expr), true
	case *expression.Like:
		return v.like(below, x)
	case *expression.Between:
		if !simple(x.Val) && !v.quiet(below, x.Val) {
			return nil, false // it would be evaluated twice
		}
		low, ok := v.compare(below, x.Val, ">=", x.Lower)
		if !ok {
			return nil, false
		}
		high, ok := v.compare(below, x.Val, "<=", x.Upper)
		if !ok {
			return nil, false
		}
		return vec.And(low, high), true
	case *expression.InTuple:
		return v.in(below, x.Left(), x.Right())
	case *expression.HashInTuple:
		return v.in(below, x.Left(), x.Right())
	case TextList:
		return v.textList(below, x)
	case *expression.Equals:
		return v.compare(below, x.Left(), "=", x.Right())
	case *expression.GreaterThan:
		return v.compare(below, x.Left(), ">", x.Right())
	case *expression.GreaterThanOrEqual:
		return v.compare(below, x.Left(), ">=", x.Right())
	case *expression.LessThan:
		return v.compare(below, x.Left(), "<", x.Right())
	case *expression.LessThanOrEqual:
		return v.compare(below, x.Left(), "<=", x.Right())
	}
	return nil, false
}

// quiet tells whether an expression is computed by operators alone, so that it may be evaluated more than once.
func (v *vectorizer) quiet(below *vectors, e sql.Expression) bool {
	before := v.byRows
	_, ok := v.value(below, e)
	return ok && v.byRows == before
}

func (v *vectorizer) both(below *vectors, left, right sql.Expression, join func(...vec.Condition) vec.Condition) (vec.Condition, bool) {
	a, ok := v.condition(below, left)
	if !ok {
		return nil, false
	}
	b, ok := v.condition(below, right)
	if !ok {
		return nil, false
	}
	return join(a, b), true
}

var orders = map[string]kernel.Order{"=": kernel.Equal, "!=": kernel.Equal.Not(), "<": kernel.Below, "<=": kernel.Below | kernel.Equal, ">": kernel.Above, ">=": kernel.Above | kernel.Equal}

var swapped = map[string]string{"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// compare compiles a comparison. A constant stands on the right.
func (v *vectorizer) compare(below *vectors, left sql.Expression, op string, right sql.Expression) (vec.Condition, bool) {
	left, right = v.fold(left), v.fold(right)
	if _, constant := left.(*expression.Literal); constant {
		left, right, op = right, left, swapped[op]
	}
	a, ok := v.value(below, left)
	if !ok || a.expr == nil || a.class == 0 {
		return nil, false
	}
	if literal, constant := right.(*expression.Literal); constant {
		if c, ok := v.compareConstant(a, left, op, literal); ok {
			return c, true
		}
	}
	b, ok := v.value(below, right)
	if !ok || b.expr == nil || b.class == 0 {
		return nil, false
	}
	if a.class == vec.Text || b.class == vec.Text {
		collation, ok := v.compared(left, right)
		if !ok || a.class != b.class {
			return nil, false
		}
		return vec.Compare(a.expr, b.expr, orders[op], vec.Text, collation), true
	}
	class := commonClass(a, b)
	if class == 0 {
		return nil, false
	}
	return vec.Compare(a.expr, b.expr, orders[op], class, nil), true
}

// commonClass is how two numbers or times are compared; 0: not here.
func commonClass(a, b vectorColumn) vec.Class {
	switch {
	case a.unit != b.unit:
		return 0
	case a.class == b.class:
		return a.class
	case a.unit != plainNumber:
		return 0
	case a.class == vec.Float || b.class == vec.Float:
		return vec.Float
	}
	return vec.Decimal // a whole number of either kind with another, or with a decimal: exact
}

// compared is the collation of a comparison of two texts.
func (v *vectorizer) compared(left, right sql.Expression) (*vec.Collation, bool) {
	if types.IsBinaryType(left.Type(v.ctx)) && types.IsBinaryType(right.Type(v.ctx)) {
		return nil, true
	}
	if !types.IsTextOnly(left.Type(v.ctx)) || !types.IsTextOnly(right.Type(v.ctx)) {
		return nil, false
	}
	leftID, leftForce := sql.GetCoercibility(v.ctx, left)
	rightID, rightForce := sql.GetCoercibility(v.ctx, right)
	id, _ := sql.ResolveCoercibility(leftID, leftForce, rightID, rightForce)
	if id == sql.Collation_Unspecified {
		return nil, false
	}
	return collationOf(id), true
}

// compareConstant compiles the comparison of a column with a constant to a range.
func (v *vectorizer) compareConstant(a vectorColumn, left sql.Expression, op string, literal *expression.Literal) (vec.Condition, bool) {
	switch {
	case a.unit == days, a.unit == microseconds:
		instant, ok := v.instant(literal)
		if !ok {
			return nil, false
		}
		return timeRange(a, op, instant)
	case a.class == vec.Text:
		collation, ok := v.compared(left, literal)
		text, isText := bytesOf(literal.Value())
		if !ok || !isText {
			return nil, false
		}
		return vec.CompareText(a.expr, orders[op], text, collation), true
	case a.unit != plainNumber:
		return nil, false
	}
	c, ok := v.literal(literal)
	if !ok {
		return nil, false
	}
	one := &col.Batch{Rows: 1}
	value, err := c.expr.Eval(one)
	if err != nil {
		return nil, false
	}
	switch {
	case a.class == vec.Whole && c.class == vec.Whole:
		lo, hi, outside, ok := wholeBounds(op, value.Int64(0))
		return vec.Range(a.expr, lo, hi, outside), ok
	case a.class == vec.Float && c.class == vec.Whole:
		return floatRange(a, op, float64(value.Int64(0)))
	case a.class == vec.Float && c.class == vec.Float:
		return floatRange(a, op, value.Float64(0))
	case a.class == vec.Float && c.class == vec.Decimal:
		f, err := literal.Value().(*apd.Decimal).Float64()
		if err != nil {
			return nil, false
		}
		return floatRange(a, op, f)
	}
	return nil, false
}

func bytesOf(value any) ([]byte, bool) {
	switch s := value.(type) {
	case string:
		return []byte(s), true
	case []byte:
		return s, true
	}
	return nil, false
}

// floatRange compiles a comparison with a float.
func floatRange(a vectorColumn, op string, x float64) (vec.Condition, bool) {
	inf := math.Inf(1)
	switch op {
	case "=":
		return vec.FRange(a.expr, x, x, false), true
	case "!=":
		return vec.FRange(a.expr, x, x, true), true
	case "<=":
		return vec.FRange(a.expr, -inf, x, false), true
	case ">=":
		return vec.FRange(a.expr, x, inf, false), true
	case "<":
		return vec.FRange(a.expr, x, inf, true), true
	case ">":
		return vec.FRange(a.expr, -inf, x, true), true
	}
	return nil, false
}

// timeRange compiles the comparison of a date or a datetime with an instant.
func timeRange(a vectorColumn, op string, instant int64) (vec.Condition, bool) {
	if a.unit == microseconds {
		lo, hi, outside, ok := wholeBounds(op, instant)
		return vec.Range(a.expr, lo, hi, outside), ok
	}
	day := instant / dayMicros
	if instant%dayMicros < 0 {
		day--
	}
	if instant%dayMicros != 0 {
		// Within a day: no date is equal, and those up to that day come before.
		switch op {
		case "=":
			return vec.Range(a.expr, 1, 0, false), true
		case "!=":
			return vec.Range(a.expr, 1, 0, true), true
		case "<":
			op = "<="
		case ">=":
			op = ">"
		}
	}
	if instant == col.ZeroDatetime {
		day = int64(col.ZeroDate)
	}
	lo, hi, outside, ok := wholeBounds(op, day)
	return vec.Range(a.expr, lo, hi, outside), ok
}

// in compiles IN with a list of constants. NULL in the list makes it NULL where it would be false.
func (v *vectorizer) in(below *vectors, left, right sql.Expression) (vec.Condition, bool) {
	list, ok := right.(expression.Tuple)
	if !ok {
		return nil, false
	}
	if !simple(left) && !v.quiet(below, left) {
		return nil, false // it would be evaluated several times
	}
	a, ok := v.value(below, left)
	if !ok || a.expr == nil {
		return nil, false
	}
	if a.class == vec.Text {
		return v.oneOfTexts(a, left, list)
	}
	parts := make([]vec.Condition, 0, len(list))
	var numbers []int64
	for _, e := range list {
		literal, ok := v.fold(e).(*expression.Literal)
		if !ok || literal.Value() == nil {
			return nil, false
		}
		if c, ok := v.literal(literal); ok && a.class == vec.Whole && a.unit == plainNumber && c.class == vec.Whole {
			value, _ := c.expr.Eval(&col.Batch{Rows: 1}) // a constant is itself
			numbers = append(numbers, value.Int64(0))
			continue
		}
		part, ok := v.compareConstant(a, left, "=", literal)
		if !ok {
			return nil, false
		}
		parts = append(parts, part)
	}
	if len(numbers) > 0 {
		parts = append(parts, vec.OneOf(a.expr, numbers))
	}
	if len(parts) > 16 || len(parts) == 0 {
		return nil, false
	}
	return vec.Or(parts...), true
}

// oneOfTexts compiles IN with a list of texts, none of them NULL, that are all compared by one collation.
func (v *vectorizer) oneOfTexts(a vectorColumn, left sql.Expression, list expression.Tuple) (vec.Condition, bool) {
	var collation *vec.Collation
	members := make([][]byte, len(list))
	for i, e := range list {
		literal, ok := v.fold(e).(*expression.Literal)
		if !ok {
			return nil, false
		}
		by, ok := v.compared(left, literal)
		text, isText := bytesOf(literal.Value())
		if !ok || !isText || i > 0 && by != collation {
			return nil, false
		}
		collation, members[i] = by, text
	}
	return vec.OneOfText(a.expr, members, collation), len(members) > 0
}

// TextList is a text IN constants, compared by a collation.
type TextList interface {
	sql.Expression
	// List gives the text that is looked for, the collation, the constants but for NULL, and whether NULL is one of them.
	List() (text sql.Expression, collation sql.CollationID, constants []string, null bool)
}

func (v *vectorizer) textList(below *vectors, list TextList) (vec.Condition, bool) {
	text, id, constants, null := list.List()
	if null || !types.IsTextOnly(text.Type(v.ctx)) {
		return nil, false // with NULL it is never false
	}
	a, ok := v.value(below, text)
	if !ok || a.expr == nil || a.class != vec.Text {
		return nil, false
	}
	members := make([][]byte, len(constants))
	for i, constant := range constants {
		members[i] = []byte(constant)
	}
	return vec.OneOfText(a.expr, members, collationOf(id)), true
}
