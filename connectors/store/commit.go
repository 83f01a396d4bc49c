package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// commit puts the changes of a transaction on top of what is committed, when the log has them. id is its global id, empty when it
// has none.
func (s *store) commit(t *transaction, id string) error {
	changed, err := s.settle(t)
	if err != nil || len(changed) == 0 {
		return err
	}
	if err := s.journal.commit(s, changed, id); err != nil {
		return err
	}
	var whole *root
	if s.committed.root == t.base {
		whole = t.work.freeze()
	}
	s.install(changed, whole, id)
	return nil
}

// settle gives the tables that a transaction changes, on top of what is committed now. It fails when others have changed
// what it changes, or has read, or have prepared to.
func (s *store) settle(t *transaction) ([]*version, error) {
	var changed []*version
	for _, id := range t.touched {
		mine, _ := t.work.root.tables.Get(id)
		base, _ := t.base.tables.Get(id)
		if mine == base || mine == nil || mine.changes == nil {
			continue
		}
		if now, there := s.committed.root.tables.Get(id); now != base {
			if !there && mine.temporary {
				continue // the session that had it, which is this one, has dropped it
			}
			var err error
			if mine, err = merge(base, mine, now); err != nil {
				return nil, err
			}
		}
		changed = append(changed, mine)
	}
	if v, same := t.reads.still(s.committed.root); !same {
		if v == nil {
			return nil, conflict("what the transaction has read was changed by another one since")
		}
		return nil, conflict("what the transaction has read of table %s.%s was changed by another one since", v.database, v.name())
	}
	return changed, s.allowed(changed, t.reads)
}

// install makes changed tables the committed ones. whole is the root that has them all, or nil.
func (s *store) install(changed []*version, whole *root, id string) {
	next := &state{names: s.committed.names, root: whole, ids: s.committed.ids, kept: s.committed.kept}
	if whole == nil {
		next.root = s.committed.root.copy()
		for _, v := range changed {
			next.root.tables.Set(v.id, v)
		}
	}
	cost := costOf(s.committed.root, changed)
	for _, v := range changed {
		v.changes, v.room, v.owner = nil, nil, 0
	}
	s.put(next, cost)
	s.outcomes.add(id)
	s.journal.perhaps(s)
}

// merge does the changes that led from base to mine again on now, which others made of base.
func merge(base, mine, now *version) (*version, error) {
	if base == nil || now == nil || now.definition != base.definition {
		if base == nil {
			base = mine
		}
		return nil, conflict("table %s.%s was changed or dropped since the transaction began", base.database, base.name())
	}
	merged := now.copy(newOwner())
	err := mine.eachChange(func(c change) error {
		if !base.agrees(now, c) {
			return conflict("a row of table %s.%s was changed by another transaction since this one began", base.database, base.name())
		}
		return merged.again(c)
	})
	merged.changes = mine.changes
	return merged, err
}

// agrees tells whether the rows that a change is about are the same in another version.
func (v *version) agrees(now *version, c change) bool {
	switch c.kind {
	case changeTruncate:
		return v.rows.Len() == now.rows.Len()
	case changeDelete:
		return v.hasSame(now, c.key)
	}
	for i := range c.rows.n {
		if !v.hasSame(now, c.rows.keys.raw(i)) {
			return false
		}
	}
	return true
}

func (v *version) hasSame(now *version, key string) bool {
	before, had := v.rows.find(key)
	current, has := now.rows.find(key)
	return had == has && (!had || v.layout.same(before, current))
}

// conflict is the error of a transaction that must be tried again.
func conflict(format string, args ...any) *wasql.Error {
	e := failure(wasql.Conflict, errDeadlock, format, args...)
	e.SQLState, e.Retryable = "40001", true
	e.Hint = "try the transaction again"
	return e
}
