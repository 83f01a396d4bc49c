package wasql

import (
	"github.com/wasql/wasql/abi/col"
)

// Rows takes the rows of a cursor. Set the columns of a row by their position in the table, in any
// order, then call EndRow; columns not set are NULL. A column that the query does not read is
// dropped at no cost, so that a simple cursor may set them all.
//
// A value that does not fit (wrong type, out of range, no decimal) fails the scan, naming column and row.
type Rows struct {
	builder *col.Builder
	// at gives the place of a table column in the batch, or -1.
	at []int
	// names of the table's columns, made when a map is added.
	names     map[string]int
	columns   []Column
	arguments []argument
	// keyed rows have the position of their key, key, before the columns.
	keyed bool
	key   uint64
	// rowsMax and bytesMax are what the builder was made for.
	rowsMax, bytesMax int
}

func newRows(columns []Column, sent []int, rowsMax, bytesMax int) *Rows {
	r := &Rows{at: make([]int, len(columns)), columns: columns, rowsMax: rowsMax, bytesMax: bytesMax}
	for i := range r.at {
		r.at[i] = -1
	}
	schema := make(col.Schema, len(sent))
	for i, c := range sent {
		r.at[c] = i
		schema[i] = columns[c].field()
	}
	r.builder = col.NewBuilder(schema, rowsMax, bytesMax)
	return r
}

// Room tells whether the batch has room for another row. It is false after a wrong value, too.
func (r *Rows) Room() bool { return r.builder.Room() }

// Len is the number of rows in the batch so far.
func (r *Rows) Len() int { return r.builder.Rows() }

// Needs tells whether the query reads the column.
func (r *Rows) Needs(column int) bool { return r.at[column] >= 0 }

// Null sets a column to NULL.
func (r *Rows) Null(column int) {
	if at := r.at[column]; at >= 0 {
		r.builder.Null(at)
	}
}

// Int64 sets an integer column, checking its range; also bool, date, time, datetime, year, bit, set,
// enum, float and decimal columns take it as their number.
func (r *Rows) Int64(column int, value int64) {
	if at := r.at[column]; at >= 0 {
		r.builder.Int64(at, value)
	}
}

// Uint64 sets an unsigned integer, set, bit, enum or year column.
func (r *Rows) Uint64(column int, value uint64) {
	if at := r.at[column]; at >= 0 {
		r.builder.Uint64(at, value)
	}
}

// Float64 sets a float column.
func (r *Rows) Float64(column int, value float64) {
	if at := r.at[column]; at >= 0 {
		r.builder.Float64(at, value)
	}
}

// Bool sets a bool column, or 0 and 1 in a number column.
func (r *Rows) Bool(column int, value bool) {
	if at := r.at[column]; at >= 0 {
		r.builder.Bool(at, value)
	}
}

// String sets a text, binary, JSON, geometry or vector column, or a decimal from its digits.
func (r *Rows) String(column int, value string) {
	if at := r.at[column]; at >= 0 {
		r.builder.String(at, value)
	}
}

// Bytes sets a column of varying length; the bytes are copied.
func (r *Rows) Bytes(column int, value []byte) {
	if at := r.at[column]; at >= 0 {
		r.builder.Bytes(at, value)
	}
}

// Decimal sets a decimal column from digits such as -12.50, rounded to the column's scale.
func (r *Rows) Decimal(column int, digits string) {
	if at := r.at[column]; at >= 0 {
		r.builder.Decimal(at, digits)
	}
}

// EndRow finishes the row. Arguments of a table function that were not set get the value of the call.
func (r *Rows) EndRow() {
	for _, a := range r.arguments {
		if !r.builder.Filled(r.at[a.column]) {
			r.value(a.column, a.value)
		}
	}
	if r.keyed {
		r.builder.Uint64(0, r.key)
	}
	r.builder.EndRow()
}

// argument is the value of a call for a hidden column that the query reads.
type argument struct {
	column int
	value  Value
}

// bind tells the rows the arguments of this run.
func (r *Rows) bind(p *Plan) {
	r.arguments = r.arguments[:0]
	for i := range p.columns {
		if n := p.columns[i].Argument; n > 0 && r.at[i] >= 0 {
			if v, given := p.Argument(n); given {
				r.arguments = append(r.arguments, argument{i, v})
			}
		}
	}
}
