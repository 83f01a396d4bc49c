// Series: the integers from start to stop, counted by step.
//
//	SELECT value FROM series(1, 10);
//	SELECT value FROM series(10, 1, -3);
//	SELECT value FROM series WHERE value BETWEEN 5 AND 8 ORDER BY value DESC LIMIT 2;
//
//	CREATE TABLE series (value BIGINT NOT NULL, start BIGINT, stop BIGINT, step BIGINT)   -- the last three hidden
//
// start is 0, stop is 4294967295 and step is 1 unless the call gives them. A negative step counts down. Comparisons
// of value with whole numbers, IN lists, ORDER BY value, LIMIT and OFFSET are taken over exactly, and a scan can be read in
// partitions. ../golden/README.md is the whole definition, which the Rust and the C version meet too.
//
// Build: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o series.wasm .
package main

import wasql "github.com/wasql/wasql/sdk/go"

const about = "The integers from start to stop, counted by step"

var connector = wasql.NewTables(wasql.Manifest{
	Name: "series", Version: "1.0.0", Description: about, License: "Apache-2.0", Deterministic: true,
}, series{})

func main() {}

func init() { wasql.Register(connector) }

// series is the table. It has no state: everything a scan needs is in its plan.
type series struct{}

// Positions of the columns.
const (
	value = iota
	start
	stop
	step
)

var columnNames = [...]string{"value", "start", "stop", "step"}

// Name is the table's name in SQL.
func (series) Name() string { return "series" }

// Columns declares value, and the arguments of the table function as hidden columns.
func (series) Columns() []wasql.Column {
	argument := func(n int, comment string) wasql.Column {
		return wasql.Column{
			Name: columnNames[n], Type: wasql.Int64, SQLType: "bigint", NotNull: true, Hidden: true, Argument: n, Comment: comment,
		}
	}
	return []wasql.Column{
		{Name: columnNames[value], Type: wasql.Int64, SQLType: "bigint", NotNull: true, Comment: "the number"},
		argument(start, "first number, 0 unless given"),
		argument(stop, "last number, 4294967295 unless given"),
		argument(step, "distance of two numbers, 1 unless given"),
	}
}

// Define adds what the columns do not say.
func (series) Define(d *wasql.Definition) {
	d.Comment, d.Kind = about, wasql.EponymousOnly
}
