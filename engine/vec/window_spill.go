package vec

import (
	"context"
	"errors"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// windowDisk is windows over rows that do not fit into memory. What is needed of each row is written as the rows come. For each window
// that is sorted, a walk over it computes the functions, and what they give is sorted back, to stand beside the rows.
type windowDisk struct {
	account *account
	inputs  []windowInput
	rows    *spill.Run
	// wanted are the columns of the rows that are given, and streams the rows and then the functions of each window.
	wanted  []int
	streams []windowStream
	stores  []store
	picks   []uint32
	out     col.Batch
}

// windowInput is a column that is written of each row: an expression, with its values in memory, or the partition of a window.
type windowInput struct {
	expr Expr
	held *store
	run  *windowRun
}

// windowColumns says where a window finds its columns in the rows that it sorts. The number of the row is the first; -1: none.
type windowColumns struct {
	// from are the columns of the rows as they are written, behind the number.
	from             []int
	partition        int
	order            []int
	value, otherwise []int
}

// spread puts what is kept on disk, with all that is to come.
func (w *windowed) spread(ctx context.Context) (err error) {
	if _, err := w.account.space(); err != nil {
		return err
	}
	d := &windowDisk{account: &w.account}
	w.disk = d
	for i, e := range w.wanted {
		d.wanted = append(d.wanted, d.place(e, &w.columns[i]))
	}
	layouts := make([]windowColumns, len(w.runs))
	for i := range w.runs {
		layouts[i] = d.layout(&w.runs[i])
	}
	if len(d.inputs) == 0 { // rows are counted by a column
		zeros := &store{}
		zero := col.Vec{Type: col.Int8, Encoding: col.Constant, Fixed: []byte{0}}
		if err := zeros.addAll(&zero, w.rows, nil); err != nil {
			return err
		}
		d.inputs = []windowInput{{expr: Constant(col.Field{Type: col.Int8}, zero), held: zeros}}
	}
	d.rows, err = writeRun(ctx, &w.account, &plainRows{Source: &windowRows{w: w, inputs: d.inputs}, account: &w.account})
	if err != nil {
		return err
	}
	d.streams = append(d.streams, windowStream{source: &numberedRun{run: d.rows, columns: d.wanted}, columns: len(d.wanted)})
	for i := range w.windows {
		walk := newWindowWalk(&w.account, &w.windows[i], layouts[i], d.rows)
		given := make([]Expr, len(w.windows[i].Functions))
		for k := range given {
			given[k] = Column(k+1, col.Field{})
		}
		back := newSorter(walk, given, []SortKey{{Expr: Column(0, col.Field{Type: col.Int64}), Class: Whole}}, -1)
		d.streams = append(d.streams, windowStream{source: back, columns: len(given)})
	}
	d.inputs, w.runs = nil, nil
	return nil
}

// place gives the position of a column among those that are written.
func (d *windowDisk) place(e Expr, held *store) int {
	if c, ok := e.(*column); ok {
		for i, other := range d.inputs {
			if o, ok := other.expr.(*column); ok && o.i == c.i {
				return i
			}
		}
	}
	d.inputs = append(d.inputs, windowInput{expr: e, held: held})
	return len(d.inputs) - 1
}

// layout finds places for what a window needs.
func (d *windowDisk) layout(r *windowRun) windowColumns {
	c := windowColumns{partition: -1}
	if r.table != nil {
		d.inputs = append(d.inputs, windowInput{run: r})
		c.partition = c.take(len(d.inputs) - 1)
	}
	for i := range r.keys {
		c.order = append(c.order, c.take(d.place(r.Order[i].Expr, &r.keys[i])))
	}
	for i := range r.Functions {
		value, otherwise := -1, -1
		if e := r.Functions[i].Argument; e != nil {
			value = c.take(d.place(e, &r.arguments[i].value))
		}
		if e := r.Functions[i].Default; e != nil {
			otherwise = c.take(d.place(e, &r.arguments[i].otherwise))
		}
		c.value, c.otherwise = append(c.value, value), append(c.otherwise, otherwise)
	}
	return c
}

// take gives the place of a column of the rows.
func (c *windowColumns) take(from int) int {
	at := slices.Index(c.from, from)
	if at < 0 {
		at = len(c.from)
		c.from = append(c.from, from)
	}
	return at + 1
}

// windowStream is columns of all rows, in the order in which they came.
type windowStream struct {
	source  Source
	columns int
	batch   *col.Batch
	next    int
}

// Next gives a batch of the rows beside what was computed for them.
func (d *windowDisk) Next(ctx context.Context) (*col.Batch, error) {
	n := outRows
	for i := range d.streams {
		s := &d.streams[i]
		for s.batch == nil || s.next == s.batch.Rows {
			b, err := s.source.Next(ctx)
			if err != nil {
				return nil, err // all end at the same time
			}
			s.batch, s.next = b, 0
		}
		n = min(n, s.batch.Rows-s.next)
	}
	if d.stores == nil {
		width := 0
		for i := range d.streams {
			width += d.streams[i].columns
		}
		d.stores, d.out.Cols = make([]store, width), make([]col.Vec, width)
	}
	at := 0
	for i := range d.streams {
		s := &d.streams[i]
		d.picks = d.picks[:0]
		for k := range n {
			d.picks = append(d.picks, uint32(s.next+k))
		}
		for c := range s.columns {
			to := &d.stores[at]
			to.reset()
			if err := to.addAll(&s.batch.Cols[c], s.batch.Rows, d.picks); err != nil {
				return nil, err
			}
			d.out.Cols[at] = to.vec()
			at++
		}
		s.next += n
	}
	d.out.Rows = n
	return &d.out, nil
}

// close removes what is on disk; nil has nothing.
func (d *windowDisk) close() error {
	if d == nil {
		return nil
	}
	var errs []error
	for i := range d.streams {
		errs = append(errs, d.streams[i].source.Close())
	}
	removeRuns([]*spill.Run{d.rows})
	return errors.Join(errs...)
}

// windowRows gives what is to be written: of the rows in memory, then of those to come.
type windowRows struct {
	w      *windowed
	inputs []windowInput
	given  int
	keys   []partitionKeys
	out    col.Batch
}

// Next implements Source.
func (r *windowRows) Next(ctx context.Context) (*col.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if r.keys == nil {
		r.keys, r.out.Cols = make([]partitionKeys, len(r.inputs)), make([]col.Vec, len(r.inputs))
	}
	if r.given == r.w.rows {
		return r.more(ctx)
	}
	to := min(r.given+outRows, r.w.rows)
	for i, in := range r.inputs {
		if in.run == nil {
			r.out.Cols[i] = in.held.slice(r.given, to)
			continue
		}
		v, err := r.keys[i].known(in.run, r.given, to)
		if err != nil {
			return nil, err
		}
		r.out.Cols[i] = v
	}
	r.out.Rows, r.given = to-r.given, to
	return &r.out, nil
}

// more gives the rows of the next batch, and lets go of those that were in memory.
func (r *windowRows) more(ctx context.Context) (*col.Batch, error) {
	if r.w.columns != nil {
		r.w.columns = nil
		for i := range r.inputs {
			r.inputs[i].held = nil
		}
		for i := range r.w.runs {
			r.w.runs[i] = windowRun{Over: r.w.runs[i].Over}
		}
		for i := range r.keys {
			r.keys[i].values = nil
		}
		r.w.account.hold(0)
	}
	b, err := r.w.Source.Next(ctx)
	if err != nil {
		return nil, err
	}
	for i, in := range r.inputs {
		if in.run != nil {
			if r.out.Cols[i], err = r.keys[i].of(in.run.Partition, b); err != nil {
				return nil, err
			}
			continue
		}
		v, err := in.expr.Eval(b)
		if err != nil {
			return nil, err
		}
		r.out.Cols[i] = *v
	}
	r.out.Rows, r.out.Sel = b.Rows, b.Sel
	return &r.out, nil
}

// Close implements Source.
func (r *windowRows) Close() error { return nil }

// partitionKeys makes a column of the keys of partitions, as bytes that are the same for equal ones.
type partitionKeys struct {
	cols    []*col.Vec
	offsets []int32
	data    []byte
	// values are the whole numbers of a table, by the numbers they have there.
	values []int64
}

// of gives the keys of the rows of b that count.
func (k *partitionKeys) of(keys []Key, b *col.Batch) (col.Vec, error) {
	if k.cols == nil {
		k.cols = make([]*col.Vec, len(keys))
	}
	if err := evaluateKeys(k.cols, keys, b); err != nil {
		return col.Vec{}, err
	}
	k.offsets, k.data = k.offsets[:0], k.data[:0]
	for i := range b.Len() {
		row := b.Row(i)
		for len(k.offsets) <= row {
			k.offsets = append(k.offsets, int32(len(k.data)))
		}
		for c, v := range k.cols {
			k.data = keys[c].append(k.data, v, row)
		}
		if len(k.data) > 1<<31-1 {
			return col.Vec{}, errStoreFull
		}
	}
	for len(k.offsets) <= b.Rows {
		k.offsets = append(k.offsets, int32(len(k.data)))
	}
	return col.Vec{Type: col.Binary, Len: b.Rows, Offsets: k.offsets, Data: k.data}, nil
}

// known gives the keys of rows in memory, whose numbers stand in the window's table.
func (k *partitionKeys) known(r *windowRun, from, to int) (col.Vec, error) {
	whole := r.table.whole
	if whole != nil && k.values == nil {
		k.values = make([]int64, whole.count)
		for i, id := range whole.ids {
			if id != 0 {
				k.values[id-1] = whole.keys[i]
			}
		}
	}
	k.offsets, k.data = append(k.offsets[:0], 0), k.data[:0]
	one := col.Vec{Type: col.Int64, Len: 1}
	for _, id := range r.partition[from:to] {
		switch {
		case whole == nil:
			k.data = append(k.data, r.table.packed.key(id)...)
		case whole.hasNulls && id == whole.nulls:
			k.data = append(k.data, 0)
		default:
			one.Fixed = col.BytesOf(k.values[id : id+1])
			k.data = r.Partition[0].append(k.data, &one, 0)
		}
		if len(k.data) > 1<<31-1 {
			return col.Vec{}, errStoreFull
		}
		k.offsets = append(k.offsets, int32(len(k.data)))
	}
	return col.Vec{Type: col.Binary, Len: to - from, Offsets: k.offsets, Data: k.data}, nil
}
