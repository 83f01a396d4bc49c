package gms

import (
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Arguments gathers the arguments of a function into batches for a connector. Not safe for
// concurrent use.
type Arguments struct {
	encoders []encoder
	builder  *col.Builder
	// first is the column of the first argument: 1 when the ordinals of groups stand before them.
	first int
}

// NewArguments prepares for arguments of these columns' types. grouped: each row begins with the
// uint32 ordinal of its group.
func NewArguments(columns []*sql.Column, grouped bool) (*Arguments, error) {
	a := &Arguments{}
	var schema col.Schema
	if grouped {
		a.first = 1
		schema = col.Schema{{Name: "group", Type: col.Uint32}}
	}
	for _, c := range columns {
		e, err := newEncoder(c)
		if err != nil {
			return nil, err
		}
		a.encoders = append(a.encoders, e)
		schema = append(schema, e.field)
	}
	a.builder = col.NewBuilder(schema, batchRows, batchBytes)
	return a, nil
}

// Columns says what the batches hold for the arguments.
func (a *Arguments) Columns() []*pb.ScanColumn {
	sent := make([]*pb.ScanColumn, len(a.encoders))
	for i := range a.encoders {
		f := &a.encoders[i].field
		sent[i] = &pb.ScanColumn{Column: uint32(i), Type: pb.Type(f.Type), Precision: f.Precision, Scale: f.Scale, Nullable: true}
	}
	return sent
}

// Room tells whether another row fits into the batch.
func (a *Arguments) Room() bool { return a.builder.Room() }

// Rows is the number of rows in the batch.
func (a *Arguments) Rows() int { return a.builder.Rows() }

// Add puts a row into the batch. The values must be of the columns' types. An error leaves the batch
// of no use.
func (a *Arguments) Add(ctx *sql.Context, group uint32, values []any) error {
	if a.first > 0 {
		a.builder.Uint64(0, uint64(group))
	}
	for i := range a.encoders {
		if err := a.encoders[i].encode(ctx, a.builder, a.first+i, values[i]); err != nil {
			return err
		}
	}
	a.builder.EndRow()
	return a.builder.Err()
}

// Batch gives the rows added, valid until Reset.
func (a *Arguments) Batch() *col.Batch { return a.builder.Batch() }

// Reset forgets the rows.
func (a *Arguments) Reset() { a.builder.Reset() }
