package vec

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// SortKey is an expression to sort by. NULLs come first, and last when descending.
type SortKey struct {
	Expr
	Class      Class
	Collation  *Collation
	Descending bool
}

// Sort gives columns of all rows, in the order of the keys; rows that are equal in all of them stay as they came. Rows that do not fit
// into the memory of the context's Budget go to disk as sorted runs, which are merged.
func Sort(child Source, columns []Expr, keys []SortKey) Source {
	return newSorter(child, columns, keys, -1)
}

// Top gives the first rows of that order, rows at most.
func Top(child Source, columns []Expr, keys []SortKey, rows int) Source {
	return newSorter(child, columns, keys, rows)
}

type sorter struct {
	Source
	// wanted are the columns that are given; those behind are keys that are none of them.
	wanted []Expr
	given  int
	keys   []SortKey
	// at is where the keys stand among the columns.
	at []int
	// top is the number of rows that are wanted; -1: all.
	top     int
	columns []store
	order   []uint32
	spare   []uint32
	next    int
	read    bool
	out     gatherer
	// full: there are top rows, in order; others must be better than the last.
	full    bool
	rows    []uint32
	account account
	runs    []*spill.Run
	merged  *merger
}

func newSorter(child Source, columns []Expr, keys []SortKey, top int) *sorter {
	s := &sorter{Source: child, wanted: slices.Clone(columns), given: len(columns), keys: keys, top: top, at: make([]int, len(keys))}
	for i, k := range keys {
		s.at[i] = place(&s.wanted, k.Expr)
	}
	return s
}

// place gives the position of an expression among others, where it is put unless it is a column that is there.
func place(exprs *[]Expr, e Expr) int {
	if c, ok := e.(*column); ok {
		for i, other := range *exprs {
			if o, ok := other.(*column); ok && o.i == c.i {
				return i
			}
		}
	}
	*exprs = append(*exprs, e)
	return len(*exprs) - 1
}

// outRows is the number of rows of a sorted batch.
const outRows = 4096

// Next implements Source.
func (s *sorter) Next(ctx context.Context) (*col.Batch, error) {
	if !s.read {
		s.account.open(ctx, operatorSort)
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
		s.read = true
	}
	if s.merged != nil {
		return s.mergedNext(ctx)
	}
	n := min(outRows, len(s.order)-s.next)
	if n <= 0 {
		return nil, io.EOF
	}
	b, err := s.out.gather(s.columns[:s.given], s.order[s.next:s.next+n])
	s.next += n
	if err == nil {
		b.Last = s.next == len(s.order)
	}
	return b, err
}

// mergedNext gives a batch of the rows on disk.
func (s *sorter) mergedNext(ctx context.Context) (*col.Batch, error) {
	if s.top >= 0 && s.next >= s.top {
		return nil, io.EOF
	}
	b, err := s.merged.Next(ctx)
	if err != nil {
		return nil, err
	}
	out := s.out.alias(b, s.given)
	if s.top >= 0 && out.Rows > s.top-s.next {
		out.Sel = firstRows(s.top - s.next) // the columns keep their length
	}
	s.next += out.Len()
	return out, nil
}

// firstRows picks the first n rows of a batch.
func firstRows(n int) []uint32 {
	rows := make([]uint32, n)
	for i := range rows {
		rows[i] = uint32(i)
	}
	return rows
}

// fill reads the child to its end.
func (s *sorter) fill(ctx context.Context) error {
	for s.top != 0 {
		b, err := s.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := s.add(ctx, b); err != nil {
			return err
		}
	}
	if len(s.runs) == 0 {
		return s.arrange(ctx)
	}
	err := s.spill(ctx)
	if err != nil {
		return err
	}
	s.columns, s.order, s.spare = nil, nil, nil
	s.account.hold(0)
	s.merged, s.runs, err = mergeRuns(ctx, &s.account, s.runs, s.keys, s.at)
	return err
}

func (s *sorter) add(ctx context.Context, b *col.Batch) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.columns == nil {
		s.columns = make([]store, len(s.wanted))
	}
	rows := b.Sel
	if s.full {
		keys, err := s.evaluate(b)
		if err != nil {
			return err
		}
		s.rows = s.better(b, keys, s.rows[:0])
		if rows = s.rows; len(rows) == 0 {
			return nil
		}
	}
	columns, more := make([]*col.Vec, len(s.wanted)), int64(0)
	for i, e := range s.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		columns[i] = v
		more += s.columns[i].more(v, b.Rows, rows)
	}
	if !s.fits(b.Len(), more) && s.held() > 0 {
		if err := s.spill(ctx); err != nil {
			return err
		}
	}
	for i, v := range columns {
		if err := s.columns[i].addAll(v, b.Rows, rows); err != nil {
			return err
		}
	}
	s.account.hold(s.size(0))
	return s.cut(ctx)
}

// cut drops the rows that are not among the first when there are many.
func (s *sorter) cut(ctx context.Context) error {
	if s.top < 0 || s.held() < 2*s.top+2*outRows {
		return nil
	}
	if err := s.arrange(ctx); err != nil {
		return err
	}
	// In their order, so that the last is the one to be better than. Later rows come behind equal ones anyhow.
	for i := range s.columns {
		if err := s.columns[i].keep(s.order); err != nil {
			return err
		}
	}
	s.full = true
	return nil
}

// size is the memory of what is held, and of putting it and some more rows in order.
func (s *sorter) size(rows int) int64 {
	size := int64(s.held()+rows) * int64(8+8*len(s.keys))
	for i := range s.columns {
		size += s.columns[i].size()
	}
	return size
}

// fits tells whether there is room for more rows.
func (s *sorter) fits(rows int, more int64) bool {
	for i := range s.columns {
		if s.columns[i].full() {
			return false
		}
	}
	return s.account.fits(s.size(rows) + more)
}

// spill writes what is held as a run, and forgets it.
func (s *sorter) spill(ctx context.Context) error {
	if err := s.arrange(ctx); err != nil || len(s.order) == 0 {
		return err
	}
	space, err := s.account.space()
	if err != nil {
		return err
	}
	run, err := space.Create()
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run)
	used := int64(0)
	for i := range s.columns {
		used += s.columns[i].used()
	}
	for at := range slices.Chunk(s.order, rowsOf(s.account.frame(), used, s.held())) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		b, err := s.out.gather(s.columns, at)
		if err != nil {
			return err
		}
		if err := run.Write(b); err != nil {
			return err
		}
	}
	for i := range s.columns {
		s.columns[i].reset()
	}
	s.order, s.full = s.order[:0], false
	return run.Seal()
}

// evaluate gives the keys of a batch.
func (s *sorter) evaluate(b *col.Batch) ([]*col.Vec, error) {
	keys := make([]*col.Vec, len(s.keys))
	for i := range s.keys {
		v, err := s.keys[i].Eval(b)
		if err != nil {
			return nil, err
		}
		keys[i] = v
	}
	return keys, nil
}

// better picks the rows that come before the last one that is sure to be among the first.
func (s *sorter) better(b *col.Batch, keys []*col.Vec, out []uint32) []uint32 {
	last := make([]col.Vec, len(keys))
	for i := range last {
		last[i] = s.columns[s.at[i]].vec()
	}
	return pick(b.Rows, b.Sel, out, func(row int) bool {
		for i := range keys {
			if order := s.keys[i].compare(keys[i], row, &last[i], s.top-1); order != 0 {
				return order < 0
			}
		}
		return false
	})
}

// compare orders row i of one column and row j of another.
func (k *SortKey) compare(v *col.Vec, i int, w *col.Vec, j int) int {
	if k.Descending {
		v, i, w, j = w, j, v, i
	}
	x, y := v.IsNull(i), w.IsNull(j)
	switch {
	case x && y:
		return 0
	case x:
		return -1
	case y:
		return 1
	}
	switch k.Class {
	case Whole:
		return cmp.Compare(v.Int64(i), w.Int64(j))
	case Unsigned:
		return cmp.Compare(v.Uint64(i), w.Uint64(j))
	case Float:
		return cmp.Compare(v.Float64(i), w.Float64(j))
	case Decimal:
		return compareDecimals(v.Decimal(i), w.Decimal(j))
	}
	return k.Collation.Compare(v.Bytes(i), w.Bytes(j))
}

// held is the number of rows in memory.
func (s *sorter) held() int {
	if len(s.columns) == 0 {
		return 0
	}
	return s.columns[len(s.columns)-1].rows
}

// arrange puts the positions of the rows in order, and cuts what is not wanted.
func (s *sorter) arrange(ctx context.Context) (err error) {
	s.order = s.order[:0]
	for i := range uint32(s.held()) {
		s.order = append(s.order, i)
	}
	if len(s.order) == 0 {
		return nil
	}
	compare := make([]func(a, b uint32) int, len(s.keys))
	for i := range s.keys {
		v := s.columns[s.at[i]].vec()
		compare[i] = s.keys[i].comparer(&v)
	}
	if s.order, s.spare, err = sortRows(ctx, s.order, s.spare, inTurn(compare)); err != nil {
		return err
	}
	if s.top >= 0 && len(s.order) > s.top {
		s.order = s.order[:s.top]
	}
	return nil
}

// comparer orders the rows of a plain column.
func (k *SortKey) comparer(v *col.Vec) func(a, b uint32) int {
	order := k.values(v)
	if v.Valid != nil {
		full := order
		order = func(a, b uint32) int {
			x, y := v.Valid.Get(int(a)), v.Valid.Get(int(b))
			switch {
			case x && y:
				return full(a, b)
			case x:
				return 1
			case y:
				return -1
			}
			return 0
		}
	}
	if k.Descending {
		return func(a, b uint32) int { return order(b, a) }
	}
	return order
}

func (k *SortKey) values(v *col.Vec) func(a, b uint32) int {
	if v.Type == col.Null {
		return func(uint32, uint32) int { return 0 }
	}
	var wide flat
	switch k.Class {
	case Whole:
		return byValue(wide.ints(v, v.Len))
	case Unsigned:
		return byValue(unsigned(wide.ints(v, v.Len)))
	case Float:
		return byValue(wide.floats(v, v.Len))
	case Decimal:
		return func(a, b uint32) int { return compareDecimals(v.Decimal(int(a)), v.Decimal(int(b))) }
	}
	return func(a, b uint32) int { return k.Collation.Compare(v.Bytes(int(a)), v.Bytes(int(b))) }
}

func byValue[T col.Number](values []T) func(a, b uint32) int {
	return func(a, b uint32) int { return cmp.Compare(values[a], values[b]) }
}

// Close implements Source.
func (s *sorter) Close() error {
	s.columns, s.order, s.spare, s.read, s.next, s.top = nil, nil, nil, true, 0, 0
	err := s.merged.close()
	for _, run := range s.runs {
		run.Remove()
	}
	s.runs = nil
	s.account.close()
	return errors.Join(err, s.Source.Close())
}
