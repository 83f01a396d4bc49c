package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// Over is a window: rows of a partition in an order, and the functions that are computed of them.
type Over struct {
	Partition []Key
	Order     []SortKey
	Functions []WindowFunction
}

// Windows gives columns of all rows, as they come, and behind them one for each function of each window. Rows
// that do not fit into the memory of the context's Budget go to disk.
func Windows(child Source, columns []Expr, windows ...Over) Source {
	return &windowed{Source: child, wanted: columns, windows: windows}
}

type windowed struct {
	Source
	wanted  []Expr
	windows []Over
	// columns are the wanted ones of all rows, and runs what each window needs.
	columns []store
	runs    []windowRun
	rows    int
	results []col.Vec
	read    bool
	given   int
	out     col.Batch
	account account
	// disk has the rows when memory has no room for them.
	disk *windowDisk
}

// windowRun is one window over all rows.
type windowRun struct {
	*Over
	table *groupTable
	// partition has the number of each row's partition, keys and arguments what is sorted by and computed with.
	partition []uint32
	keys      []store
	arguments []windowArgument
}

// windowArgument has what a function needs of each row.
type windowArgument struct{ value, otherwise store }

// Next implements Source.
func (w *windowed) Next(ctx context.Context) (*col.Batch, error) {
	if !w.read {
		w.read = true
		w.account.open(ctx, operatorWindow)
		if err := w.fill(ctx); err != nil {
			return nil, err
		}
		if err := w.compute(ctx); err != nil {
			return nil, err
		}
	}
	if w.disk != nil {
		return w.disk.Next(ctx)
	}
	n := min(outRows, w.rows-w.given)
	if n <= 0 {
		return nil, io.EOF
	}
	for i := range w.columns {
		all := w.columns[i].vec()
		w.out.Cols[i] = stretch(&all, w.given, n)
	}
	for i := range w.results {
		w.out.Cols[len(w.columns)+i] = stretch(&w.results[i], w.given, n)
	}
	w.given += n
	w.out.Rows, w.out.Last = n, w.given == w.rows
	return &w.out, nil
}

// stretch is a column's rows from one on, which is a multiple of eight, as every part but the last begins and ends at one.
func stretch(v *col.Vec, from, n int) col.Vec {
	out := *v
	out.Len = n
	if v.Valid != nil {
		out.Valid = v.Valid[from/8 : from/8+col.BitmapBytes(n)]
	}
	switch {
	case v.Type == col.Null:
	case v.Encoding == col.Dictionary:
		out.Index = v.Index[from : from+n]
	case v.Offsets != nil:
		out.Offsets = v.Offsets[from : from+n+1]
	default:
		width := v.Type.Width()
		out.Fixed = v.Fixed[from*width : (from+n)*width]
	}
	return out
}

// fill reads the child to its end.
func (w *windowed) fill(ctx context.Context) error {
	w.columns, w.runs = make([]store, len(w.wanted)), make([]windowRun, len(w.windows))
	for i := range w.runs {
		over := &w.windows[i]
		w.runs[i] = windowRun{Over: over, keys: make([]store, len(over.Order)), arguments: make([]windowArgument, len(over.Functions))}
		if len(over.Partition) > 0 {
			w.runs[i].table = newGroupTable(over.Partition)
		}
		for k := range over.Functions {
			over.Functions[k].prepare(&w.runs[i].arguments[k])
		}
	}
	for {
		b, err := w.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if err := w.add(b); err != nil {
			return err
		}
		if !w.account.fits(w.size()) {
			return w.spread(ctx)
		}
	}
}

func (w *windowed) add(b *col.Batch) error {
	for i, e := range w.wanted {
		if err := w.columns[i].evaluate(e, b); err != nil {
			return err
		}
	}
	for i := range w.runs {
		if err := w.runs[i].add(b); err != nil {
			return err
		}
	}
	w.rows += b.Len()
	return nil
}

// rowSize is what a row takes while a window is computed, beside what is kept of it: its place, its peers, a result.
const rowSize = 4 + 8 + 8

// size is what the rows take, in bytes.
func (w *windowed) size() int64 {
	size := int64(0)
	for i := range w.columns {
		size += w.columns[i].size()
	}
	for i := range w.runs {
		r := &w.runs[i]
		size += 4*int64(cap(r.partition)) + rowSize*int64(w.rows)
		if r.table != nil {
			size += r.table.size()
		}
		for k := range r.keys {
			size += r.keys[k].size()
		}
		for k := range r.arguments {
			size += r.arguments[k].value.size() + r.arguments[k].otherwise.size()
		}
	}
	return size
}

// evaluate keeps what an expression is for the rows of b that count.
func (s *store) evaluate(e Expr, b *col.Batch) error {
	v, err := e.Eval(b)
	if err != nil {
		return err
	}
	return s.addAll(v, b.Rows, b.Sel)
}

func (r *windowRun) add(b *col.Batch) error {
	if r.table != nil {
		ids, err := r.table.number(b)
		if err != nil {
			return err
		}
		r.partition = append(r.partition, ids...)
	}
	for i := range r.keys {
		if err := r.keys[i].evaluate(r.Order[i].Expr, b); err != nil {
			return err
		}
	}
	for i := range r.arguments {
		f, a := &r.Functions[i], &r.arguments[i]
		if f.Argument != nil {
			if err := a.value.evaluate(f.Argument, b); err != nil {
				return err
			}
		}
		if f.Default != nil {
			if err := a.otherwise.evaluate(f.Default, b); err != nil {
				return err
			}
		}
	}
	return nil
}

// compute makes the columns of the functions.
func (w *windowed) compute(ctx context.Context) error {
	for i := range w.runs {
		sorted, err := w.runs[i].sort(ctx, w.rows)
		if err != nil {
			return err
		}
		for k := range w.runs[i].Functions {
			v, err := w.runs[i].Functions[k].compute(ctx, sorted, &w.runs[i].arguments[k])
			if err != nil {
				return err
			}
			w.results = append(w.results, v)
		}
		w.runs[i] = windowRun{}
	}
	w.out = col.Batch{Cols: make([]col.Vec, len(w.columns)+len(w.results))}
	return nil
}

// sortedRows are the rows of a window, partition after partition.
type sortedRows struct {
	// order has the positions of the rows as they came.
	order []uint32
	// starts has the places in order where partitions begin, and at the end the number of rows.
	starts []int
	// peers has, by place, where the first row begins that is equal in all keys, and after the end behind the last of them.
	peers, after []uint32
}

// sort puts the rows in order: by partition, then by the keys, then as they came.
func (r *windowRun) sort(ctx context.Context, rows int) (*sortedRows, error) {
	s := &sortedRows{order: make([]uint32, rows), starts: []int{0}}
	for i := range s.order {
		s.order[i] = uint32(i)
	}
	var compare []func(a, b uint32) int
	if r.table != nil {
		compare = append(compare, byValue(r.partition))
	}
	for i := range r.keys {
		v := r.keys[i].vec()
		compare = append(compare, r.Order[i].comparer(&v))
	}
	if len(compare) > 0 {
		if err := sortBy(ctx, s.order, compare); err != nil {
			return nil, err
		}
	}
	s.peers, s.after = make([]uint32, rows), make([]uint32, rows)
	first := 0
	for at := 1; at <= rows; at++ {
		apart := at == rows
		for i := 0; i < len(compare) && !apart; i++ {
			apart = compare[i](s.order[at-1], s.order[at]) != 0
		}
		if !apart {
			continue
		}
		for k := first; k < at; k++ {
			s.peers[k], s.after[k] = uint32(first), uint32(at)
		}
		first = at
		if at == rows || r.table != nil && r.partition[s.order[at-1]] != r.partition[s.order[at]] {
			s.starts = append(s.starts, at)
		}
	}
	return s, nil
}

// looks is how many comparisons a sort makes before it looks whether it is still wanted.
const looks = 1 << 15

// sortBy sorts positions, those that are equal as they are.
func sortBy(ctx context.Context, order []uint32, compare []func(a, b uint32) int) error {
	var gone error
	left := looks
	slices.SortFunc(order, func(a, b uint32) int {
		if left--; left == 0 {
			left = looks
			if gone == nil && ctx.Err() != nil {
				gone = context.Cause(ctx)
			}
		}
		if gone != nil {
			return 0 // the order counts no more
		}
		for _, c := range compare {
			if order := c(a, b); order != 0 {
				return order
			}
		}
		return int(a) - int(b)
	})
	return gone
}

// Close implements Source.
func (w *windowed) Close() error {
	w.columns, w.runs, w.results, w.rows, w.read = nil, nil, nil, 0, true
	err := w.disk.close()
	w.disk = nil
	w.account.close()
	return errors.Join(err, w.Source.Close())
}
