package exec

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/expression/function"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
)

// computed makes a column of a batch from others, for an INSERT … SELECT of simple expressions over whole
// numbers. It gives what go-mysql-server gives, or says that it does not know: the rows of the batch are
// made then, one by one.
type computed struct {
	to   *insertColumn
	fill func(batch *col.Batch) (putter, bool)
}

// putter puts the value of row i into column 0 of a builder; false: the row must be made.
type putter func(b *col.Builder, i int) bool

// wholes gives the whole number of a row of a batch.
type wholes func(i int) (n int64, null, ok bool)

// wholeExpr is an expression that makes whole numbers, to be bound to a batch; nil: its columns are not plain.
type wholeExpr func(batch *col.Batch) wholes

// compute finds out how an expression over the scan's rows is computed by column; nil: it is not.
func (b *insertBatches) compute(c *insertColumn, e sql.Expression) *computed {
	out := &computed{to: c}
	if alias, ok := e.(*expression.Alias); ok {
		e = alias.Child
	}
	toDouble := c.field.Type == col.Float64
	switch e := e.(type) {
	case *expression.Div:
		left, right := b.leaf(e.LeftChild), b.leaf(e.RightChild)
		if left == nil || right == nil || !toDouble {
			return nil
		}
		out.fill = func(batch *col.Batch) (putter, bool) { return putQuotient(left(batch), right(batch)) }
	case *function.Concat:
		parts, ok := b.parts(e.Children())
		if !ok || !c.text {
			return nil
		}
		out.fill = func(batch *col.Batch) (putter, bool) { return putTexts(c, parts, batch) }
	default:
		whole := b.whole(e)
		switch {
		case whole == nil:
			return nil
		case c.most > 0:
			out.fill = func(batch *col.Batch) (putter, bool) { return putWhole(c, whole(batch)) }
		case toDouble:
			out.fill = func(batch *col.Batch) (putter, bool) { return putDouble(whole(batch)) }
		default:
			return nil
		}
	}
	return out
}

// column computes the column of a batch; false: a row has to be made.
func (c *computed) column(batch *col.Batch) (col.Vec, bool) {
	put, ok := c.fill(batch)
	if !ok || batch.Sel != nil {
		return col.Vec{}, false
	}
	field := c.to.field
	field.Nullable = true
	builder := col.NewBuilder(col.Schema{field}, batch.Rows, math.MaxInt32)
	for i := range batch.Rows {
		if !put(builder, i) {
			return col.Vec{}, false
		}
		builder.EndRow()
	}
	if builder.Err() != nil {
		return col.Vec{}, false
	}
	return builder.Batch().Cols[0], true
}

// whole compiles an expression; nil: it is not covered.
func (b *insertBatches) whole(e sql.Expression) wholeExpr {
	switch e := e.(type) {
	case *expression.Arithmetic:
		left, right := b.sum(e.LeftChild), b.sum(e.RightChild)
		operation := operations[e.Op]
		if left == nil || right == nil || operation == nil {
			return nil
		}
		return both(left, right, operation)
	case *expression.Mod:
		left, right := b.leaf(e.LeftChild), b.leaf(e.RightChild)
		if left == nil || right == nil {
			return nil
		}
		return both(left, right, func(x, y int64) (int64, bool) {
			if y == 0 || y == -1 {
				return 0, false
			}
			n := x % y
			return n, n != 0 || x >= 0 // not the decimal -0
		})
	}
	return nil
}

// sum is what + - and * take: a leaf, or another of them.
func (b *insertBatches) sum(e sql.Expression) wholeExpr {
	switch e := e.(type) {
	case *expression.Arithmetic:
		return b.whole(e)
	case *expression.Literal:
		if types.IsUnsigned(e.Typ) {
			return nil // so would be the result
		}
	}
	return b.leaf(e)
}

// operations have a result that fits, or none.
var operations = map[string]func(x, y int64) (int64, bool){
	"+": func(x, y int64) (int64, bool) { n := x + y; return n, (n > x) == (y > 0) },
	"-": func(x, y int64) (int64, bool) { n := x - y; return n, (n < x) == (y > 0) },
	"*": func(x, y int64) (int64, bool) {
		const half = 1 << 31
		if x >= half || x <= -half || y >= half || y <= -half {
			return 0, false
		}
		return x * y, true
	},
}

func both(left, right wholeExpr, operation func(x, y int64) (int64, bool)) wholeExpr {
	return func(batch *col.Batch) wholes {
		l, r := left(batch), right(batch)
		if l == nil || r == nil {
			return nil
		}
		return func(i int) (int64, bool, bool) {
			x, noX, okX := l(i)
			y, noY, okY := r(i)
			if noX || noY || !okX || !okY {
				return 0, noX || noY, okX && okY
			}
			n, ok := operation(x, y)
			return n, false, ok
		}
	}
}

// leaf is a column of signed numbers, or a number.
func (b *insertBatches) leaf(e sql.Expression) wholeExpr {
	switch e := e.(type) {
	case *expression.Literal:
		n, ok := wholeNumber(e.Value())
		if !ok || !types.IsInteger(e.Typ) {
			return nil
		}
		return func(*col.Batch) wholes {
			return func(int) (int64, bool, bool) { return n, false, true }
		}
	case *expression.GetField:
		row := b.scan.Plan.Row
		if e.Index() < 0 || e.Index() >= len(row) || row[e.Index()].Column < 0 || !types.IsSigned(row[e.Index()].Type) {
			return nil
		}
		return func(batch *col.Batch) wholes { return wholesOf(&batch.Cols[b.places[e.Index()]]) }
	}
	return nil
}

// wholeNumber reads a literal. A number that the signed type of its length does not hold has an unsigned one.
func wholeNumber(v any) (int64, bool) {
	switch x := v.(type) {
	case int8:
		return int64(x), true
	case int16:
		return int64(x), true
	case int32:
		return int64(x), true
	case int64:
		return x, true
	case uint8:
		return int64(x), true
	case uint16:
		return int64(x), true
	case uint32:
		return int64(x), true
	}
	return 0, false
}

// wholesOf reads a plain column.
func wholesOf(v *col.Vec) wholes {
	if v.Encoding != col.Plain {
		return nil
	}
	switch v.Type {
	case col.Int8:
		return wholesIn[int8](v)
	case col.Int16:
		return wholesIn[int16](v)
	case col.Int32:
		return wholesIn[int32](v)
	case col.Int64:
		return wholesIn[int64](v)
	}
	return nil
}

func wholesIn[T int8 | int16 | int32 | int64](v *col.Vec) wholes {
	values := col.Values[T](v)
	if v.Valid == nil {
		return func(i int) (int64, bool, bool) { return int64(values[i]), false, true }
	}
	return func(i int) (int64, bool, bool) { return int64(values[i]), v.IsNull(i), true }
}

// exactDouble bounds the whole numbers of which each is a double.
const exactDouble = 1 << 53

func putWhole(c *insertColumn, whole wholes) (putter, bool) {
	return func(b *col.Builder, i int) bool {
		n, null, ok := whole(i)
		switch {
		case !ok || null && !c.Nullable:
			return false
		case null:
			b.Null(0)
		case n < c.least || n > 0 && uint64(n) > c.most:
			return false
		default:
			b.Int64(0, n)
		}
		return true
	}, whole != nil
}

func putDouble(whole wholes) (putter, bool) {
	return func(b *col.Builder, i int) bool {
		n, null, ok := whole(i)
		if !ok || null || n >= exactDouble || n <= -exactDouble {
			return false
		}
		b.Float64(0, float64(n))
		return true
	}, whole != nil
}

// putQuotient divides as SQL does: to four digits behind the point, the last one rounded.
func putQuotient(left, right wholes) (putter, bool) {
	const unit, most, divisorMost = 10_000, math.MaxInt64 / 40_000, 100_000
	return func(b *col.Builder, i int) bool {
		x, noX, okX := left(i)
		y, noY, okY := right(i)
		if !okX || !okY || noX || noY || y == 0 || y > divisorMost || y < -divisorMost || x > most || x < -most {
			return false
		}
		negative := (x < 0) != (y < 0)
		x, y = max(x, -x), max(y, -y)
		q := (2*x*unit + y) / (2 * y)
		if q >= exactDouble || q == 0 && x != 0 {
			return false
		}
		f := float64(q) / unit
		if negative && q != 0 {
			f = -f
		}
		b.Float64(0, f)
		return true
	}, left != nil && right != nil
}

// textPart is one of CONCAT: a text that is always the same, or a whole number.
type textPart struct {
	text  string
	whole wholeExpr
}

// parts compiles the arguments of CONCAT.
func (b *insertBatches) parts(arguments []sql.Expression) ([]textPart, bool) {
	parts := make([]textPart, len(arguments))
	for i, e := range arguments {
		if literal, ok := e.(*expression.Literal); ok {
			if parts[i].text, ok = literal.Value().(string); !ok || !types.IsTextOnly(literal.Typ) || !utf8.ValidString(parts[i].text) {
				return nil, false
			}
			continue
		}
		if parts[i].whole = b.leaf(e); parts[i].whole == nil {
			return nil, false
		}
	}
	return parts, true
}

func putTexts(c *insertColumn, parts []textPart, batch *col.Batch) (putter, bool) {
	values := make([]wholes, len(parts))
	for i, part := range parts {
		if part.whole == nil {
			continue
		}
		if values[i] = part.whole(batch); values[i] == nil {
			return nil, false
		}
	}
	var text []byte
	return func(b *col.Builder, row int) bool {
		text = text[:0]
		for i, whole := range values {
			if whole == nil {
				text = append(text, parts[i].text...)
				continue
			}
			n, null, ok := whole(row)
			if null || !ok {
				return false
			}
			text = strconv.AppendInt(text, n, 10)
		}
		if !c.fitsText(len(text), func() int { return utf8.RuneCount(text) }) {
			return false
		}
		b.Bytes(0, text)
		return true
	}, true
}
