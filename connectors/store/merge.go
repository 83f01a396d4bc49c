package main

// Rows that come together, in the order of their keys, go into a tree together.

// merge puts rows in, whose keys ascend and are not there.
func (t *tree) merge(o owner, r *rowset) {
	for i := 0; i < r.n; {
		if t.above(r.keys.raw(i)) {
			t.extend(o, r, i)
			return
		}
		s, k := t.locate(r.keys.raw(i))
		end := r.n
		if next := t.after(s, k); next != nil {
			end = r.keys.search(next.first(), i+1, r.n)
		}
		if end-i >= weaveMin {
			t.weave(o, s, k, r, i, end)
			i = end
		} else {
			i = t.squeeze(o, s, k, r, i, end)
		}
	}
}

// weaveMin is the number of rows from which on a block is made anew rather than opened for each. Tests make it smaller.
var weaveMin = 16

// squeeze puts rows from start on, up to end-1, into block k, until it is full, and gives the next one.
func (t *tree) squeeze(o owner, s, k int, r *rowset, start, end int) int {
	b := t.changing(o, s, k)
	before, rows := b.bytes(), b.n
	for at := 0; start < end && !b.full(); start++ {
		key := r.keys.raw(start)
		at = b.keys.search(key, at, b.n)
		b.keys.insert(b.n, at, cell{raw: key})
		for c, w := range t.layout.widths {
			if w >= 0 {
				b.columns[c].insert(b.n, at, r.columns[c].cell(start))
			}
		}
		b.n++
	}
	*b.used = b.n
	t.bytes += int64(b.bytes() - before)
	t.rows += b.n - rows
	t.shelves[s].rows += b.n - rows
	if b.full() {
		t.divide(o, s, k)
	}
	return start
}

// after gives the next block; nil: there is none.
func (t *tree) after(s, k int) *block {
	switch {
	case k+1 < len(t.shelves[s].blocks):
		return t.shelves[s].blocks[k+1]
	case s+1 < len(t.shelves):
		return t.shelves[s+1].blocks[0]
	}
	return nil
}

// extend appends the rows from start on.
func (t *tree) extend(o owner, r *rowset, start int) {
	for start < r.n {
		b := t.growing(o, r.n-start)
		n := min(r.n-start, max(blockRows-b.n, 1))
		before := b.bytes()
		for n > 1 && before+t.layout.stretch(r, start, start+n) > blockBytes {
			n /= 2
		}
		t.layout.append(&b.rowset, r, start, start+n)
		*b.used = b.n
		t.grown(n, b.bytes()-before)
		start += n
	}
}

// stretch is the size of what varies in some rows, and of nothing else when nothing does.
func (l *layout) stretch(r *rowset, start, end int) int {
	total := 0
	if l.key == 0 {
		total += int(r.keys.offsets[end] - r.keys.offsets[start])
	}
	for c, w := range l.widths {
		if w == 0 {
			total += int(r.columns[c].offsets[end] - r.columns[c].offsets[start])
		}
	}
	return total
}

// weave makes block k anew, as one or more, of its rows and those from start to end-1, which belong between them.
func (t *tree) weave(o owner, s, k int, r *rowset, start, end int) {
	old := t.shelves[s].blocks[k]
	total := old.n + end - start
	bytes := old.bytes() + (end-start)*(r.bytes()/r.n+1)
	parts := max((total+blockRows-1)/blockRows, min(bytes/blockBytes+1, total))
	each := (total + parts - 1) / parts
	var made []*block
	room := 0
	emit := func(from *rowset, a, z int) {
		for a < z {
			if room == 0 {
				room = min(each, total)
				made = append(made, t.layout.newBlock(o, room))
				total -= room
			}
			n := min(room, z-a)
			b := made[len(made)-1]
			t.layout.append(&b.rowset, from, a, a+n)
			*b.used = b.n
			a, room = a+n, room-n
		}
	}
	count := end - start
	for i := 0; i < old.n || start < end; {
		next := old.n
		if start < end {
			next = old.keys.search(r.keys.raw(start), i, old.n)
		}
		emit(&old.rowset, i, next)
		if i = next; start == end {
			continue
		}
		stop := end
		if i < old.n {
			stop = r.keys.search(old.keys.raw(i), start+1, end)
		}
		emit(r, start, stop)
		start = stop
	}
	size := -old.bytes()
	for _, b := range made {
		size += b.bytes()
	}
	t.bytes += int64(size)
	t.rows += count
	t.shelf(o, s).rows += count
	t.exchange(o, s, k, k+1, made...)
}
