package main

import "slices"

// tree is an ordered map of blocks that is copied in one step: the copies share blocks until one of them changes one.
// The tree of the rows has their keys and columns; that of an index has its keys and, as the only column, the key of the row, where
// the key of an index that may repeat ends with the key of the row.
//
// Blocks stand on shelves. There are no more levels: a shelf of 128 blocks has some 20,000 rows, and what a guest can hold is some
// thousand shelves.
type tree struct {
	layout *layout
	// owner may change the list of shelves.
	owner   owner
	shelves []*shelf
	rows    int
	// bytes is the size of all keys and values.
	bytes int64
}

// shelf is some blocks one behind the other.
type shelf struct {
	owner  owner
	blocks []*block
	rows   int
}

// shelfBlocks is how many blocks a shelf takes; tests make it smaller.
var shelfBlocks = 128

func newTree(l *layout) *tree { return &tree{layout: l} }

// Len is the number of rows.
func (t *tree) Len() int { return t.rows }

// copy gives a tree that shares everything with this one, which must not change any more.
func (t *tree) copy() *tree {
	c := *t
	c.owner = 0
	return &c
}

// begins tells whether the first key of a block is not above a key, whose beginning is want.
func (b *block) begins(key string, want uint64) bool {
	if b.keys.width >= 8 {
		if first := b.keys.beginning(0); first != want {
			return first < want
		}
	}
	return b.first() <= key
}

// bottom is the last block; nil when there is none.
func (t *tree) bottom() *block {
	if len(t.shelves) == 0 {
		return nil
	}
	s := t.shelves[len(t.shelves)-1]
	return s.blocks[len(s.blocks)-1]
}

// above tells whether a key is greater than all in the tree.
func (t *tree) above(key string) bool {
	b := t.bottom()
	return b == nil || key > b.last()
}

// locate finds the block that a key belongs into; the tree is not empty.
func (t *tree) locate(key string) (shelf, block int) {
	want := beginning(key)
	low, high := 0, len(t.shelves)
	for high-low > 1 {
		if middle := int(uint(low+high) >> 1); t.shelves[middle].blocks[0].begins(key, want) {
			low = middle
		} else {
			high = middle
		}
	}
	shelf = low
	blocks := t.shelves[shelf].blocks
	low, high = 0, len(blocks)
	for high-low > 1 {
		if middle := int(uint(low+high) >> 1); blocks[middle].begins(key, want) {
			low = middle
		} else {
			high = middle
		}
	}
	return shelf, low
}

// find gives the row of a key.
func (t *tree) find(key string) (spot, bool) {
	if t.rows == 0 {
		return spot{}, false
	}
	s, k := t.locate(key)
	b := t.shelves[s].blocks[k]
	i := b.keys.search(key, 0, b.n)
	return spot{b, i}, i < b.n && b.keys.raw(i) == key
}

// each gives all rows in order, until do says no.
func (t *tree) each(do func(spot) bool) {
	for _, s := range t.shelves {
		for _, b := range s.blocks {
			for i := range b.n {
				if !do(spot{b, i}) {
					return
				}
			}
		}
	}
}

// back gives all rows in the opposite order, until do says no.
func (t *tree) back(do func(spot) bool) {
	for _, s := range slices.Backward(t.shelves) {
		for _, b := range slices.Backward(s.blocks) {
			for i := b.n - 1; i >= 0; i-- {
				if !do(spot{b, i}) {
					return
				}
			}
		}
	}
}

// rank counts the keys below one.
func (t *tree) rank(key string) int {
	if t.rows == 0 {
		return 0
	}
	s, k := t.locate(key)
	below := 0
	for _, shelf := range t.shelves[:s] {
		below += shelf.rows
	}
	blocks := t.shelves[s].blocks
	for _, b := range blocks[:k] {
		below += b.n
	}
	return below + blocks[k].keys.search(key, 0, blocks[k].n)
}

// at gives the row that so many are before.
func (t *tree) at(rank int) spot {
	for _, s := range t.shelves {
		if rank >= s.rows {
			rank -= s.rows
			continue
		}
		for _, b := range s.blocks {
			if rank < b.n {
				return spot{b, rank}
			}
			rank -= b.n
		}
	}
	return spot{}
}

// shelf gives a shelf that o may change.
func (t *tree) shelf(o owner, i int) *shelf {
	t.own(o)
	s := t.shelves[i]
	if s.owner != o {
		s = &shelf{owner: o, blocks: slices.Clone(s.blocks), rows: s.rows}
		t.shelves[i] = s
	}
	return s
}

func (t *tree) own(o owner) {
	if t.owner != o {
		t.shelves, t.owner = slices.Clone(t.shelves), o
	}
}

// changing gives a block of which o may change any row.
func (t *tree) changing(o owner, s, k int) *block {
	shelf := t.shelf(o, s)
	b := shelf.blocks[k]
	if b.owner != o || !b.sole {
		b = t.layout.clone(b, o)
		shelf.blocks[k] = b
	}
	return b
}

// growing gives the last block for appending to it; it is another one when the last takes no more. More is how many
// rows are to come.
func (t *tree) growing(o owner, more int) *block {
	t.own(o)
	last := len(t.shelves) - 1
	if last < 0 || len(t.shelves[last].blocks) >= shelfBlocks && t.bottom().full() {
		t.shelves = append(t.shelves, &shelf{owner: o})
		last++
	}
	s := t.shelf(o, last)
	k := len(s.blocks) - 1
	if k < 0 || s.blocks[k].full() {
		b := t.layout.newBlock(o, min(max(more, 4), blockRows))
		s.blocks = append(s.blocks, b)
		return b
	}
	b := s.blocks[k]
	switch {
	case b.owner == o && b.sole, b.owner == o && *b.used == b.n:
		return b
	case *b.used == b.n:
		b = b.onward(o)
	default:
		b = t.layout.clone(b, o)
	}
	s.blocks[k] = b
	return b
}

// grown counts rows that came to the end.
func (t *tree) grown(rows, bytes int) {
	t.rows += rows
	t.shelves[len(t.shelves)-1].rows += rows
	t.bytes += int64(bytes)
}

// insert puts a row in whose key is not there.
func (t *tree) insert(o owner, key string, cells []cell) {
	if t.above(key) {
		b := t.growing(o, 1)
		before := b.bytes()
		t.layout.insert(b, b.n, key, cells)
		t.grown(1, b.bytes()-before)
		return
	}
	s, k := t.locate(key)
	b := t.changing(o, s, k)
	before := b.bytes()
	t.layout.insert(b, b.keys.search(key, 0, b.n), key, cells)
	t.bytes += int64(b.bytes() - before)
	t.rows++
	t.shelves[s].rows++
	if b.full() {
		t.divide(o, s, k)
	}
}

// divide makes two blocks of one that is full.
func (t *tree) divide(o owner, s, k int) {
	b := t.shelves[s].blocks[k]
	if b.n < 2 {
		return
	}
	half := b.n / 2
	left, right := t.layout.newBlock(o, half+half/2), t.layout.newBlock(o, b.n-half+half/2)
	t.layout.append(&left.rowset, &b.rowset, 0, half)
	t.layout.append(&right.rowset, &b.rowset, half, b.n)
	*left.used, *right.used = left.n, right.n
	t.exchange(o, s, k, k+1, left, right)
}

// exchange puts other blocks, with as many rows, in the place of those from k to end-1; a shelf that is too full then
// becomes two.
func (t *tree) exchange(o owner, s, k, end int, blocks ...*block) {
	shelf := t.shelf(o, s)
	shelf.blocks = slices.Replace(shelf.blocks, k, end, blocks...)
	for len(shelf.blocks) > shelfBlocks {
		t.shelves = slices.Insert(t.shelves, s+1, t.split(o, shelf, min(shelfBlocks, len(shelf.blocks)/2)))
	}
}

// split takes the last blocks of a shelf onto another one.
func (t *tree) split(o owner, s *shelf, last int) *shelf {
	at := len(s.blocks) - last
	next := &shelf{owner: o, blocks: slices.Clone(s.blocks[at:])}
	s.blocks = slices.Delete(s.blocks, at, len(s.blocks))
	for _, b := range next.blocks {
		next.rows += b.n
	}
	s.rows -= next.rows
	return next
}

// remove takes the row of a key out, and tells whether it was there.
func (t *tree) remove(o owner, key string) bool {
	if t.rows == 0 {
		return false
	}
	s, k := t.locate(key)
	b := t.shelves[s].blocks[k]
	i := b.keys.search(key, 0, b.n)
	if i == b.n || b.keys.raw(i) != key {
		return false
	}
	b = t.changing(o, s, k)
	before := b.bytes()
	t.layout.remove(b, i)
	t.bytes += int64(b.bytes() - before)
	t.rows--
	t.shelves[s].rows--
	t.join(o, s, k)
	return true
}

// join drops a block that is empty, and joins one that is small to a neighbour.
func (t *tree) join(o owner, s, k int) {
	shelf := t.shelves[s]
	b := shelf.blocks[k]
	switch {
	case b.n == 0:
		shelf.blocks = slices.Delete(shelf.blocks, k, k+1)
	case b.n <= blockRows/4 && k > 0 && fit(shelf.blocks[k-1], b):
		t.joined(o, s, k-1)
	case b.n <= blockRows/4 && k+1 < len(shelf.blocks) && fit(b, shelf.blocks[k+1]):
		t.joined(o, s, k)
	}
	if n := len(shelf.blocks); n > shelfBlocks/4 {
		return
	} else if n == 0 {
		t.shelves = slices.Delete(t.shelves, s, s+1)
		return
	}
	if s+1 == len(t.shelves) {
		s--
	}
	if s < 0 || s+1 >= len(t.shelves) || len(t.shelves[s].blocks)+len(t.shelves[s+1].blocks) > shelfBlocks/2 {
		return
	}
	left, right := t.shelf(o, s), t.shelves[s+1]
	left.blocks, left.rows = append(left.blocks, right.blocks...), left.rows+right.rows
	t.shelves = slices.Delete(t.shelves, s+1, s+2)
}

// fit tells whether two blocks make one that is half full at most.
func fit(a, b *block) bool { return a.n+b.n <= blockRows/2 && a.bytes()+b.bytes() <= blockBytes/2 }

// joined makes one of the blocks k and k+1.
func (t *tree) joined(o owner, s, k int) {
	left, right := t.changing(o, s, k), t.shelves[s].blocks[k+1]
	t.layout.append(&left.rowset, &right.rowset, 0, right.n)
	*left.used = left.n
	t.exchange(o, s, k+1, k+2)
}

// set gives the row of a key other values; old are those that it has.
func (t *tree) set(o owner, key string, old, cells []cell) {
	s, k := t.locate(key)
	b := t.changing(o, s, k)
	i := b.keys.search(key, 0, b.n)
	before := b.bytes()
	for c, w := range t.layout.widths {
		if w >= 0 && cells[c] != old[c] {
			b.columns[c].set(b.n, i, cells[c])
		}
	}
	t.bytes += int64(b.bytes() - before)
	if b.full() && b.bytes() >= 2*blockBytes {
		t.divide(o, s, k)
	}
}
