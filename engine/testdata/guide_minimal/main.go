// Guide_minimal is the first example of the ThinSQLite++ guide: a table that has a column and no rows. It is
// built by the tests.
package main

import wasql "github.com/wasql/wasql/sdk/go"

func main() {}

func init() {
	wasql.Register(wasql.New(wasql.Manifest{Name: "guide_minimal", Version: "1.0.0"}, open, &myTable{}))
}

// open gives the table the name of the module, as it is called where it is used.
func open(config *wasql.Config) (wasql.Tables, error) {
	return wasql.Tables{&myTable{config.Server}}, nil
}

type myTable struct{ name string }

func (t *myTable) Name() string { return t.name }

func (t *myTable) Columns() []wasql.Column {
	return []wasql.Column{{Name: "a_column", Type: wasql.UTF8, SQLType: "text"}}
}

// Define implements wasql.Definer: the common constructor makes an eponymous table.
func (t *myTable) Define(d *wasql.Definition) {
	d.Kind = wasql.Eponymous
	d.CreateSQL = "CREATE TABLE this_name_is_ignored (a_column TEXT)"
}

func (t *myTable) Scan(*wasql.Plan) (wasql.Cursor, error) {
	return wasql.Values(func(func([]any, error) bool) {}), nil
}
