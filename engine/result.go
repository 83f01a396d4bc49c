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

	// Database and Table are those that the column comes from, as the statement calls the table; empty: it is computed.
	Database, Table string
	// Kind is the type as MySQL's protocol names it, with less of it told by Type.
	Kind Kind
	// Collation is MySQL's number of the collation of texts; 63, binary, for everything else.
	Collation uint16
	// Length is how many bytes a value as text has at most.
	Length                    uint32
	PrimaryKey, AutoIncrement bool
}

// Kind is what MySQL's protocol calls a type. One of the protocol's numbers may stand for several, told apart by flags.
type Kind uint8

// The kinds that Column.Type leaves open. All others are told by it.
const (
	KindPlain     Kind = iota
	KindInt24          // of an int32 or uint32
	KindTimestamp      // of a datetime
	KindChar           // of a text or binary; such is otherwise a VARCHAR or VARBINARY
	KindBlob           // of a text or binary
)

// Batch is a run of rows as columns. It is valid until the next is asked for.
type Batch struct {
	// Rows is the columns' number of rows, of which Sel says those that count, in order; nil: all.
	Rows int
	Sel  []uint32
	// Columns are as in Result.Columns.
	Columns []BatchColumn
}

// Len is the number of rows that count.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Rows
}

// BatchColumn has the values of a column. Of numbers the vector's type may be narrower than the column's, of a decimal the
// digits are those that the column has.
type BatchColumn struct {
	// Vec has them by row of the batch; its type is never JSON, enum, set, bit or geometry. Values is nil then.
	Vec *col.Vec
	// Values has one for each row that counts, as in Row.
	Values []any
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
	// NextBatch gives the next rows as columns, or io.EOF. nil: the answer is made of rows, and Next gives them. It is one or the
	// other for all of an answer; see WithBatches.
	NextBatch(ctx context.Context) (*Batch, error)
	// RowsAffected is the count of a statement that changes rows.
	RowsAffected() uint64
	// LastInsertID is the first number that the statement made for an AUTO_INCREMENT column; 0: none.
	LastInsertID() uint64
	// Info is what MySQL's client shows below some statements, such as "Rows matched: 1  Changed: 1  Warnings: 0".
	Info() string
	// Warnings are complete after Next returned io.EOF.
	Warnings() []Warning
	// Close ends the statement; twice is harmless.
	Close(ctx context.Context) error
}
