package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// NotIn gives the rows of the left side for which the condition is false with every row of the right one: neither true nor NULL. The keys
// are equalities that are parts of the condition, so that rows whose keys differ need not be looked at; condition nil: they are all of it.
// With a condition the right side is kept in memory; keys of several columns need one.
func NotIn(left, right Side, condition Condition) Source {
	if condition != nil {
		return &notIn{join: join{kind: Anti, left: left, right: right, residual: condition}}
	}
	seen := &watched{Source: right.Source, keys: right.Keys}
	right.Source = seen
	left.Source = &judged{Source: left.Source, keys: left.Keys, right: seen}
	return Join(Anti, left, right, nil)
}

// watched notes of the right side of NOT IN whether it has rows, and whether one has a NULL among its keys.
type watched struct {
	Source
	keys        []Key
	cols        []*col.Vec
	rows, nulls bool
}

// Next implements Source.
func (w *watched) Next(ctx context.Context) (*col.Batch, error) {
	b, err := w.Source.Next(ctx)
	if err != nil || b.Len() == 0 {
		return b, err
	}
	w.rows = true
	if w.cols == nil {
		w.cols = make([]*col.Vec, len(w.keys))
	}
	if err := evaluateKeys(w.cols, w.keys, b); err != nil {
		return nil, err
	}
	for i := 0; i < b.Len() && !w.nulls; i++ {
		w.nulls = hasNull(w.cols, b.Row(i))
	}
	return b, nil
}

func hasNull(columns []*col.Vec, row int) bool {
	return slices.ContainsFunc(columns, func(v *col.Vec) bool { return v.IsNull(row) })
}

// judged leaves out the rows of the left side whose comparison is NULL. It is read when the right side has been.
type judged struct {
	Source
	keys  []Key
	cols  []*col.Vec
	right *watched
	rows  []uint32
	out   col.Batch
}

// Next implements Source.
func (j *judged) Next(ctx context.Context) (*col.Batch, error) {
	if j.right.nulls {
		return nil, io.EOF
	}
	b, err := j.Source.Next(ctx)
	if err != nil || !j.right.rows {
		return b, err
	}
	if j.cols == nil {
		j.cols = make([]*col.Vec, len(j.keys))
	}
	if err := evaluateKeys(j.cols, j.keys, b); err != nil {
		return nil, err
	}
	j.rows = j.rows[:0]
	for i := range b.Len() {
		if row := b.Row(i); !hasNull(j.cols, row) {
			j.rows = append(j.rows, uint32(row))
		}
	}
	j.out = *b
	if j.out.Sel = j.rows; j.rows == nil {
		j.out.Sel = []uint32{}
	}
	return &j.out, nil
}

type notIn struct {
	join
	// nulls are the rows of the right side with a NULL among their keys, and rows how many it has.
	nulls []uint32
	rows  uint32
}

// Next implements Source.
func (j *notIn) Next(ctx context.Context) (*col.Batch, error) {
	if j.table == nil {
		if err := j.build(ctx); err != nil {
			return nil, err
		}
	}
	for {
		if err := j.advance(ctx); err != nil {
			return nil, err
		}
		if err := j.match(ctx); err != nil {
			return nil, err
		}
		j.lefts = j.lefts[:0]
		for i := range j.batch.Len() {
			if row := j.batch.Row(i); !j.matched[row] {
				j.lefts = append(j.lefts, uint32(row))
			}
		}
		if j.present(len(j.left.Columns), false); j.out.Rows > 0 {
			return &j.out, nil
		}
	}
}

// build reads the right side.
func (j *notIn) build(ctx context.Context) error {
	j.prepare(ctx)
	table := &joinTable{}
	table.packed.init()
	keys := make([]*col.Vec, len(j.right.Keys))
	for {
		b, err := j.nextRight(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		size := table.size() + 4*int64(cap(j.nulls))
		for i, e := range j.wanted {
			if err := j.kept[i].evaluate(e, b); err != nil {
				return err
			}
			size += j.kept[i].size()
		}
		if !j.account.fits(size) {
			return j.account.full()
		}
		if err := evaluateKeys(keys, j.right.Keys, b); err != nil {
			return err
		}
		for i := range b.Len() {
			key := j.pack(keys, j.right.Keys, b.Row(i))
			if table.add(key); key == nil {
				j.nulls = append(j.nulls, j.rows)
			}
			j.rows++
		}
	}
	j.table = table
	j.cols = make([]col.Vec, len(j.right.Columns))
	for i := range j.cols {
		j.cols[i] = j.kept[i].vec()
	}
	return nil
}

// match notes which rows of the left batch are left out.
func (j *notIn) match(ctx context.Context) error {
	j.lefts, j.rights = j.lefts[:0], j.rights[:0]
	for i := 0; i < j.batch.Len() && j.rows > 0; i++ {
		row := j.batch.Row(i)
		key := j.pack(j.keys, j.left.Keys, row)
		if err := j.candidates(ctx, uint32(row), key); err != nil {
			return err
		}
	}
	return j.judge()
}

// candidates pairs a row with those of the right side whose keys do not differ from its own.
func (j *notIn) candidates(ctx context.Context, row uint32, key []byte) error {
	if key == nil {
		for at := range j.rows {
			if err := j.candidate(ctx, row, at); err != nil {
				return err
			}
		}
		return nil
	}
	for at := j.table.first(key); at != 0; at = j.table.next[at-1] {
		if err := j.candidate(ctx, row, at-1); err != nil {
			return err
		}
	}
	for _, at := range j.nulls {
		if err := j.candidate(ctx, row, at); err != nil {
			return err
		}
	}
	return nil
}

func (j *notIn) candidate(ctx context.Context, row, at uint32) error {
	if j.matched[row] {
		return nil
	}
	j.lefts, j.rights = append(j.lefts, row), append(j.rights, at)
	if len(j.lefts) < pairsMax {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return j.judge()
}

// judge notes the rows whose pairs are not all false.
func (j *notIn) judge() error {
	if len(j.lefts) == 0 {
		return nil
	}
	j.present(len(j.left.Columns)+len(j.right.Columns), false)
	no, err := j.residual.Select(&j.out, false, nil, j.passed[:0])
	j.passed = no
	if err != nil {
		return err
	}
	for i, row := range j.lefts {
		if _, is := slices.BinarySearch(no, uint32(i)); !is {
			j.matched[row] = true
		}
	}
	j.lefts, j.rights = j.lefts[:0], j.rights[:0]
	return nil
}
