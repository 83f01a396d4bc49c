package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// choice compiles the expressions that are one of several values; false: it is none of them, or not covered.
func (v *vectorizer) choice(below *vectors, e sql.Expression) (vectorColumn, bool) {
	switch x := e.(type) {
	case *expression.Case:
		return v.caseOf(below, x)
	case sql.FunctionExpression:
		arguments := x.Children()
		switch x.FunctionName() {
		case "if":
			return v.branches(below, x, arguments[:1], arguments[1:])
		case "ifnull", "coalesce":
			return v.coalesce(below, x, arguments)
		case "nullif":
			if !simple(arguments[0]) {
				break // it would be evaluated twice
			}
			null := expression.NewLiteral(nil, types.Null)
			return v.branches(below, x, []sql.Expression{expression.NewEquals(arguments[0], arguments[1])}, []sql.Expression{null, arguments[0]})
		}
	}
	return vectorColumn{}, false
}

// simple tells whether an expression is a column or a constant.
func simple(e sql.Expression) bool {
	switch e.(type) {
	case *expression.GetField, *expression.Literal:
		return true
	}
	return false
}

func (v *vectorizer) caseOf(below *vectors, x *expression.Case) (vectorColumn, bool) {
	if x.Expr != nil && !simple(x.Expr) {
		return vectorColumn{}, false // it would be evaluated for each branch
	}
	var conditions, values []sql.Expression
	for _, b := range x.Branches {
		condition := b.Cond
		if x.Expr != nil {
			condition = expression.NewEquals(x.Expr, b.Cond)
		}
		conditions, values = append(conditions, condition), append(values, b.Value)
	}
	if x.Else != nil {
		values = append(values, x.Else)
	}
	return v.branches(below, x, conditions, values)
}

// branches compiles the values behind conditions, and one more for when none is true.
func (v *vectorizer) branches(below *vectors, e sql.Expression, conditions, values []sql.Expression) (vectorColumn, bool) {
	columns, field, t, ok := v.alternatives(below, e, values)
	if !ok {
		return vectorColumn{}, false
	}
	all := make([]vec.Branch, len(conditions))
	for i, condition := range conditions {
		all[i].Then = columns[i].expr
		if all[i].When, ok = v.condition(below, condition); !ok {
			return vectorColumn{}, false
		}
	}
	var otherwise vec.Expr
	if len(columns) > len(all) {
		otherwise = columns[len(all)].expr
	}
	return typed(vec.Case(field, all, otherwise), t), true
}

func (v *vectorizer) coalesce(below *vectors, e sql.Expression, values []sql.Expression) (vectorColumn, bool) {
	columns, field, t, ok := v.alternatives(below, e, values)
	if !ok {
		return vectorColumn{}, false
	}
	if first := columns[0]; len(columns) == 1 && sameForm(first.expr.Field(), field) {
		return typed(first.expr, t), true // go-mysql-server writes so what it takes out of an IN
	}
	exprs := make([]vec.Expr, len(columns))
	for i, c := range columns {
		exprs[i] = c.expr
	}
	return typed(vec.Coalesce(field, exprs...), t), true
}

// sameForm tells whether values of two fields are written alike.
func sameForm(a, b col.Field) bool {
	return a.Type == b.Type && a.Precision == b.Precision && a.Scale == b.Scale
}

// alternatives compiles the values of which an expression is one, as values of its type.
func (v *vectorizer) alternatives(below *vectors, e sql.Expression, values []sql.Expression) ([]vectorColumn, col.Field, sql.Type, bool) {
	columns, ok := v.values(below, values)
	if !ok {
		return nil, col.Field{}, nil, false
	}
	field, t, ok := v.common(e.Type(v.ctx), values, columns)
	return columns, field, t, ok
}

func (v *vectorizer) values(below *vectors, values []sql.Expression) ([]vectorColumn, bool) {
	columns := make([]vectorColumn, len(values))
	for i, e := range values {
		c, ok := v.value(below, e)
		if !ok || c.expr == nil {
			return nil, false
		}
		columns[i] = c
	}
	return columns, true
}

// common is the column that holds all of the values, of an expression of type t, and its type.
func (v *vectorizer) common(t sql.Type, values []sql.Expression, columns []vectorColumn) (col.Field, sql.Type, bool) {
	fits, scale, digits := true, uint32(0), uint32(0)
	for i, c := range columns {
		if values[i].Type(v.ctx) == types.Null {
			continue
		}
		switch {
		case types.IsDecimal(t):
			fits = fits && exactNumber(c)
			scale, digits = max(scale, scaleOf(c)), max(digits, wholeDigits(c))
		case types.IsFloat(t):
			fits = fits && (exactNumber(c) || c.class == vec.Float && c.expr.Field().Type == col.Float64)
		case types.IsInteger(t):
			fits = fits && exactNumber(c) && c.class != vec.Decimal && types.IsInteger(values[i].Type(v.ctx))
		case types.IsTextOnly(t):
			fits = fits && c.class == vec.Text && c.expr.Field().Type == col.UTF8 && types.IsTextOnly(values[i].Type(v.ctx))
		default:
			fits = fits && (types.IsDateType(t) || types.IsDatetimeType(t)) && values[i].Type(v.ctx).Equals(t)
		}
	}
	if !fits || t == types.Null {
		return col.Field{}, nil, false
	}
	if d, ok := t.(sql.DecimalType); ok {
		if known := uint32(d.Scale()); known < types.DecimalTypeMaxScale {
			if scale > known {
				return col.Field{}, nil, false
			}
			scale = known
		}
		return decimalField(digits+scale, scale), decimalType(scale), true
	}
	held, ok := storable(t)
	if !ok {
		return col.Field{}, nil, false
	}
	field, err := gms.Physical(held)
	return field, held, err == nil && field.Type != col.Float32
}

// exactNumber tells whether the values are whole numbers or decimals.
func exactNumber(c vectorColumn) bool {
	return c.unit == plainNumber && (c.class == vec.Whole || c.class == vec.Unsigned || c.class == vec.Decimal)
}

// wholeDigits is the most digits that a number has before the point.
func wholeDigits(c vectorColumn) uint32 {
	field := c.expr.Field()
	switch field.Type {
	case col.Int8, col.Uint8:
		return 3
	case col.Int16, col.Uint16:
		return 5
	case col.Int32, col.Uint32:
		return 10
	case col.Int64:
		return 19
	case col.Uint64:
		return 20
	}
	if field.Precision < field.Scale {
		return 0
	}
	return field.Precision - field.Scale
}

// digits128 is the most digits that 128 bits hold.
const digits128 = 38

// decimalField is a column of decimals with so many digits, scale of them behind the point.
func decimalField(digits, scale uint32) col.Field {
	if digits <= digits128 {
		return col.Field{Type: col.Decimal128, Precision: digits, Scale: scale, Nullable: true}
	}
	return col.Field{Type: col.Decimal256, Precision: col.DigitsMax, Scale: scale, Nullable: true}
}
