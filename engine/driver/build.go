package driver

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// waitTime is how long CREATE INDEX waits for transactions that have written to the table.
const waitTime = 5 * time.Second

// errBusy: somebody has written rows that the scan of a build does not see.
var errBusy = errors.New("transactions that have written to the table are not over yet")

// Create makes an index and builds it.
func (s *Set) Create(ctx *sql.Context, d Definition) error {
	if _, err := s.config.Driver(ctx, d.Driver); err != nil {
		return err
	}
	t, err := s.config.Table(ctx, gms.TableName{Database: d.Database, Name: d.Table})
	if err != nil {
		return err
	}
	d.Database, d.Table = t.Database(), t.Name()
	if err := s.free(ctx, t, d.Name); err != nil {
		return err
	}
	shape, err := shapeOf(&d, t)
	if err != nil {
		return err
	}
	if _, err := versionOf(t, shape); err != nil {
		return err
	}
	x := &Index{set: s, claims: newClaims(), kept: kept{Definition: d, State: open}, looked: true}
	if err := x.put(ctx, false); err != nil {
		return err
	}
	s.mu.Lock()
	s.indexes[strings.ToLower(x.objectName())] = x
	s.mu.Unlock()
	if err := x.buildSoon(ctx, t); err != nil {
		return errors.Join(err, s.Drop(context2(ctx), x))
	}
	return nil
}

// context2 is ctx for what must be done although the statement was cancelled.
func context2(ctx *sql.Context) *sql.Context { return ctx.WithContext(context.WithoutCancel(ctx)) }

// free refuses a name that is taken.
func (s *Set) free(ctx *sql.Context, t *gms.Table, name string) error {
	there, err := s.Find(ctx, nameOf(t), name)
	if err != nil {
		return err
	}
	for _, x := range t.Keys() {
		if strings.EqualFold(x.ID(), name) {
			return sql.ErrDuplicateKey.New(name)
		}
	}
	if there != nil {
		return sql.ErrDuplicateKey.New(name)
	}
	return nil
}

// buildSoon builds as soon as nobody is writing.
func (x *Index) buildSoon(ctx *sql.Context, t *gms.Table) error {
	const step = 20 * time.Millisecond
	for waited := time.Duration(0); ; waited += step {
		err := x.build(ctx, t)
		if !errors.Is(err, errBusy) {
			return err
		}
		if waited >= waitTime {
			return sqlerr.New(1205, "HY000", "lock wait timeout exceeded: index %s of table %s cannot be built while %v", x.Name, x.Table, errBusy)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(step):
		}
	}
}

// build reads the table and feeds the driver. The index is live when it has ended, and not before.
func (x *Index) build(ctx *sql.Context, t *gms.Table) (err error) {
	x.building.Lock()
	defer x.building.Unlock()
	s, err := shapeOf(&x.Definition, t)
	if err != nil {
		return err
	}
	version, err := versionOf(t, s)
	if err != nil {
		return err
	}
	x.mu.Lock()
	if x.live && x.version == version { // another statement has built it meanwhile
		x.mu.Unlock()
		return nil
	}
	x.live, x.collects, x.pending, x.looked, x.shape = false, false, nil, true, s
	if x.State != open {
		x.State = open
		err = x.put(ctx, true)
	}
	x.mu.Unlock()
	if err != nil {
		return err
	}
	if err := x.ask(ctx, func(i *host.Instance) error {
		_, err := i.DriverCreate(ctx, s.message)
		return err
	}); err != nil {
		return err
	}
	w := x.set.table(t)
	w.bind(x)
	if w.busy(func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.collects, x.added, x.dead = true, 0, 0
	}) {
		return errBusy
	}
	defer func() {
		if err != nil {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.collects, x.pending = false, nil
		}
	}()
	since := time.Now()
	counts, err := x.feed(ctx, t, s)
	if err != nil {
		return err
	}
	if after, err := versionOf(t, s); err != nil || after != version {
		return errors.Join(errors.New("the table changed while the index was built"), err)
	}
	if err := x.finish(ctx, version, since, counts); err != nil {
		return err
	}
	if x.Unique {
		return x.unique(ctx, s)
	}
	return nil
}

// feed reads all rows that are committed, outside of the session's transaction, and gives the driver their entries.
func (x *Index) feed(ctx *sql.Context, t *gms.Table, s *shape) (*counts, error) {
	outside := sql.NewContext(ctx.Context, sql.WithSession(sql.NewBaseSession()))
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.Name
	}
	projected, err := t.WithProjections(outside, names)
	if err != nil {
		return nil, err
	}
	rows, err := t.Source().Open(outside, projected.(*gms.Table))
	if err != nil {
		return nil, err
	}
	c, err := x.feedRows(ctx, outside, rows, s)
	return c, errors.Join(err, rows.Close(outside))
}

func (x *Index) feedRows(ctx, outside *sql.Context, rows sql.RowIter, s *shape) (*counts, error) {
	c := newCounts(s.keys)
	b := col.NewBuilder(s.schema, batchRows, batchBytes)
	send := func() error {
		x.mu.Lock()
		defer x.mu.Unlock()
		if !x.collects {
			return errors.New(x.why)
		}
		defer b.Reset()
		return x.send(ctx, b.Batch())
	}
	for {
		row, err := rows.Next(outside)
		if errors.Is(err, io.EOF) {
			if b.Rows() > 0 {
				err = send()
			} else {
				err = nil
			}
			return c, err
		}
		if err != nil {
			return nil, err
		}
		for i, column := range s.columns {
			if err := gms.Encode(outside, column, b, i, row[i]); err != nil {
				return nil, err
			}
		}
		b.EndRow()
		c.add(row)
		if err := b.Err(); err != nil {
			return nil, err
		}
		if !b.Room() {
			if err := send(); err != nil {
				return nil, err
			}
		}
	}
}

// finish saves the index and makes it live.
func (x *Index) finish(ctx *sql.Context, version string, since time.Time, c *counts) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.collects {
		return errors.New(x.why)
	}
	if err := x.flush(ctx); err != nil {
		return err
	}
	x.version = version
	if err := x.save(ctx); err != nil {
		return err
	}
	x.Rows, x.Distinct = c.rows, c.distinct()
	if x.added == 0 {
		x.State = ready
	}
	if err := x.put(ctx, true); err != nil {
		x.State = open
		return err
	}
	x.live, x.collects, x.since, x.failedVersion, x.why = true, false, since, "", ""
	return nil
}

// unique fails when two rows have the same key, none of whose columns is NULL.
func (x *Index) unique(ctx *sql.Context, s *shape) error {
	rows, err := x.values(ctx, s)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // it was only read
	var last sql.Row
	for {
		row, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		same := last != nil
		for i := 0; same && i < s.keys; i++ {
			if row[i] == nil || last[i] == nil {
				same = false
				break
			}
			order, err := s.columns[i].Type.Compare(ctx, row[i], last[i])
			if err != nil {
				return err
			}
			same = order == 0
		}
		if same {
			x.mu.Lock()
			x.live = false
			x.mu.Unlock()
			return x.duplicate(row[:s.keys])
		}
		last = row
	}
}

// counts are what a build learns of a table.
type counts struct {
	rows uint64
	// seen has, for each number of leading columns, the hashes of keys that end in as many zeros as mask has ones.
	seen []map[uint64]struct{}
	mask []uint64
	seed maphash.Seed
}

func newCounts(keys int) *counts {
	c := &counts{seen: make([]map[uint64]struct{}, keys), mask: make([]uint64, keys), seed: maphash.MakeSeed()}
	for i := range c.seen {
		c.seen[i] = map[uint64]struct{}{}
	}
	return c
}

func (c *counts) add(row sql.Row) {
	const most = 4096
	c.rows++
	var h maphash.Hash
	h.SetSeed(c.seed)
	for i := range c.seen {
		addValue(&h, row[i])
		sum := h.Sum64()
		if sum&c.mask[i] != 0 {
			continue
		}
		c.seen[i][sum] = struct{}{}
		for len(c.seen[i]) > most {
			c.mask[i] = c.mask[i]<<1 | 1
			for sum := range c.seen[i] {
				if sum&c.mask[i] != 0 {
					delete(c.seen[i], sum)
				}
			}
		}
	}
}

// distinct estimates how many keys there are.
func (c *counts) distinct() []float64 {
	all := make([]float64, len(c.seen))
	for i := range all {
		all[i] = max(1, float64(len(c.seen[i]))*float64(c.mask[i]+1))
	}
	return all
}
