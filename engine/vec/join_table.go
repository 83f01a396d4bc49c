package vec

import "github.com/wasql/wasql/abi/col"

// joinTable finds the rows of a key, in the order they came.
type joinTable struct {
	// whole numbers the keys when they are one whole number each; else packed does.
	whole  *wholeTable
	read   reading
	packed packedTable
	// heads and tails have, by the number of the key, its first and its last row, and next, by row, the one behind it; one more than the
	// position, 0: none.
	heads, tails, next []uint32
}

func newJoinTable(left, right []Key) *joinTable {
	t := &joinTable{}
	t.packed.init()
	if len(right) == 1 && wholeType(right[0].Field().Type) && wholeType(left[0].Field().Type) {
		t.whole = t.whole.orNew()
	}
	return t
}

// add adds a row; without a key it is never found.
func (t *joinTable) add(key []byte) {
	if key == nil {
		t.next = append(t.next, 0)
		return
	}
	t.link(t.packed.id(key))
}

// addWhole adds the rows of b that count, whose keys are v.
func (t *joinTable) addWhole(v *col.Vec, b *col.Batch) {
	var keys wholeKeys
	keys.read = t.read
	keys.of(t, []*col.Vec{v}, b)
	t.read = keys.read
	for i := range b.Len() {
		row := b.Row(i)
		if keys.none || !keys.valid.Get(row) {
			t.next = append(t.next, 0)
			continue
		}
		t.link(t.whole.id(keys.values[row]))
	}
}

// link makes the next row the last one of a key.
func (t *joinTable) link(id uint32) {
	t.next = append(t.next, 0)
	row := uint32(len(t.next))
	if int(id) == len(t.heads) {
		t.heads, t.tails = append(t.heads, row), append(t.tails, row)
		return
	}
	t.next[t.tails[id]-1] = row
	t.tails[id] = row
}

// wholeKeys are the keys of a batch as whole numbers.
type wholeKeys struct {
	read   reading
	values []int64
	valid  col.Bitmap
	// none: all of them are NULL.
	none bool
}

// of reads the keys of b for a table of whole numbers.
func (k *wholeKeys) of(t *joinTable, keys []*col.Vec, b *col.Batch) {
	if t.whole == nil {
		return
	}
	if k.none = keys[0].Type == col.Null; !k.none {
		k.values, k.valid = k.read.ints(keys[0], b.Rows)
	}
}

// size is the memory of the table, in bytes.
func (t *joinTable) size() int64 {
	size := t.packed.size() + 4*int64(cap(t.heads)+cap(t.tails)+cap(t.next))
	if t.whole != nil {
		size += 12 * int64(len(t.whole.ids))
	}
	return size
}

// more is about what it takes beyond that for n more rows.
func (t *joinTable) more(n int) int64 {
	more := 8*grown(len(t.heads)+n, cap(t.heads)) + 4*grown(len(t.next)+n, cap(t.next))
	if t.whole == nil {
		return more + t.packed.more(n)
	}
	if 2*(t.whole.count+n) > len(t.whole.ids) {
		more += 12 * int64(len(t.whole.ids))
	}
	return more
}

// first gives one more than the position of the first row with the key, or 0.
func (t *joinTable) first(key []byte) uint32 {
	id, there := t.packed.find(key)
	if !there {
		return 0
	}
	return t.heads[id]
}
