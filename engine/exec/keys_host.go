package exec

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// Finder is a Source that looks many keys up in one call.
type Finder interface {
	// OpenLookup starts a lookup. The rows of the cursor, which must be closed, have one value for each of
	// columns, as those of Source.Open.
	OpenLookup(ctx *sql.Context, request *pb.OpenLookupRequest, columns []ColumnRead) (KeyCursor, error)
}

// positionColumn stands for the position of the key among the columns of a lookup's rows.
const positionColumn = math.MaxUint32

// OpenLookup implements Finder.
func (s hostSource) OpenLookup(ctx *sql.Context, request *pb.OpenLookupRequest, columns []ColumnRead) (_ KeyCursor, err error) {
	if request.Table, err = gms.InTransaction(ctx, s.table.Connector(), request.Table); err != nil {
		return nil, err
	}
	instance, err := s.table.Connector().Acquire(ctx, s.table.Session(ctx))
	if err != nil {
		return nil, err
	}
	request.BatchRows = batchRows(ctx)
	lookup, err := instance.OpenLookup(ctx, request)
	if err != nil {
		instance.Release()
		return nil, err
	}
	c := &hostKeys{instance: instance, lookup: lookup, width: len(columns)}
	columns = append(columns[:len(columns):len(columns)], ColumnRead{Name: "position", Type: types.Uint32, NotNull: true, Column: positionColumn})
	if c.rows, err = NewRows(foundBatches{lookup}, s.where, columns); err != nil {
		_ = c.Close() // the first error is the one to tell
		return nil, err
	}
	schema := make(col.Schema, len(lookup.Keys()))
	for i, k := range lookup.Keys() {
		schema[i] = col.Field{Type: col.Type(k.Type), Nullable: k.Nullable, Precision: k.Precision, Scale: k.Scale}
	}
	c.keys = col.NewBuilder(schema, keysMax, 0)
	return c, nil
}

// foundBatches are the batches of a lookup as Rows reads them.
type foundBatches struct{ *host.Lookup }

// Columns implements Batches: the first is no column of the table.
func (b foundBatches) Columns() []*pb.ScanColumn {
	columns := append([]*pb.ScanColumn{}, b.Lookup.Columns()...)
	first := columns[0].CloneVT()
	first.Column = positionColumn
	columns[0] = first
	return columns
}

// Rescan implements Batches: other keys were written.
func (foundBatches) Rescan(context.Context, *pb.RescanRequest) error { return nil }

// hostKeys is a lookup in a connector.
type hostKeys struct {
	instance *host.Instance
	lookup   *host.Lookup
	rows     *Rows
	width    int
	keys     *col.Builder
	sent     int64
	writes   int64
	closed   bool
}

// Write implements KeyCursor.
func (c *hostKeys) Write(ctx *sql.Context, keys [][]*pb.Value) error {
	c.keys.Reset()
	for _, key := range keys {
		for i, v := range key {
			if !gms.PutValue(c.keys, i, v) {
				return fmt.Errorf("a key of a lookup: %w", errors.ErrUnsupported)
			}
		}
		c.keys.EndRow()
	}
	if c.keys.Err() != nil {
		return fmt.Errorf("a key of a lookup: %w: %w", c.keys.Err(), errors.ErrUnsupported)
	}
	if err := c.lookup.Write(ctx, c.keys.Batch()); err != nil {
		return err
	}
	c.sent += int64(len(keys))
	c.writes++
	return c.rows.Rescan(ctx, nil)
}

// Fields implements ColumnCursor.
func (c *hostKeys) Fields() []col.Field { return c.keys.Schema() }

// WriteColumns implements ColumnCursor.
func (c *hostKeys) WriteColumns(ctx context.Context, keys *col.Batch) error {
	if err := c.lookup.Write(ctx, keys); err != nil {
		return err
	}
	c.sent += int64(keys.Len())
	c.writes++
	return nil
}

// Found implements ColumnCursor.
func (c *hostKeys) Found() *Rows { return c.rows }

// Next implements KeyCursor.
func (c *hostKeys) Next(ctx *sql.Context) (int, sql.Row, error) {
	row, err := c.rows.Next(ctx)
	if err != nil {
		return 0, nil, err
	}
	position, ok := row[c.width].(uint32)
	if !ok {
		return 0, nil, fmt.Errorf("internal error: the position of a key is a %T", row[c.width])
	}
	return int(position), row[:c.width:c.width], nil
}

// Counters implements KeyCursor.
func (c *hostKeys) Counters() Counters {
	n := c.lookup.Counters()
	return Counters{Batches: n.Batches, Rows: n.Rows, Bytes: n.Bytes, Calls: n.Calls, Fuel: n.Fuel,
		MemoryPeakBytes: n.MemoryPeakBytes, Wall: n.Wall, Keys: c.sent, KeyBatches: c.writes}
}

// Close implements KeyCursor; twice is harmless.
func (c *hostKeys) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	err := c.lookup.Close()
	c.instance.Release()
	return err
}
