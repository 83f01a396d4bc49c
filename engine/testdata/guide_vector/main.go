// Guide_vector is the second example of the ThinSQLite++ guide: a vector of integers, which comes as construction
// data, is a table. It is built by the tests.
package main

import (
	"io"
	"strconv"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{Name: "guide_vector", Version: "1.0.0"}, open, &myTable{}))
}

func open(config *wasql.Config) (wasql.Tables, error) {
	t := &myTable{name: config.Server}
	for text := range strings.FieldsSeq(string(config.ConstructionData)) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, wasql.Errorf(wasql.InvalidArgument, "construction data %q is no integer", text)
		}
		t.vec = append(t.vec, n)
	}
	return wasql.Tables{t}, nil
}

type myTable struct {
	name string
	vec  []int64
}

func (t *myTable) Name() string { return t.name }

func (t *myTable) Columns() []wasql.Column {
	return []wasql.Column{{Name: "value", Type: wasql.Int64, SQLType: "bigint"}}
}

// Define implements wasql.Definer: a table with a connect constructor alone is there without CREATE.
func (t *myTable) Define(d *wasql.Definition) { d.Kind = wasql.EponymousOnly }

func (t *myTable) Scan(*wasql.Plan) (wasql.Cursor, error) { return &cursor{vec: t.vec}, nil }

// cursor has begin, current and end in one.
type cursor struct{ vec []int64 }

// Next implements wasql.Cursor: eof, next and column in one.
func (c *cursor) Next(out *wasql.Rows) error {
	for _, n := range c.vec {
		if err := out.Add(n); err != nil {
			return err
		}
	}
	return io.EOF
}
