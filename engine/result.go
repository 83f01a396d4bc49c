package engine

import (
	"context"

	"github.com/wasql/wasql/abi/col"
)

// Column describes one column of a Result.
type Column struct {
	Name string
	// Type is the physical type whose values the rows hold; see Row.
	Type col.Type
	// SQLType is MySQL's text of the type, such as "decimal(10,2)".
	SQLType string
	// Precision and Scale of a decimal; Scale is also the fractional digits of time types.
	Precision, Scale uint32
	Nullable         bool
}

// Row holds one value a column:
//
//	nil              NULL
//	bool             bool
//	int64            int8 to int64, year
//	uint64           uint8 to uint64, bit
//	float64          float32, float64
//	string           decimal, date, time, datetime, utf8, json, enum, set: MySQL's text form
//	[]byte           binary, geometry, vector
type Row []any

// Warning is one line of SHOW WARNINGS.
type Warning struct {
	Level   string
	Errno   int
	Message string
}

// Result is the answer to one statement. It is read by one goroutine and must be closed.
type Result interface {
	// Columns is empty for a statement that returns no rows.
	Columns() []Column
	// Next gives the next row, valid until the following Next, or io.EOF.
	Next(ctx context.Context) (Row, error)
	// RowsAffected is the count of a statement that changes rows.
	RowsAffected() uint64
	// Warnings are complete after Next returned io.EOF.
	Warnings() []Warning
	// Close ends the statement; twice is harmless.
	Close(ctx context.Context) error
}
