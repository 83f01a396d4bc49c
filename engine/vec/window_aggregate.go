package vec

import (
	"context"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// totals computes counts and exact sums and averages: what lies between two places is the difference of what lies before them.
func (f *WindowFunction) totals(s *sortedRows, a *windowArgument) (col.Vec, error) {
	n := len(s.order)
	counts := make([]int64, n)
	var sums []col.Dec256
	scale := uint32(0)
	if f.Kind != FrameCount {
		sums = make([]col.Dec256, n)
		if scale = f.Result.Scale; f.Kind == FrameAvg {
			scale = f.Argument.Field().Scale
		}
	}
	v := a.value.vec()
	var before []int64
	var sumsBefore []col.Dec256
	for i, end := range s.starts[1:] {
		start := s.starts[i]
		before, sumsBefore = append(before[:0], 0), append(sumsBefore[:0], col.Dec256{})
		for at := start; at < end; at++ {
			row, last := int(s.order[at]), at-start
			count := f.Argument == nil || !v.IsNull(row)
			before = append(before, before[last])
			if count {
				before[last+1]++
			}
			if sums != nil {
				next := sumsBefore[last]
				if count {
					next, _ = addDecimals(next, decimalAt(&v, row, scale)) // what overflows comes back in the difference
				}
				sumsBefore = append(sumsBefore, next)
			}
		}
		for at := start; at < end; at++ {
			from, to := f.Frame.bounds(s.spot(at, start, end))
			row := s.order[at]
			counts[row] = before[to-start] - before[from-start]
			if sums != nil {
				sums[row] = subDecimals(sumsBefore[to-start], sumsBefore[from-start])
			}
		}
	}
	if sums == nil {
		return wholes(counts), nil
	}
	return decimals(sums, counts, f.Kind == FrameAvg, scale, f.Result)
}

func subDecimals(a, b col.Dec256) col.Dec256 {
	var borrow uint64
	for i := range a {
		a[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return a
}

// floats computes sums and averages of floats, each over its own frame: a difference of sums would lose digits. A frame that only
// grows goes on from the one before.
func (f *WindowFunction) floats(ctx context.Context, s *sortedRows, a *windowArgument) (col.Vec, error) {
	out, counts := make([]float64, len(s.order)), make([]int64, len(s.order))
	v := a.value.vec()
	var read reading
	var values []float64
	var valid col.Bitmap
	if v.Type != col.Null {
		values, valid = read.floats(&v, v.Len)
	}
	err := s.frames(ctx, &f.Frame, func() (func(at int), func(row uint32)) {
		sum, count := 0.0, int64(0)
		return func(at int) {
				if row := int(s.order[at]); values != nil && valid.Get(row) {
					sum += values[row]
					count++
				}
			}, func(row uint32) {
				if out[row], counts[row] = sum, count; f.Kind == FrameAvg && count > 0 {
					out[row] = sum / float64(count)
				}
			}
	})
	return withNulls(col.Vec{Type: col.Float64, Len: len(out), Fixed: col.BytesOf(out)}, counts), err
}

// frames runs something over the frame of each row: begin gives what takes a place in and what takes the outcome for a row. It is
// begun anew when a frame starts later than the one before.
func (s *sortedRows) frames(ctx context.Context, f *Frame, begin func() (take func(at int), done func(row uint32))) error {
	work := 0
	for i, end := range s.starts[1:] {
		start := s.starts[i]
		take, done := begin()
		first, next := start, start
		for at := start; at < end; at++ {
			from, to := f.bounds(s.spot(at, start, end))
			if from != first {
				take, done = begin()
				first, next = from, from
			}
			for ; next < to; next++ {
				take(next)
				work++
			}
			done(s.order[at])
			if work++; work > looks {
				work = 0
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
			}
		}
	}
	return nil
}

// extremes finds the least or greatest value of each frame: of the places that are in it, those that a later one is no worse than
// cannot be it any more, and the others stand in a row, the best first.
func (f *WindowFunction) extremes(ctx context.Context, s *sortedRows, a *windowArgument) (col.Vec, error) {
	from := make([]uint32, len(s.order))
	v := a.value.vec()
	key := SortKey{Class: f.Class, Collation: f.Collation, Descending: f.Kind == FrameMax}
	compare := key.values(&v)
	if key.Descending {
		plain := compare
		compare = func(a, b uint32) int { return plain(b, a) }
	}
	var queue []int
	for i, end := range s.starts[1:] {
		start := s.starts[i]
		queue = queue[:0]
		next := start
		for at := start; at < end; at++ {
			if at%looks == 0 && ctx.Err() != nil {
				return v, context.Cause(ctx)
			}
			first, to := f.Frame.bounds(s.spot(at, start, end))
			for next = max(next, first); next < to; next++ {
				row := s.order[next]
				if v.IsNull(int(row)) {
					continue
				}
				for len(queue) > 0 && compare(row, s.order[queue[len(queue)-1]]) < 0 {
					queue = queue[:len(queue)-1]
				}
				queue = append(queue, next)
			}
			for len(queue) > 0 && queue[0] < first {
				queue = queue[1:]
			}
			if from[s.order[at]] = noRow; len(queue) > 0 {
				from[s.order[at]] = s.order[queue[0]]
			}
		}
	}
	return a.value.at(from), nil
}
