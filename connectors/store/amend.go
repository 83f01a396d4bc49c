package main

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// Rows that are there get other values together, when no key changes: no column of the primary key and none of an index.

// address is where a row stands in a tree: the shelf, the block on it, the row in that.
type address struct{ shelf, block, row int }

// addresses finds n ascending keys; false: one is not there.
func (t *tree) addresses(keys *strip, n int) ([]address, bool) {
	if t.rows == 0 {
		return nil, false
	}
	all := make([]address, n)
	s, k := t.locate(keys.raw(0))
	for i, at := 0, 0; i < n; i++ {
		key := keys.raw(i)
		b := t.shelves[s].blocks[k]
		if at == b.n || b.keys.raw(at) != key {
			// Not the next one: it is farther on in the block, or in another.
			if b.last() < key {
				s, k = t.locate(key)
				b, at = t.shelves[s].blocks[k], 0
			}
			if at = b.keys.search(key, at, b.n); at == b.n || b.keys.raw(at) != key {
				return nil, false
			}
		}
		all[i] = address{s, k, at}
		at++
	}
	return all, true
}

// copied gives the rows at addresses, in memory of their own.
func (t *tree) copied(all []address) rowset {
	r := t.layout.empty(len(all))
	for i := 0; i < len(all); {
		first, end := all[i], i+1
		for end < len(all) && all[end].block == first.block && all[end].shelf == first.shelf && all[end].row == first.row+end-i {
			end++
		}
		t.layout.append(&r, &t.shelves[first.shelf].blocks[first.block].rowset, first.row, first.row+end-i)
		i = end
	}
	return r
}

// write gives the rows at addresses the values of some columns of r.
func (t *tree) write(o owner, all []address, r *rowset, columns []int) {
	var large []address
	for i := 0; i < len(all); {
		at := all[i]
		b := t.changing(o, at.shelf, at.block)
		before := b.bytes()
		end := i
		for end < len(all) && all[end].block == at.block && all[end].shelf == at.shelf {
			end++
		}
		for _, c := range columns {
			s, from := &b.columns[c], &r.columns[c]
			for k := i; k < end; k++ {
				s.set(b.n, all[k].row, from.cell(k))
			}
		}
		t.bytes += int64(b.bytes() - before)
		if i = end; b.bytes() >= 2*blockBytes {
			large = append(large, at)
		}
	}
	// From the last on, so that the addresses of the others stay right.
	for _, at := range slices.Backward(large) {
		t.divide(o, at.shelf, at.block)
	}
}

// free tells whether columns may change without a key.
func (d *definition) free(columns []int) bool {
	keyed := func(s *keySpec) bool {
		return slices.ContainsFunc(s.parts, func(p keyPart) bool { return slices.Contains(columns, p.column) })
	}
	if keyed(&d.primary) || slices.Contains(columns, d.layout.hidden) {
		return false
	}
	return !slices.ContainsFunc(d.indexes, func(x index) bool { return x.kept && keyed(&x.spec) })
}

// amend updates the n rows of a batch together. False: something stands against it, and nothing was done.
func (s *sink) amend(v *version, n int) bool {
	if !s.amends || n < 2 {
		return false
	}
	for i := range s.write.Keys {
		if s.given[i].valid != nil {
			return false
		}
	}
	keys := s.keys(v, n)
	if !keys.ascend(n) {
		return false
	}
	for c, at := range s.write.Values {
		if v.columns[at].NotNull && s.given[len(s.write.Keys)+c].valid != nil {
			return false
		}
	}
	all, ok := v.rows.addresses(keys, n)
	if !ok {
		return false
	}
	r := v.rows.copied(all)
	if changed := s.overlay(&r); len(changed) < n {
		r = v.layout.gather(&r, changed)
		for i, at := range changed {
			all[i] = all[at]
		}
		all = all[:len(changed)]
	}
	s.matched += uint64(n)
	s.affected += uint64(r.n)
	if r.n > 0 {
		v.putRows(&r)
		v.rows.write(v.owner, all, &r, s.write.Values)
	}
	return true
}

// keys makes the keys of the rows that a batch is about.
func (s *sink) keys(v *version, n int) *strip {
	r := rowset{n: n, columns: make([]strip, len(v.columns))}
	for i, at := range s.write.Keys {
		r.columns[at] = s.given[i]
	}
	if v.layout.hidden < 0 {
		v.primary.keysOf(&r)
		return &r.keys
	}
	numbers := &r.columns[v.layout.hidden]
	r.keys.width, r.keys.fixed = 8, make([]byte, 0, 8*n)
	for i := range n {
		r.keys.fixed = rowNumberKey(r.keys.fixed, load64(numbers.raw(i)))
	}
	return &r.keys
}

// overlay puts the values of a batch over rows, and lists those that are not what they were.
func (s *sink) overlay(r *rowset) []uint32 {
	changed := make(col.Bitmap, col.BitmapBytes(r.n))
	for c, at := range s.write.Values {
		old, now := &r.columns[at], s.given[len(s.write.Keys)+c]
		for i := range r.n {
			if old.cell(i) != now.cell(i) {
				changed.Set(i)
			}
		}
		r.columns[at] = now
	}
	order := make([]uint32, 0, r.n)
	for i := range r.n {
		if changed.Get(i) {
			order = append(order, uint32(i))
		}
	}
	return order
}

// putOver does a put again whose rows are all there, when it changes no key. False: nothing was done.
func (v *version) putOver(r *rowset) bool {
	if !r.keys.ascend(r.n) {
		return false
	}
	all, ok := v.rows.addresses(&r.keys, r.n)
	if !ok {
		return false
	}
	was := v.rows.copied(all)
	var columns []int
	for c, w := range v.layout.widths {
		if w < 0 {
			continue
		}
		for i := range r.n {
			if was.columns[c].cell(i) != r.columns[c].cell(i) {
				columns = append(columns, c)
				break
			}
		}
	}
	if !v.free(columns) {
		return false
	}
	v.rows.write(v.owner, all, r, columns)
	return true
}
