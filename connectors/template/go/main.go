// Lines: the lines of a text file, as a table. Copy this folder to start a connector of your own: five steps.
//
//	SELECT number, line FROM notes.`lines` WHERE number BETWEEN 10 AND 20;
//
// Run: wasql query --connector lines=lines.wasm --mount notes=lines:notes.txt 'SELECT …'
//
// Build: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o lines.wasm .
// Test:  go test .
package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	wasql "github.com/wasql/wasql/sdk/go"
)

// Step 1: say who you are, which options you take and which powers you ask for.
var connector = wasql.New(wasql.Manifest{
	Name: "lines", Version: "0.1.0", Description: "The lines of a text file", License: "Apache-2.0",
	Options: []wasql.Option{
		{Name: "path", Type: wasql.PathOption, Required: true, Description: "the text file", Example: "notes.txt"},
		{Name: "trim", Type: wasql.BoolOption, Default: "false", Description: "cut white space off both ends of a line"},
	},
	Grants: []wasql.GrantRequest{{Power: "files.read", Target: "{path}", Reason: "to read the lines"}},
}, open, (*lines)(nil))

func main() {}

func init() { wasql.Register(connector) }

// Step 2: make your tables from the options. They are checked already, so reading them cannot fail.
func open(config *wasql.Config) (wasql.Tables, error) {
	return wasql.Tables{&lines{path: config.String("path"), trim: config.Bool("trim")}}, nil
}

// Step 3: declare a table: its name in SQL and its columns.
type lines struct {
	path string
	trim bool
}

// Name is the table's name in SQL.
func (*lines) Name() string { return "lines" }

// Positions of the columns.
const (
	number = iota
	line
)

// Columns declares them in the order of their positions.
func (*lines) Columns() []wasql.Column {
	return []wasql.Column{
		{Name: "number", Type: wasql.Int64, NotNull: true, Comment: "counted from 1"},
		{Name: "line", Type: wasql.UTF8, NotNull: true, Comment: "without its end"},
	}
}

// Step 4: claim what you can do better than the engine. Leave this out at first: what is not claimed, the engine
// does. Claim Exact only when no wrong row comes: the rest of the query is planned on it.
func (*lines) Plan(plan *wasql.Plan) error {
	plan.ClaimRange("number", wasql.Exact)
	if len(plan.Order) > 0 && plan.Order[0].Column == number && !plan.Order[0].Descending {
		plan.Take(wasql.Order) // lines come in this order anyway
	}
	if low, high := plan.Int64Range("number"); low > high {
		plan.Rows = 0
	} else if high < 1<<62 {
		plan.Rows, plan.Cost = float64(high-max(low, 1)+1), float64(high)
	}
	return nil
}

// Step 5: read the rows. The plan has what was claimed, with all its values.
func (t *lines) Scan(plan *wasql.Plan) (wasql.Cursor, error) {
	c := &cursor{table: t}
	c.low, c.high = plan.Int64Range("number")
	file, err := wasql.OpenFile(t.path)
	if err != nil {
		return nil, err
	}
	c.file, c.reader = file, bufio.NewReaderSize(file, 64<<10)
	return c, nil
}

type cursor struct {
	table     *lines
	file      *wasql.File
	reader    *bufio.Reader
	number    int64
	low, high int64
}

// Next fills the batch while there is room. io.EOF comes with or after the last rows.
func (c *cursor) Next(out *wasql.Rows) error {
	for out.Room() {
		text, err := c.reader.ReadString('\n')
		if errors.Is(err, io.EOF) && text == "" {
			return io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		c.number++
		if c.number > c.high {
			return io.EOF
		}
		if c.number < c.low {
			continue
		}
		if text, err = c.clean(text); err != nil {
			return err
		}
		out.Int64(number, c.number)
		out.String(line, text)
		out.EndRow()
	}
	return nil
}

// clean cuts the end of the line off. What a user must know about bad data: file, line, what to do.
func (c *cursor) clean(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	if !utf8.ValidString(text) {
		return "", wasql.Errorf(wasql.InvalidData, "the line is not valid UTF-8").At(c.table.path, int(c.number)).
			WithHint("convert the file to UTF-8")
	}
	if c.table.trim {
		text = strings.TrimSpace(text)
	}
	return text, nil
}

// Close lets the file go. It is called at the end of every scan, also of one that is not read to its end.
func (c *cursor) Close() error { return c.file.Close() }
