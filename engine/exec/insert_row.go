package exec

import (
	"context"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
)

// insertColumn is a column that rows are inserted into.
type insertColumn struct {
	*sql.Column
	field col.Field
	// least and most bound the integers that need no conversion.
	least int64
	most  uint64
	// characters and bytes bound the texts that need no conversion; 0: no bound.
	characters, bytes int
	text              bool
}

func newInsertColumn(c *sql.Column) insertColumn {
	column := insertColumn{Column: c}
	column.field, _ = gms.Physical(c.Type) // a type without one fails when the sink is opened
	column.least, column.most = gms.IntegerRange(c.Type)
	switch c.Type.Type() {
	case sqltypes.Char, sqltypes.VarChar, sqltypes.Text:
		column.boundText()
	}
	return column
}

func (c *insertColumn) boundText() {
	t, ok := c.Type.(sql.StringType)
	if !ok || types.IsBinaryType(t) {
		return
	}
	c.text = true
	switch {
	case t.Type() == sqltypes.Text:
		c.bytes = int(min(t.MaxByteLength(), math.MaxInt32))
	case t.CharacterSet().MaxLength() == 1:
		c.bytes = int(t.MaxCharacterLength())
	default:
		c.characters = int(t.MaxCharacterLength())
	}
}

// fitsText tells whether a text of valid UTF-8 goes into the column as it is.
func (c *insertColumn) fitsText(length int, runes func() int) bool {
	if c.bytes > 0 && length > c.bytes {
		return false
	}
	return c.characters == 0 || length <= c.characters || runes() <= c.characters
}

// keeps tells whether v goes into the column as it is. It is a short way for what is common: of
// other values the type's own conversion knows.
func (c *insertColumn) keeps(v any) bool {
	switch x := v.(type) {
	case int64:
		return c.most > 0 && x >= c.least && (x < 0 || uint64(x) <= c.most)
	case int32:
		return c.most > 0 && int64(x) >= c.least && (x < 0 || uint64(x) <= c.most)
	case uint64:
		return c.most > 0 && x <= c.most
	case float64:
		return c.field.Type == col.Float64
	case string:
		return c.text && utf8.ValidString(x) && c.fitsText(len(x), func() int { return utf8.RuneCountInString(x) })
	}
	return false
}

// number reads a number that is written plainly, as LOAD DATA has them; false leaves it to the type's
// own conversion, which knows more ways and takes longer.
func (c *insertColumn) number(v any) (any, bool) {
	text, ok := v.(string)
	const longest = 18 // digits that fit int64 in any case
	if !ok || len(text) == 0 || len(text) > longest || c.most == 0 && c.field.Type != col.Float64 {
		return nil, false
	}
	points, digits := 0, 0
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9':
			digits++
		case b == '.':
			points++
		case b != '-' || i > 0:
			return nil, false
		}
	}
	if digits == 0 || points > 1 || points == 1 && c.most > 0 {
		return nil, false
	}
	if c.most == 0 {
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && c.keeps(n)
}

// row inserts a row. The order of what is checked is go-mysql-server's.
func (i *bulkInsert) row(ctx *sql.Context, row sql.Row) error {
	if len(row) > len(i.schema) {
		row = row[len(row)-len(i.schema):] // behind the values of outer scopes
	}
	for p := range i.columns {
		c := &i.columns[p]
		if row[p] != nil || c.Nullable {
			continue
		}
		if p < len(i.expressions) && types.IsEnum(c.Type) {
			if _, isDefault := i.expressions[p].(*sql.ColumnDefaultValue); isDefault {
				row[p] = 1 // as in MySQL, the first member is the default of NOT NULL
				continue
			}
		}
		if i.insert.DeferredDefaults.Contains(p) {
			return sql.NewWrappedInsertError(row, sql.ErrInsertIntoNonNullableDefaultNullColumn.New(c.Name))
		}
		return sql.NewWrappedInsertError(row, sql.ErrInsertIntoNonNullableProvidedNull.New(c.Name))
	}
	for _, check := range i.insert.Checks() {
		if !check.Enforced {
			continue
		}
		holds, err := sql.EvaluateCondition(ctx, check.Expr, row)
		if err == nil && sql.IsFalse(holds) {
			err = sql.ErrCheckConstraintViolated.New(check.Name)
		}
		if err != nil {
			return sql.NewWrappedInsertError(row, err)
		}
	}
	given := row
	row, err := i.cast(ctx, row, false)
	if err == nil && i.generates && &given[0] != &row[0] {
		// What is computed from other columns is computed from what is stored in them.
		err = i.compute(ctx, row)
	}
	if err == nil && i.generates {
		row, err = i.cast(ctx, row, true)
	}
	if err != nil {
		return sql.NewWrappedInsertError(given, err)
	}
	if err := i.bulk.Row(ctx, row); err != nil {
		return sql.NewWrappedInsertError(row, err)
	}
	i.noteKey(ctx, row)
	return nil
}

// cast gives the row with values of the columns' own types: of the generated columns, or of the others. The row
// that is given stays as it is, for errors to show it.
func (i *bulkInsert) cast(ctx *sql.Context, given sql.Row, generated bool) (sql.Row, error) {
	row := given
	for p := range i.columns {
		c := &i.columns[p]
		if row[p] == nil || c.keeps(row[p]) || generated != (c.Generated != nil) {
			continue
		}
		converted, ok := c.number(row[p])
		if !ok {
			var err error
			if converted, err = c.convert(ctx, row[p], int64(i.bulk.Rows())+1); err != nil {
				return nil, err
			}
		}
		if &given[0] == &row[0] {
			row = append(sql.Row{}, row...)
		}
		row[p] = converted
	}
	return row, nil
}

// compute makes the values of the generated columns of a row.
func (i *bulkInsert) compute(ctx *sql.Context, row sql.Row) error {
	for p := range i.columns {
		if i.columns[p].Generated == nil || p >= len(i.expressions) {
			continue
		}
		expression, ok := i.expressions[p].(*sql.ColumnDefaultValue)
		if !ok {
			continue
		}
		value, err := expression.Eval(ctx, row)
		if err != nil {
			return err
		}
		row[p] = value
	}
	return nil
}

// convert makes a value of the column's type, as an INSERT does. number is that of the row.
func (c *insertColumn) convert(ctx *sql.Context, v any, number int64) (any, error) {
	if text, ok := v.(string); ok && c.field.Type == col.JSON {
		// go-mysql-server's own reading makes every number a double. What is wrong with a text, it tells.
		if document, err := gms.JSON([]byte(text)); err == nil {
			return document, nil
		}
	}
	var converted any
	var in sql.ConvertInRange
	var err error
	if rounding, ok := c.Type.(sql.RoundingNumberType); ok {
		converted, in, err = rounding.ConvertRound(ctx, v)
	} else {
		// What is said of a text of another character set names the place.
		named := context.WithValue(context.WithValue(ctx.Context, types.ColumnNameKey, c.Name), types.RowNumberKey, number)
		converted, in, err = c.Type.Convert(ctx.WithContext(named), v)
	}
	if err == nil && in != sql.InRange {
		err = sql.ErrValueOutOfRange.New(v, c.Type)
	}
	switch {
	case err == nil:
		return converted, nil
	case sql.ErrTruncatedIncorrect.Is(err):
		return nil, sql.ErrInvalidValue.New(v, c.Type)
	case types.ErrLengthBeyondLimit.Is(err):
		return nil, types.ErrLengthBeyondLimit.New(v, c.Name)
	case sql.ErrNotMatchingSRID.Is(err):
		return nil, sql.ErrNotMatchingSRIDWithColName.New(c.Name, err)
	case types.ErrConvertingToEnum.Is(err), sql.ErrInvalidSetValue.Is(err), sql.ErrConvertingToSet.Is(err):
		return nil, types.ErrDataTruncatedForColumnAtRow.New(c.Name, number)
	}
	return nil, err
}
