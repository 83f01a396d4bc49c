package vec

import (
	"hash/maphash"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

const (
	// fanOut is the number of parts that rows are spread over when they do not fit into memory.
	fanOut = 32
	// depthMax is how often parts are spread again.
	depthMax = 6
)

// partitions spread rows over runs on disk, by the hash of a key: rows of one key come into one run, in the order they came.
type partitions struct {
	account *account
	space   *spill.Space
	seed    maphash.Seed
	parts   [fanOut]part
	// booked is the memory of the rows that are not written yet.
	booked int64
}

type part struct {
	// rows of the batch that belong here.
	rows    []uint32
	columns []store
	run     *spill.Run
}

func newPartitions(a *account) (*partitions, error) {
	space, err := a.space()
	if err != nil {
		return nil, err
	}
	return &partitions{account: a, space: space, seed: maphash.MakeSeed()}, nil
}

// of gives the part of a key.
func (p *partitions) of(key []byte) *part {
	return &p.parts[maphash.Bytes(p.seed, key)%fanOut]
}

// add takes the rows that are listed in the parts, n being the rows of the batch, and empties the lists.
func (p *partitions) add(columns []*col.Vec, n int) error {
	for i := range p.parts {
		to := &p.parts[i]
		if len(to.rows) == 0 {
			continue
		}
		if to.columns == nil {
			to.columns = make([]store, len(columns))
		}
		for c, v := range columns {
			if err := to.columns[c].addAll(v, n, to.rows); err != nil {
				return err
			}
		}
		to.rows = to.rows[:0]
		if err := p.flush(to, p.account.frame()); err != nil {
			return err
		}
	}
	p.book()
	return nil
}

// addKey takes a key as a row of one column.
func (p *partitions) addKey(key []byte) error {
	to := p.of(key)
	if to.columns == nil {
		to.columns = make([]store, 1)
	}
	one := col.Vec{Type: col.Binary, Len: 1, Offsets: []int32{0, int32(len(key))}, Data: key}
	if err := to.columns[0].add(&one, 0); err != nil {
		return err
	}
	return p.flush(to, p.account.frame())
}

// flush writes the rows of a part when they are more than some bytes.
func (p *partitions) flush(from *part, bytes int) (err error) {
	used := int64(0)
	for i := range from.columns {
		used += from.columns[i].used()
	}
	if used <= int64(bytes) || len(from.columns) == 0 || from.columns[0].rows == 0 {
		return nil
	}
	if from.run == nil {
		if from.run, err = p.space.Create(); err != nil {
			return err
		}
	}
	b := col.Batch{Rows: from.columns[0].rows, Cols: make([]col.Vec, len(from.columns))}
	for i := range from.columns {
		b.Cols[i] = from.columns[i].vec()
	}
	if err := from.run.Write(&b); err != nil {
		return err
	}
	for i := range from.columns {
		from.columns[i].reset()
	}
	return nil
}

// book accounts for the memory of what is not written yet.
func (p *partitions) book() {
	size := int64(0)
	for i := range p.parts {
		for c := range p.parts[i].columns {
			size += p.parts[i].columns[c].size()
		}
	}
	p.account.hold(p.account.held - p.booked + size)
	p.booked = size
}

// seal writes what is left and gives the runs of the parts that have rows, which are the caller's to remove, nil for the others.
func (p *partitions) seal() ([]*spill.Run, error) {
	runs := make([]*spill.Run, fanOut)
	for i := range p.parts {
		from := &p.parts[i]
		if err := p.flush(from, -1); err != nil {
			return nil, err
		}
		if from.run != nil {
			if err := from.run.Seal(); err != nil {
				return nil, err
			}
		}
	}
	for i := range p.parts {
		runs[i], p.parts[i] = p.parts[i].run, part{}
	}
	p.book()
	return runs, nil
}

// close removes what was not given away; nil has nothing.
func (p *partitions) close() {
	if p == nil {
		return
	}
	for i := range p.parts {
		if run := p.parts[i].run; run != nil {
			run.Remove()
		}
		p.parts[i] = part{}
	}
	p.book()
}
