package main

// reads are what a transaction has read that must be as it was when it is committed: all that it reads with SERIALIZABLE, and what it
// reads FOR UPDATE or FOR SHARE with any level. They are by the table's id. nil: nothing matters.
type reads map[uint64]*tableReads

// tableReads are the parts of a table that were read.
type tableReads struct {
	// whole: of all rows.
	whole bool
	spans []readSpan
	// base is the table as it was when all of it was read.
	base *version
}

// readSpan is a span of the keys of a tree.
type readSpan struct {
	span
	index int
	base  *version
}

// readSpansMax is how many spans are told apart, before all of a table counts as read.
const readSpansMax = 4096

// noting tells whether note remembers anything.
func (t *transaction) noting() bool { return t != nil && t.tracks() }

// note remembers what a request is about to read.
func (t *transaction) note(id uint64, index int, all ...span) {
	if !t.noting() {
		return
	}
	base, _ := t.base.tables.Get(id)
	if base == nil || base.temporary {
		return
	}
	if t.reads == nil {
		t.reads = reads{}
	}
	r := t.reads[id]
	if r == nil {
		r = &tableReads{}
		t.reads[id] = r
	}
	if r.whole {
		return
	}
	for _, s := range all {
		if s.low == "" && s.high == "" || len(r.spans) == readSpansMax {
			r.whole, r.base = true, base
			for _, before := range r.spans {
				if before.base != base {
					r.base = nil // what was read first has changed meanwhile, perhaps
				}
			}
			r.spans = nil
			return
		}
		r.spans = append(r.spans, readSpan{s, index, base})
	}
}

// same tells whether what was read of a table is in both versions as it is in the other. from is what the other one was made of.
func (r reads) same(id uint64, from, to *version) bool {
	t := r[id]
	switch {
	case t == nil || from == to:
		return true
	case t.whole || from.definition != to.definition:
		return false
	}
	for _, s := range t.spans {
		if !sameSpan(from, to, s) {
			return false
		}
	}
	return true
}

// still tells whether what was read is committed as it was.
func (r reads) still(now *root) (*version, bool) {
	for id, t := range r {
		v, _ := now.tables.Get(id)
		if t.whole {
			if v == nil || v != t.base {
				return orBase(v, t.base), false
			}
			continue
		}
		for _, s := range t.spans {
			if v == s.base {
				continue
			}
			if v == nil || v.definition != s.base.definition || !sameSpan(s.base, v, s) {
				return s.base, false
			}
		}
	}
	return nil, true
}

func orBase(v, base *version) *version {
	if base != nil {
		return base
	}
	return v
}

// sameSpan tells whether two versions have the same rows under the keys of a span.
func sameSpan(a, b *version, s readSpan) bool {
	if s.index >= len(a.indexes) || s.index >= len(b.indexes) {
		return false
	}
	x, y := walkOf(a, s), walkOf(b, s)
	for {
		p, inP := x.next()
		q, inQ := y.next()
		if !inP || !inQ {
			return inP == inQ
		}
		if p.key() != q.key() {
			return false
		}
		if s.index >= 0 {
			if p.holder() != q.holder() {
				return false
			}
			p, _ = a.rows.find(p.holder())
			q, _ = b.rows.find(q.holder())
		}
		if p != q && !a.layout.same(p, q) {
			return false
		}
	}
}

// walkOf goes through a span.
func walkOf(v *version, s readSpan) walk {
	return walk{tree: v.tree(s.index), index: s.index, spans: spans{s.span}}
}
