package main

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// transaction is a snapshot of everything, taken when it began, with its own changes on top. Taking back a
// statement or going back to a savepoint is putting an older root in place.
type transaction struct {
	number uint64
	// base is what was committed when it began; flushed is that with the finished statements.
	base, flushed *root
	work          work
	// statements that may still be taken back: the newest last. One that is finished stays until the next begins.
	statements []*statement
	// savepoints by depth, from 1; without a root where there is none.
	savepoints []savepoint
	// touched are the ids of the tables that were changed, perhaps.
	touched  []uint64
	readOnly bool
	// level of isolation; locks: what the statement reads must stay as it is; reads is what must.
	level pb.Isolation
	locks bool
	reads reads
	// room for what most transactions have one of.
	room struct {
		statement  statement
		statements [1]*statement
		touched    [1]uint64
	}
}

// savepoint is where a transaction can go back to: its root, and what that was made of.
type savepoint struct{ root, base *root }

// statement groups the sinks that stand and fall together.
type statement struct {
	number uint64
	before *root
	open   int
	dead   bool
}

func newTransaction(number uint64, base *root) *transaction {
	t := &transaction{number: number, base: base, flushed: base, work: workOn(base)}
	t.statements, t.touched = t.room.statements[:0], t.room.touched[:0]
	return t
}

// touch notes that a table is changed.
func (t *transaction) touch(id uint64) {
	if !slices.Contains(t.touched, id) {
		t.touched = append(t.touched, id)
	}
}

// begin finds the statement of that number or starts it. Statements without a number are each their own.
func (t *transaction) begin(number uint64) *statement {
	if last := len(t.statements) - 1; last >= 0 {
		if s := t.statements[last]; number != 0 && s.number == number && !s.dead {
			return s
		}
		if t.statements[last].open == 0 {
			t.finish()
		}
	}
	s := &t.room.statement
	if s.before != nil { // it is another one
		s = new(statement)
	}
	s.number, s.before = number, t.work.freeze()
	t.statements = append(t.statements, s)
	return s
}

// finish forgets the statements that can be taken back.
func (t *transaction) finish() {
	t.statements = t.statements[:0]
	t.flushed = t.work.freeze()
}

// flush ends one sink of a statement; the rows are seen when no other one is open.
func (t *transaction) flush(s *statement) {
	s.open--
	for _, other := range t.statements {
		if other.open > 0 {
			return
		}
	}
	t.flushed = t.work.freeze()
}

// discard takes back a whole statement, and those that began within it.
func (t *transaction) discard(s *statement) {
	s.open--
	if s.dead {
		return
	}
	for i, other := range t.statements {
		if other == s {
			for _, inner := range t.statements[i:] {
				inner.dead = true
			}
			t.statements = t.statements[:i]
			t.work.reset(s.before)
			if i == 0 {
				t.flushed = s.before
			}
			return
		}
	}
}

// sees is the root that a request of the statement reads.
func (t *transaction) sees(statement uint64) *root {
	if statement != 0 {
		for _, s := range t.statements {
			if s.number == statement {
				return t.work.freeze()
			}
		}
	}
	return t.flushed
}

// transaction finds one that was begun.
func (s *store) transaction(number uint64) (*transaction, error) {
	t := s.transactions.get(number)
	if t == nil {
		return nil, wasql.Errorf(wasql.Aborted, "transaction %d is not open", number)
	}
	return t, nil
}

// Begin starts a transaction, which sees what is committed now. COMMIT fails when another transaction has changed
// a row before that it changes too; see isolation.go.
func (s *store) Begin(t wasql.Transaction) (pb.Isolation, error) {
	if s.transactions.get(t.Number) != nil {
		return 0, wasql.Errorf(wasql.AlreadyExists, "transaction %d is open already", t.Number)
	}
	begun := newTransaction(t.Number, s.committed.root)
	begun.readOnly, begun.level = t.ReadOnly, levelOf(t.Isolation)
	s.transactions.set(t.Number, begun)
	return begun.level, nil
}

// Commit makes the changes of a transaction seen by all, when they are on disk. A transaction that
// cannot be committed is gone too.
func (s *store) Commit(t wasql.Transaction) error {
	if p := s.promises[t.GlobalID]; p != nil {
		return s.keep(p)
	}
	begun := s.transactions.get(t.Number)
	if begun == nil {
		if s.outcomes.has(t.GlobalID) {
			return nil
		}
		if s.finished.committed(t.Number) {
			return nil
		}
		_, err := s.transaction(t.Number)
		return err
	}
	s.transactions.drop(t.Number)
	begun.finish()
	err := s.commit(begun, t.GlobalID)
	s.finished.add(t.Number, err == nil)
	return err
}

// Rollback forgets a transaction.
func (s *store) Rollback(t wasql.Transaction) error {
	if p := s.promises[t.GlobalID]; p != nil {
		return s.forsake(p)
	}
	if s.transactions.get(t.Number) != nil {
		s.transactions.drop(t.Number)
		s.finished.add(t.Number, false)
	}
	return nil
}

// ends are those of the last transactions, for a COMMIT that comes again.
type ends struct {
	all []end
	// next is the place of the next one, when all are taken.
	next int
}

type end struct {
	number    uint64
	committed bool
}

// endsMax is how many are remembered.
const endsMax = 1024

func (e *ends) add(number uint64, committed bool) {
	if len(e.all) < endsMax {
		e.all = append(e.all, end{number, committed})
		return
	}
	e.all[e.next] = end{number, committed}
	e.next = (e.next + 1) % endsMax
}

// committed tells how the last transaction of that number ended.
func (e *ends) committed(number uint64) bool {
	for i := range e.all {
		// The newest stands before the next one.
		at := &e.all[(e.next+len(e.all)-1-i)%len(e.all)]
		if at.number == number {
			return at.committed
		}
	}
	return false
}
