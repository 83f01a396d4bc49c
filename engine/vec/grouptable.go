package vec

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"github.com/wasql/wasql/abi/col"
)

// Key is an expression to group by.
type Key struct {
	Expr
	// Collation of text; nil: bytes.
	Collation *Collation
	// Scale to which decimals are brought, at least their own.
	Scale uint32
}

// append appends bytes that are the same for equal values of the key, NULL being equal to NULL, and that end by themselves.
func (k *Key) append(dst []byte, v *col.Vec, i int) []byte {
	return appendKey(dst, v, i, k.Collation, k.Scale)
}

// groupTable numbers the different keys from 0 in the order they come.
type groupTable struct {
	keys []Key
	// rows are the keys of the batch, evaluated.
	cols []*col.Vec
	ids  []uint32
	// count of the groups there are.
	count  int
	whole  *wholeTable
	coded  []uint32
	packed packedTable
	read   reading
	room   []byte
	rows   []uint32
}

func newGroupTable(keys []Key) *groupTable {
	t := &groupTable{keys: keys, cols: make([]*col.Vec, len(keys))}
	t.packed.init()
	return t
}

// number gives the group of each row of b that counts, in order.
func (t *groupTable) number(b *col.Batch) ([]uint32, error) {
	n := b.Len()
	if cap(t.ids) < n {
		t.ids = make([]uint32, n)
	}
	ids := t.ids[:n]
	for i := range t.keys {
		v, err := t.keys[i].Eval(b)
		if err != nil {
			return nil, err
		}
		t.cols[i] = v
	}
	switch {
	case len(t.keys) == 1 && wholeType(t.cols[0].Type) && t.packed.count == 0:
		t.whole = t.whole.orNew()
		values, valid := t.read.ints(t.cols[0], b.Rows)
		t.whole.number(values, valid, b, ids)
		t.count = t.whole.count
	case t.whole != nil:
		// All rows of a batch are NULL, and it has no type.
		for i := range ids {
			ids[i] = t.whole.null()
		}
		t.count = t.whole.count
	case len(t.keys) == 1 && t.cols[0].Encoding == col.Dictionary && t.cols[0].Dict.Len <= b.Rows:
		t.dictionary(t.cols[0], b, ids)
		t.count = t.packed.count
	case len(t.keys) > 1 && t.combinations(b.Rows) > 0:
		t.combined(b, ids)
		t.count = t.packed.count
	default:
		for i := range ids {
			t.room = t.room[:0]
			row := b.Row(i)
			for k, v := range t.cols {
				t.room = t.keys[k].append(t.room, v, row)
			}
			ids[i] = t.packed.id(t.room)
		}
		t.count = t.packed.count
	}
	return ids, nil
}

// find gives the groups of the rows of b that have one, with these rows, and lists the others in the parts of their keys.
func (t *groupTable) find(b *col.Batch, parts *partitions) (rows, ids []uint32, err error) {
	if err := evaluateKeys(t.cols, t.keys, b); err != nil {
		return nil, nil, err
	}
	t.rows, t.ids = t.rows[:0], t.ids[:0]
	var values []int64
	var valid col.Bitmap
	if t.whole != nil && t.cols[0].Type != col.Null {
		values, valid = t.read.ints(t.cols[0], b.Rows)
	}
	for i := range b.Len() {
		row := b.Row(i)
		id, known := uint32(0), false
		switch {
		case t.whole != nil && (values == nil || !valid.Get(row)):
			id, known = t.whole.nulls, t.whole.hasNulls
			t.room = t.room[:0]
		case t.whole != nil:
			id, known = t.whole.find(values[row])
			t.room = binary.LittleEndian.AppendUint64(t.room[:0], uint64(values[row]))
		default:
			t.room = t.room[:0]
			for k, v := range t.cols {
				t.room = t.keys[k].append(t.room, v, row)
			}
			id, known = t.packed.find(t.room)
		}
		if known {
			t.rows, t.ids = append(t.rows, uint32(row)), append(t.ids, id)
			continue
		}
		to := parts.of(t.room)
		to.rows = append(to.rows, uint32(row))
	}
	return t.rows, t.ids, nil
}

// size is the memory of the table, in bytes.
func (t *groupTable) size() int64 {
	size := t.packed.size()
	if t.whole != nil {
		size += 12 * int64(len(t.whole.ids))
	}
	return size
}

// more is about what it takes beyond that for n more keys.
func (t *groupTable) more(n int) int64 {
	if t.whole == nil {
		return t.packed.more(n)
	}
	if 2*(t.whole.count+n) > len(t.whole.ids) {
		return 12 * int64(len(t.whole.ids)) // twice of it; the old one is let go
	}
	return 0
}

// dictionary looks each entry that is used up once.
func (t *groupTable) dictionary(v *col.Vec, b *col.Batch, ids []uint32) {
	coded := t.unknownCodes(v.Dict.Len)
	for i := range ids {
		row := b.Row(i)
		if !v.Valid.Get(row) {
			t.room = append(t.room[:0], 0)
			ids[i] = t.packed.id(t.room)
			continue
		}
		entry := v.Index[row]
		if coded[entry] == unknownCode {
			t.room = t.keys[0].append(t.room[:0], v.Dict, int(entry))
			coded[entry] = t.packed.id(t.room)
		}
		ids[i] = coded[entry]
	}
}

// wholeType tells whether a column of the type is told apart by its values as int64.
func wholeType(t col.Type) bool {
	switch t {
	case col.Bool, col.Date, col.Time, col.Datetime, col.Enum, col.Set, col.Bit, col.Year:
		return true
	}
	return t.Integer()
}

func appendKey(dst []byte, v *col.Vec, i int, collation *Collation, scale uint32) []byte {
	if v.IsNull(i) {
		return append(dst, 0)
	}
	switch {
	case v.Type.Varying():
		at := len(dst)
		dst = collation.AppendKey(append(dst, 1, 0, 0, 0, 0), v.Bytes(i))
		binary.LittleEndian.PutUint32(dst[at+1:], uint32(len(dst)-at-5))
		return dst
	case v.Type == col.Decimal128 || v.Type == col.Decimal256:
		dst = append(dst, 1)
		for _, word := range decimalAt(v, i, max(scale, v.Scale)) {
			dst = binary.LittleEndian.AppendUint64(dst, word)
		}
		return dst
	case v.Type == col.Float32 || v.Type == col.Float64:
		x := v.Float64(i)
		if x == 0 {
			x = 0 // -0 is equal to 0
		}
		return binary.LittleEndian.AppendUint64(append(dst, 1), math.Float64bits(x))
	}
	return binary.LittleEndian.AppendUint64(append(dst, 1), uint64(v.Int64(i)))
}

// wholeTable numbers int64s: open addressing, behind a hash that nobody outside can know.
type wholeTable struct {
	seed  uint64
	keys  []int64
	ids   []uint32 // one more than the number; 0: free
	shift uint
	count int
	// nulls is the number of NULL, if it came.
	nulls    uint32
	hasNulls bool
}

func (t *wholeTable) orNew() *wholeTable {
	if t != nil {
		return t
	}
	const bits = 10
	return &wholeTable{seed: rand.Uint64() | 1, keys: make([]int64, 1<<bits), ids: make([]uint32, 1<<bits), shift: 64 - bits}
}

func (t *wholeTable) place(x int64) uint64 {
	h := (uint64(x) ^ t.seed) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	return h * t.seed >> t.shift
}

func (t *wholeTable) null() uint32 {
	if !t.hasNulls {
		t.hasNulls, t.nulls = true, uint32(t.count)
		t.count++
	}
	return t.nulls
}

func (t *wholeTable) number(values []int64, valid col.Bitmap, b *col.Batch, ids []uint32) {
	if b.Sel == nil && valid == nil {
		for i, x := range values[:len(ids)] {
			ids[i] = t.id(x)
		}
		return
	}
	for i := range ids {
		row := b.Row(i)
		if !valid.Get(row) {
			ids[i] = t.null()
			continue
		}
		ids[i] = t.id(values[row])
	}
}

func (t *wholeTable) id(x int64) uint32 {
	mask := uint64(len(t.ids) - 1)
	at := t.place(x)
	for t.ids[at] != 0 {
		if t.keys[at] == x {
			return t.ids[at] - 1
		}
		at = (at + 1) & mask
	}
	t.keys[at], t.ids[at] = x, uint32(t.count)+1
	t.count++
	if 2*t.count > len(t.ids) {
		t.grow()
	}
	return uint32(t.count - 1)
}

// find gives the number of a value that has one.
func (t *wholeTable) find(x int64) (uint32, bool) {
	mask := uint64(len(t.ids) - 1)
	for at := t.place(x); t.ids[at] != 0; at = (at + 1) & mask {
		if t.keys[at] == x {
			return t.ids[at] - 1, true
		}
	}
	return 0, false
}

func (t *wholeTable) grow() {
	keys, ids := t.keys, t.ids
	t.shift--
	t.keys, t.ids = make([]int64, 2*len(keys)), make([]uint32, 2*len(ids))
	mask := uint64(len(t.ids) - 1)
	for i, id := range ids {
		if id == 0 {
			continue
		}
		at := t.place(keys[i])
		for t.ids[at] != 0 {
			at = (at + 1) & mask
		}
		t.keys[at], t.ids[at] = keys[i], id
	}
}
