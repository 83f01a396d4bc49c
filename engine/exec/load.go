package exec

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/expression"
	"github.com/dolthub/go-mysql-server/sql/plan"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/engine/sqlerr"
)

// OpenFile opens a file that LOAD DATA names, under the grants of whoever runs the statement.
type OpenFile func(ctx *sql.Context, path string) (io.ReadCloser, error)

// loading is a LOAD DATA file that is being read, and where its fields go.
type loading struct {
	file   io.ReadCloser
	fields *fieldReader
	schema sql.Schema
	// targets has where each field of a line goes, in order.
	targets []loadTarget
	// set has the expressions of SET, by column.
	set []sql.Expression
	// ignore counts the lines still to be skipped.
	ignore int64
}

// loadTarget takes a field: a user variable, a column, or nothing when both are unset.
type loadTarget struct {
	variable string
	// column is the position in the table, or notSet.
	column int
	// place is where the rows have the column's value.
	place int
	// unfed: no field goes there; SET gives the value.
	unfed bool
}

// buildLoad builds the source of LOAD DATA: rows with the values of its columns, in the order the
// statement names them, as texts. go-mysql-server's own would open any file of the machine, cuts
// lines before fields, so that a quoted field cannot hold the end of a line, and takes the text NULL
// for no text.
func (b Builder) buildLoad(ctx *sql.Context, node *plan.LoadData) (sql.RowIter, error) {
	l, err := b.openLoad(ctx, node)
	if err != nil {
		return nil, err
	}
	return &loadRows{loading: l}, nil
}

func (b Builder) openLoad(ctx *sql.Context, node *plan.LoadData) (*loading, error) {
	file, err := b.openFile(ctx, node)
	if err != nil {
		return nil, err
	}
	format := loadFormat{fieldEnd: []byte(node.FieldsTerminatedBy), lineEnd: []byte(node.LinesTerminatedBy), lineStart: []byte(node.LinesStartingBy),
		enclosed: singleByte(node.FieldsEnclosedBy), escape: singleByte(node.FieldsEscapedBy)}
	source, err := decoded(file, node.Charset)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &loading{file: file, fields: newFieldReader(source, format), schema: node.DestSch, targets: loadTargets(node),
		set: node.SetExprs, ignore: node.IgnoreNum}, nil
}

func singleByte(text string) int {
	if text == "" {
		return notSet
	}
	return int(text[0])
}

// openFile opens the file: with LOCAL the client's, when it can send files, else one of this machine.
func (b Builder) openFile(ctx *sql.Context, node *plan.LoadData) (io.ReadCloser, error) {
	if node.Local {
		file, err := ctx.LoadInfile(node.File)
		if !sql.ErrUnsupportedFeature.Is(err) {
			return file, err
		}
		if _, allowed, _ := sql.SystemVariables.GetGlobal("local_infile"); allowed != int8(1) && b.OpenFile == nil {
			return nil, sqlerr.LocalFilesOff()
		}
	}
	if b.OpenFile == nil {
		return nil, sqlerr.New(1290, "HY000", "wasql is running with the --secure-file-priv option so it cannot execute this statement: LOAD DATA").
			WithHint("no files are granted")
	}
	return b.OpenFile(ctx, node.File)
}

// loadTargets sorts the fields of a line out. Columns that only SET gives a value stand behind them.
func loadTargets(node *plan.LoadData) []loadTarget {
	if len(node.ColNames) == 0 && !slices.ContainsFunc(node.UserVars, func(e sql.Expression) bool { return e != nil }) {
		var targets []loadTarget
		for i, c := range node.DestSch {
			if !c.HiddenSystem {
				targets = append(targets, loadTarget{column: i, place: i})
			}
		}
		return targets
	}
	targets := make([]loadTarget, 0, len(node.UserVars))
	place := 0
	for _, variable := range node.UserVars {
		target := loadTarget{column: notSet}
		switch {
		case variable != nil:
			if set, ok := variable.(*expression.SetField); ok {
				target.variable = set.LeftChild.(*expression.UserVar).Name
			}
		case place < len(node.ColNames):
			name := node.ColNames[place]
			target.column, target.place = slices.IndexFunc(node.DestSch, func(c *sql.Column) bool { return strings.EqualFold(c.Name, name) }), place
			place++
		}
		targets = append(targets, target)
	}
	if len(node.ColNames) > 0 {
		return targets
	}
	// Variables only: rows have a place for every column.
	for i, e := range node.SetExprs {
		if e != nil {
			targets = append(targets, loadTarget{column: i, place: i, unfed: true})
		}
	}
	return targets
}

// decoded reads text of a character set as UTF-8. Without one it is UTF-8 already.
func decoded(file io.Reader, charset string) (io.Reader, error) {
	if charset == "" {
		return file, nil
	}
	id, err := sql.ParseCharacterSet(charset)
	if err != nil {
		return nil, sqlerr.New(1115, "42000", "unknown character set: '%.64s'", charset)
	}
	switch id {
	case sql.CharacterSet_utf8mb4, sql.CharacterSet_utf8mb3, sql.CharacterSet_ascii, sql.CharacterSet_binary:
		return file, nil
	}
	if id.MaxLength() != 1 || id.Encoder() == nil {
		return nil, sqlerr.New(1115, "42000", "LOAD DATA does not read the character set %s", id.Name()).WithHint("convert the file to UTF-8")
	}
	return &byteDecoder{source: bufio.NewReaderSize(file, loadBuffer), encoder: id.Encoder()}, nil
}

// byteDecoder turns a character set of single bytes into UTF-8.
type byteDecoder struct {
	source  *bufio.Reader
	encoder interface {
		DecodeRune(p []byte) ([]byte, bool)
	}
	left []byte
}

// Read implements io.Reader.
func (d *byteDecoder) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(d.left) == 0 {
			b, err := d.source.ReadByte()
			if err != nil {
				return n, err
			}
			utf8, ok := d.encoder.DecodeRune([]byte{b})
			if !ok {
				return n, sqlerr.New(1300, "HY000", "invalid character string in the file: byte %#02x", b)
			}
			d.left = utf8
		}
		copied := copy(p[n:], d.left)
		d.left, n = d.left[copied:], n+copied
	}
	return n, nil
}

// begin goes to the next line; io.EOF when there is none.
func (l *loading) begin(ctx *sql.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for ; l.ignore > 0; l.ignore-- {
		if err := l.fields.skip(); err != nil {
			return err
		}
		l.fields.line++
	}
	more, err := l.fields.begin()
	if err == nil && !more {
		err = io.EOF
	}
	return err
}

// loadRows gives the lines of a file as rows.
type loadRows struct {
	*loading
	closed bool
}

// Next implements sql.RowIter.
func (l *loadRows) Next(ctx *sql.Context) (sql.Row, error) {
	if err := l.begin(ctx); err != nil {
		return nil, err
	}
	given := make(sql.Row, len(l.schema))
	filled := make([]bool, len(l.schema))
	last := false
	for _, target := range l.targets {
		if target.unfed {
			continue
		}
		if last {
			if target.variable != "" {
				if err := ctx.SetUserVariable(ctx, target.variable, nil, types.Null); err != nil {
					return nil, err
				}
			}
			continue
		}
		f, err := l.fields.next()
		if err != nil {
			return nil, err
		}
		last = f.last
		var value any
		if !f.null {
			value = string(f.bytes)
		}
		switch {
		case target.variable != "":
			if err := ctx.SetUserVariable(ctx, target.variable, value, types.ApproximateTypeFromValue(value)); err != nil {
				return nil, err
			}
		case target.column != notSet:
			given[target.column], filled[target.column] = value, true
		}
	}
	if !last {
		if err := l.fields.skip(); err != nil {
			return nil, err
		}
	}
	return l.row(ctx, given, filled)
}

// row works out the values of a line from the fields it gave.
func (l *loadRows) row(ctx *sql.Context, given sql.Row, filled []bool) (sql.Row, error) {
	values := make(sql.Row, len(l.schema)) // by column
	var later []int
	for _, target := range l.targets {
		if target.column == notSet {
			continue
		}
		c, column := target.column, l.schema[target.column]
		switch {
		case l.set != nil && l.set[c] != nil:
			value, err := l.set[c].Eval(ctx, given)
			if err != nil {
				return nil, err
			}
			values[c] = value
		case filled[c]:
			values[c] = given[c]
			if _, text := column.Type.(sql.StringType); given[c] == "" && !text {
				values[c] = nil
			}
		case !column.Nullable && !column.AutoIncrement:
			// A line with too few fields: MySQL takes the type's own zero, not the default.
			values[c] = column.Type.Zero()
		case column.Default != nil && !column.Default.IsLiteral():
			later = append(later, c) // may need the other columns
		case column.Default != nil:
			value, err := column.Default.Eval(ctx, values)
			if err != nil {
				return nil, err
			}
			values[c] = value
		}
	}
	for _, c := range later {
		value, err := l.schema[c].Default.Eval(ctx, values)
		if err != nil {
			return nil, err
		}
		values[c] = value
	}
	row := make(sql.Row, len(l.schema))
	for _, target := range l.targets {
		if target.column != notSet {
			row[target.place] = values[target.column]
		}
	}
	return row, nil
}

// Close implements sql.RowIter.
func (l *loadRows) Close(*sql.Context) error {
	if l.closed {
		return nil
	}
	l.closed = true
	return l.file.Close()
}
