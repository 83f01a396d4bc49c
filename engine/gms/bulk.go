package gms

import (
	"fmt"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Bulk inserts the rows of one statement, whole batches at a time. Its user has cast the values and
// looked after NOT NULL. Used by one goroutine.
type Bulk struct {
	editor *editor
	sink   *sink
}

// Bulk begins an INSERT, or a REPLACE. End must follow.
func (t *Stored) Bulk(ctx *sql.Context, replace bool) (*Bulk, error) {
	e := &editor{table: t.Table, batched: true, alone: true, bulk: true}
	feature, verb, kind := pb.TableFeature_TABLE_FEATURE_INSERT, "insert rows", pb.WriteKind_WRITE_KIND_INSERT
	if replace {
		feature, verb, kind = pb.TableFeature_TABLE_FEATURE_REPLACE, "replace rows", pb.WriteKind_WRITE_KIND_REPLACE
	}
	if err := e.needs(feature, verb); err != nil {
		return nil, err
	}
	s, err := e.open(ctx, kind, nil, everyColumn(len(t.declared.Schema)))
	if err != nil {
		return nil, e.refused(err)
	}
	e.insert = s
	return &Bulk{editor: e, sink: s}, nil
}

// Schema is what batches look like: the columns of the table.
func (b *Bulk) Schema() col.Schema { return b.sink.builder.Schema() }

// Row adds a row; it is sent with others. The values have the Go types of their columns.
func (b *Bulk) Row(ctx *sql.Context, row sql.Row) error { return b.sink.add(ctx, nil, row) }

// Builder is where rows are gathered, for who fills its columns in another way. Sent must be told of
// each row that was ended.
func (b *Bulk) Builder() *col.Builder { return b.sink.builder }

// Put puts a value into column at of Builder's current row.
func (b *Bulk) Put(ctx *sql.Context, at int, v any) error {
	if err := b.sink.encoders[at].encode(ctx, b.sink.builder, at, v); err != nil {
		return fmt.Errorf("table %s: row %d: %w", b.editor.table.name, b.editor.sent+1, err)
	}
	return nil
}

// Sent counts a row that was put into Builder.
func (b *Bulk) Sent() {
	b.editor.sent++
	if b.sink.builder.Rows() == 1 {
		b.sink.first = b.editor.sent
	}
}

// Send gives the connector the rows that were added. An error of one of them is told now.
func (b *Bulk) Send(ctx *sql.Context) error { return b.sink.send(ctx) }

// Write gives the connector a batch, behind the rows that were added. It is free again when Write
// returns.
func (b *Bulk) Write(ctx *sql.Context, batch *col.Batch) error {
	if err := b.sink.send(ctx); err != nil || batch.Len() == 0 {
		return err
	}
	b.sink.first = b.editor.sent + 1
	b.editor.sent += uint64(batch.Len())
	return b.sink.deliver(ctx, batch)
}

// Rows counts those added and written.
func (b *Bulk) Rows() uint64 { return b.editor.sent }

// Affected counts, once the end was reached, the rows that are there and those that had to go, as the
// connector says.
func (b *Bulk) Affected() uint64 { return b.editor.affected }

// Replaces tells whether rows that are in the way can go in the same step.
func (t *Stored) Replaces() bool { return t.Has(pb.TableFeature_TABLE_FEATURE_REPLACE) }

// End keeps what was written, or, when cause is not nil, takes all of it back.
func (b *Bulk) End(ctx *sql.Context, cause error) error {
	b.editor.failed = cause
	return b.editor.Close(ctx)
}

// Encode puts a value of a column into column at of a builder's current row, as it is sent to a
// connector. The builder's column has the column's physical type.
func Encode(ctx *sql.Context, c *sql.Column, b *col.Builder, at int, v any) error {
	e, err := newEncoder(c)
	if err != nil {
		return err
	}
	return e.encode(ctx, b, at, v)
}
