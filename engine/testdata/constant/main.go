// Constant is the first example of Multicorn's guide: a table has the columns that SQL gives it, and
// twenty rows that each say the column's name and the number of the row. It is built by the tests.
package main

import (
	"strconv"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{
		Name: "constant", Version: "1.0.0", Description: "columns given in SQL, twenty rows", License: "Apache-2.0",
		Options: []wasql.Option{
			{Name: "rows", Description: "how many there are", Type: wasql.IntOption, Default: "20", Scope: wasql.TableScope},
			{Name: "word", Description: "what a column says instead of its name", Scope: wasql.ColumnScope},
		},
	}, func(*wasql.Config) (source, error) { return source{}, nil }, &constant{}))
}

type source struct{}

// Table implements wasql.Source: any name is a table, when SQL gives it columns.
func (source) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if len(ref.Columns) == 0 {
		return nil, wasql.NoTable(ref.Name).(*wasql.Error).WithHint("give it columns: CREATE FOREIGN TABLE t (a varchar(20)) …")
	}
	return &constant{ref}, nil
}

type constant struct{ ref *wasql.TableRef }

func (c *constant) Name() string            { return c.ref.Name }
func (c *constant) Columns() []wasql.Column { return c.ref.Columns }

// Plan shows the conditions that the guide's execute gets as quals. None need be enforced.
func (c *constant) Plan(p *wasql.Plan) error {
	p.Rows = float64(c.ref.Options.Int64("rows"))
	for _, q := range p.Conjuncts() {
		if q.Column >= 0 && len(q.Operands) == 1 && q.Usable {
			p.Explain("qual", c.ref.Columns[q.Column].Name+" "+q.Op.String()+" "+q.Operands[0].String())
		}
	}
	return nil
}

func (c *constant) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Values(func(yield func([]any, error) bool) {
		for i := range c.ref.Options.Int64("rows") {
			row := make([]any, len(c.ref.Columns))
			for n, column := range c.ref.Columns {
				word := column.Options["word"]
				if word == "" {
					word = column.Name
				}
				row[n] = word + " " + strconv.FormatInt(i, 10)
			}
			if !yield(row, nil) {
				return
			}
		}
	}), nil
}
