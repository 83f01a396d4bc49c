package vec

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/spill"
)

// joinParts are both sides of a join whose right one does not fit into memory, spread by their keys, and then the pairs of each part,
// merged by the numbers of the left side's rows.
type joinParts struct {
	join        *join
	right, left *partitions
	// wanted are the columns of the left side that are written. At depth 0 the row's number comes behind them, and below it is one of
	// them.
	wanted []Expr
	// keyAt are the positions of the keys, and numberAt that of the number.
	keyAt    []int
	numberAt int
	row      int64
	numbers  []int64
	columns  []*col.Vec
	// rows of the right side.
	rows   int64
	runs   []*spill.Run
	merged *merger
}

// spread puts what is kept on disk, with all that is to come, from batch b of the right side on, and joins it part by part.
func (j *join) spread(ctx context.Context, b *col.Batch) (err error) {
	p := &joinParts{join: j}
	j.parts = p
	j.table = &joinTable{} // done
	if p.right, err = newPartitions(&j.account); err != nil {
		return err
	}
	if err := p.takeKept(ctx); err != nil {
		return err
	}
	j.kept = nil
	j.account.hold(p.right.booked)
	for err == nil {
		if err = p.takeRight(b); err == nil {
			b, err = j.nextRight(ctx)
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	rights, err := p.right.seal()
	if err != nil {
		return err
	}
	defer removeRuns(rights)
	if err := p.takeLeft(ctx); err != nil {
		return err
	}
	lefts, err := p.left.seal()
	if err != nil {
		return err
	}
	defer removeRuns(lefts)
	for i, left := range lefts {
		if left == nil || rights[i] == nil && (j.kind == Inner || j.kind == Semi) {
			continue
		}
		if err := p.part(ctx, left, rights[i]); err != nil {
			return err
		}
		removeRuns([]*spill.Run{left, rights[i]})
	}
	number := j.width()
	if j.number != nil {
		number--
	}
	p.merged, p.runs, err = mergeRuns(ctx, &j.account, p.runs, []SortKey{{Class: Whole}}, []int{number})
	if err == nil && j.depth > 0 {
		p.merged.short()
	}
	return err
}

// takeKept spreads the rows in memory.
func (p *joinParts) takeKept(ctx context.Context) error {
	columns := make([]*col.Vec, len(p.join.kept))
	batch := col.Batch{Cols: make([]col.Vec, len(columns))}
	for from := 0; from < p.join.kept[0].rows; from += outRows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		to := min(from+outRows, p.join.kept[0].rows)
		for i := range columns {
			batch.Cols[i] = p.join.kept[i].slice(from, to)
			columns[i] = &batch.Cols[i]
		}
		batch.Rows = to - from
		if err := p.takeRows(&batch, columns, p.rightKeys()); err != nil {
			return err
		}
	}
	return nil
}

// takeRight spreads a batch of the right side.
func (p *joinParts) takeRight(b *col.Batch) error {
	columns := make([]*col.Vec, len(p.join.wanted))
	for i, e := range p.join.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		columns[i] = v
	}
	return p.takeRows(b, columns, p.join.right.Keys)
}

// takeRows spreads rows of the right side. One without a key matches none.
func (p *joinParts) takeRows(b *col.Batch, columns []*col.Vec, keys []Key) error {
	values := make([]*col.Vec, len(keys))
	if err := evaluateKeys(values, keys, b); err != nil {
		return err
	}
	for i := range b.Len() {
		row := b.Row(i)
		if key := p.join.pack(values, keys, row); key != nil {
			to := p.right.of(key)
			to.rows = append(to.rows, uint32(row))
			p.rows++
		}
	}
	return p.right.add(columns, b.Rows)
}

// rightKeys are the keys as they are found in the rows that are written.
func (p *joinParts) rightKeys() []Key { return placed(p.join.right.Keys, p.join.keyAt) }

// placed gives keys that are found at positions among columns.
func placed(keys []Key, at []int) []Key {
	out := slices.Clone(keys)
	for i := range out {
		out[i].Expr = Column(at[i], keys[i].Field())
	}
	return out
}

// takeLeft spreads the left side.
func (p *joinParts) takeLeft(ctx context.Context) (err error) {
	j := p.join
	if p.left, err = newPartitions(&j.account); err != nil {
		return err
	}
	p.left.seed = p.right.seed
	p.wanted = slices.Clone(j.left.Columns)
	for _, key := range j.left.Keys {
		p.keyAt = append(p.keyAt, place(&p.wanted, key.Expr))
	}
	if p.numberAt = len(p.wanted); j.number != nil {
		p.numberAt = place(&p.wanted, j.number)
	}
	p.columns = make([]*col.Vec, max(len(p.wanted), p.numberAt+1))
	for {
		b, err := j.left.Source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = p.takeLeftRows(b)
		}
		if err != nil {
			return err
		}
	}
}

func (p *joinParts) takeLeftRows(b *col.Batch) error {
	j := p.join
	for i, e := range p.wanted {
		v, err := e.Eval(b)
		if err != nil {
			return err
		}
		p.columns[i] = v
	}
	if j.number == nil {
		p.numbers = slices.Grow(p.numbers[:0], b.Rows)[:b.Rows]
		for i := range p.numbers {
			p.numbers[i] = p.row + int64(i)
		}
		p.row += int64(b.Rows)
		numbers := wholes(p.numbers)
		p.columns[p.numberAt] = &numbers
	}
	if err := evaluateKeys(j.keys, j.left.Keys, b); err != nil {
		return err
	}
	for i := range b.Len() {
		row := b.Row(i)
		key := j.pack(j.keys, j.left.Keys, row)
		if key == nil && (j.kind == Inner || j.kind == Semi) {
			continue
		}
		to := p.left.of(key)
		to.rows = append(to.rows, uint32(row))
	}
	return p.left.add(p.columns, b.Rows)
}

// part joins one part; right nil is an empty one.
func (p *joinParts) part(ctx context.Context, left, right *spill.Run) (err error) {
	below := p.below()
	defer func() { err = errors.Join(err, below.Close()) }()
	if right != nil {
		reader, err := right.Open()
		if err != nil {
			return err
		}
		below.right.Source = reader
		// Rows that spreading does not part, those of one key, are joined a block at a time.
		if right.Rows() == p.rows || below.depth > depthMax {
			below.blocks = &joinBlocks{}
		}
	}
	for {
		reader, err := left.Open()
		if err != nil {
			return err
		}
		below.left.Source = reader
		run, err := writeRun(ctx, &p.join.account, &plainRows{Source: below, account: &p.join.account})
		if run != nil {
			p.runs = append(p.runs, run)
		}
		if err != nil || below.blocks == nil || below.blocks.pending == nil {
			return err
		}
		below.nextBlock()
		if err := reader.Close(); err != nil {
			return err
		}
	}
}

// below makes the join of a part, without its sources.
func (p *joinParts) below() *join {
	j := p.join
	out := &join{kind: j.kind, residual: j.residual, depth: j.depth + 1, number: Column(p.numberAt, col.Field{Type: col.Int64}),
		left: Side{Source: Slice(), Keys: placed(j.left.Keys, p.keyAt)}, right: Side{Source: Slice(), Keys: p.rightKeys()}}
	for i, e := range j.left.Columns {
		out.left.Columns = append(out.left.Columns, Column(i, e.Field()))
	}
	for i, e := range j.right.Columns {
		out.right.Columns = append(out.right.Columns, Column(i, e.Field()))
	}
	return out
}

// close removes what is on disk; nil has nothing.
func (p *joinParts) close() error {
	if p == nil {
		return nil
	}
	p.right.close()
	p.left.close()
	err := p.merged.close()
	removeRuns(p.runs)
	p.runs = nil
	return err
}

// joinBlocks is the state of a join that reads its right side in blocks, and its left side once for each.
type joinBlocks struct {
	// pending is the batch of the right side that the next block begins with; nil: this is the last one.
	pending *col.Batch
	// matched has a bit for each row of the left side, of which first is the number of the batch's first.
	matched col.Bitmap
	first   int
}

// known tells whether a row of the batch matched in an earlier block; in none when there are no blocks.
func (s *joinBlocks) known(row int) bool {
	return s != nil && s.first+row < 8*len(s.matched) && s.matched.Get(s.first+row)
}

// note takes in which rows of a batch matched, all of which count, and goes on to the next.
func (s *joinBlocks) note(done *col.Batch, matched []bool) {
	if bytes := col.BitmapBytes(s.first + done.Rows); bytes > len(s.matched) {
		s.matched = append(s.matched, make(col.Bitmap, bytes-len(s.matched))...)
	}
	for row, yes := range matched[:done.Rows] {
		if yes {
			s.matched.Set(s.first + row)
		}
	}
	s.first += done.Rows
}

// nextBlock makes the join begin again with the next block.
func (j *join) nextBlock() {
	j.blocks.first = 0
	j.table, j.batch, j.kept = nil, nil, nil
	j.account.hold(0)
}

// plainRows copies the rows that count into plain columns, as many as are written at a time.
type plainRows struct {
	Source
	account *account
	stores  []store
	batch   col.Batch
	// from is what is copied, and next its first row that is not yet.
	from *col.Batch
	next int
	rows []uint32
}

// plainStep is the number of rows that are copied between two looks at their size.
const plainStep = 64

// Next implements Source.
func (p *plainRows) Next(ctx context.Context) (*col.Batch, error) {
	for i := range p.stores {
		p.stores[i].reset()
	}
	p.batch.Rows = 0
	for used := int64(0); used < int64(p.account.frame()); {
		if p.from == nil || p.next >= p.from.Len() {
			b, err := p.Source.Next(ctx)
			if errors.Is(err, io.EOF) && p.batch.Rows > 0 {
				p.from = nil
				break
			}
			if err != nil {
				return nil, err
			}
			p.from, p.next = b, 0
		}
		var err error
		if used, err = p.copy(); err != nil {
			return nil, err
		}
	}
	for i := range p.stores {
		p.batch.Cols[i] = p.stores[i].vec()
	}
	return &p.batch, nil
}

// copy copies some rows and gives the bytes of all that are there.
func (p *plainRows) copy() (used int64, err error) {
	if p.stores == nil {
		p.stores = make([]store, len(p.from.Cols))
		p.batch.Cols = make([]col.Vec, len(p.from.Cols))
		p.rows = make([]uint32, 0, plainStep) // never nil, which would be all rows of a batch of which none counts
	}
	p.rows = p.rows[:0]
	for ; p.next < p.from.Len() && len(p.rows) < plainStep; p.next++ {
		p.rows = append(p.rows, uint32(p.from.Row(p.next)))
	}
	for i := range p.stores {
		if err := p.stores[i].addAll(&p.from.Cols[i], p.from.Rows, p.rows); err != nil {
			return 0, err
		}
		used += p.stores[i].used()
	}
	p.batch.Rows += len(p.rows)
	return used, nil
}
