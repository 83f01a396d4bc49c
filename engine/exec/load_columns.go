package exec

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"

	"github.com/wasql/wasql/abi/col"
)

// loadColumns moves the lines of a LOAD DATA file to a table field by field: no row is made of a line
// whose fields are plain. A line with anything else in it is inserted as a row, which knows the error.
type loadColumns struct {
	owner   *bulkInsert
	rows    *loadRows
	columns []loadColumn
	// fields are those of the current line, in space.
	fields []lineField
	space  []byte
}

// loadColumn is where a column of the table gets its values from, and its value of the current line.
type loadColumn struct {
	*insertColumn
	// field is the number of one in a line, or notSet for a constant.
	field    int
	constant any
	// empty: a field without text is a text, not NULL.
	empty bool
	form  loadForm

	null   bool
	text   []byte
	number int64
	double float64
	other  any
}

// loadForm is how a field becomes a value.
type loadForm byte

const (
	loadText loadForm = iota
	loadInteger
	loadDouble
	// loadOther is left to the type's own conversion.
	loadOther
)

// lineField is a field of a line.
type lineField struct {
	start, end  int
	null, given bool
}

// openLoadColumns gives nil when rows must be made of all lines.
func (b Builder) openLoadColumns(ctx *sql.Context, i *bulkInsert) (*loadColumns, error) {
	project, ok := i.insert.Source.(*plan.Project)
	if !ok || i.generates || i.insert.FirstGeneratedAutoIncRowIdx >= 0 || len(i.insert.Checks()) > 0 || len(project.Projections) != len(i.columns) {
		return nil, nil
	}
	node, ok := project.Child.(*plan.LoadData)
	if !ok || slices.ContainsFunc(node.SetExprs, notNil) || slices.ContainsFunc(node.UserVars, notNil) {
		return nil, nil
	}
	targets := loadTargets(node)
	l := &loadColumns{owner: i, columns: make([]loadColumn, len(i.columns)), fields: make([]lineField, len(targets))}
	for position, e := range project.Projections {
		if !l.columns[position].from(&i.columns[position], position, e, targets) {
			return nil, nil
		}
	}
	loading, err := b.openLoad(ctx, node)
	if err != nil {
		return nil, err
	}
	l.rows, i.expressions = &loadRows{loading: loading}, project.Projections
	return l, nil
}

func notNil(e sql.Expression) bool { return e != nil }

// from finds out where a column gets its values; false: not from a field or a constant.
func (c *loadColumn) from(to *insertColumn, position int, e sql.Expression, targets []loadTarget) bool {
	c.insertColumn, c.field = to, notSet
	switch e := e.(type) {
	case *expression.GetField:
		c.field = slices.IndexFunc(targets, func(t loadTarget) bool { return t.column == position && t.place == e.Index() && !t.unfed })
		if c.field < 0 {
			return false
		}
	case *sql.ColumnDefaultValue:
		if e != nil {
			literal, ok := e.Expr.(*expression.Literal)
			if !ok || !e.IsLiteral() || !to.keeps(literal.Value()) {
				return false
			}
			c.constant = literal.Value()
		}
	case nil:
	default:
		return false
	}
	if c.field == notSet && c.constant == nil && !c.Nullable {
		return false
	}
	_, c.empty = c.Type.(sql.StringType)
	switch {
	case c.insertColumn.text:
		c.form = loadText
	case c.most > 0:
		c.form = loadInteger
	case c.insertColumn.field.Type == col.Float64:
		c.form = loadDouble
	default:
		c.form = loadOther
	}
	return true
}

// insert moves all lines.
func (l *loadColumns) insert(ctx *sql.Context) error {
	i := l.owner
	for {
		err := l.rows.begin(ctx)
		if errors.Is(err, io.EOF) {
			return ctx.Err()
		}
		if err == nil {
			err = l.cut()
		}
		switch {
		case err != nil:
			err = sql.NewWrappedInsertError(nil, err)
		case l.plain(ctx):
			err = l.put(ctx)
		default:
			err = l.row(ctx)
		}
		if err != nil {
			return i.behind(ctx, err)
		}
	}
}

// cut reads the fields of the current line.
func (l *loadColumns) cut() error {
	l.space = l.space[:0]
	last := false
	for n := range l.fields {
		if last {
			l.fields[n] = lineField{}
			continue
		}
		f, err := l.rows.fields.next()
		if err != nil {
			return err
		}
		last = f.last
		start := len(l.space)
		l.space = append(l.space, f.bytes...)
		l.fields[n] = lineField{start: start, end: len(l.space), null: f.null, given: true}
	}
	if last {
		return nil
	}
	return l.rows.fields.skip()
}

// plain works out the values of the current line; false: a row must be made of it.
func (l *loadColumns) plain(ctx *sql.Context) bool {
	others := false
	for n := range l.columns {
		c := &l.columns[n]
		if c.field == notSet {
			continue
		}
		f := &l.fields[c.field]
		if !f.given {
			return false
		}
		c.text = l.space[f.start:f.end]
		if c.null = f.null || len(c.text) == 0 && !c.empty; c.null {
			if !c.Nullable {
				return false
			}
			continue
		}
		switch c.form {
		case loadText:
			if !utf8.Valid(c.text) || !c.fitsText(len(c.text), func() int { return utf8.RuneCount(c.text) }) {
				return false
			}
		case loadInteger:
			var ok bool
			if c.number, ok = plainInteger(c.text); !ok || c.number < c.least || c.number > 0 && uint64(c.number) > c.most {
				return false
			}
		case loadDouble:
			var ok bool
			if c.double, ok = plainDouble(c.text); !ok {
				return false
			}
		default:
			others = true
		}
	}
	return !others || l.convert(ctx)
}

// convert makes the values that are left to their types; false: one of them fails.
func (l *loadColumns) convert(ctx *sql.Context) bool {
	for n := range l.columns {
		c := &l.columns[n]
		if c.field == notSet || c.null || c.form != loadOther {
			continue
		}
		var err error
		if c.other, err = c.insertColumn.convert(ctx, string(c.text), int64(l.owner.bulk.Rows())+1); err != nil {
			return false
		}
	}
	return true
}

// put gives the current line, which is plain, to the connector with others.
func (l *loadColumns) put(ctx *sql.Context) error {
	bulk := l.owner.bulk
	builder := bulk.Builder()
	if !builder.Room() {
		if err := bulk.Send(ctx); err != nil {
			return err
		}
	}
	for at := range l.columns {
		c := &l.columns[at]
		switch {
		case c.field == notSet:
			if err := bulk.Put(ctx, at, c.constant); err != nil {
				return err
			}
		case c.null:
			builder.Null(at)
		case c.form == loadText:
			builder.Bytes(at, c.text)
		case c.form == loadInteger:
			builder.Int64(at, c.number)
		case c.form == loadDouble:
			builder.Float64(at, c.double)
		default:
			if err := bulk.Put(ctx, at, c.other); err != nil {
				return err
			}
		}
	}
	builder.EndRow()
	if err := builder.Err(); err != nil {
		return fmt.Errorf("row %d: %w", bulk.Rows()+1, err)
	}
	bulk.Sent()
	return nil
}

// row inserts the current line as a row.
func (l *loadColumns) row(ctx *sql.Context) error {
	given, filled := make(sql.Row, len(l.rows.schema)), make([]bool, len(l.rows.schema))
	for n, target := range l.rows.targets {
		f := &l.fields[n]
		if !f.given || target.column == notSet {
			continue
		}
		filled[target.column] = true
		if !f.null {
			given[target.column] = string(l.space[f.start:f.end])
		}
	}
	values, err := l.rows.row(ctx, given, filled)
	if err != nil {
		return sql.NewWrappedInsertError(nil, err)
	}
	row := make(sql.Row, len(l.columns))
	for at := range l.columns {
		if c := &l.columns[at]; c.field == notSet {
			row[at] = c.constant
		} else {
			row[at] = values[l.rows.targets[c.field].place]
		}
	}
	return l.owner.row(ctx, row)
}

func (l *loadColumns) close(ctx *sql.Context) error { return l.rows.Close(ctx) }

// digitsMax is how many bytes a plain number has at most: as many digits fit int64 in any case.
const digitsMax = 18

// plainInteger reads digits, behind a minus sign or not; false leaves it to the type's own conversion.
func plainInteger(text []byte) (int64, bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(text) > digitsMax {
		return 0, false
	}
	n := int64(0)
	for _, b := range digits {
		if b < '0' || b > '9' {
			return 0, false
		}
		n = n*10 + int64(b-'0')
	}
	if len(digits) < len(text) {
		n = -n
	}
	return n, true
}

// plainDouble reads a number without exponent; false leaves it to the type's own conversion.
func plainDouble(text []byte) (float64, bool) {
	digits, points := 0, 0
	for i, b := range text {
		switch {
		case b >= '0' && b <= '9':
			digits++
		case b == '.':
			points++
		case b != '-' || i > 0:
			return 0, false
		}
	}
	if digits == 0 || points > 1 || len(text) > digitsMax {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(text), 64)
	return f, err == nil
}
