package driver

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// claimsMax is how many keys a transaction holds one by one; with more it holds all there are.
const claimsMax = 1 << 20

// owner is who holds keys until they are over: a transaction, or a statement outside of one.
type owner struct {
	transaction, statement uint64
	writer                 *writer
}

// claims are the keys of a unique index that are being written: until it is known what becomes of them nobody else writes
// the same ones. Keys are known by their hashes.
type claims struct {
	seed maphash.Seed

	mu   sync.Mutex
	held map[uint64]owner
	of   map[owner][]uint64
	// whole is who holds every key.
	whole *owner
}

func newClaims() *claims {
	return &claims{seed: maphash.MakeSeed(), held: map[uint64]owner{}, of: map[owner][]uint64{}}
}

// take claims a key; false: another has it.
func (c *claims) take(o owner, key uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole != nil {
		return *c.whole == o
	}
	if by, ok := c.held[key]; ok {
		return by == o
	}
	if len(c.of[o]) >= claimsMax {
		if len(c.of) > 1 {
			return false
		}
		c.whole, c.held, c.of = &o, map[uint64]owner{}, map[owner][]uint64{}
		return true
	}
	c.held[key] = o
	c.of[o] = append(c.of[o], key)
	return true
}

// release lets all keys of an owner go.
func (c *claims) release(o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range c.of[o] {
		delete(c.held, key)
	}
	delete(c.of, o)
	if c.whole != nil && *c.whole == o {
		c.whole = nil
	}
}

// Unique implements gms.Indexer.
func (s *Set) Unique(ctx *sql.Context, t *gms.Table) (bool, error) {
	all, err := s.of(ctx, nameOf(t))
	return slices.ContainsFunc(all, func(x *Index) bool { return x.Unique }), err
}

// ready makes sure that the unique indexes among these can be looked into, before a row is written.
func (s *Set) ready(ctx *sql.Context, t *gms.Table, all []*Index) error {
	for _, x := range all {
		if !x.Unique {
			continue
		}
		if ok, why := x.usable(ctx, t); !ok && why != errOlder {
			return x.unchecked(why)
		}
	}
	return nil
}

// unchecked is the error of rows that cannot be compared.
func (x *Index) unchecked(why string) error {
	return sqlerr.New(1030, "HY000", "table %s.%s cannot be written to: unique index %s of index driver %s cannot be looked into: %s",
		x.Database, x.Table, x.Name, x.Driver, why).WithHint("DROP INDEX drops it; else try again when the cause is gone")
}

// Unique implements gms.IndexWriter.
func (w *writer) Unique(columns []int) bool {
	return slices.ContainsFunc(w.table.bound(), func(x *Index) bool {
		s := x.current()
		return x.Unique && (s == nil || slices.ContainsFunc(s.positions[:s.keys], func(position int) bool { return slices.Contains(columns, position) }))
	})
}

// Gone implements gms.IndexWriter.
func (w *writer) Gone(_ *sql.Context, row sql.Row) error {
	for _, x := range w.table.bound() {
		s := x.passed()
		if x.Unique && s != nil {
			h, err := w.locationHash(s, row)
			if err != nil {
				return err
			}
			w.owned().gone[h] = true
		}
	}
	return nil
}

// going are the locations of rows that a transaction has taken away or given other keys.
type going struct{ gone map[uint64]bool }

func (w *writer) owned() *going {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	g := w.table.going[w.owner]
	if g == nil {
		g = &going{gone: map[uint64]bool{}}
		w.table.going[w.owner] = g
	}
	return g
}

// over lets go of what an owner held.
func (w *written) over(o owner) {
	w.mu.Lock()
	delete(w.going, o)
	all := slices.Clone(w.indexes)
	w.mu.Unlock()
	for _, x := range all {
		if x.claims != nil {
			x.claims.release(o)
		}
	}
}

func (w *writer) locationHash(s *shape, row sql.Row) (uint64, error) {
	h := newHasher(locationSeed, s.schema[s.keys:], s.columns[s.keys:])
	values := make(sql.Row, 0, len(s.positions)-s.keys)
	for _, position := range s.positions[s.keys:] {
		values = append(values, row[position])
	}
	return h.row(sql.NewEmptyContext(), values)
}

var locationSeed = maphash.MakeSeed()

// Check implements gms.IndexWriter.
func (w *writer) Check(ctx *sql.Context, statement uint64, before sql.Row, rows []sql.Row) error {
	for _, x := range w.table.bound() {
		if !x.Unique {
			continue
		}
		if err := w.check(ctx, x, statement, before, rows); err != nil {
			return err
		}
	}
	return nil
}

// wanted is a key that is to be written.
type wanted struct {
	key, row sql.Row
	hash     uint64
}

// check compares rows that are to be written with each other and with those that the index leads to: by how the statement
// sees them, and by how they are committed now.
func (w *writer) check(ctx *sql.Context, x *Index, statement uint64, before sql.Row, rows []sql.Row) error {
	s := x.current()
	if s == nil {
		return x.unchecked("it is not built")
	}
	h := newHasher(x.claims.seed, s.schema[:s.keys], s.columns[:s.keys])
	var all []wanted
	known := map[uint64]int{}
	for _, row := range rows {
		key := s.keyOf(row)
		if key == nil {
			continue // NULL is like nothing
		}
		if before != nil {
			if same, err := s.same(ctx, key, s.keyOf(before)); err != nil || same {
				return err
			}
		}
		hash, err := h.row(ctx, key)
		if err != nil {
			return err
		}
		if at, twice := known[hash]; twice {
			same, err := s.same(ctx, key, all[at].key)
			if err != nil {
				return err
			}
			if same {
				return sqlerr.Duplicate(x.Table, x.Name, key, all[at].row)
			}
		}
		known[hash] = len(all)
		all = append(all, wanted{key, row, hash})
	}
	for _, k := range all {
		if !x.claims.take(w.owner, k.hash) {
			return sqlerr.New(1205, "HY000", "Lock wait timeout exceeded; try restarting transaction").
				WithHint("another transaction has written the same key of unique index %s.%s, and is not over", x.Table, x.Name)
		}
	}
	for part := range slices.Chunk(all, keyRows) {
		if err := w.compare(ctx, x, s, statement, before, part); err != nil {
			return err
		}
	}
	return nil
}

// keyOf is the key of a row, or nil when a part of it is NULL.
func (s *shape) keyOf(row sql.Row) sql.Row {
	if row == nil {
		return nil
	}
	key := make(sql.Row, s.keys)
	for i, position := range s.positions[:s.keys] {
		if key[i] = row[position]; key[i] == nil {
			return nil
		}
	}
	return key
}

// same tells whether two keys are equal to SQL; nil is like nothing.
func (s *shape) same(ctx *sql.Context, a, b sql.Row) (bool, error) {
	if a == nil || b == nil {
		return false, nil
	}
	for i := range a {
		order, err := s.columns[i].Type.Compare(ctx, a[i], b[i])
		if err != nil || order != 0 {
			return false, err
		}
	}
	return true, nil
}

// compare fails when a row has one of the keys.
func (w *writer) compare(ctx *sql.Context, x *Index, s *shape, statement uint64, before sql.Row, all []wanted) error {
	var ranges []*pb.KeyRange
	at := map[uint64]int{}
	for i, k := range all {
		r := &pb.KeyRange{}
		for n, v := range k.key {
			value, err := gms.ToValue(s.columns[n].Type, v)
			if err != nil {
				return err
			}
			b := &pb.Bound{Value: value, Inclusive: true}
			r.Lower, r.Upper = append(r.Lower, b), append(r.Upper, b)
		}
		ranges = append(ranges, r)
		at[k.hash] = i
	}
	h := newHasher(x.claims.seed, s.schema[:s.keys], s.columns[:s.keys])
	there := func(ctx *sql.Context, t *gms.Table, left map[uint64]bool) (bool, error) {
		return w.each(ctx, x, t, ranges, func(row sql.Row) error {
			location, err := w.locationHash(s, row)
			if err != nil || left[location] {
				return err
			}
			key := s.keyOf(row)
			if key == nil {
				return nil
			}
			hash, err := h.row(ctx, key)
			if err != nil {
				return err
			}
			i, ok := at[hash]
			if !ok {
				return nil
			}
			if same, err := s.same(ctx, key, all[i].key); err != nil || !same {
				return err
			}
			return sqlerr.Duplicate(x.Table, x.Name, all[i].key, row)
		})
	}
	self := map[uint64]bool{}
	if before != nil {
		location, err := w.locationHash(s, before)
		if err != nil {
			return err
		}
		self[location] = true
	}
	some, err := there(ctx, w.of.During(statement), self)
	if err != nil || !some {
		return err
	}
	gone := w.owned().gone
	for location := range self {
		gone[location] = true
	}
	outside := sql.NewContext(ctx.Context, sql.WithSession(sql.NewBaseSession()))
	_, err = there(outside, w.of, gone)
	return err
}

// each reads the rows of a table that entries of ranges lead to; some tells whether there are any entries.
func (w *writer) each(ctx *sql.Context, x *Index, t *gms.Table, ranges []*pb.KeyRange, do func(sql.Row) error) (some bool, err error) {
	s, version, _, ok := x.entered(ctx, t)
	if !ok {
		return false, x.unchecked("it has just been lost")
	}
	schema := t.FullSchema()
	columns := make([]exec.ColumnRead, len(schema))
	for i, c := range schema {
		columns[i] = exec.ColumnRead{Name: c.Name, Type: c.Type, NotNull: !c.Nullable, Column: i}
	}
	c := &cursor{columns: columns, table: t, shape: s, version: version}
	if err := c.find(ctx, x, ranges, 1<<31); err != nil {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		x.damaged(err)
		return false, x.unchecked(err.Error())
	}
	if len(c.batches) == 0 {
		return false, nil
	}
	if err := c.start(ctx); err != nil {
		return true, errors.Join(err, c.Close())
	}
	for {
		row, err := c.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return true, c.Close()
		case err == nil:
			err = do(row)
		}
		if err != nil {
			_ = c.Close() // err is the one to tell, by itself: its kind says what happens to the row
			return true, err
		}
	}
}
