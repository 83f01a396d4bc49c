package vec

import (
	"context"
	"fmt"

	"github.com/wasql/wasql/abi/col"
)

// walk gives a function for a walk. Its argument and its default stand in columns of the rows.
func (w *windowWalk) walk(f *WindowFunction, value, otherwise int) walked {
	switch f.Kind {
	case RowNumber, Rank, DenseRank, Tile, Place, FrameStart, FrameEnd:
		return &walkedNumbers{f: f}
	case PercentRank, CumeDist:
		return &walkedShares{f: f}
	case Lag, Lead, FirstValue, LastValue, NthValue:
		out := &walkedValues{f: f, there: w.cursor(), value: value, otherwise: otherwise}
		if f.Result.Type != col.Invalid && (f.Kind == Lag || f.Kind == Lead) {
			out.store.as(&col.Vec{Type: f.Result.Type, Precision: f.Result.Precision, Scale: f.Result.Scale})
		}
		return out
	case FrameCount, FrameSum, FrameAvg:
		if f.Class == Float && f.Kind != FrameCount {
			return &walkedFloats{f: f, there: w.cursor(), value: value}
		}
		out := &walkedTotals{f: f, value: value, from: sumTo{there: w.cursor()}, to: sumTo{there: w.cursor()}}
		if out.sum = f.Kind != FrameCount; out.sum {
			if out.scale = f.Result.Scale; f.Kind == FrameAvg {
				out.scale = f.Argument.Field().Scale
			}
		}
		return out
	case FrameMin, FrameMax:
		key := SortKey{Class: f.Class, Collation: f.Collation, Descending: f.Kind == FrameMax}
		return &walkedExtremes{f: f, there: w.cursor(), value: value, key: key}
	}
	panic(fmt.Sprintf("vec: window function of kind %d", f.Kind)) // engine/exec makes none
}

type walkedNumbers struct {
	f   *WindowFunction
	out []int64
}

func (f *walkedNumbers) add(_ context.Context, w *windowWalk) error {
	f.out = append(f.out, f.f.number(w.spot))
	return nil
}

func (f *walkedNumbers) column() (col.Vec, error) {
	v := f.f.numbered(f.out)
	f.out = f.out[:0]
	return v, nil
}

type walkedShares struct {
	f   *WindowFunction
	out []float64
}

func (f *walkedShares) add(_ context.Context, w *windowWalk) error {
	f.out = append(f.out, f.f.share(w.spot))
	return nil
}

func (f *walkedShares) column() (col.Vec, error) {
	v := col.Vec{Type: col.Float64, Len: len(f.out), Fixed: col.BytesOf(f.out)}
	f.out = f.out[:0]
	return v, nil
}

// walkedValues is the argument in another row.
type walkedValues struct {
	f                *WindowFunction
	there            *cursor
	value, otherwise int
	store            store
	given            bool
}

func (f *walkedValues) add(ctx context.Context, w *windowWalk) error {
	if f.given {
		f.store.reset()
		f.given = false
	}
	if place := f.f.place(w.spot); place >= 0 {
		row, err := f.there.to(ctx, place)
		if err != nil {
			return err
		}
		return f.store.add(&f.there.batch.Cols[f.value], row)
	}
	if f.otherwise < 0 {
		return f.store.add(&col.Vec{Type: col.Null, Len: 1}, 0)
	}
	return f.store.addOneAs(&w.here.batch.Cols[f.otherwise], w.row, f.f.Class)
}

func (f *walkedValues) column() (col.Vec, error) {
	f.given = true
	return f.store.vec(), nil
}

// sumTo is the count and the sum of the rows of a partition before a place.
type sumTo struct {
	there *cursor
	place int
	count int64
	sum   col.Dec256
}

// walkedTotals are counts and exact sums: what lies between two places is the difference of what lies before them.
type walkedTotals struct {
	f        *WindowFunction
	value    int
	sum      bool
	scale    uint32
	from, to sumTo
	counts   []int64
	sums     []col.Dec256
	given    bool
}

func (f *walkedTotals) add(ctx context.Context, w *windowWalk) error {
	if f.given {
		f.counts, f.sums, f.given = f.counts[:0], f.sums[:0], false
	}
	if w.at == w.start {
		f.from, f.to = sumTo{there: f.from.there, place: w.at}, sumTo{there: f.to.there, place: w.at}
	}
	from, to := f.f.Frame.bounds(w.spot)
	if err := f.reach(ctx, &f.from, from); err != nil {
		return err
	}
	if err := f.reach(ctx, &f.to, to); err != nil {
		return err
	}
	f.counts = append(f.counts, f.to.count-f.from.count)
	if f.sum {
		f.sums = append(f.sums, subDecimals(f.to.sum, f.from.sum))
	}
	return nil
}

// reach takes in the rows up to a place.
func (f *walkedTotals) reach(ctx context.Context, t *sumTo, place int) error {
	if f.value < 0 {
		t.count += int64(place - t.place)
		t.place = place
	}
	for ; t.place < place; t.place++ {
		row, err := t.there.to(ctx, t.place)
		if err != nil {
			return err
		}
		v := &t.there.batch.Cols[f.value]
		if v.IsNull(row) {
			continue
		}
		if t.count++; f.sum {
			t.sum, _ = addDecimals(t.sum, decimalAt(v, row, f.scale)) // what overflows comes back in the difference
		}
	}
	return nil
}

func (f *walkedTotals) column() (col.Vec, error) {
	f.given = true
	if !f.sum {
		return wholes(f.counts), nil
	}
	return decimals(f.sums, f.counts, f.f.Kind == FrameAvg, f.scale, f.f.Result)
}

// walkedFloats are sums and averages of floats, each over its own frame: see floats.
type walkedFloats struct {
	f           *WindowFunction
	there       *cursor
	value       int
	first, next int
	sum         float64
	count       int64
	out         []float64
	counts      []int64
	given       bool
}

func (f *walkedFloats) add(ctx context.Context, w *windowWalk) error {
	if f.given {
		f.out, f.counts, f.given = f.out[:0], f.counts[:0], false
	}
	from, to := f.f.Frame.bounds(w.spot)
	if w.at == w.start || from != f.first {
		f.first, f.next, f.sum, f.count = from, from, 0, 0
	}
	for ; f.next < to; f.next++ {
		row, err := f.there.to(ctx, f.next)
		if err != nil {
			return err
		}
		if v := &f.there.batch.Cols[f.value]; !v.IsNull(row) {
			f.sum += v.Float64(row)
			f.count++
		}
	}
	x := f.sum
	if f.f.Kind == FrameAvg && f.count > 0 {
		x /= float64(f.count)
	}
	f.out, f.counts = append(f.out, x), append(f.counts, f.count)
	return nil
}

func (f *walkedFloats) column() (col.Vec, error) {
	f.given = true
	return withNulls(col.Vec{Type: col.Float64, Len: len(f.out), Fixed: col.BytesOf(f.out)}, f.counts), nil
}

// walkedExtremes is the least or the greatest value of each frame. As in extremes, those of its values stand in a row that no later one is
// better than, the best first; but only so many. Those behind are read again when the others have left the frame.
type walkedExtremes struct {
	f     *WindowFunction
	there *cursor
	value int
	key   SortKey
	queue []candidate
	spare []*store
	next  int
	// lost is the place of the first value that had no room in the queue; -1: none.
	lost  int
	out   store
	given bool
}

// candidate is the value at a place.
type candidate struct {
	place int
	value *store
}

// candidatesMax is the length of the queue.
const candidatesMax = 256

func (f *walkedExtremes) add(ctx context.Context, w *windowWalk) error {
	if f.given {
		f.out.reset()
		f.given = false
	}
	from, to := f.f.Frame.bounds(w.spot)
	if w.at == w.start {
		f.drop(0, len(f.queue))
		f.next, f.lost = w.start, -1
	}
	f.next = max(f.next, from)
	if err := f.take(ctx, to); err != nil {
		return err
	}
	gone := 0
	for gone < len(f.queue) && f.queue[gone].place < from {
		gone++
	}
	f.drop(0, gone)
	if len(f.queue) == 0 && f.lost >= 0 {
		f.next, f.lost = max(f.lost, from), -1
		if err := f.take(ctx, to); err != nil {
			return err
		}
	}
	if len(f.queue) == 0 {
		return f.out.add(&col.Vec{Type: col.Null, Len: 1}, 0)
	}
	best := f.queue[0].value.vec()
	return f.out.add(&best, 0)
}

// take looks at the values up to a place.
func (f *walkedExtremes) take(ctx context.Context, to int) error {
	for ; f.next < to; f.next++ {
		row, err := f.there.to(ctx, f.next)
		if err != nil {
			return err
		}
		v := &f.there.batch.Cols[f.value]
		if v.IsNull(row) {
			continue
		}
		kept := len(f.queue)
		for ; kept > 0; kept-- {
			if last := f.queue[kept-1].value.vec(); f.key.compare(v, row, &last, 0) >= 0 {
				break
			}
		}
		if kept < len(f.queue) {
			f.drop(kept, len(f.queue))
			f.lost = -1 // this one is better than they were, too
		}
		if f.lost >= 0 {
			continue
		}
		if len(f.queue) == candidatesMax {
			f.lost = f.next
			continue
		}
		if err := f.push(v, row); err != nil {
			return err
		}
	}
	return nil
}

func (f *walkedExtremes) push(v *col.Vec, row int) error {
	value := &store{}
	if n := len(f.spare); n > 0 {
		value, f.spare = f.spare[n-1], f.spare[:n-1]
		value.reset()
	}
	f.queue = append(f.queue, candidate{f.next, value})
	return value.add(v, row)
}

// drop takes candidates out of the queue.
func (f *walkedExtremes) drop(from, to int) {
	for _, c := range f.queue[from:to] {
		f.spare = append(f.spare, c.value)
	}
	f.queue = append(f.queue[:from], f.queue[to:]...)
}

func (f *walkedExtremes) column() (col.Vec, error) {
	f.given = true
	return f.out.vec(), nil
}
