package exec

import (
	"bytes"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// function compiles functions of texts and dates; false: it is none that is covered.
func (v *vectorizer) function(below *vectors, x sql.FunctionExpression) (vectorColumn, bool) {
	arguments := x.Children()
	name := x.FunctionName()
	if part, ok := dateParts[name]; ok && len(arguments) == 1 {
		return v.datePart(below, x, part, arguments[0])
	}
	switch name {
	case "extract":
		unit, ok := arguments[0].(*expression.Literal)
		if !ok {
			break
		}
		text, _ := unit.Value().(string)
		if part, ok := extractParts[text]; ok {
			return v.datePart(below, x, part, arguments[1])
		}
	case "substring":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte {
			length := int64(1) << 62
			if a.Len() == 3 {
				length = a.Int(2)
			}
			return append(dst, vec.Substring(a.Text(0), a.Int(1), length)...)
		}, "tii")
	case "left":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte {
			return append(dst, vec.Substring(a.Text(0), 1, a.Int(1))...)
		}, "ti")
	case "right":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return append(dst, vec.Right(a.Text(0), a.Int(1))...) }, "ti")
	case "upper":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return vec.AppendUpper(dst, a.Text(0)) }, "t")
	case "lower":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return vec.AppendLower(dst, a.Text(0)) }, "t")
	case "concat":
		kinds := make([]byte, len(arguments))
		for i := range kinds {
			kinds[i] = 'c'
		}
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte {
			for k := range a.Len() {
				dst = a.AppendText(dst, k)
			}
			return dst
		}, string(kinds))
	case "ltrim":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return append(dst, bytes.TrimLeft(a.Text(0), " ")...) }, "t")
	case "rtrim":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte { return append(dst, bytes.TrimRight(a.Text(0), " ")...) }, "t")
	case "replace":
		return v.textOf(below, x, func(dst []byte, a *vec.Arguments) []byte {
			return vec.AppendReplaced(dst, a.Text(0), a.Text(1), a.Text(2))
		}, "ttt")
	case "abs":
		return v.magnitude(below, x, arguments[0])
	case "instr":
		return v.intOf(below, x, func(a *vec.Arguments) int64 {
			at := bytes.Index(a.Text(0), a.Text(1))
			if at < 0 {
				return 0
			}
			return int64(utf8.RuneCount(a.Text(0)[:at])) + 1
		})
	case "length":
		return v.intOf(below, x, func(a *vec.Arguments) int64 { return int64(len(a.Text(0))) })
	case "character_length":
		return v.intOf(below, x, func(a *vec.Arguments) int64 { return int64(utf8.RuneCount(a.Text(0))) })
	}
	return vectorColumn{}, false
}

var dateParts = map[string]vec.Part{
	"year": vec.Year, "quarter": vec.Quarter, "month": vec.Month, "day": vec.Day, "dayofmonth": vec.Day, "hour": vec.Hour, "minute": vec.Minute, "second": vec.Second, "date": vec.Days,
}

var extractParts = map[string]vec.Part{
	"YEAR": vec.Year, "QUARTER": vec.Quarter, "MONTH": vec.Month, "DAY": vec.Day, "YEAR_MONTH": vec.YearMonth, "HOUR": vec.Hour, "MINUTE": vec.Minute, "SECOND": vec.Second, "MICROSECOND": vec.Microsecond,
}

// datePart compiles a part of a date or a datetime.
func (v *vectorizer) datePart(below *vectors, e sql.Expression, part vec.Part, argument sql.Expression) (vectorColumn, bool) {
	c, ok := v.value(below, argument)
	if !ok || c.expr == nil || c.unit != days && c.unit != microseconds {
		return vectorColumn{}, false
	}
	t := e.Type(v.ctx)
	field, err := gms.Physical(t)
	zero := int64(0)
	if part == vec.Days {
		zero = int64(col.ZeroDate)
	}
	switch field.Type {
	case col.Int32, col.Int64:
		return typed(vec.DatePart(part, c.expr, field, zero), t), err == nil && part != vec.Days
	case col.Date:
		return typed(vec.DatePart(part, c.expr, field, zero), t), part == vec.Days
	}
	return vectorColumn{}, false
}

// textOf compiles a function that makes a text. kinds has a letter for each argument, at least as many as there are: t is a text, i a
// whole number, c either of them.
func (v *vectorizer) textOf(below *vectors, e sql.Expression, f func(dst []byte, a *vec.Arguments) []byte, kinds string) (vectorColumn, bool) {
	arguments := e.Children()
	exprs := make([]vec.Expr, len(arguments))
	for i, argument := range arguments {
		c, ok := v.value(below, argument)
		if !ok || c.expr == nil {
			return vectorColumn{}, false
		}
		text := v.plainText(c, argument)
		number := c.class == vec.Whole && c.unit == plainNumber && types.IsInteger(argument.Type(v.ctx))
		switch kinds[i] {
		case 't':
			ok = text
		case 'i':
			ok = number
		case 'c':
			ok = text || number && simple(argument)
		}
		if !ok {
			return vectorColumn{}, false
		}
		exprs[i] = c.expr
	}
	t, ok := storable(e.Type(v.ctx))
	if !ok || !types.IsTextOnly(t) {
		return vectorColumn{}, false
	}
	return typed(vec.TextOf(col.Field{Type: col.UTF8}, f, exprs...), t), true
}

// magnitude compiles ABS.
func (v *vectorizer) magnitude(below *vectors, e, argument sql.Expression) (vectorColumn, bool) {
	c, ok := v.number(below, argument)
	t := e.Type(v.ctx)
	if !ok || !t.Equals(argument.Type(v.ctx)) {
		return vectorColumn{}, false
	}
	switch c.class {
	case vec.Decimal:
		return typed(vec.Magnitude(c.expr, vec.Decimal, c.expr.Field()), decimalType(scaleOf(c))), true
	case vec.Float:
		return typed(vec.Magnitude(c.expr, vec.Float, col.Field{Type: col.Float64}), t), t == types.Float64
	case vec.Whole:
		field, err := gms.Physical(t)
		return typed(vec.Magnitude(c.expr, vec.Whole, field), t), err == nil && field.Type.Integer()
	}
	return vectorColumn{}, false
}

// intOf compiles a function of texts that makes a whole number.
func (v *vectorizer) intOf(below *vectors, e sql.Expression, f func(a *vec.Arguments) int64) (vectorColumn, bool) {
	arguments := e.Children()
	exprs := make([]vec.Expr, len(arguments))
	for i, argument := range arguments {
		c, ok := v.value(below, argument)
		if !ok || c.expr == nil || !v.plainText(c, argument) {
			return vectorColumn{}, false
		}
		exprs[i] = c.expr
	}
	field, err := gms.Physical(e.Type(v.ctx))
	if err != nil || field.Type != col.Int32 && field.Type != col.Int64 {
		return vectorColumn{}, false
	}
	return typed(vec.IntOf(field, f, exprs...), e.Type(v.ctx)), true
}

// plainText tells whether a column is text in the character set that vectors hold.
func (v *vectorizer) plainText(c vectorColumn, e sql.Expression) bool {
	text, ok := e.Type(v.ctx).(sql.StringType)
	return ok && c.class == vec.Text && c.expr.Field().Type == col.UTF8 && types.IsTextOnly(text) && text.CharacterSet() == sql.CharacterSet_utf8mb4
}

// like compiles LIKE with a constant pattern.
func (v *vectorizer) like(below *vectors, x *expression.Like) (vec.Condition, bool) {
	literal, ok := v.fold(x.RightChild).(*expression.Literal)
	if !ok || x.Escape != nil {
		return nil, false
	}
	pattern, ok := literal.Value().(string)
	c, compiled := v.value(below, x.LeftChild)
	if !ok || !compiled || c.expr == nil || !v.plainText(c, x.LeftChild) || !types.IsTextOnly(literal.Type(v.ctx)) {
		return nil, false
	}
	id, _ := x.CollationCoercibility(v.ctx)
	if id.CharacterSet() != sql.CharacterSet_utf8mb4 || id == sql.Collation_Unspecified {
		return nil, false
	}
	collation := collationOf(id)
	if collation == nil {
		return nil, false
	}
	p, ok := vec.NewPattern(pattern, '\\', collation, bytewise(id))
	if !ok {
		return nil, false
	}
	return vec.Like(c.expr, p), true
}

// bytewise tells whether characters are equal under a collation to themselves only.
func bytewise(id sql.CollationID) bool {
	return id == sql.Collation_utf8mb4_bin || id == sql.Collation_utf8mb4_0900_bin
}

// fold evaluates an expression that has no column in it; others, and those that fail, stay as they are.
func (v *vectorizer) fold(e sql.Expression) sql.Expression {
	if _, literal := e.(*expression.Literal); literal || e == nil {
		return e
	}
	if !constant(e) {
		return e
	}
	value, err := e.Eval(v.ctx, nil)
	if err != nil {
		return e
	}
	return expression.NewLiteral(value, e.Type(v.ctx))
}

// constant tells whether an expression is built of constants alone.
func constant(e sql.Expression) bool {
	switch x := e.(type) {
	case *expression.Literal:
		return true
	case *expression.Arithmetic, *expression.UnaryMinus, *expression.Interval, *expression.Convert:
	case sql.FunctionExpression:
		switch x.FunctionName() {
		case "date_add", "date_sub", "date", "concat", "timestamp":
		default:
			return false
		}
	default:
		return false
	}
	for _, child := range e.Children() {
		if !constant(child) {
			return false
		}
	}
	return true
}
