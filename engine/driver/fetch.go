package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// keyRows is how many locations are looked up in one call.
const keyRows = 1024

// Source reads a table through a path. What base would read in its place is read whenever the index cannot be: it is
// damaged, the table changed, or there are too many rows. Rows are those of the table; whether they are wanted is not
// looked at.
func (p *Path) Source(base exec.Source) exec.Source { return source{base, p} }

type source struct {
	exec.Source
	path *Path
}

// Open implements exec.Source.
func (s source) Open(ctx *sql.Context, request *pb.OpenScanRequest, columns []exec.ColumnRead) (exec.Cursor, error) {
	cursor, err := s.path.open(ctx, request.Params, columns)
	if cursor != nil || err != nil {
		return cursor, err
	}
	return s.Source.Open(ctx, request, columns)
}

// RowsOnly tells that the cursors have no batches to give: rows that came twice are left out.
func (source) RowsOnly() {}

// Explain implements exec.Source: what the connector would say is about the way that is not taken.
func (source) Explain(*sql.Context, *pb.ExplainRequest) (*pb.ExplainResponse, error) {
	return nil, errors.ErrUnsupported
}

// attemptsMax is how often a reader looks into an index that is being written to.
const attemptsMax = 4

// open finds the locations and begins to read their rows; nil: the index cannot be used.
func (p *Path) open(ctx *sql.Context, params []*pb.Value, columns []exec.ColumnRead) (exec.Cursor, error) {
	if len(params) < p.params {
		return nil, nil // an outer value has no form in the column's type
	}
	return p.openRanges(ctx, p.ranges(params), columns)
}

// openRanges is open for ranges of keys.
func (p *Path) openRanges(ctx *sql.Context, ranges []*pb.KeyRange, columns []exec.ColumnRead) (exec.Cursor, error) {
	x := p.index
	for range attemptsMax {
		s, version, adds, ok := x.entered(ctx, p.table)
		if !ok || !x.covers(ctx, p.table) {
			return nil, nil
		}
		c := &cursor{columns: columns, table: p.table, shape: s, version: version}
		if len(ranges) == 0 {
			return c, nil
		}
		if err := c.find(ctx, x, ranges, p.most); err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			if !errors.Is(err, errTooMany) {
				x.damaged(err)
			}
			return nil, nil
		}
		if len(c.batches) == 0 {
			if x.adds.Load() == adds {
				return c, nil
			}
			continue
		}
		// The table is opened behind the index: what it shows had its entries then, unless some were added since.
		if err := c.start(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		if x.adds.Load() == adds {
			return c, nil
		}
		if err := c.Close(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// entered makes sure that the driver has all entries that were added so far, and tells how many these are.
func (x *Index) entered(ctx *sql.Context, t *gms.Table) (s *shape, version string, adds uint64, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.live {
		return nil, "", 0, false
	}
	if version, err := versionOf(t, x.shape); err != nil || version != x.version {
		return nil, "", 0, false
	}
	adds = x.adds.Load()
	if err := x.flush(ctx); err != nil {
		x.lost(err)
		return nil, "", 0, false
	}
	return x.shape, x.version, adds, true
}

var errTooMany = errors.New("too many locations")

// cursor reads the rows of locations.
type cursor struct {
	table   *gms.Table
	shape   *shape
	version string // of the table, that the locations are of
	columns []exec.ColumnRead
	// batches are the locations that are not looked up yet.
	batches []*col.Batch
	probed  host.ScanCounters

	instance *host.Instance
	lookup   *host.Lookup
	rows     *exec.Rows
	// width is how many values of a row were asked for; those behind are its location, where two locations of the index
	// may be of one row, and seen has the locations of rows that were given.
	width int
	at    []int
	seen  map[string]bool
}

// find reads the locations from the driver, each once.
func (c *cursor) find(ctx *sql.Context, x *Index, ranges []*pb.KeyRange, most int) error {
	driver, err := x.set.config.Driver(ctx, x.Driver)
	if err != nil {
		return err
	}
	scan, err := driver.DriverProbe(ctx, &pb.DriverProbeRequest{Index: c.shape.message, Ranges: ranges})
	if err != nil {
		return err
	}
	err = c.gather(ctx, scan, most)
	c.probed = scan.Counters()
	return errors.Join(err, scan.Close())
}

// gather puts locations into batches of their own.
func (c *cursor) gather(ctx *sql.Context, scan *host.Scan, most int) error {
	s := c.shape
	for i, field := range scan.Schema() {
		if field.Type != s.schema[i].Type {
			return fmt.Errorf("the driver gives column %s as %s, and was fed %s", s.schema[i].Name, field.Type, s.schema[i].Type)
		}
	}
	known := map[string]bool{}
	var b *col.Builder
	var key []byte
	for {
		batch, err := scan.Next(ctx)
		if errors.Is(err, io.EOF) {
			if b != nil && b.Rows() > 0 {
				c.batches = append(c.batches, b.Batch())
			}
			c.batches = rising(s.schema[s.keys:], c.batches)
			return nil
		}
		if err != nil {
			return err
		}
		for i := range batch.Len() {
			at := batch.Row(i)
			key = key[:0]
			for n := s.keys; n < len(s.schema); n++ {
				key = appendCell(key, &batch.Cols[n], at)
			}
			if known[string(key)] {
				continue
			}
			known[string(key)] = true
			if len(known) > most {
				return errTooMany
			}
			if b == nil || !b.Room() {
				if b != nil {
					c.batches = append(c.batches, b.Batch())
				}
				b = col.NewBuilder(s.schema[s.keys:], keyRows, batchBytes)
			}
			for n := s.keys; n < len(s.schema); n++ {
				copyCell(b, n-s.keys, &batch.Cols[n], at)
			}
			b.EndRow()
			if err := b.Err(); err != nil {
				return err
			}
		}
	}
}

// rising puts locations that are one number in order: what lies together in a file is then read together.
func rising(schema col.Schema, batches []*col.Batch) []*col.Batch {
	if len(schema) != 1 || schema[0].Type != col.Uint64 {
		return batches
	}
	var all []uint64
	for _, b := range batches {
		for i := range b.Len() {
			all = append(all, b.Cols[0].Uint64(b.Row(i)))
		}
	}
	slices.Sort(all)
	batches = batches[:0]
	for part := range slices.Chunk(all, keyRows) {
		b := col.NewBuilder(schema, len(part), batchBytes)
		for _, location := range part {
			b.Uint64(0, location)
			b.EndRow()
		}
		batches = append(batches, b.Batch())
	}
	return batches
}

// start opens the lookup of the table.
func (c *cursor) start(ctx *sql.Context) (err error) {
	connector := c.table.Connector()
	ref, err := gms.InTransaction(ctx, connector, c.table.Ref())
	if err != nil {
		return err
	}
	c.layOut()
	request := &pb.OpenLookupRequest{Table: ref}
	for _, position := range c.shape.positions[c.shape.keys:] {
		request.KeyColumns = append(request.KeyColumns, uint32(position))
	}
	request.Columns = columnsOf(c.columns)
	if c.instance, err = connector.Acquire(ctx, c.table.Session(ctx)); err != nil {
		return err
	}
	if c.lookup, err = c.instance.OpenLookup(ctx, request); err != nil {
		return err
	}
	return c.more(ctx)
}

// more looks the next locations up.
func (c *cursor) more(ctx *sql.Context) (err error) {
	if err := c.unchanged(); err != nil {
		return err
	}
	if err := c.lookup.Write(ctx, c.batches[0]); err != nil {
		return err
	}
	c.batches = c.batches[1:]
	c.rows, err = exec.NewRows(found{c.lookup}, fmt.Sprintf("connector %s: table %s", c.table.Connector().Name(), c.table.Name()), c.columns)
	return err
}

// unchanged fails when what others may change is not what the locations are of: rows in the middle of others would be read.
func (c *cursor) unchanged() error {
	if c.table.Source().Changes == nil {
		return nil
	}
	version, err := versionOf(c.table, c.shape)
	if err == nil && version != c.version {
		err = sqlerr.New(1412, "HY000", "table %s.%s changed while it was read through an index, please retry the statement", c.table.Database(), c.table.Name())
	}
	return err
}

// layOut adds the location to the columns that are read, when it tells whether a row was given before.
func (c *cursor) layOut() {
	c.width = len(c.columns)
	if c.shape.exactLocation() {
		return
	}
	c.seen = map[string]bool{}
	columns := append([]exec.ColumnRead{}, c.columns...)
	for i, position := range c.shape.positions[c.shape.keys:] {
		column := c.shape.columns[c.shape.keys+i]
		c.at = append(c.at, len(columns))
		columns = append(columns, exec.ColumnRead{Name: column.Name, Type: column.Type, NotNull: !column.Nullable, Column: position})
	}
	c.columns = columns
}

// Next implements exec.Cursor.
func (c *cursor) Next(ctx *sql.Context) (sql.Row, error) {
	for {
		if c.rows == nil {
			return nil, io.EOF
		}
		row, err := c.rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			if len(c.batches) == 0 {
				if err := c.unchanged(); err != nil {
					return nil, err
				}
				return nil, io.EOF
			}
			if err := c.more(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if c.seen == nil {
			return row, nil
		}
		key := ""
		for _, at := range c.at {
			key += fmt.Sprintf("%T %v\x00", row[at], row[at])
		}
		if !c.seen[key] {
			c.seen[key] = true
			return row[:c.width:c.width], nil
		}
	}
}

// Rescan implements exec.Cursor: the next run begins with other locations.
func (*cursor) Rescan(*sql.Context, *pb.RescanRequest) error { return errors.ErrUnsupported }

// Counters implements exec.Cursor.
func (c *cursor) Counters() exec.Counters {
	n := exec.Counters{Calls: c.probed.Calls, Fuel: c.probed.Fuel, Bytes: c.probed.Bytes, MemoryPeakBytes: c.probed.MemoryPeakBytes, Wall: c.probed.Wall}
	if c.lookup != nil {
		l := c.lookup.Counters()
		n.Add(exec.Counters{Batches: l.Batches, Rows: l.Rows, Bytes: l.Bytes, Calls: l.Calls, Fuel: l.Fuel, MemoryPeakBytes: l.MemoryPeakBytes, Wall: l.Wall})
	}
	return n
}

// Close implements exec.Cursor.
func (c *cursor) Close() error {
	if c.instance == nil {
		return nil
	}
	var err error
	if c.lookup != nil {
		err = c.lookup.Close()
	}
	c.instance.Release()
	c.instance, c.rows = nil, nil
	return err
}

// found is a lookup as exec.Rows reads it: the position of the key, in front, is no column of the table.
type found struct{ lookup *host.Lookup }

// Columns implements exec.Batches.
func (f found) Columns() []*pb.ScanColumn {
	columns := append([]*pb.ScanColumn{}, f.lookup.Columns()...)
	position := columns[0].CloneVT()
	position.Column = 1<<31 - 1
	columns[0] = position
	return columns
}

// Next implements exec.Batches.
func (f found) Next(ctx context.Context) (*col.Batch, error) { return f.lookup.Next(ctx) }

// Rescan implements exec.Batches.
func (found) Rescan(context.Context, *pb.RescanRequest) error { return errors.ErrUnsupported }

// Close implements exec.Batches.
func (found) Close() error { return nil }

// values reads all entries: keys, then locations.
func (x *Index) values(ctx *sql.Context, s *shape) (*exec.Rows, error) {
	driver, err := x.set.config.Driver(ctx, x.Driver)
	if err != nil {
		return nil, err
	}
	scan, err := driver.DriverValues(ctx, &pb.DriverValuesRequest{Index: s.message})
	if err != nil {
		return nil, err
	}
	columns := make([]exec.ColumnRead, len(s.columns))
	for i, c := range s.columns {
		columns[i] = exec.ColumnRead{Name: c.Name, Type: c.Type, Column: i}
	}
	rows, err := exec.NewRows(scan, "index "+x.Name, columns)
	if err != nil {
		return nil, errors.Join(err, scan.Close())
	}
	return rows, nil
}

func columnsOf(reads []exec.ColumnRead) []uint32 {
	var all []uint32
	for _, c := range reads {
		if c.Column >= 0 {
			all = append(all, uint32(c.Column))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
