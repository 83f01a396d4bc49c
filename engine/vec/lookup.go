package vec

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Found is the right side of a lookup join: rows that are asked for by their keys.
type Found struct {
	// Source gives the rows of the keys last written, those of one key together, keys in the order in which they were written, and io.EOF
	// behind them. It may leave rows out.
	Source Source
	// Columns are what is given of the rows, and Position is the number of a row's key among those last written.
	Columns  []Expr
	Position Expr
	// Keys say what the columns of a key must be.
	Keys []col.Field
	// Write sends keys, none of which has a NULL; rows of earlier ones are not given any more.
	Write func(ctx context.Context, keys *col.Batch) error
}

// How far a lookup join reads ahead on its left side.
const (
	// lookupMost is the number of left rows whose keys are sent together at most, lookupFirst where that starts when a few rows may be
	// enough; it grows eightfold.
	lookupMost  = 4096
	lookupFirst = 8
	// lookupBytes bounds the texts among the keys that are sent together, and what is gathered of the left rows.
	lookupBytes = 1 << 20
	// lookupSkip is how many rows that nobody wants any more are read before the keys behind theirs are asked for anew.
	lookupSkip = 4096
)

// Lookup joins rows with those that are found by keys made of them; many keys are sent at once. The keys of left are one for each of
// right.Keys, compared as the columns of these are. Rows come as Join gives them. few: whoever reads them may stop after some.
func Lookup(kind JoinKind, left Side, right Found, residual Condition, few bool) Source {
	l := &lookup{kind: kind, left: left, right: right, residual: residual, size: lookupMost}
	if few {
		l.size = lookupFirst
	}
	l.ahead = newLookupAhead(left)
	l.keys = newLookupKeys(right.Keys)
	l.leftPicks, l.rightPicks = newPicks(len(left.Columns)), newPicks(len(right.Columns))
	l.columns, l.shapes = make([]*col.Vec, len(right.Columns)), make([]col.Vec, len(right.Columns))
	for i, e := range right.Columns {
		field := e.Field()
		l.shapes[i] = nullLike(&col.Vec{Type: field.Type, Precision: field.Precision, Scale: field.Scale})
	}
	return l
}

type lookup struct {
	kind     JoinKind
	left     Side
	right    Found
	residual Condition
	// size is the number of left rows whose keys are sent next.
	size  int
	ahead lookupAhead
	keys  lookupKeys
	// Of the left rows that were read ahead, those from one on up to another are asked about, and all before done were given.
	from, to, done int
	asking         bool
	// matched says of each of these whether it has a pair.
	matched []bool
	// skipped counts rows that nobody wanted.
	skipped int
	// columns are those of the right side; whole: the pairs have all of its rows as they came.
	columns []*col.Vec
	whole   bool
	// The pairs: numbers of left rows, the places where these lie, and those of rows of the right side.
	numbers, lefts, rights []uint32
	passed                 []uint32
	// otherLefts and otherRights are memory for the pairs with the rows between them that match none.
	otherLefts, otherRights []uint32
	leftPicks, rightPicks   picks
	// shapes are columns of the right side without a value.
	shapes []col.Vec
	out    col.Batch
	closed bool
}

// Next implements Source.
func (l *lookup) Next(ctx context.Context) (*col.Batch, error) {
	for !l.closed {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		l.out.Rows = 0
		if err := l.advance(ctx); err != nil {
			return nil, err
		}
		if l.out.Len() > 0 {
			return &l.out, nil
		}
	}
	return nil, io.EOF
}

// advance makes the next batch, which may be empty.
func (l *lookup) advance(ctx context.Context) error {
	if !l.asking {
		if err := l.ask(ctx); err != nil {
			return err
		}
		if !l.asking {
			l.from = l.to
			l.pairless(l.to)
			return nil
		}
	}
	found, err := l.right.Source.Next(ctx)
	if err == nil {
		return l.take(found)
	}
	l.asking = false
	if !errors.Is(err, io.EOF) {
		l.closed = true // a lookup that failed is not used again
		return err
	}
	l.from = l.to
	l.pairless(l.to)
	return nil
}

// ask sends the keys of the next left rows, if any of them has one that may be found.
func (l *lookup) ask(ctx context.Context) error {
	if l.from >= l.ahead.n {
		if err := l.ahead.read(ctx, l.size); err != nil {
			return err
		}
		l.from, l.done = 0, 0
		l.matched = grow(l.matched, l.ahead.n)
		clear(l.matched)
	}
	l.to = l.keys.fill(&l.ahead, l.from, min(l.from+l.size, l.ahead.n))
	if len(l.keys.numbers) == 0 {
		return nil
	}
	err := l.keys.builder.Err()
	if err == nil {
		err = l.right.Write(ctx, l.keys.builder.Batch())
	}
	if err != nil {
		l.closed = true
		return err
	}
	l.asking, l.skipped = true, 0
	l.size = min(l.size*8, lookupMost)
	return nil
}

// take makes the batch of rows that were found.
func (l *lookup) take(found *col.Batch) error {
	n := found.Len()
	if n == 0 {
		return nil
	}
	position, err := l.right.Position.Eval(found)
	if err != nil {
		return err
	}
	for i, e := range l.right.Columns {
		v, err := e.Eval(found)
		if err != nil {
			return err
		}
		if l.columns[i] = v; v.Type != l.shapes[i].Type || v.Scale != l.shapes[i].Scale {
			l.shapes[i] = nullLike(v)
		}
	}
	last, err := l.pair(found, position)
	if err == nil {
		err = l.check()
	}
	if err != nil {
		return err
	}
	l.finish(last)
	l.skip(last)
	return nil
}

// pair finds the left rows of what was found, and gives the number of the last.
func (l *lookup) pair(found *col.Batch, position *col.Vec) (last int, err error) {
	l.numbers, l.lefts, l.rights = l.numbers[:0], l.lefts[:0], l.rights[:0]
	once := l.kind == Semi || l.kind == Anti
	before := uint64(0)
	for i := range found.Len() {
		row := found.Row(i)
		p := position.Uint64(row)
		if p < before || p >= uint64(len(l.keys.numbers)) {
			return 0, fmt.Errorf("internal error: a row of key %d behind one of key %d, of %d", p, before, len(l.keys.numbers))
		}
		before = p
		number := l.keys.numbers[p]
		if once && (l.matched[number] || l.residual == nil && len(l.numbers) > 0 && l.numbers[len(l.numbers)-1] == number) {
			l.skipped++ // its other pairs do not matter
			continue
		}
		l.numbers, l.lefts, l.rights = append(l.numbers, number), append(l.lefts, l.ahead.row(number)), append(l.rights, uint32(row))
	}
	l.whole = found.Sel == nil && !once
	return int(l.keys.numbers[before]), nil
}

// check drops the pairs that the residual is not true for.
func (l *lookup) check() error {
	if l.residual == nil || len(l.lefts) == 0 {
		return nil
	}
	l.present(true, false)
	passed, err := l.residual.Select(&l.out, true, nil, l.passed[:0])
	l.passed = passed
	if err != nil || len(passed) == len(l.lefts) {
		return err
	}
	for i, at := range passed {
		l.numbers[i], l.lefts[i], l.rights[i] = l.numbers[at], l.lefts[at], l.rights[at]
	}
	l.numbers, l.lefts, l.rights = l.numbers[:len(passed)], l.lefts[:len(passed)], l.rights[:len(passed)]
	l.whole = false
	return nil
}

// finish makes the batch of the pairs, and of the left rows before number last that have none.
func (l *lookup) finish(last int) {
	l.out.Rows = 0
	switch l.kind {
	case Inner:
		l.present(true, false)
	case LeftOuter:
		for _, number := range l.numbers {
			l.matched[number] = true
		}
		l.present(true, l.withPairless(last))
	case Semi:
		n := 0
		for i, number := range l.numbers {
			if !l.matched[number] {
				l.matched[number] = true
				l.lefts[n] = l.lefts[i]
				n++
			}
		}
		l.lefts = l.lefts[:n]
		l.present(false, false)
	case Anti:
		for _, number := range l.numbers {
			l.matched[number] = true
		}
		l.pairless(last)
	}
	l.done = max(l.done, last)
}

// skip asks anew for the keys behind that of number last when many rows of keys were read in vain.
func (l *lookup) skip(last int) {
	if l.skipped < lookupSkip || !l.matched[last] || l.kind != Semi && l.kind != Anti {
		return
	}
	l.asking, l.from, l.done = false, last+1, last+1
}

// withPairless puts the left rows that have no pair between the pairs; false: there are none.
func (l *lookup) withPairless(last int) bool {
	lefts, rights := l.otherLefts[:0], l.otherRights[:0]
	taken, gaps := 0, false
	for number := l.done; number < last; number++ {
		if l.matched[number] {
			continue
		}
		for ; taken < len(l.lefts) && int(l.numbers[taken]) < number; taken++ {
			lefts, rights = append(lefts, l.lefts[taken]), append(rights, l.rights[taken])
		}
		lefts, rights, gaps = append(lefts, l.ahead.row(uint32(number))), append(rights, noRow), true
	}
	if !gaps {
		return false
	}
	lefts, rights = append(lefts, l.lefts[taken:]...), append(rights, l.rights[taken:]...)
	l.otherLefts, l.otherRights, l.lefts, l.rights = l.lefts, l.rights, lefts, rights
	l.whole = false
	return true
}

// pairless makes the batch of the left rows up to a number that have no pair, all of theirs having been looked at.
func (l *lookup) pairless(to int) {
	l.out.Rows = 0
	if l.kind == LeftOuter || l.kind == Anti {
		l.lefts, l.rights = l.lefts[:0], l.rights[:0]
		for number := l.done; number < to; number++ {
			if !l.matched[number] {
				l.lefts, l.rights = append(l.lefts, l.ahead.row(uint32(number))), append(l.rights, noRow)
			}
		}
		for i := range l.columns {
			l.columns[i] = &l.shapes[i]
		}
		l.whole = false
		l.present(l.kind == LeftOuter, true)
	}
	l.done = max(l.done, to)
}

// present makes columns of the pairs, which refer to the values where they lie. With gaps some have no right row.
func (l *lookup) present(both, gaps bool) {
	l.out.Rows, l.out.Sel, l.out.Cols = len(l.lefts), nil, l.out.Cols[:0]
	if len(l.lefts) == 0 {
		return
	}
	for i, v := range l.ahead.columns {
		l.out.Cols = append(l.out.Cols, l.leftPicks.of(i, v, l.lefts, false))
	}
	for i, v := range l.columns {
		switch {
		case !both:
		case l.whole:
			l.out.Cols = append(l.out.Cols, *v)
		default:
			l.out.Cols = append(l.out.Cols, l.rightPicks.of(i, v, l.rights, gaps))
		}
	}
}

// Close implements Source.
func (l *lookup) Close() error {
	l.closed = true
	l.ahead.kept = nil
	return errors.Join(l.left.Source.Close(), l.right.Source.Close())
}
