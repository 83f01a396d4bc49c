package main

import "github.com/wasql/wasql/abi/col"

// rowset is some rows under their keys, with the columns side by side.
type rowset struct {
	n    int
	keys strip
	// columns of the layout; that of the row number is empty.
	columns []strip
}

// block is a run of rows in the order of their keys, and what a tree consists of. One that was shown to somebody does
// not change any more, except behind its end: there a copy of it may go on in the same memory, once.
type block struct {
	rowset
	// owner may change it.
	owner owner
	// sole: the owner has the memory for itself, and may change any row of it.
	sole bool
	// used is how many rows lie in the memory: whoever has as many may append.
	used *int
}

// A block that is as large as this takes no more. Tests make it smaller, so that everything happens with few rows.
var (
	blockRows  = 256
	blockBytes = 64 << 10
)

// spot is a row where it lies.
type spot struct {
	b *block
	i int
}

func (at spot) key() string { return at.b.keys.raw(at.i) }

func (r *rowset) first() string { return r.keys.raw(0) }
func (r *rowset) last() string  { return r.keys.raw(r.n - 1) }

// bytes is the size of all keys and values.
func (r *rowset) bytes() int {
	total := r.keys.bytes(r.n)
	for i := range r.columns {
		total += r.columns[i].bytes(r.n)
	}
	return total
}

func (b *block) full() bool { return b.n >= blockRows || b.n > 1 && b.bytes() >= blockBytes }

// empty gives a rowset of a layout, with memory for n rows, but for what varies.
func (l *layout) empty(n int) rowset {
	r := rowset{columns: make([]strip, len(l.widths))}
	r.keys.width = l.key
	size, varying := max(l.key, 0), 0
	if l.key == 0 {
		varying++
	}
	for i, w := range l.widths {
		switch r.columns[i].width = max(w, 0); {
		case w > 0:
			size += w
		case w == 0:
			varying++
		}
	}
	// One allocation for all values of fixed width, and one for all offsets.
	fixed, offsets := make([]byte, n*size), make([]int32, (n+1)*varying)
	for i := range len(r.columns) + 1 {
		s, w := &r.keys, l.key
		if i > 0 {
			s, w = &r.columns[i-1], l.widths[i-1]
		}
		switch {
		case w > 0:
			s.fixed, fixed = fixed[:0:n*w], fixed[n*w:]
		case w == 0:
			s.offsets, offsets = offsets[:1:n+1], offsets[n+1:]
		}
	}
	return r
}

func (l *layout) newBlock(o owner, n int) *block {
	return &block{rowset: l.empty(n), owner: o, sole: true, used: new(int)}
}

// clone copies a block for o, with some room.
func (l *layout) clone(b *block, o owner) *block {
	c := l.newBlock(o, min(b.n+b.n/4+4, max(blockRows, b.n)))
	for i := range b.columns {
		if from := &b.columns[i]; from.width == 0 && len(from.data) > 0 {
			c.columns[i].data = make([]byte, 0, len(from.data)+len(from.data)/8+16)
		}
	}
	l.append(&c.rowset, &b.rowset, 0, b.n)
	*c.used = c.n
	return c
}

// onward gives a copy of a block that o may append to, in the memory that both share.
func (b *block) onward(o owner) *block {
	c := *b
	c.columns = append(make([]strip, 0, len(b.columns)), b.columns...)
	c.owner, c.sole = o, false
	return &c
}

// append adds rows of another rowset of the layout.
func (l *layout) append(r, from *rowset, start, end int) {
	r.keys.append(r.n, &from.keys, start, end)
	for i, w := range l.widths {
		if w >= 0 {
			r.columns[i].append(r.n, &from.columns[i], start, end)
		}
	}
	r.n += end - start
}

// insert puts a row before row i.
func (l *layout) insert(b *block, i int, key string, cells []cell) {
	b.keys.insert(b.n, i, cell{raw: key})
	for c, w := range l.widths {
		if w >= 0 {
			b.columns[c].insert(b.n, i, cells[c])
		}
	}
	b.n++
	*b.used = b.n
}

// remove takes row i out.
func (l *layout) remove(b *block, i int) {
	b.keys.remove(b.n, i)
	for c, w := range l.widths {
		if w >= 0 {
			b.columns[c].remove(b.n, i)
		}
	}
	b.n--
	*b.used = b.n
}

// get reads a column of a row, in the memory of the block.
func (l *layout) get(at spot, i int) cell {
	if i == l.hidden {
		return rowNumberCell(at.key())
	}
	return at.b.columns[i].cell(at.i)
}

// read gets all columns of a row, in the memory of the block: they change with it.
func (l *layout) read(cells []cell, at spot) {
	for i := range cells {
		cells[i] = l.get(at, i)
	}
}

// same tells whether two rows have the same values.
func (l *layout) same(a, b spot) bool {
	if a == b {
		return true
	}
	for i, w := range l.widths {
		if w >= 0 && a.b.columns[i].cell(a.i) != b.b.columns[i].cell(b.i) {
			return false
		}
	}
	return true
}

// gather gives the rows in another order.
func (l *layout) gather(r *rowset, order []uint32) rowset {
	g := rowset{n: len(order), columns: make([]strip, len(r.columns)), keys: r.keys.gather(order)}
	for i, w := range l.widths {
		if w >= 0 {
			g.columns[i] = r.columns[i].gather(order)
		}
	}
	return g
}

func (s *strip) gather(order []uint32) strip {
	g := strip{width: s.width}
	if s.valid != nil {
		g.valid = make(col.Bitmap, col.BitmapBytes(len(order)))
		for i, at := range order {
			if s.valid[at>>3]&(1<<(at&7)) != 0 {
				g.valid[i>>3] |= 1 << (i & 7)
			}
		}
	}
	if s.width > 0 {
		g.fixed = make([]byte, 0, len(order)*s.width)
		for _, at := range order {
			g.fixed = append(g.fixed, s.fixed[int(at)*s.width:][:s.width]...)
		}
		return g
	}
	g.offsets, g.data = make([]int32, len(order)+1), make([]byte, 0, len(s.data))
	for i, at := range order {
		g.data = append(g.data, s.data[s.offsets[at]:s.offsets[at+1]]...)
		g.offsets[i+1] = int32(len(g.data))
	}
	return g
}
