package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// JoinKind says which rows a join gives.
type JoinKind uint8

// The kinds.
const (
	// Inner gives each pair that matches.
	Inner JoinKind = iota + 1
	// LeftOuter gives also the rows of the left side that match none, with NULLs for the right one.
	LeftOuter
	// Semi gives the rows of the left side that match at least one, and Anti those that match none: columns of the left side only.
	Semi
	Anti
)

// Side is one side of a join.
type Side struct {
	Source Source
	// Columns are what is given of its rows.
	Columns []Expr
	// Keys are as many on both sides, pairwise of one class, unit, scale and collation. A row with a NULL among them matches none.
	Keys []Key
}

// Join gives pairs of rows whose keys are equal and for which residual, over the columns of the left and then of the right side, is true;
// nil: there is none. They come in the order of the left side, and for each of its rows in that of the right one. The right side is read
// first, and kept; without keys each pair is looked at. When it does not fit into the memory of the context's Budget, both sides go to disk, spread by their keys.
func Join(kind JoinKind, left, right Side, residual Condition) Source {
	return &join{kind: kind, left: left, right: right, residual: residual}
}

type join struct {
	kind        JoinKind
	left, right Side
	residual    Condition
	table       *joinTable
	// wanted are the columns of the right side that are kept: those that are given, and keys that are none of them.
	wanted []Expr
	keyAt  []int
	kept   []store
	cols   []col.Vec
	// batch is the left one, and next the first of its rows that is not done.
	batch   *col.Batch
	columns []*col.Vec
	keys    []*col.Vec
	probe   wholeKeys
	next    int
	// at is one more than the row of the right side where the pairs of row next go on; 0: at the first.
	at uint32
	// pairs of positions: in the left batch, and among the rows kept.
	lefts, rights []uint32
	passed        []uint32
	matched       []bool
	out           col.Batch
	indexes       [][]uint32
	valid         []col.Bitmap
	key           []byte
	// between are the pairs with the rows between them that match none.
	betweenLefts, betweenRights []uint32

	account account
	depth   int
	// number is, of a join of parts, the number of the left side's row, which is given behind all columns; numbers are its values.
	number  Expr
	numbers *col.Vec
	blocks  *joinBlocks
	parts   *joinParts
	view    gatherer
}

// pairsMax is where a batch of pairs ends.
const pairsMax = 4096

// Next implements Source.
func (j *join) Next(ctx context.Context) (*col.Batch, error) {
	if j.table == nil {
		if err := j.build(ctx); err != nil {
			return nil, err
		}
	}
	if j.parts != nil {
		b, err := j.parts.merged.Next(ctx)
		if err != nil {
			return nil, err
		}
		return j.view.alias(b, j.width()), nil
	}
	for {
		if j.batch == nil || j.next >= j.batch.Len() {
			if err := j.advance(ctx); err != nil {
				return nil, err
			}
			continue
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		from := j.next
		j.pair()
		if err := j.check(); err != nil {
			return nil, err
		}
		if j.finish(from) {
			return &j.out, nil
		}
	}
}

// width is the number of columns that are given.
func (j *join) width() int {
	width := len(j.left.Columns)
	if j.kind == Inner || j.kind == LeftOuter {
		width += len(j.right.Columns)
	}
	if j.number != nil {
		width++
	}
	return width
}

// build reads the right side, or of a join in blocks as much of it as there is room for.
func (j *join) build(ctx context.Context) error {
	j.prepare(ctx)
	table := newJoinTable(j.left.Keys, j.right.Keys)
	columns, keys := make([]*col.Vec, len(j.wanted)), make([]*col.Vec, len(j.right.Keys))
	for {
		b, err := j.nextRight(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		size := table.size()
		more := table.more(b.Len())
		for i, e := range j.wanted {
			if columns[i], err = e.Eval(b); err != nil {
				return err
			}
			size += j.kept[i].size()
			more += j.kept[i].more(columns[i], b.Rows, b.Sel)
		}
		if j.account.hold(size); len(table.next) > 0 && !j.account.fits(size+more) {
			if j.blocks != nil {
				j.blocks.pending = b
				break
			}
			return j.spread(ctx, b)
		}
		for i, v := range columns {
			if err := j.kept[i].addAll(v, b.Rows, b.Sel); err != nil {
				return err
			}
		}
		if err := evaluateKeys(keys, j.right.Keys, b); err != nil {
			return err
		}
		if table.whole != nil {
			table.addWhole(keys[0], b)
			continue
		}
		for i := range b.Len() {
			table.add(j.pack(keys, j.right.Keys, b.Row(i)))
		}
	}
	j.table = table
	j.cols = make([]col.Vec, len(j.right.Columns))
	for i := range j.cols {
		j.cols[i] = j.kept[i].vec()
	}
	return nil
}

// prepare makes the memory for both sides.
func (j *join) prepare(ctx context.Context) {
	j.account.open(ctx, operatorJoin)
	j.wanted = slices.Clone(j.right.Columns)
	j.keyAt = j.keyAt[:0]
	for _, key := range j.right.Keys {
		j.keyAt = append(j.keyAt, place(&j.wanted, key.Expr))
	}
	if len(j.wanted) == 0 { // rows are counted by a column
		j.wanted = []Expr{Constant(col.Field{Type: col.Int8}, col.Vec{Type: col.Int8, Encoding: col.Constant, Fixed: []byte{0}})}
	}
	j.kept = make([]store, len(j.wanted))
	j.columns, j.keys = make([]*col.Vec, len(j.left.Columns)), make([]*col.Vec, len(j.left.Keys))
	j.out.Cols = make([]col.Vec, len(j.left.Columns)+len(j.right.Columns)+1)
	j.indexes = make([][]uint32, len(j.left.Columns)+1)
	j.valid = make([]col.Bitmap, len(j.left.Columns)+2)
}

// nextRight gives the next batch of the right side.
func (j *join) nextRight(ctx context.Context) (*col.Batch, error) {
	if j.blocks != nil && j.blocks.pending != nil {
		b := j.blocks.pending
		j.blocks.pending = nil
		return b, nil
	}
	b, err := j.right.Source.Next(ctx)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return b, err
}

func evaluateKeys(out []*col.Vec, keys []Key, b *col.Batch) error {
	for i := range keys {
		v, err := keys[i].Eval(b)
		if err != nil {
			return err
		}
		out[i] = v
	}
	return nil
}

// pack makes the key of a row; nil: a part is NULL.
func (j *join) pack(values []*col.Vec, keys []Key, row int) []byte {
	j.key = append(j.key[:0], 0)
	for i, v := range values {
		if v.IsNull(row) {
			return nil
		}
		j.key = keys[i].append(j.key, v, row)
	}
	return j.key
}

// advance reads the next batch of the left side.
func (j *join) advance(ctx context.Context) error {
	if j.blocks != nil && j.batch != nil {
		j.blocks.note(j.batch, j.matched)
		j.batch = nil
	}
	b, err := j.left.Source.Next(ctx)
	if err != nil {
		return err
	}
	j.batch, j.next, j.at = b, 0, 0
	for i, e := range j.left.Columns {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		if j.columns[i] = v; v.Encoding == col.View {
			plain := v.Clone()
			plain = flatten(&plain)
			j.columns[i] = &plain
		}
	}
	if j.number != nil {
		if j.numbers, err = j.number.Eval(b); err != nil {
			return err
		}
	}
	j.matched = grow(j.matched, b.Rows)
	clear(j.matched)
	if err := evaluateKeys(j.keys, j.left.Keys, b); err != nil {
		return err
	}
	j.probe.of(j.table, j.keys, b)
	return nil
}

// flatten makes a column of views a plain one.
func flatten(v *col.Vec) col.Vec {
	var s store
	if err := s.addAll(v, v.Len, nil); err != nil {
		return *v // a batch is far below what a store takes
	}
	return s.vec()
}

// pair finds the pairs of the next rows of the left side, until there are many.
func (j *join) pair() {
	j.lefts, j.rights = j.lefts[:0], j.rights[:0]
	for ; j.next < j.batch.Len(); j.next++ {
		row, at := j.batch.Row(j.next), j.at
		if j.matched[row] && (j.kind == Semi || j.kind == Anti) {
			j.at = 0
			continue // its other pairs do not matter
		}
		if at == 0 {
			if at = j.firstOf(row); at == 0 {
				continue
			}
		}
		for ; at != 0; at = j.table.next[at-1] {
			if len(j.lefts) == pairsMax {
				j.at = at
				return
			}
			j.lefts, j.rights = append(j.lefts, uint32(row)), append(j.rights, at-1)
			if j.residual == nil && (j.kind == Semi || j.kind == Anti) {
				break // one is enough
			}
		}
		j.at = 0
	}
}

// check drops the pairs that the residual is not true for, and notes which rows of the left side have one.
func (j *join) check() error {
	if j.residual != nil && len(j.lefts) > 0 {
		j.present(len(j.left.Columns)+len(j.right.Columns), false)
		passed, err := j.residual.Select(&j.out, true, nil, j.passed[:0])
		j.passed = passed
		if err != nil {
			return err
		}
		for i, at := range passed {
			j.lefts[i], j.rights[i] = j.lefts[at], j.rights[at]
		}
		j.lefts, j.rights = j.lefts[:len(passed)], j.rights[:len(passed)]
	}
	for _, row := range j.lefts {
		j.matched[row] = true
	}
	return nil
}

// finish makes the batch of the rows of the left side from position from on; false: it is empty.
func (j *join) finish(from int) bool {
	width := len(j.left.Columns) + len(j.right.Columns)
	outer := false
	switch j.kind {
	case Semi, Anti:
		width = len(j.left.Columns)
		j.lefts = j.lefts[:0]
		for i := from; i < j.next; i++ {
			if row := j.batch.Row(i); j.kind == Semi && j.matched[row] && !j.blocks.known(row) || j.kind == Anti && j.alone(row) {
				j.lefts = append(j.lefts, uint32(row))
			}
		}
	case LeftOuter:
		outer = j.between(from)
	}
	j.present(width, outer)
	return j.out.Rows > 0
}

// alone tells whether a row of the left side matches none, all having been looked at.
func (j *join) alone(row int) bool {
	return !j.matched[row] && !j.blocks.known(row) && (j.blocks == nil || j.blocks.pending == nil)
}

// between puts the rows of the left side that match none between the pairs; false: there are none.
func (j *join) between(from int) bool {
	lefts, rights := j.betweenLefts[:0], j.betweenRights[:0]
	taken, outer := 0, false
	for i := from; i < j.next; i++ {
		row := j.batch.Row(i)
		if !j.alone(row) {
			continue
		}
		for ; taken < len(j.lefts) && int(j.lefts[taken]) < row; taken++ {
			lefts, rights = append(lefts, j.lefts[taken]), append(rights, j.rights[taken])
		}
		lefts, rights, outer = append(lefts, uint32(row)), append(rights, noRow), true
	}
	if outer {
		lefts, rights = append(lefts, j.lefts[taken:]...), append(rights, j.rights[taken:]...)
		j.betweenLefts, j.betweenRights, j.lefts, j.rights = j.lefts, j.rights, lefts, rights
	} else {
		j.betweenLefts, j.betweenRights = lefts, rights
	}
	return outer
}

// noRow is the right side of a row that matches none.
const noRow = ^uint32(0)

// present makes columns of the pairs, which refer to the values where they lie.
func (j *join) present(width int, outer bool) {
	n := len(j.lefts)
	j.out.Rows, j.out.Sel, j.out.Cols = n, nil, j.out.Cols[:width]
	if j.number != nil {
		j.out.Cols = append(j.out.Cols, j.through(j.numbers, len(j.columns)))
	}
	for i, v := range j.columns {
		j.out.Cols[i] = j.through(v, i)
	}
	var valid col.Bitmap
	if outer {
		last := len(j.valid) - 1
		j.valid[last] = slices.Grow(j.valid[last][:0], col.BitmapBytes(n))[:col.BitmapBytes(n)]
		valid = j.valid[last]
		clear(valid)
		for i, at := range j.rights {
			if at != noRow {
				valid.Set(i)
			}
		}
	}
	for i := range width - len(j.columns) {
		v := &j.cols[i]
		if v.Type == col.Null {
			j.out.Cols[len(j.columns)+i] = col.Vec{Type: col.Null, Len: n}
			continue
		}
		j.out.Cols[len(j.columns)+i] = col.Vec{Type: v.Type, Encoding: col.Dictionary, Len: n, Index: j.rights[:n], Dict: v, Valid: valid, Precision: v.Precision, Scale: v.Scale}
	}
}

// through is column i of the left batch at the rows of the pairs.
func (j *join) through(v *col.Vec, i int) col.Vec {
	n := len(j.lefts)
	switch {
	case v.Type == col.Null, v.Encoding == col.Constant:
		out := *v
		out.Len = n
		return out
	case v.Encoding != col.Dictionary:
		return col.Vec{Type: v.Type, Encoding: col.Dictionary, Len: n, Index: j.lefts, Dict: v, Precision: v.Precision, Scale: v.Scale}
	}
	index := slices.Grow(j.indexes[i][:0], n)[:n]
	j.indexes[i] = index
	out := col.Vec{Type: v.Type, Encoding: col.Dictionary, Len: n, Index: index, Dict: v.Dict, Precision: v.Precision, Scale: v.Scale}
	for k, row := range j.lefts {
		index[k] = v.Index[row]
	}
	if v.Valid != nil {
		valid := slices.Grow(j.valid[i][:0], col.BitmapBytes(n))[:col.BitmapBytes(n)]
		j.valid[i] = valid
		clear(valid)
		for k, row := range j.lefts {
			if v.Valid.Get(int(row)) {
				valid.Set(k)
			}
		}
		out.Valid = valid
	}
	return out
}

// Close implements Source.
func (j *join) Close() error {
	j.table, j.kept, j.cols, j.batch = &joinTable{}, nil, nil, nil
	err := j.parts.close()
	j.parts = nil
	j.account.close()
	return errors.Join(err, j.left.Source.Close(), j.right.Source.Close())
}

// firstOf gives one more than the position of the first row of the right side with the key of a row of the left batch, or 0.
func (j *join) firstOf(row int) uint32 {
	if j.table.whole != nil {
		if !j.probe.valid.Get(row) || j.probe.none {
			return 0
		}
		id, there := j.table.whole.find(j.probe.values[row])
		if !there {
			return 0
		}
		return j.table.heads[id]
	}
	key := j.pack(j.keys, j.left.Keys, row)
	if key == nil {
		return 0
	}
	return j.table.first(key)
}
