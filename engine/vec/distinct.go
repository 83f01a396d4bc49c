package vec

import (
	"context"
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
)

// distinctCount counts the different values of each group; NULL is none.
type distinctCount struct {
	keys   []Key
	cols   []*col.Vec
	seen   *keySet
	counts []int64
	room   []byte
}

func newDistinctCount(ctx context.Context, keys []Key) *distinctCount {
	return &distinctCount{keys: keys, cols: make([]*col.Vec, len(keys)), seen: newKeySet(ctx, 0)}
}

func (d *distinctCount) add(_ *col.Vec, b *col.Batch, ids []uint32, count int) error {
	d.counts = grow(d.counts, count)
	if err := evaluateKeys(d.cols, d.keys, b); err != nil {
		return err
	}
	if err := d.seen.room(b.Len()); err != nil {
		return err
	}
rows:
	for i := range b.Len() {
		id, row := group0(ids, i), b.Row(i)
		d.room = binary.LittleEndian.AppendUint32(d.room[:0], id)
		for k, v := range d.cols {
			if v.IsNull(row) {
				continue rows
			}
			d.room = d.keys[k].append(d.room, v, row)
		}
		fresh, err := d.seen.add(d.room)
		if err != nil {
			return err
		}
		if fresh {
			d.counts[id]++
		}
	}
	return nil
}

// finish counts the values that were put on disk.
func (d *distinctCount) finish(ctx context.Context) error {
	err := d.seen.drain(ctx, func(key []byte) { d.counts[binary.LittleEndian.Uint32(key)]++ })
	d.seen.close()
	return err
}

func (d *distinctCount) close() { d.seen.close() }

func (d *distinctCount) size() int64 { return 8 * int64(cap(d.counts)) } // the set has an account of its own

func (d *distinctCount) result(from, to int) (col.Vec, error) {
	d.counts = grow(d.counts, to)
	return wholes(d.counts[from:to]), nil
}
