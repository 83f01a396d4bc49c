package main

import (
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/col"
)

// Rows that come together are worked on by the column: their keys are made one behind the other, put in order when they are not,
// looked for, and go into the trees in runs.

// arrivals are new rows in the order of their keys, and their entries in each index in the order of these.
type arrivals struct {
	rows    rowset
	entries []rowset
}

// arrive works out what new rows, whose keys are made, put into the trees. False: a key is there already or comes twice; then
// nothing has changed, and they are to be looked at one by one.
func (v *version) arrive(r *rowset) (a arrivals, ok bool) {
	a.rows = *r
	if !r.keys.ascend(r.n) {
		a.rows = v.layout.gather(r, r.keys.order(r.n))
		if !a.rows.keys.ascend(r.n) {
			return a, false
		}
	}
	if v.rows.meets(&a.rows.keys, r.n) {
		return a, false
	}
	a.entries = make([]rowset, len(v.indexes))
	for i := range v.definition.indexes {
		x := &v.definition.indexes[i]
		if !x.kept {
			continue
		}
		e := x.entriesOf(&a.rows)
		if !e.keys.ascend(e.n) {
			e = x.layout.gather(&e, e.keys.order(e.n))
			if x.unique && !e.keys.ascend(e.n) {
				return a, false
			}
		}
		if x.unique && v.indexes[i].meets(&e.keys, e.n) {
			return a, false
		}
		a.entries[i] = e
	}
	return a, true
}

// add puts arrivals into the trees.
func (v *version) add(a arrivals) {
	v.rows.merge(v.owner, &a.rows)
	for i, t := range v.indexes {
		if t != nil {
			t.merge(v.owner, &a.entries[i])
		}
	}
}

// meets tells whether one of n ascending keys is in the tree.
func (t *tree) meets(keys *strip, n int) bool {
	for i := range n {
		key := keys.raw(i)
		if t.above(key) {
			return false
		}
		if _, there := t.find(key); there {
			return true
		}
	}
	return false
}

// ascend tells whether each of n values is greater than the one before.
func (s *strip) ascend(n int) bool {
	if s.width < 8 || n == 0 { // no key has a beginning when there is none
		for i := 1; i < n; i++ {
			if s.raw(i-1) >= s.raw(i) {
				return false
			}
		}
		return true
	}
	last := s.beginning(0)
	for i := 1; i < n; i++ {
		next := s.beginning(i)
		if next < last || next == last && s.raw(i-1) >= s.raw(i) {
			return false
		}
		last = next
	}
	return true
}

// order gives the places of n values from the least to the greatest.
func (s *strip) order(n int) []uint32 {
	places := make([]sorting, n)
	for i := range places {
		places[i] = sorting{beginning(s.raw(i)), uint32(i)}
	}
	places = byBeginning(places)
	order := make([]uint32, n)
	for i := range places {
		order[i] = places[i].at
	}
	// Runs that begin alike are still in the order in which they came, which often is the right one.
	for i := 0; i < n; {
		end := i + 1
		for end < n && places[end].first == places[i].first {
			end++
		}
		compare := func(a, b uint32) int { return strings.Compare(s.raw(int(a)), s.raw(int(b))) }
		if run := order[i:end]; len(run) > 1 && !slices.IsSortedFunc(run, compare) {
			slices.SortFunc(run, compare)
		}
		i = end
	}
	return order
}

// sorting is a value that is being sorted.
type sorting struct {
	// first are its first eight bytes, which mostly decide.
	first uint64
	at    uint32
}

// byBeginning sorts by the first bytes, one after the other from the last on. In WebAssembly that is much quicker than a
// sort that calls a function to compare.
func byBeginning(places []sorting) []sorting {
	spare := make([]sorting, len(places))
	for shift := 0; shift < 64; shift += 8 {
		var starts [257]int
		for i := range places {
			starts[places[i].first>>shift&0xff+1]++
		}
		if len(places) == 0 || starts[places[0].first>>shift&0xff+1] == len(places) {
			continue
		}
		for i := 1; i < len(starts); i++ {
			starts[i] += starts[i-1]
		}
		for i := range places {
			digit := places[i].first >> shift & 0xff
			spare[starts[digit]] = places[i]
			starts[digit]++
		}
		places, spare = spare, places
	}
	return places
}

// keysOf makes the keys of rows of their columns.
func (s *keySpec) keysOf(r *rowset) {
	keys := &r.keys
	keys.reset()
	if keys.width = s.width(); len(s.parts) == 1 && s.wholes(&keys.fixed, r) {
		return
	}
	cells := make([]cell, len(r.columns))
	keys.each(r.n, func(dst []byte, i int) []byte {
		for k := range s.parts {
			at := s.parts[k].column
			cells[at] = r.columns[at].cell(i)
		}
		return s.append(dst, cells)
	})
}

// each appends n values that f makes.
func (s *strip) each(n int, f func(dst []byte, i int) []byte) {
	if s.width > 0 {
		s.fixed = slices.Grow(s.fixed, n*s.width)
		for i := range n {
			s.fixed = f(s.fixed, i)
		}
		return
	}
	s.offsets = append(slices.Grow(s.offsets[:0], n+1), 0)
	for i := range n {
		s.data = f(s.data, i)
		s.offsets = append(s.offsets, int32(len(s.data)))
	}
}

// wholes makes the keys of a column of whole numbers that is not NULL, ascending: the bytes turned around, the sign flipped. False: it is another
// kind of key.
func (s *keySpec) wholes(dst *[]byte, r *rowset) bool {
	p := &s.parts[0]
	flip := byte(0x80)
	switch p.typ {
	case col.Int8, col.Int16, col.Int32, col.Int64, col.Date, col.Time, col.Datetime:
	case col.Uint8, col.Uint16, col.Uint32, col.Uint64, col.Enum, col.Set, col.Bit, col.Year:
		flip = 0
	default:
		return false
	}
	if p.nullable || p.desc {
		return false
	}
	w := width(p.typ)
	from, to := r.columns[p.column].fixed[:r.n*w], slices.Grow(*dst, r.n*w)[:r.n*w]
	if w == 8 {
		for i := 0; i < len(from); i += 8 {
			a, b := from[i:i+8:i+8], to[i:i+8:i+8]
			b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7] = a[7]^flip, a[6], a[5], a[4], a[3], a[2], a[1], a[0]
		}
	} else {
		for i := 0; i < len(from); i += w {
			for k := range w {
				to[i+k] = from[i+w-1-k]
			}
			to[i] ^= flip
		}
	}
	*dst = to
	return true
}

// entriesOf makes the entries of rows in an index, in the order of the rows.
func (x *index) entriesOf(r *rowset) rowset {
	e := rowset{n: r.n, columns: []strip{r.keys}}
	e.keys.width = x.layout.key
	cells := make([]cell, len(r.columns))
	e.keys.each(r.n, func(dst []byte, i int) []byte {
		for k := range x.spec.parts {
			at := x.spec.parts[k].column
			cells[at] = r.columns[at].cell(i)
		}
		return x.entry(dst, cells, r.keys.raw(i))
	})
	return e
}
