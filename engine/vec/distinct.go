package vec

import (
	"encoding/binary"

	"github.com/wasql/wasql/abi/col"
)

// distinctCount counts the different values of each group; NULL is none.
type distinctCount struct {
	keys   []Key
	cols   []*col.Vec
	seen   packedTable
	counts []int64
	room   []byte
}

func (d *distinctCount) add(_ *col.Vec, b *col.Batch, ids []uint32, count int) error {
	d.counts = grow(d.counts, count)
	if d.cols == nil {
		d.cols = make([]*col.Vec, len(d.keys))
		d.seen.init()
	}
	if err := evaluateKeys(d.cols, d.keys, b); err != nil {
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
		before := d.seen.count
		d.seen.id(d.room)
		d.counts[id] += int64(d.seen.count - before)
	}
	return nil
}

func (d *distinctCount) result(count int) (col.Vec, error) { return wholes(grow(d.counts, count)), nil }
