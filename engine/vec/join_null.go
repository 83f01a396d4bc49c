package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// NotIn gives the rows of the left side for which the condition is false with every row of the right one: neither true nor NULL. The keys
// are equalities that are parts of the condition, so that rows whose keys differ need not be looked at; condition nil: they are all of it.
// With a condition the right side is read in blocks, as many as its rows need that the memory of the context's Budget has room for, and the
// left side once for each; what a block leaves of it goes to disk. Keys of several columns need a condition.
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
	// run has the rows of the left side that no earlier block of the right one leaves out.
	run *spill.Run
	// pending is the batch that the next block begins with; nil: this is the last one.
	pending *col.Batch
}

// Next implements Source.
func (j *notIn) Next(ctx context.Context) (*col.Batch, error) {
	for j.table == nil {
		if err := j.build(ctx); err != nil {
			return nil, err
		}
		if j.pending != nil {
			if err := j.sift(ctx); err != nil {
				return nil, err
			}
		}
	}
	for {
		if err := j.survivors(ctx); err != nil {
			return nil, err
		}
		if j.present(len(j.left.Columns), false); j.out.Rows > 0 {
			return &j.out, nil
		}
	}
}

// survivors reads the next batch of the left side, and lists its rows that are not left out.
func (j *notIn) survivors(ctx context.Context) error {
	if err := j.advance(ctx); err != nil {
		return err
	}
	b := j.batch
	if err := j.match(ctx); err != nil {
		return err
	}
	j.lefts = j.lefts[:0]
	for i := range b.Len() {
		if row := b.Row(i); !j.matched[row] {
			j.lefts = append(j.lefts, uint32(row))
		}
	}
	return nil
}

// build reads the right side, or as much of it as there is room for: a block.
func (j *notIn) build(ctx context.Context) error {
	j.prepare(ctx)
	table := &joinTable{}
	table.packed.init()
	j.nulls, j.rows = j.nulls[:0], 0
	columns, keys := make([]*col.Vec, len(j.wanted)), make([]*col.Vec, len(j.right.Keys))
	for {
		b, err := j.pending, error(nil)
		if j.pending = nil; b == nil {
			b, err = j.nextRight(ctx)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		size := table.size() + 4*int64(cap(j.nulls))
		more := table.more(b.Len()) + 4*grown(len(j.nulls)+b.Len(), cap(j.nulls))
		for i, e := range j.wanted {
			if columns[i], err = e.Eval(b); err != nil {
				return err
			}
			size += j.kept[i].size()
			more += j.kept[i].more(columns[i], b.Rows, b.Sel)
		}
		if j.account.hold(size); j.rows > 0 && !j.account.fits(size+more) {
			j.pending = b
			break
		}
		for i, v := range columns {
			if err := j.kept[i].addAll(v, b.Rows, b.Sel); err != nil {
				return err
			}
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

// sift writes the rows of the left side that the block does not leave out, to be looked at beside the next one.
func (j *notIn) sift(ctx context.Context) error {
	left := &sifted{j: j, wanted: slices.Clone(j.left.Columns)}
	var keyAt []int
	for _, key := range j.left.Keys {
		keyAt = append(keyAt, place(&left.wanted, key.Expr))
	}
	if len(left.wanted) == 0 { // rows are counted by a column
		left.wanted = []Expr{Constant(col.Field{Type: col.Int8}, col.Vec{Type: col.Int8, Encoding: col.Constant, Fixed: []byte{0}})}
	}
	if _, err := j.account.space(); err != nil {
		return err
	}
	run, err := writeRun(ctx, &j.account, &plainRows{Source: left, account: &j.account})
	if err = errors.Join(err, j.left.Source.Close()); err != nil {
		removeRuns([]*spill.Run{run})
		return err
	}
	removeRuns([]*spill.Run{j.run})
	j.run = run
	reader, err := run.Open()
	if err != nil {
		return err
	}
	j.left.Source, j.left.Columns, j.left.Keys = reader, slices.Clone(j.left.Columns), placed(j.left.Keys, keyAt)
	for i, e := range j.left.Columns {
		j.left.Columns[i] = Column(i, e.Field())
	}
	j.table, j.batch, j.kept = nil, nil, nil
	j.account.hold(0)
	return nil
}

// sifted are the rows of the left side that a block of the right one does not leave out.
type sifted struct {
	j      *notIn
	wanted []Expr
	out    col.Batch
}

// Next implements Source.
func (s *sifted) Next(ctx context.Context) (*col.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := s.j.survivors(ctx); err != nil {
		return nil, err
	}
	b := s.j.batch
	s.out.Rows, s.out.Cols = b.Rows, s.out.Cols[:0]
	if s.out.Sel = s.j.lefts; s.out.Sel == nil {
		s.out.Sel = []uint32{}
	}
	for _, e := range s.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return nil, err
		}
		s.out.Cols = append(s.out.Cols, *v)
	}
	return &s.out, nil
}

// Close implements Source.
func (s *sifted) Close() error { return nil }

// Close implements Source.
func (j *notIn) Close() error {
	err := j.join.Close()
	removeRuns([]*spill.Run{j.run})
	return err
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
