package exec

import (
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/vec"
)

// valueByRow is a byRow as a column. Its result is put into a vector of its type, or handed on as it is when it is wanted in rows.
type valueByRow struct {
	*byRow
	field   col.Field
	encoder *gms.ValueEncoder
	builder *col.Builder
	space   int
	// folded is the result of an expression that reads no column, once there was a row.
	folded *col.Vec
}

// valueByRow compiles an expression that depends on nothing but the row.
func (v *vectorizer) valueByRow(below *vectors, e sql.Expression) (vectorColumn, bool) {
	row, ok := v.newByRow(below, e)
	if !ok {
		return vectorColumn{}, false
	}
	value := &valueByRow{byRow: row}
	t, ok := storable(e.Type(v.ctx))
	if !ok || mistyped(v.ctx, e, t) {
		return vectorColumn{direct: value, read: ColumnRead{Type: e.Type(v.ctx)}}, true
	}
	field, err := gms.Physical(t)
	if err != nil {
		return vectorColumn{}, false
	}
	field.Nullable = true
	encoder, err := gms.NewValueEncoder(t)
	if err != nil {
		return vectorColumn{}, false
	}
	value.field, value.encoder = field, encoder
	return typed(value, t), true
}

// storable gives the type of vectors that hold every value of an expression of type t; false: its values cannot be kept in vectors.
func storable(t sql.Type) (sql.Type, bool) {
	switch {
	case t == types.Null:
		return t, true
	case types.IsEnum(t), types.IsSet(t), types.IsBit(t), types.IsGeometry(t):
		return nil, false
	case types.IsDecimal(t):
		scale := t.(sql.DecimalType).Scale()
		// The type with the most digits behind the point is also that of decimals nobody knows the scale of.
		return decimalType(uint32(scale)), scale < types.DecimalTypeMaxScale
	case types.IsDatetimeType(t), types.IsTimestampType(t):
		return types.DatetimeMaxPrecision, true
	case types.IsTextOnly(t):
		text, ok := t.(sql.StringType)
		if !ok {
			return nil, false
		}
		if text.Collation() == sql.Collation_Default {
			return types.LongText, true
		}
		return types.CreateLongText(text.Collation()), true
	case types.IsBinaryType(t):
		return types.LongBlob, true
	}
	_, err := gms.Physical(t)
	return t, err == nil
}

// mistyped tells whether an expression gives values that are not of its type.
func mistyped(ctx *sql.Context, e sql.Expression, t sql.Type) bool {
	switch x := e.(type) {
	case *expression.Alias:
		return mistyped(ctx, x.Child, t)
	case *expression.IntDiv:
		return types.IsUnsigned(x.LeftChild.Type(ctx)) != types.IsUnsigned(x.RightChild.Type(ctx)) // unsigned, and negative for all that
	case *function.Round, *function.Truncate:
		return types.IsUnsigned(e.Children()[0].Type(ctx)) // said to be signed
	case sql.FunctionExpression:
		return typedAsArgument[x.FunctionName()] && !types.IsText(t)
	}
	return false
}

// typedAsArgument are functions that make texts, and have the type of their argument.
var typedAsArgument = map[string]bool{
	"substring": true, "substr": true, "mid": true, "reverse": true, "trim": true, "ltrim": true, "rtrim": true, "lower": true, "lcase": true, "upper": true, "ucase": true,
}

// Field implements vec.Expr.
func (c *valueByRow) Field() col.Field { return c.field }

// Eval implements vec.Expr.
func (c *valueByRow) Eval(b *col.Batch) (*col.Vec, error) {
	if c.folded != nil {
		c.folded.Len = b.Rows
		return c.folded, nil
	}
	if len(c.used) == 0 {
		return c.fold(b)
	}
	if err := c.load(b, b.Sel); err != nil {
		return nil, err
	}
	c.room(b.Rows)
	for start := 0; start < b.Len(); start += runRows {
		err := c.each(start, min(runRows, b.Len()-start), func(k int, row sql.Row) error {
			for at := b.Row(start + k); c.builder.Rows() < at; {
				c.builder.EndRow() // it does not count
			}
			return c.put(row)
		})
		if err != nil {
			return nil, err
		}
	}
	for c.builder.Rows() < b.Rows {
		c.builder.EndRow()
	}
	return &c.builder.Batch().Cols[0], c.builder.Err()
}

// room empties the builder, which takes n rows then.
func (c *valueByRow) room(n int) {
	if c.builder == nil || n > c.space {
		c.space = n
		c.builder = col.NewBuilder(col.Schema{c.field}, n, 0)
	}
	c.builder.Reset()
}

// put evaluates the expression for a row.
func (c *valueByRow) put(row sql.Row) error {
	value, err := c.eval(row)
	if err != nil {
		return err
	}
	if err := c.encoder.Put(c.ctx, c.builder, 0, value); err != nil {
		return err
	}
	c.builder.EndRow()
	return nil
}

// fold evaluates a constant.
func (c *valueByRow) fold(b *col.Batch) (*col.Vec, error) {
	if b.Len() == 0 {
		return &col.Vec{Type: col.Null, Len: b.Rows}, nil
	}
	c.room(1)
	if err := c.put(c.row); err != nil {
		return nil, err
	}
	if err := c.builder.Err(); err != nil {
		return nil, err
	}
	single := c.builder.Batch().Cols[0]
	single.Encoding, single.Len = col.Constant, b.Rows
	c.folded = &single
	return c.folded, nil
}

// rowValues evaluates the expression for n of the loaded rows and gives the values as they are, at every stride-th place.
func (c *valueByRow) rowValues(start, n, stride int, out []any) error {
	return c.each(start, n, func(k int, row sql.Row) (err error) {
		out[k*stride], err = c.eval(row)
		return err
	})
}

// eval evaluates the expression for a row. SQL has no -0.
func (c *valueByRow) eval(row sql.Row) (any, error) {
	value, err := c.expression.Eval(c.ctx, row)
	switch x := value.(type) {
	case float64:
		if x == 0 {
			return float64(0), err
		}
	case float32:
		if x == 0 {
			return float32(0), err
		}
	}
	return value, err
}

// rowsOf gives what makes the values of rows itself; nil: they are read from a vector.
func (c *vectorColumn) rowsOf() *valueByRow {
	if direct, ok := c.expr.(*valueByRow); ok {
		return direct
	}
	return c.direct
}

// materialize computes the columns that are expressions once, when a batch is made: those above may read a column often, and not all
// rows of it at the same time. What can be put into rows only has no place in batches: false.
func (p *vectors) materialize() bool {
	computed := false
	for _, c := range p.columns {
		if c.expr == nil && c.direct != nil {
			return false
		}
		computed = computed || c.expr != nil && !vec.IsColumn(c.expr)
	}
	if !computed {
		return true
	}
	var all []vec.Expr
	columns := make([]vectorColumn, len(p.columns))
	for i, c := range p.columns {
		if c.expr != nil {
			all = append(all, c.expr)
			c.expr = vec.Column(len(all)-1, c.expr.Field())
		}
		columns[i] = c
	}
	p.source, p.columns = vec.Project(p.source, all...), columns
	return true
}
