package vec

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// SortKey is an expression to sort by. NULLs come first, and last when descending.
type SortKey struct {
	Expr
	Class      Class
	Collation  *Collation
	Descending bool
}

// Sort gives columns of all rows, in the order of the keys; rows that are equal in all of them stay as they came.
func Sort(child Source, columns []Expr, keys []SortKey) Source {
	return &sorter{Source: child, wanted: columns, keys: keys, top: -1}
}

// Top gives the first rows of that order, rows at most.
func Top(child Source, columns []Expr, keys []SortKey, rows int) Source {
	return &sorter{Source: child, wanted: columns, keys: keys, top: rows}
}

type sorter struct {
	Source
	wanted []Expr
	keys   []SortKey
	// top is the number of rows that are wanted; -1: all.
	top int
	// columns are those of the rows, then those of the keys.
	columns []store
	order   []uint32
	given   int
	read    bool
	out     col.Batch
	// full: there are top rows, in order; others must be better than the last.
	full bool
	rows []uint32
}

// outRows is the number of rows of a sorted batch.
const outRows = 4096

// Next implements Source.
func (s *sorter) Next(ctx context.Context) (*col.Batch, error) {
	if !s.read {
		if err := s.fill(ctx); err != nil {
			return nil, err
		}
		s.read = true
		s.arrange()
		s.out = col.Batch{Cols: make([]col.Vec, len(s.wanted))}
	}
	n := min(outRows, len(s.order)-s.given)
	if n <= 0 {
		return nil, io.EOF
	}
	at := s.order[s.given : s.given+n]
	s.given += n
	for i := range s.out.Cols {
		sorted := s.columns[i]
		if err := sorted.keep(at); err != nil {
			return nil, err
		}
		s.out.Cols[i] = sorted.vec()
	}
	s.out.Rows, s.out.Last = n, s.given == len(s.order)
	return &s.out, nil
}

// fill reads the child to its end.
func (s *sorter) fill(ctx context.Context) error {
	for s.top != 0 {
		b, err := s.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.add(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *sorter) add(b *col.Batch) error {
	if s.columns == nil {
		s.columns = make([]store, len(s.wanted)+len(s.keys))
	}
	keys, err := s.evaluate(b)
	if err != nil {
		return err
	}
	rows := b.Sel
	if s.full {
		s.rows = s.better(b, keys, s.rows[:0])
		if rows = s.rows; len(rows) == 0 {
			return nil
		}
	}
	for i, e := range s.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		if err := s.columns[i].addAll(v, b.Rows, rows); err != nil {
			return err
		}
	}
	for i, v := range keys {
		if err := s.columns[len(s.wanted)+i].addAll(v, b.Rows, rows); err != nil {
			return err
		}
	}
	if s.top < 0 || s.held() < 2*s.top+2*outRows {
		return nil
	}
	s.arrange()
	// In their order, so that the last is the one to be better than. Later rows come behind equal ones anyhow.
	for i := range s.columns {
		if err := s.columns[i].keep(s.order); err != nil {
			return err
		}
	}
	s.full = true
	return nil
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
		last[i] = s.columns[len(s.wanted)+i].vec()
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
func (s *sorter) arrange() {
	s.order = s.order[:0]
	for i := range uint32(s.held()) {
		s.order = append(s.order, i)
	}
	if len(s.order) == 0 {
		return
	}
	compare := make([]func(a, b uint32) int, len(s.keys))
	for i := range s.keys {
		v := s.columns[len(s.columns)-len(s.keys)+i].vec()
		compare[i] = s.keys[i].comparer(&v)
	}
	slices.SortFunc(s.order, func(a, b uint32) int {
		for _, c := range compare {
			if order := c(a, b); order != 0 {
				return order
			}
		}
		return cmp.Compare(a, b)
	})
	if s.top >= 0 && len(s.order) > s.top {
		s.order = s.order[:s.top]
	}
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
	s.columns, s.order = nil, nil
	return s.Source.Close()
}
