package main

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/wasql/wasql/abi/col"
)

// pointLookup finds rows by a whole number that is all of their primary key. Keys are sorted, so that one way through the tree finds all
// of a batch, block after block, and the columns of the rows are gathered one after the other.
type pointLookup struct {
	*lookup
	// wanted are the keys at hand as they compare, with where they are among the batch of keys, and sorted the same in order.
	wanted, sorted []wantedKey
	// spots are the rows found, by the keys in the order they came; rows are those that are there.
	spots, rows []spot
	positions   []uint32
	page        page
	out         col.Batch
}

type wantedKey struct {
	key uint64
	at  uint32
}

func newPointLookup(l *lookup) *pointLookup {
	return &pointLookup{lookup: l, page: newPage(l.t.definition, l.columns), out: col.Batch{Cols: make([]col.Vec, 1+len(l.columns))}}
}

// Found implements wasql.BatchLookup.
func (l *pointLookup) Found(keys *col.Batch, first, rowsMax, bytesMax int) (*col.Batch, int, error) {
	next := min(keys.Len(), first+max(1, rowsMax))
	ascending := l.want(keys, first, next)
	if len(l.wanted) == 0 || l.t.rows.Len() == 0 {
		return nil, next, nil
	}
	order := l.wanted
	if !ascending {
		order = l.sort()
	}
	l.spots = slices.Grow(l.spots[:0], next-first)[:next-first]
	clear(l.spots)
	l.find(order, first)
	l.rows, l.positions = l.rows[:0], l.positions[:0]
	bytes := 0
	for i, at := range l.spots {
		if at.b == nil {
			continue
		}
		if bytes >= bytesMax {
			next = first + i
			break
		}
		bytes += l.page.sizeOf(at)
		l.rows, l.positions = append(l.rows, at), append(l.positions, uint32(keys.Row(first+i)))
	}
	if len(l.rows) == 0 {
		return nil, next, nil
	}
	l.page.reset()
	l.page.gather(l.rows)
	rows := l.page.batch(false)
	l.out.Rows = rows.Rows
	l.out.Cols[0] = col.Vec{Type: col.Uint32, Len: rows.Rows, Fixed: col.BytesOf(l.positions)}
	copy(l.out.Cols[1:], rows.Cols)
	return &l.out, next, nil
}

// want reads keys, and tells whether they ascend.
func (l *pointLookup) want(keys *col.Batch, first, next int) bool {
	numbers := &keys.Cols[0]
	shift := uint64(0)
	if !numbers.Type.Unsigned() {
		shift = 1 << (8*width(numbers.Type) - 1)
	}
	mask := ^uint64(0) >> (64 - 8*width(numbers.Type))
	if l.parts[0].desc {
		shift ^= mask
	}
	l.wanted = l.wanted[:0]
	ascending, before := true, uint64(0)
	for ; first < next; first++ {
		row := keys.Row(first)
		if numbers.IsNull(row) {
			continue
		}
		key := uint64(numbers.Int64(row))&mask ^ shift
		ascending = ascending && before <= key
		before = key
		l.wanted = append(l.wanted, wantedKey{key, uint32(first)})
	}
	return ascending
}

// sort gives the keys in order, byte by byte from the last on, without those that all have in common.
func (l *pointLookup) sort() []wantedKey {
	from := l.wanted
	to := slices.Grow(l.sorted[:0], len(from))[:len(from)]
	differ := uint64(0)
	for i := range from {
		differ |= from[i].key ^ from[0].key
	}
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var ends [256]uint32
		for i := range from {
			ends[byte(from[i].key>>shift)]++
		}
		total := uint32(0)
		for i, n := range &ends {
			ends[i] = total
			total += n
		}
		for i := range from {
			end := &ends[byte(from[i].key>>shift)]
			to[*end] = from[i]
			*end++
		}
		from, to = to, from
	}
	l.wanted, l.sorted = from, to
	return from
}

// near is how many blocks are passed one after the other before the next one is looked for from the top.
const near = 4

// find notes the rows of keys in order; first is the position of the first key.
func (l *pointLookup) find(order []wantedKey, first int) {
	t := l.t.rows
	size := t.shelves[0].blocks[0].keys.width
	shelf, at, row := -1, 0, 0
	var b *block
	var last uint64
	var end string // of the key that is looked for from the top
	for i := range order {
		key := order[i].key
		if b == nil || key > last {
			passed := 0
			for ; b != nil && key > last && passed < near; passed++ {
				if at++; at == len(t.shelves[shelf].blocks) {
					if shelf++; shelf == len(t.shelves) {
						return
					}
					at = 0
				}
				b, row = t.shelves[shelf].blocks[at], 0
				last = b.keys.ordinal(b.n-1, size)
			}
			if b == nil || key > last {
				binary.BigEndian.PutUint64(l.room[:], key<<(64-8*size))
				end = textOf(l.room[:size])
				shelf, at = t.locate(end)
				b, row = t.shelves[shelf].blocks[at], 0
				last = b.keys.ordinal(b.n-1, size)
			}
		}
		low, high := row, b.n
		for low < high {
			if middle := int(uint(low+high) >> 1); b.keys.ordinal(middle, size) < key {
				low = middle + 1
			} else {
				high = middle
			}
		}
		if row = low; row < b.n && b.keys.ordinal(row, size) == key {
			l.spots[int(order[i].at)-first] = spot{b, row}
		}
	}
}

// ordinal is a value of 1, 2, 4 or 8 bytes as a number that compares like it.
func (s *strip) ordinal(i, size int) uint64 {
	p := unsafe.Pointer(&s.fixed[i*size])
	switch size {
	case 8:
		return bits.ReverseBytes64(*(*uint64)(p))
	case 4:
		return uint64(bits.ReverseBytes32(*(*uint32)(p)))
	case 2:
		return uint64(bits.ReverseBytes16(*(*uint16)(p)))
	}
	return uint64(*(*byte)(p))
}

// sizeOf is what a row takes of a page, in bytes.
func (p *page) sizeOf(at spot) int {
	total := 0
	for i := range p.columns {
		c := &p.columns[i]
		if total += c.width; c.width == 0 {
			offsets := at.b.columns[c.at].offsets
			total += int(offsets[at.i+1] - offsets[at.i])
		}
	}
	return total
}

// gather copies rows that lie anywhere into a page that has none.
func (p *page) gather(rows []spot) {
	for i := range p.columns {
		c := &p.columns[i]
		switch {
		case c.number:
			for _, at := range rows {
				key := at.b.keys.fixed[8*at.i:]
				c.fixed = append(c.fixed, key[7], key[6], key[5], key[4], key[3], key[2], key[1], key[0])
			}
		case slices.ContainsFunc(rows, func(at spot) bool { return at.b.columns[c.at].valid != nil }):
			for n, at := range rows {
				c.append(n, &at.b.columns[c.at], at.i, at.i+1)
			}
		case c.width == 0:
			c.gatherTexts(rows)
		default:
			c.gatherFixed(rows)
		}
	}
	p.rows = len(rows)
}

func (c *pageColumn) gatherTexts(rows []spot) {
	c.offsets = append(slices.Grow(c.offsets[:0], len(rows)+1), 0)
	for _, at := range rows {
		from := &at.b.columns[c.at]
		c.data = append(c.data, from.data[from.offsets[at.i]:from.offsets[at.i+1]]...)
		c.offsets = append(c.offsets, int32(len(c.data)))
	}
}

func (c *pageColumn) gatherFixed(rows []spot) {
	size := len(rows) * c.width
	c.fixed = slices.Grow(c.fixed[:0], size)[:size]
	if c.width == 8 {
		to := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(c.fixed))), len(rows))
		for k, at := range rows {
			to[k] = *(*uint64)(unsafe.Pointer(&at.b.columns[c.at].fixed[8*at.i]))
		}
		return
	}
	for k, at := range rows {
		copy(c.fixed[k*c.width:][:c.width], at.b.columns[c.at].fixed[at.i*c.width:])
	}
}
