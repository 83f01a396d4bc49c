package main

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Scan reads the rows as they are now: later changes are not seen.
func (t *table) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	switch {
	case p.Taken(wasql.Aggregates) && len(p.Aggregation.GetKeys()) == 0:
		return &groups{t, p}, nil
	case p.Taken(wasql.Joining):
		return t.scanJoin(p)
	case p.Taken(wasql.Aggregates), p.Taken(wasql.Distinct):
		return t.scanRuns(p)
	}
	c := t.store.cursor(t, p.Columns)
	if err := c.Rescan(p); err != nil {
		return nil, err
	}
	return c.itself, nil
}

// cursor reads rows of a frozen version in the order of the keys of a tree, or in the opposite one.
type cursor struct {
	walk
	store *store
	page  page
	// cover is set while the index that is read holds all columns.
	cover *covering
	// itself is what Scan gives.
	itself wasql.Cursor
	// point is where the key of a single row is made, and only its span.
	point []byte
	only  [1]span
	// skip and left are the rows to leave out, and those that may still come.
	skip, left uint64
	// fetched counts the rows that an index led to.
	fetched int
}

// Rescan starts again with other values.
func (c *cursor) Rescan(p *wasql.Plan) error {
	c.skip, c.left = p.Offset, p.Limit
	if c.single(p) {
		c.walk.sampled(p)
		return nil
	}
	a, reverse, err := c.t.planned(p.State)
	if err != nil {
		return err
	}
	a.use(claimed(p))
	all, err := a.keys()
	if err != nil {
		return err
	}
	c.t.reader.note(c.t.id, a.index, all...)
	c.walk.start(c.t, a, all, reverse)
	c.walk.sampled(p)
	c.cover = c.t.covers(a.index, c.page.wanted)
	return nil
}

// cursor gives one for columns of a table. Those that were closed have buffers for the next of their kind.
func (s *store) cursor(t *table, columns []int) *cursor {
	for i, c := range s.cursors {
		if c.page.of == t.definition && slices.Equal(c.page.wanted, columns) {
			s.cursors = slices.Delete(s.cursors, i, i+1)
			c.t, c.fetched = t, 0
			return c
		}
	}
	c := &cursor{store: s, page: newPage(t.definition, columns)}
	c.t, c.itself = t, wasql.Batches(c)
	return c
}

// Some cursors that were closed are kept, unless they have much memory.
const (
	cursorsMax     = 16
	cursorBytesMax = 256 << 10
)

// Close keeps the cursor for the next scan. The batch that it gave last is read before that.
func (c *cursor) Close() error {
	if c.t == nil {
		return nil
	}
	c.walk = walk{}
	if c.page.size() > cursorBytesMax {
		return nil
	}
	if len(c.store.cursors) == cursorsMax {
		c.store.cursors = slices.Delete(c.store.cursors, 0, 1)
	}
	c.store.cursors = append(c.store.cursors, c)
	return nil
}

// single begins a scan of the one row that has a primary key, when the plan says no more than the values of its columns. It is the
// most usual of all, and needs no ways and spans.
func (c *cursor) single(p *wasql.Plan) bool {
	parts, conjuncts := c.t.primary.parts, p.Conjuncts()
	if len(conjuncts) != len(parts) || len(parts) == 0 || !c.t.byPrimary(p.State) {
		return false
	}
	c.point = c.point[:0]
	for i := range parts {
		part := &parts[i]
		var value wasql.Value
		known := false
		for _, f := range conjuncts {
			if f.Op == wasql.EQ && f.Column == part.column && f.Side == 0 && len(f.Operands) == 1 {
				value, known = f.Operands[0].Value()
			}
		}
		if !known || value.IsNull() || part.prefix > 0 {
			return false
		}
		var room [32]byte
		cell, at, ok := locate(&c.t.columns[part.column], value, &room)
		if !ok || at != equal {
			return false
		}
		c.point = part.append(c.point, cell)
	}
	c.only[0] = span{low: textOf(c.point)}
	if c.t.reader != nil {
		c.t.reader.note(c.t.id, -1, pointAt(slices.Clone(c.point)))
	}
	c.walk = walk{t: c.t, index: -1, tree: c.t.rows, spans: c.only[:], exactly: true}
	return true
}

// NextBatch fills the page again.
func (c *cursor) NextBatch(rowsMax, bytesMax int) (*col.Batch, error) {
	c.page.reset()
	done := c.left == 0
	for !done && c.page.rows < rowsMax && c.page.bytes < bytesMax {
		if done = !c.walk.enter(); done {
			break
		}
		n := c.end - c.from
		if c.skip > 0 {
			n = int(min(uint64(n), c.skip))
			c.take(n)
			c.skip -= uint64(n)
			continue
		}
		n = min(n, rowsMax-c.page.rows)
		n = int(min(uint64(n), c.left))
		c.add(n)
		c.left -= uint64(n)
		done = c.left == 0
	}
	if c.page.rows == 0 {
		return nil, nil
	}
	return c.page.batch(done), nil
}

// add puts the next n entries of the stretch into the page.
func (c *cursor) add(n int) {
	b := c.block
	from, end := c.take(n)
	switch {
	case c.index >= 0 && c.cover != nil:
		for k := range n {
			i := from + k
			if c.reverse {
				i = end - 1 - k
			}
			c.cover.read(b.keys.raw(i), spot{b, i}.holder())
			c.page.addKeys(c.cover)
		}
	case c.index >= 0:
		for k := range n {
			i := from + k
			if c.reverse {
				i = end - 1 - k
			}
			at := c.row(spot{b, i}.holder())
			c.page.add(at.b, at.i, at.i+1)
		}
		c.fetched += n
	case c.reverse:
		for i := end - 1; i >= from; i-- {
			c.page.add(b, i, i+1)
		}
	default:
		c.page.add(b, from, end)
	}
}

// row gives the row that an entry of an index leads to. It is often near the last one.
func (w *walk) row(key string) spot {
	if b := w.near; b != nil && b.first() <= key && key <= b.last() {
		if i := b.keys.search(key, 0, b.n); b.keys.raw(i) == key {
			return spot{b, i}
		}
	}
	at, _ := w.t.rows.find(key)
	w.near = at.b
	return at
}

// walk goes through spans of the keys of a tree, a stretch of a block at a time.
type walk struct {
	t       *table
	index   int
	tree    *tree
	spans   spans
	reverse bool
	// exactly: each span is one whole key of the tree.
	exactly bool
	// at is the span, inside tells that its first key was looked for.
	at     int
	inside bool
	// shelf and place are where block stands; the entries from to end-1 of it are to come.
	shelf, place int
	block        *block
	from, end    int
	// draw says which of the entries are read; nil: all.
	draw *draw
	// near is the block of the row that was read last.
	near *block
}

func (w *walk) start(t *table, a *access, all spans, reverse bool) {
	*w = walk{t: t, index: a.index, tree: t.tree(a.index), spans: all, reverse: reverse}
	w.exactly = a.index < 0 && a.points > 0 && len(a.used) == len(a.parts) && len(a.branches) == 0
}

// nothing makes a walk that is at its end.
func (w *walk) nothing() { w.spans, w.at, w.from, w.end = nil, 0, 0, 0 }

// next gives the next entry.
func (w *walk) next() (spot, bool) {
	if !w.enter() {
		return spot{}, false
	}
	b := w.block
	from, _ := w.take(1)
	return spot{b, from}, true
}

// take takes the next n entries of the stretch off it.
func (w *walk) take(n int) (from, end int) {
	if w.reverse {
		w.end -= n
		return w.end, w.end + n
	}
	w.from += n
	return w.from - n, w.from
}

// enter makes sure that the stretch has entries; false: there are no more.
func (w *walk) enter() bool {
	for w.from == w.end {
		if w.draw != nil && w.drawn() {
			return true
		}
		if w.at == len(w.spans) {
			return false
		}
		s := &w.spans[w.at]
		if w.reverse {
			s = &w.spans[len(w.spans)-1-w.at]
		}
		switch {
		case w.exactly:
			w.at++
			if at, ok := w.tree.find(s.low); ok {
				w.block, w.from, w.end = at.b, at.i, at.i+1
			}
		case w.tree.rows == 0 || !w.move(s) || !w.cut(s):
			w.at, w.inside = w.at+1, false
		}
		if w.draw != nil {
			w.consider()
		}
	}
	return true
}

// move goes to the first block of a span, or to the next one; false: there is none.
func (w *walk) move(s *span) bool {
	if w.inside {
		return w.neighbour()
	}
	w.inside = true
	switch {
	case !w.reverse && s.low == "":
		w.shelf, w.place = 0, 0
	case !w.reverse:
		w.shelf, w.place = w.tree.locate(s.low)
	case s.high != "":
		w.shelf, w.place = w.tree.locate(s.high)
	default:
		w.shelf = len(w.tree.shelves) - 1
		w.place = len(w.tree.shelves[w.shelf].blocks) - 1
	}
	w.block = w.tree.shelves[w.shelf].blocks[w.place]
	return true
}

func (w *walk) neighbour() bool {
	step := 1
	if w.reverse {
		step = -1
	}
	w.place += step
	if w.place < 0 || w.place == len(w.tree.shelves[w.shelf].blocks) {
		w.shelf += step
		if w.shelf < 0 || w.shelf == len(w.tree.shelves) {
			return false
		}
		if w.place = 0; w.reverse {
			w.place = len(w.tree.shelves[w.shelf].blocks) - 1
		}
	}
	w.block = w.tree.shelves[w.shelf].blocks[w.place]
	return true
}

// cut finds what of the block lies in the span; false: nothing, and nothing of those behind it.
func (w *walk) cut(s *span) bool {
	b := w.block
	w.from, w.end = 0, b.n
	if s.low != "" && b.first() < s.low {
		w.from = b.keys.search(s.low, 0, b.n)
	}
	if s.high != "" && b.last() >= s.high {
		w.end = b.keys.search(s.high, w.from, b.n)
	}
	if w.from < w.end {
		return true
	}
	// The key that a span begins with may be in the gap before the next block.
	w.from, w.end = 0, 0
	return !w.reverse && b.last() < s.low || w.reverse && s.high != "" && b.first() >= s.high
}
