package vec

import (
	"cmp"
	"context"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// sortChunk is the number of rows that are sorted or merged between two looks at the context: some milliseconds of work.
const sortChunk = 8192

// sortRows puts rows, which ascend, in the order of compare; equal ones stay as they are. spare is memory for it. It gives the rows, and
// what to give it as spare the next time.
func sortRows(ctx context.Context, rows, spare []uint32, compare func(a, b uint32) int) (sorted, left []uint32, err error) {
	stable := func(a, b uint32) int {
		if order := compare(a, b); order != 0 {
			return order
		}
		return cmp.Compare(a, b)
	}
	for part := range slices.Chunk(rows, sortChunk) {
		if ctx.Err() != nil {
			return rows, spare, context.Cause(ctx)
		}
		slices.SortFunc(part, stable)
	}
	if len(rows) <= sortChunk {
		return rows, spare, nil
	}
	spare = slices.Grow(spare[:0], len(rows))[:len(rows)]
	for width := sortChunk; width < len(rows); width *= 2 {
		for start := 0; start < len(rows); start += 2 * width {
			middle, end := min(start+width, len(rows)), min(start+2*width, len(rows))
			if err := mergeRows(ctx, spare[start:end], rows[start:middle], rows[middle:end], compare); err != nil {
				return rows, spare, err
			}
		}
		rows, spare = spare, rows
	}
	return rows, spare, nil
}

// mergeRows merges two sorted parts into out.
func mergeRows(ctx context.Context, out, a, b []uint32, compare func(a, b uint32) int) error {
	if len(a) > 0 && len(b) > 0 && compare(a[len(a)-1], b[0]) <= 0 {
		copy(out[copy(out, a):], b)
		return nil
	}
	for n := 0; len(a) > 0 && len(b) > 0; n++ {
		if n%sortChunk == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if compare(b[0], a[0]) < 0 {
			out[n], b = b[0], b[1:]
		} else {
			out[n], a = a[0], a[1:]
		}
	}
	copy(out[len(out)-len(a)-len(b):], a)
	copy(out[len(out)-len(b):], b)
	return nil
}

// inTurn compares by one order after the other.
func inTurn(orders []func(a, b uint32) int) func(a, b uint32) int {
	if len(orders) == 1 {
		return orders[0]
	}
	return func(a, b uint32) int {
		for _, order := range orders {
			if c := order(a, b); c != 0 {
				return c
			}
		}
		return 0
	}
}

// gatherer makes batches of rows of stores, in memory that it uses again.
type gatherer struct {
	stores []store
	batch  col.Batch
}

// gather copies rows, in the order in which they are listed.
func (g *gatherer) gather(from []store, rows []uint32) (*col.Batch, error) {
	if len(g.stores) != len(from) {
		g.stores = make([]store, len(from))
	}
	g.batch = col.Batch{Rows: len(rows), Cols: slices.Grow(g.batch.Cols[:0], len(from))[:len(from)]}
	for i := range from {
		v, to := from[i].vec(), &g.stores[i]
		to.reset()
		if err := to.addAll(&v, v.Len, rows); err != nil {
			return nil, err
		}
		g.batch.Cols[i] = to.vec()
	}
	return &g.batch, nil
}

// alias gives the first columns of a batch.
func (g *gatherer) alias(b *col.Batch, columns int) *col.Batch {
	g.batch = *b
	g.batch.Cols = b.Cols[:columns]
	return &g.batch
}

// rowsOf is how many rows go into a batch of about size bytes, when rows of them take used.
func rowsOf(size int, used int64, rows int) int {
	return max(1, min(outRows, int(int64(size)*int64(rows)/max(used, 1))))
}
