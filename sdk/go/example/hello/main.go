// Hello: SELECT * FROM hello
package main

import (
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

var connector = wasql.NewTables(wasql.Manifest{Name: "hello", Version: "1.0.0"}, hello{})

func main() {}

func init() { wasql.Register(connector) }

type hello struct{}

func (hello) Name() string { return "hello" }

func (hello) Columns() []wasql.Column {
	return []wasql.Column{{Name: "id", Type: wasql.Int64}, {Name: "greeting", Type: wasql.UTF8}}
}

func (hello) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Maps(wasql.Sure(slices.Values([]map[string]any{
		{"id": 1, "greeting": "hello"}, {"id": 2, "greeting": "world"},
	}))), nil
}
