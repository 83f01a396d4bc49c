package main

import "github.com/wasql/wasql/abi/pb"

// The levels of isolation. Each of them reads from roots that do not change, and lets the first of two commits win that are in each
// other's way: nobody waits.
//
//	READ COMMITTED    each statement reads what was committed when it began, with the transaction's own changes on top
//	REPEATABLE READ   all statements read what was committed when the transaction began
//	SERIALIZABLE      and what was read must be committed as it was when the transaction is
//
// READ UNCOMMITTED is READ COMMITTED.

// levelOf is the level that is kept for a transaction.
func levelOf(asked pb.Isolation) pb.Isolation {
	switch asked {
	case pb.Isolation_ISOLATION_READ_UNCOMMITTED, pb.Isolation_ISOLATION_READ_COMMITTED:
		return pb.Isolation_ISOLATION_READ_COMMITTED
	case pb.Isolation_ISOLATION_SERIALIZABLE:
		return asked
	}
	return pb.Isolation_ISOLATION_REPEATABLE_READ
}

// tracks tells whether what is read now must be as it was when the transaction is committed.
func (t *transaction) tracks() bool {
	return !t.readOnly && (t.locks || t.level == pb.Isolation_ISOLATION_SERIALIZABLE)
}

// StartStatement begins a statement of a transaction. The ones before it have ended.
func (s *store) StartStatement(number, _ uint64, locks bool) error {
	t, err := s.transaction(number)
	if err != nil {
		return err
	}
	t.locks = locks
	if t.level != pb.Isolation_ISOLATION_READ_COMMITTED {
		return nil
	}
	return s.advance(t)
}

// advance puts the changes of a transaction on top of what is committed now.
func (s *store) advance(t *transaction) error {
	now := s.committed.root
	if t.base == now {
		return nil
	}
	t.finish()
	next := now
	for _, id := range t.touched {
		mine, _ := t.work.root.tables.Get(id)
		base, _ := t.base.tables.Get(id)
		if mine == base || mine == nil || mine.changes == nil {
			continue
		}
		merged := mine
		if current, there := now.tables.Get(id); current != base {
			if !there && mine.temporary {
				continue
			}
			var err error
			if merged, err = merge(base, mine, current); err != nil {
				return err
			}
		}
		if next == now {
			next = now.copy()
		}
		next.tables.Set(id, merged)
	}
	t.base, t.flushed = now, next
	t.work.reset(next)
	return nil
}
