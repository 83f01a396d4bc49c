package driver

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
)

// errKeys: the keys of a join cannot be looked up together, and are looked up one by one.
var errKeys = fmt.Errorf("keys through an index driver: %w", errors.ErrUnsupported)

// Keyed tells whether keys of these columns can be looked up together: they are the first of the index.
func (p *Path) Keyed(columns []int) bool {
	s := p.index.current()
	if s == nil || len(columns) > s.keys {
		return false
	}
	for _, position := range s.positions[:len(columns)] {
		if !slices.Contains(columns, position) {
			return false
		}
	}
	return true
}

func (x *Index) current() *shape {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shape
}

// OpenKeys begins to look up many keys at once. A row may be given for a key that it does not have: who asks compares.
func (p *Path) OpenKeys(columns []int, read []exec.ColumnRead) exec.KeyCursor {
	return &keyCursor{path: p, columns: columns, read: read, seed: maphash.MakeSeed()}
}

// keyCursor reads the rows of keys that were written together.
type keyCursor struct {
	path    *Path
	columns []int
	read    []exec.ColumnRead
	seed    maphash.Seed
	// keys are the hashes of those that were written, rows are the rows found by theirs.
	keys []uint64
	rows map[uint64][]sql.Row
	// at is the key whose rows are given, and next the row of it.
	at, next int
	total    exec.Counters
}

// Write implements exec.KeyCursor.
func (c *keyCursor) Write(ctx *sql.Context, keys [][]*pb.Value) error {
	s := c.path.index.current()
	if s == nil {
		return errKeys
	}
	points := make([]Condition, len(c.columns))
	for i, position := range s.positions[:len(c.columns)] {
		points[i] = Condition{Column: position, Op: pb.FilterOp_FILTER_OP_EQ}
	}
	hashes, err := c.hashes(s, keys)
	if err != nil {
		return err
	}
	c.keys, c.rows, c.at, c.next = hashes, map[uint64][]sql.Row{}, 0, 0
	known := map[uint64]bool{}
	var ranges []*pb.KeyRange
	for i, key := range keys {
		if known[hashes[i]] && !c.collides(keys, hashes, i) {
			continue
		}
		known[hashes[i]] = true
		r := &pb.KeyRange{}
		for n := range points {
			b := &pb.Bound{Value: key[slices.Index(c.columns, points[n].Column)], Inclusive: true}
			r.Lower, r.Upper = append(r.Lower, b), append(r.Upper, b)
		}
		ranges = append(ranges, r)
	}
	return c.find(ctx, s, ranges)
}

// collides tells whether the key at i differs from an earlier one of the same hash.
func (c *keyCursor) collides(keys [][]*pb.Value, hashes []uint64, i int) bool {
	for j := range i {
		if hashes[j] == hashes[i] {
			return !slices.EqualFunc(keys[i], keys[j], func(a, b *pb.Value) bool { return a.EqualVT(b) })
		}
	}
	return false
}

// find reads the rows of ranges, and puts them to their keys.
func (c *keyCursor) find(ctx *sql.Context, s *shape, ranges []*pb.KeyRange) error {
	read := slices.Clone(c.read)
	at := make([]int, len(c.columns))
	for i, position := range c.columns {
		column := s.columns[slices.Index(s.positions, position)]
		at[i] = len(read)
		read = append(read, exec.ColumnRead{Name: column.Name, Type: column.Type, NotNull: !column.Nullable, Column: position})
	}
	cursor, err := c.path.openRanges(ctx, ranges, read)
	if err != nil {
		return err
	}
	if cursor == nil {
		return errKeys
	}
	h := newHasher(c.seed, c.keySchema(s), c.keyColumns(s))
	for {
		row, err := cursor.Next(ctx)
		if errors.Is(err, io.EOF) {
			c.total.Add(cursor.Counters())
			return cursor.Close()
		}
		if err == nil {
			key := make(sql.Row, len(at))
			for i := range at {
				key[i] = row[at[i]]
			}
			var hash uint64
			if hash, err = h.row(ctx, key); err == nil {
				c.rows[hash] = append(c.rows[hash], row[:len(c.read):len(c.read)])
				continue
			}
		}
		return errors.Join(err, cursor.Close())
	}
}

func (c *keyCursor) keyColumns(s *shape) []*sql.Column {
	all := make([]*sql.Column, len(c.columns))
	for i, position := range c.columns {
		all[i] = s.columns[slices.Index(s.positions, position)]
	}
	return all
}

func (c *keyCursor) keySchema(s *shape) col.Schema {
	all := make(col.Schema, len(c.columns))
	for i, position := range c.columns {
		all[i] = s.schema[slices.Index(s.positions, position)]
	}
	return all
}

// hashes of keys as they were written.
func (c *keyCursor) hashes(s *shape, keys [][]*pb.Value) ([]uint64, error) {
	h := newHasher(c.seed, c.keySchema(s), c.keyColumns(s))
	all := make([]uint64, len(keys))
	for i, key := range keys {
		var err error
		if all[i], err = h.values(key); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Next implements exec.KeyCursor.
func (c *keyCursor) Next(*sql.Context) (int, sql.Row, error) {
	for ; c.at < len(c.keys); c.at, c.next = c.at+1, 0 {
		if rows := c.rows[c.keys[c.at]]; c.next < len(rows) {
			c.next++
			return c.at, slices.Clone(rows[c.next-1]), nil
		}
	}
	return 0, nil, io.EOF
}

// Counters implements exec.KeyCursor.
func (c *keyCursor) Counters() exec.Counters { return c.total }

// Close implements exec.KeyCursor.
func (*keyCursor) Close() error { return nil }

// hasher makes hashes that are the same for keys that are equal in SQL.
type hasher struct {
	seed    maphash.Seed
	columns []*sql.Column
	b       *col.Builder
}

func newHasher(seed maphash.Seed, schema col.Schema, columns []*sql.Column) *hasher {
	return &hasher{seed, columns, col.NewBuilder(schema, 1, batchBytes)}
}

func (h *hasher) row(ctx *sql.Context, key sql.Row) (uint64, error) {
	h.b.Reset()
	for i, v := range key {
		if err := gms.Encode(ctx, h.columns[i], h.b, i, v); err != nil {
			return 0, err
		}
	}
	return h.sum()
}

func (h *hasher) values(key []*pb.Value) (uint64, error) {
	h.b.Reset()
	for i, v := range key {
		if !gms.PutValue(h.b, i, v) {
			return 0, errKeys
		}
	}
	return h.sum()
}

func (h *hasher) sum() (uint64, error) {
	h.b.EndRow()
	if err := h.b.Err(); err != nil {
		return 0, fmt.Errorf("%w: %w", errKeys, err)
	}
	b := h.b.Batch()
	var sum maphash.Hash
	sum.SetSeed(h.seed)
	var cell []byte
	for i := range b.Cols {
		v := &b.Cols[i]
		text, ok := h.columns[i].Type.(sql.StringType)
		switch {
		case ok && v.Type == col.UTF8 && !v.IsNull(0):
			// What is equal to a collation has the same weights.
			var weights strings.Builder
			if err := text.Collation().WriteWeightString(&weights, string(v.Bytes(0))); err != nil {
				return 0, err
			}
			_, _ = sum.WriteString(weights.String()) // a hash takes all
		case (v.Type == col.Float32 || v.Type == col.Float64) && !v.IsNull(0) && v.Float64(0) == 0:
			_ = sum.WriteByte(0) // minus zero is zero
		default:
			cell = appendCell(cell[:0], v, 0)
			_, _ = sum.Write(cell)
		}
		_ = sum.WriteByte(0)
	}
	return sum.Sum64(), nil
}
