package vec

import (
	"context"
	"fmt"

	"github.com/wasql/wasql/abi/col"
)

// WindowKind is a function over a window.
type WindowKind uint8

// The functions.
const (
	// RowNumber, Rank, DenseRank and Tile count from 1.
	RowNumber WindowKind = iota + 1
	Rank
	DenseRank
	// PercentRank is the share of the partition's other rows that come before, CumeDist that of all its rows that do not come behind.
	PercentRank
	CumeDist
	// Tile is the number of the row's part, of N parts that the partition is cut in.
	Tile
	// Lag is the argument N rows before, in the partition; Lead is it N rows behind.
	Lag
	Lead
	// FirstValue, LastValue and NthValue, N counted from 1, are the argument in a row of the frame.
	FirstValue
	LastValue
	NthValue
	// FrameCount and the others are the aggregates of that name, of the rows of the frame.
	FrameCount
	FrameSum
	FrameAvg
	FrameMin
	FrameMax
	// Place is where a row stands in the order of all rows, partition after partition, counted from 0. FrameStart and FrameEnd are the
	// places from which and up to which, that one not included, the row's frame goes.
	Place
	FrameStart
	FrameEnd
)

// WindowFunction is a column that Windows computes.
type WindowFunction struct {
	Kind WindowKind
	// Argument is nil for those that have none, and for the count of all rows.
	Argument Expr
	N        int64
	// Default is what Lag and Lead are where there is no such row; nil: NULL.
	Default Expr
	Frame   Frame
	// Class is how arguments are added or compared, and Collation how texts are.
	Class     Class
	Collation *Collation
	// Result is the type of a sum or an average: see Aggregate. Numbers of rows are int64, or uint64 when it says so. Of Lag and Lead
	// with a Default it is the type of both, when not Invalid.
	Result col.Field
}

// prepare makes ready what is kept for the function.
func (f *WindowFunction) prepare(a *windowArgument) {
	if f.Result.Type != col.Invalid && (f.Kind == Lag || f.Kind == Lead) {
		like := col.Vec{Type: f.Result.Type, Precision: f.Result.Precision, Scale: f.Result.Scale}
		a.value.as(&like)
	}
}

// compute gives the function's value for each row, as the rows came.
func (f *WindowFunction) compute(ctx context.Context, s *sortedRows, a *windowArgument) (col.Vec, error) {
	switch f.Kind {
	case RowNumber, Rank, DenseRank, Tile, Place, FrameStart, FrameEnd:
		return f.numbers(s), nil
	case PercentRank, CumeDist:
		return f.shares(s), nil
	case Lag, Lead, FirstValue, LastValue, NthValue:
		return f.values(s, a)
	case FrameCount, FrameSum, FrameAvg:
		if f.Class == Float && f.Kind != FrameCount {
			return f.floats(ctx, s, a)
		}
		return f.totals(s, a)
	case FrameMin, FrameMax:
		return f.extremes(ctx, s, a)
	}
	panic(fmt.Sprintf("vec: window function of kind %d", f.Kind)) // engine/exec makes none
}

// spot is the row at a place of a partition, but for the number of different keys.
func (s *sortedRows) spot(at, start, end int) spot {
	return spot{at: at, start: start, end: end, first: int(s.peers[at]), after: int(s.after[at])}
}

// spots visits the rows in their order.
func (s *sortedRows) spots(visit func(p spot)) {
	for i, end := range s.starts[1:] {
		start, dense := s.starts[i], 0
		for at := start; at < end; at++ {
			if int(s.peers[at]) == at {
				dense++
			}
			p := s.spot(at, start, end)
			p.dense = dense
			visit(p)
		}
	}
}

// numbers numbers rows.
func (f *WindowFunction) numbers(s *sortedRows) col.Vec {
	out := make([]int64, len(s.order))
	s.spots(func(p spot) { out[s.order[p.at]] = f.number(p) })
	return f.numbered(out)
}

// numbered is the column of the numbers.
func (f *WindowFunction) numbered(numbers []int64) col.Vec {
	v := wholes(numbers)
	if f.Result.Type == col.Uint64 {
		v.Type = col.Uint64
	}
	return v
}

// number is that of a row.
func (f *WindowFunction) number(p spot) int64 {
	n := p.at
	switch f.Kind {
	case RowNumber:
		n = p.at - p.start + 1
	case Rank:
		n = p.first - p.start + 1
	case DenseRank:
		n = p.dense
	case Tile:
		return tile(int64(p.at-p.start), int64(p.end-p.start), f.N)
	case FrameStart:
		n, _ = f.Frame.bounds(p)
	case FrameEnd:
		_, n = f.Frame.bounds(p)
	}
	return int64(n)
}

// tile is the part that a row falls into: the first parts have a row more when they cannot all be of one size.
func tile(at, rows, parts int64) int64 {
	size, larger := rows/parts, rows%parts
	if at < larger*(size+1) {
		return at/(size+1) + 1
	}
	return larger + (at-larger*(size+1))/size + 1
}

func (f *WindowFunction) shares(s *sortedRows) col.Vec {
	out := make([]float64, len(s.order))
	s.spots(func(p spot) { out[s.order[p.at]] = f.share(p) })
	return col.Vec{Type: col.Float64, Len: len(out), Fixed: col.BytesOf(out)}
}

// share is that of a row.
func (f *WindowFunction) share(p spot) float64 {
	switch {
	case f.Kind == CumeDist:
		return float64(p.after-p.start) / float64(p.end-p.start)
	case p.end-p.start > 1:
		return float64(p.first-p.start) / float64(p.end-p.start-1)
	}
	return 0
}

// values takes the argument from another row.
func (f *WindowFunction) values(s *sortedRows, a *windowArgument) (col.Vec, error) {
	rows := uint32(len(s.order))
	if f.Default != nil {
		// Behind the values themselves.
		v := a.otherwise.vec()
		if err := a.value.addAs(&v, f.Class); err != nil {
			return col.Vec{}, err
		}
	}
	from := make([]uint32, rows)
	s.spots(func(p spot) {
		row, place := s.order[p.at], f.place(p)
		switch {
		case place >= 0:
			from[row] = s.order[place]
		case f.Default != nil:
			from[row] = rows + row
		default:
			from[row] = noRow
		}
	})
	return a.value.at(from), nil
}

// addAs appends the rows of a plain column, which may be of another type of the class.
func (s *store) addAs(v *col.Vec, class Class) error {
	if class != Decimal || v.Type == col.Null {
		return s.addAll(v, v.Len, nil)
	}
	for i := range v.Len {
		if err := s.addOneAs(v, i, class); err != nil {
			return err
		}
	}
	return nil
}

// addOneAs appends row i of a column, which may be of another type of the class.
func (s *store) addOneAs(v *col.Vec, i int, class Class) error {
	if class != Decimal || v.IsNull(i) {
		return s.add(v, i)
	}
	d := decimalAt(v, i, s.scale)
	return s.add(&col.Vec{Type: col.Decimal256, Precision: s.precision, Scale: s.scale, Len: 1, Fixed: col.BytesOf(d[:])}, 0)
}

// place is where the value stands for a row; -1: nowhere.
func (f *WindowFunction) place(p spot) int {
	switch f.Kind {
	case Lag:
		if f.N <= int64(p.at-p.start) {
			return p.at - int(f.N)
		}
		return -1
	case Lead:
		if f.N < int64(p.end-p.at) {
			return p.at + int(f.N)
		}
		return -1
	}
	from, to := f.Frame.bounds(p)
	switch {
	case f.Kind == FirstValue && from < to:
		return from
	case f.Kind == LastValue && from < to:
		return to - 1
	case f.Kind == NthValue && f.N <= int64(to-from):
		return from + int(f.N) - 1
	}
	return -1
}

// at is a column with the value of a row for each of rows; noRow: NULL. It shares the store's memory.
func (s *store) at(rows []uint32) col.Vec {
	all := s.vec()
	if all.Type == col.Null {
		all.Len = len(rows)
		return all
	}
	v := col.Vec{Type: all.Type, Encoding: col.Dictionary, Len: len(rows), Index: rows, Dict: &all, Precision: all.Precision, Scale: all.Scale}
	for i, at := range rows {
		if at != noRow {
			continue
		}
		if v.Valid == nil {
			v.Valid = filled(len(rows))
		}
		v.Valid.Clear(i)
		rows[i] = 0
	}
	return v
}

// filled is a bitmap of n bits, all set.
func filled(n int) col.Bitmap {
	bits := make(col.Bitmap, col.BitmapBytes(n))
	for i := range n {
		bits.Set(i)
	}
	return bits
}
