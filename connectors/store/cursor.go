package main

import (
	"github.com/tidwall/btree"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Scan reads the rows as they are now: later changes are not seen.
func (t *table) Scan(p *wasql.Plan) (wasql.Cursor, error) {
	c := &cursor{page: newPage(t.columns, p.Columns)}
	c.t = t
	if err := c.Rescan(p); err != nil {
		return nil, err
	}
	return wasql.Batches(c), nil
}

// cursor reads rows of a frozen version in the order of the keys of a tree, or in the opposite one.
type cursor struct {
	walk
	page page
	// skip and left are the rows to leave out, and those that may still come.
	skip, left uint64
	// fetched counts the rows that an index led to.
	fetched int
}

// Rescan starts again with other values.
func (c *cursor) Rescan(p *wasql.Plan) error {
	a, reverse, err := c.t.planned(p.State)
	if err != nil {
		return err
	}
	a.use(claimed(p))
	all, err := a.keys()
	if err != nil {
		return err
	}
	c.walk.start(c.t, a, all, reverse)
	c.skip, c.left = p.Offset, p.Limit
	return nil
}

// NextBatch fills the page again.
func (c *cursor) NextBatch(rowsMax, bytesMax int) (*col.Batch, error) {
	c.page.reset()
	done := c.left == 0
	for !done && c.page.rows < rowsMax && c.page.bytes < bytesMax {
		key, row, ok := c.walk.next()
		if !ok {
			done = true
			break
		}
		if c.skip > 0 {
			c.skip--
			continue
		}
		if c.index >= 0 {
			c.fetched++
			key, row = row, c.t.row(row)
		}
		c.page.add(&c.t.layout, key, row)
		c.left--
		done = c.left == 0
	}
	if c.page.rows == 0 {
		return nil, nil
	}
	return c.page.batch(done), nil
}

// row gives the row of a key that an index holds.
func (v *version) row(key string) string {
	row, _ := v.rows.Get(key)
	return row
}

// walk goes through spans of the keys of a tree.
type walk struct {
	t       *table
	index   int
	tree    *tree
	spans   spans
	reverse bool
	// exactly: each span is one whole key of the tree.
	exactly bool
	iter    btree.MapIter[string, string]
	at      int
	inside  bool
}

func (w *walk) start(t *table, a *access, all spans, reverse bool) {
	w.t, w.index, w.tree, w.spans, w.reverse = t, a.index, t.tree(a.index), all, reverse
	w.at, w.inside = 0, false
	w.exactly = a.index < 0 && a.points > 0 && len(a.used) == len(a.parts) && len(a.branches) == 0
	if !w.exactly {
		w.iter = w.tree.Iter()
	}
}

// next gives the next key with its value.
func (w *walk) next() (key, value string, ok bool) {
	for w.at < len(w.spans) {
		s := &w.spans[w.at]
		if w.reverse {
			s = &w.spans[len(w.spans)-1-w.at]
		}
		if w.exactly {
			w.at++
			if value, ok = w.tree.Get(s.low); ok {
				return s.low, value, true
			}
			continue
		}
		if w.step(s) && s.holds(w.iter.Key()) {
			return w.iter.Key(), w.iter.Value(), true
		}
		w.at, w.inside = w.at+1, false
	}
	return "", "", false
}

// step goes to the next key, the first of a span when it is entered.
func (w *walk) step(s *span) bool {
	switch {
	case w.inside && w.reverse:
		return w.iter.Prev()
	case w.inside:
		return w.iter.Next()
	}
	w.inside = true
	switch {
	case !w.reverse && s.low == "":
		return w.iter.First()
	case !w.reverse:
		return w.iter.Seek(s.low)
	case s.high != "" && w.iter.Seek(s.high):
		return w.iter.Prev()
	}
	return w.iter.Last()
}
