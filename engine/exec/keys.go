package exec

import (
	"errors"
	"io"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
)

// How far a join reads ahead on its left side.
const (
	// keysMax is the number of outer rows whose keys are asked for in one call.
	keysMax = 1024
	// keysFirst is where reading ahead starts when a few rows may be enough; it grows eightfold.
	keysFirst = 8
	// keysLeast keys are worth a lookup; fewer are asked for one by one.
	keysLeast = 3
	// keyBytesMax bounds the texts among the keys of one call.
	keyBytesMax = 1 << 20
	// skipMax is how many rows of a key that nobody wants any more are read before the keys behind it are
	// asked for anew.
	skipMax = 4096
)

// Keys says how the scan of a join's right side asks for the keys of many left rows in one call.
type Keys struct {
	// Open starts a lookup. With an error that is errors.ErrUnsupported the keys are asked for one by one.
	Open func(ctx *sql.Context) (KeyCursor, error)
	// Operands are the values of a key, by the params of the scan; a Lookup makes its keys itself.
	Operands []Operand
	// Width is how many values of a row that was found are handed on.
	Width int
	// Few: whoever reads the join may stop after some rows.
	Few bool
	// Columns say what the parts of a key are; nil: its cursor is no ColumnCursor.
	Columns []KeyColumn
	// Verify: rows are checked to have the key.
	Verify bool
}

// KeyColumn is a part of a key.
type KeyColumn struct {
	Type sql.Type
	// Place is where the column is in the rows that are found; negative: it is not among them.
	Place int
}

// Key is what one left row asks for.
type Key struct {
	// Bound: Never means no row, Inexpressible that the row is asked for by itself.
	Bound  Bound
	Values []*pb.Value
	// Check tells whether a row that was found has the key; nil: the connector is believed.
	Check func(ctx *sql.Context, row sql.Row) (bool, error)
}

// KeyCursor is an open lookup. It is not safe for concurrent use.
type KeyCursor interface {
	// Write sends keys; rows of earlier ones are not given any more. errors.ErrUnsupported: a value has no
	// form in the columns that the connector compares.
	Write(ctx *sql.Context, keys [][]*pb.Value) error
	// Next gives a row with the position of its key among those last written, or io.EOF. Positions rise.
	Next(ctx *sql.Context) (position int, row sql.Row, err error)
	Counters() Counters
	Close() error
}

// keyed is a leaf that can take part in a keyRun.
type keyed interface {
	sql.Node
	sql.ExecSourceRel
	// keyPlan is the plan of the leaf when its keys can be sent together, else nil.
	keyPlan() *ScanPlan
	// key computes what the outer row asks for.
	key(ctx *sql.Context, row sql.Row) (Key, error)
	// within is the leaf as a part of a run.
	within(run *keyRun) sql.Node
}

// keyRun is one run of a join whose left side is read ahead. The join itself stays go-mysql-server's: it
// asks for a left row, then for the right rows of it, and gets both from here.
type keyRun struct {
	leaf keyed
	plan *ScanPlan
	// row is what keys are computed from: the values of the enclosing scopes, then a left row.
	row   sql.Row
	width int
	// size is the number of left rows to read next.
	size int

	entries []keyEntry
	at      int
	failed  error // what ended the left side, io.EOF as a rule

	cursor KeyCursor
	// sent: the keys of entries were written; written has their places in entries.
	sent    bool
	written []int
	ended   bool
	// broken: the lookup has failed.
	broken bool
	// peeked is a row that was read and not wanted yet, of entry peekedAt.
	peeked   sql.Row
	peekedAt int
}

// keyEntry is a left row with its key.
type keyEntry struct {
	row sql.Row
	key Key
}

// advance goes to the next left row.
func (r *keyRun) advance(ctx *sql.Context, left sql.RowIter) (sql.Row, error) {
	if r.at++; r.at >= len(r.entries) {
		if err := r.fill(ctx, left); err != nil {
			return nil, err
		}
	}
	return r.entries[r.at].row, nil
}

// fill reads left rows and computes their keys. What fails then fails when its row's turn comes.
func (r *keyRun) fill(ctx *sql.Context, left sql.RowIter) error {
	r.entries, r.at, r.sent = r.entries[:0], 0, false
	bytes := 0
	for len(r.entries) < r.size && bytes < keyBytesMax && r.failed == nil {
		row, err := left.Next(ctx)
		if err != nil {
			r.failed = err
			break
		}
		copy(r.row[len(r.row)-r.width:], row[len(row)-r.width:])
		key, err := r.leaf.key(ctx, r.row)
		if err != nil {
			key = Key{Bound: Inexpressible}
		}
		for _, v := range key.Values {
			bytes += len(v.GetUtf8()) + len(v.GetBinary())
		}
		r.entries = append(r.entries, keyEntry{row, key})
	}
	r.size = min(r.size*8, keysMax)
	if len(r.entries) == 0 {
		return r.failed
	}
	r.fewKeys()
	return nil
}

// fewKeys has keys asked for one by one that are not worth a lookup.
func (r *keyRun) fewKeys() {
	n := 0
	for i := range r.entries {
		if r.entries[i].key.Bound == Fits {
			n++
		}
	}
	if n < keysLeast && r.cursor == nil {
		r.singly()
	}
}

func (r *keyRun) singly() {
	for i := range r.entries {
		if r.entries[i].key.Bound == Fits {
			r.entries[i].key.Bound = Inexpressible
		}
	}
}

// rows gives the right rows of the current left row; ok is false when they must be asked for by themselves.
func (r *keyRun) rows(ctx *sql.Context) (_ sql.RowIter, ok bool, err error) {
	if r.at >= len(r.entries) {
		return nil, false, nil
	}
	if e := &r.entries[r.at]; e.key.Bound == Fits && !r.sent {
		if err := r.send(ctx, r.at); err != nil {
			return nil, false, err
		}
	}
	switch r.entries[r.at].key.Bound {
	case Never:
		return sql.RowsToRowIter(), true, nil
	case Fits:
		return &keyRows{run: r, at: r.at}, true, nil
	}
	return nil, false, nil
}

// send writes the keys from an entry on.
func (r *keyRun) send(ctx *sql.Context, from int) error {
	var keys [][]*pb.Value
	r.written = r.written[:0]
	for i := from; i < len(r.entries); i++ {
		if r.entries[i].key.Bound == Fits {
			keys, r.written = append(keys, r.entries[i].key.Values), append(r.written, i)
		}
	}
	err := r.open(ctx)
	if err == nil {
		err = r.cursor.Write(ctx, keys)
	}
	r.broken = err != nil
	if errors.Is(err, errors.ErrUnsupported) {
		r.plan.keysOff.Store(true)
		r.singly()
		return r.close()
	}
	r.sent, r.ended, r.peeked = true, false, nil
	return err
}

func (r *keyRun) open(ctx *sql.Context) (err error) {
	if r.cursor != nil {
		return nil
	}
	if r.cursor = r.plan.takeKeys(); r.cursor != nil {
		return nil
	}
	if r.cursor, err = r.plan.Keys.Open(ctx); err == nil {
		r.plan.opened(ctx, r.cursor)
		r.plan.watchKeys(ctx)
	}
	return err
}

// close ends the run: the lookup is left to the next one, or closed.
func (r *keyRun) close() error {
	cursor := r.cursor
	r.cursor = nil
	if cursor == nil || !r.broken && r.plan.keepKeys(cursor) {
		return nil
	}
	return r.plan.close(cursor)
}

// peek reads up to the next row that nobody took, and gives the entry that it is of.
func (r *keyRun) peek(ctx *sql.Context) (int, error) {
	if r.peeked != nil {
		return r.peekedAt, nil
	}
	if r.ended {
		return 0, io.EOF
	}
	position, row, err := r.cursor.Next(ctx)
	if err != nil {
		r.ended, r.broken = true, !errors.Is(err, io.EOF)
		return 0, err
	}
	r.peeked, r.peekedAt = row, r.written[position]
	return r.peekedAt, nil
}

// keyRows are the right rows of one left row, while that is the current one.
type keyRows struct {
	run     *keyRun
	at      int
	skipped int
}

// Next implements sql.RowIter.
func (k *keyRows) Next(ctx *sql.Context) (sql.Row, error) {
	r := k.run
	for {
		at, err := r.peek(ctx)
		switch {
		case err != nil:
			return nil, err
		case at > k.at:
			return nil, io.EOF
		}
		row := r.peeked
		r.peeked = nil
		if at < k.at {
			// Left over from a row of which the first match was enough.
			if k.skipped++; k.skipped > skipMax {
				k.skipped = 0
				if err := r.send(ctx, k.at); err != nil {
					return nil, err
				}
			}
			continue
		}
		if check := r.entries[at].key.Check; check != nil {
			in, err := check(ctx, row)
			if err != nil {
				return nil, err
			}
			if !in {
				continue
			}
		}
		width := r.plan.Keys.Width
		return row[:width:width], nil
	}
}

// Close implements sql.RowIter.
func (k *keyRows) Close(*sql.Context) error { return nil }

var (
	_ keyed = (*Lookup)(nil)
	_ keyed = (*Scan)(nil)
)

func (l *Lookup) keyPlan() *ScanPlan { return l.scan.keyPlan() }

func (l *Lookup) key(ctx *sql.Context, row sql.Row) (Key, error) {
	lookup, inRange, err := l.GetLookup(ctx, row)
	if err != nil {
		return Key{}, err
	}
	if !inRange {
		return Key{Bound: Never}, nil
	}
	return l.keyOf(ctx, lookup)
}

func (l *Lookup) within(run *keyRun) sql.Node {
	out := *l
	out.run = run
	return &out
}

func (s *Scan) keyPlan() *ScanPlan {
	if s.Plan.Keys == nil || s.Plan.keysOff.Load() {
		return nil
	}
	return s.Plan
}

func (s *Scan) key(ctx *sql.Context, row sql.Row) (Key, error) {
	params, bound, err := bindAll(ctx, s.Plan.Params, row)
	if err != nil || bound != Fits {
		return Key{Bound: bound}, err
	}
	values := make([]*pb.Value, len(s.Plan.Keys.Operands))
	for i, operand := range s.Plan.Keys.Operands {
		if values[i] = operand.Value; values[i] == nil {
			values[i] = params[operand.Param]
		}
	}
	return Key{Values: values}, nil
}

func (s *Scan) within(run *keyRun) sql.Node {
	out := *s
	out.run = run
	return &out
}

// takeKeys gives a lookup left by an earlier run, or nil.
func (p *ScanPlan) takeKeys() KeyCursor {
	p.mu.Lock()
	defer p.mu.Unlock()
	cursor := p.idleKeys
	p.idleKeys = nil
	return cursor
}

// watchKeys has a lookup that is left to a next run closed with the statement.
func (p *ScanPlan) watchKeys(ctx *sql.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Reuse {
		p.watch(ctx)
	}
}

// leaveKeys leaves a lookup that was opened to whoever needs it first.
func (p *ScanPlan) leaveKeys(cursor KeyCursor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idleKeys = cursor
}

// keepKeys leaves a lookup to the next run; false when it must be closed instead.
func (p *ScanPlan) keepKeys(cursor KeyCursor) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.Reuse || p.disposed || p.idleKeys != nil {
		return false
	}
	p.idleKeys = cursor
	return true
}
