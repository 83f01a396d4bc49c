package main

import (
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// promise is a transaction that is prepared: it will be committed or rolled back, by its global id, in this instance or a later
// one. Until then nothing is committed that it could not be put on top of. Nobody who reads is held back.
type promise struct {
	id string
	// tables has what it changes, by the table's id.
	tables map[uint64]promised
	reads  reads
	// kept: the log has it.
	kept bool
}

// promised is a table that a prepared transaction changes: as it was when that was prepared, and with the changes.
type promised struct{ base, mine *version }

// Sync is phase one. It fails when the transaction cannot be committed. With prepare the changes are on disk when it is answered.
func (s *store) Sync(t wasql.Transaction, prepare bool) error {
	if s.promises[t.GlobalID] != nil {
		return nil
	}
	begun, err := s.transaction(t.Number)
	if err != nil {
		return err
	}
	begun.finish()
	changed, err := s.settle(begun)
	if err != nil {
		return err
	}
	p := &promise{id: t.GlobalID, tables: map[uint64]promised{}, reads: begun.reads}
	for _, v := range changed {
		base, _ := s.committed.root.tables.Get(v.id)
		p.tables[v.id] = promised{base, v}
	}
	if prepare && len(changed) > 0 && s.journal != nil {
		if err := s.journal.prepare(s, p); err != nil {
			return err
		}
		p.kept = true
	}
	s.transactions.drop(t.Number)
	s.promises[p.id] = p
	return nil
}

// Recover names the transactions that are prepared.
func (s *store) Recover() ([]string, error) {
	ids := make([]string, 0, len(s.promises))
	for id := range s.promises {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// Committed gives those of the ids that were committed lately.
func (s *store) Committed(ids []string) ([]string, error) {
	var committed []string
	for _, id := range ids {
		if s.outcomes.has(id) {
			committed = append(committed, id)
		}
	}
	return committed, nil
}

// keep commits what is prepared, on top of what was committed meanwhile.
func (s *store) keep(p *promise) error {
	var changed []*version
	for id, t := range p.tables {
		now, there := s.committed.root.tables.Get(id)
		mine := t.mine
		if now != t.base {
			if !there && mine.temporary {
				continue
			}
			var err error
			if mine, err = merge(t.base, t.mine, now); err != nil {
				return err
			}
		}
		changed = append(changed, mine)
	}
	if p.kept {
		if err := s.journal.decide(s, p.id, true); err != nil {
			return err
		}
	} else if err := s.journal.commit(s, changed, p.id); err != nil {
		return err
	}
	delete(s.promises, p.id)
	s.install(changed, nil, p.id)
	return nil
}

// forsake rolls back what is prepared.
func (s *store) forsake(p *promise) error {
	if p.kept {
		if err := s.journal.decide(s, p.id, false); err != nil {
			return err
		}
	}
	delete(s.promises, p.id)
	return nil
}

// allowed fails when what a commit makes of tables, and what it has read, would break a promise.
func (s *store) allowed(changed []*version, read reads) error {
	for _, p := range s.promises {
		for _, v := range changed {
			if t, both := p.tables[v.id]; both {
				if _, err := merge(t.base, t.mine, v); err != nil {
					return s.promisedTo(p, v)
				}
			}
			if now, _ := s.committed.root.tables.Get(v.id); now != nil && !p.reads.same(v.id, now, v) {
				return s.promisedTo(p, v)
			}
		}
		for id, t := range p.tables {
			if !read.same(id, t.base, t.mine) {
				return s.promisedTo(p, t.mine)
			}
		}
	}
	return nil
}

func (s *store) promisedTo(p *promise, v *version) error {
	e := conflict("table %s.%s: transaction %s, which is prepared to be committed, stands in the way", v.database, v.name(), p.id)
	e.Hint = "try the transaction again; information_schema.WASQL_TRANSACTIONS shows whether the other one is in doubt"
	return e
}

// redefinable fails when a definition would change a table that a prepared transaction changes or has read.
func (s *store) redefinable(steps []*step) error {
	if len(s.promises) == 0 {
		return nil
	}
	touched := map[uint64]bool{}
	for _, p := range steps {
		switch p.kind {
		case dropDatabase:
			if d := s.committed.names.databases[fold(p.name)]; d != nil {
				for _, id := range d.tables {
					touched[id] = true
				}
			}
		case dropTable, renameTable, reshapeTable, createTable:
			touched[p.id], touched[p.from] = true, true
		}
	}
	for _, p := range s.promises {
		for id := range touched {
			v, there := s.committed.root.tables.Get(id)
			if _, changes := p.tables[id]; there && (changes || p.reads[id] != nil) {
				e := failure(wasql.Conflict, errLockWait, "table %s.%s cannot be redefined: transaction %s, which is prepared to be committed, needs it as it is", v.database, v.name(), p.id)
				e.Retryable, e.Hint = true, "try again; information_schema.WASQL_TRANSACTIONS shows whether the other one is in doubt"
				return e
			}
		}
	}
	return nil
}

// outcomes are the ids of the transactions that were committed last: whoever lost the answer asks soon.
type outcomes struct{ order []string }

// outcomesMax bounds them.
const outcomesMax = 256

func (o *outcomes) has(id string) bool { return slices.Contains(o.last(), id) }

func (o *outcomes) add(id string) {
	if id == "" {
		return
	}
	if o.order = append(o.order, id); len(o.order) >= 2*outcomesMax {
		// Those that are not remembered go together, which is less work than one by one.
		kept := copy(o.order, o.last())
		clear(o.order[kept:])
		o.order = o.order[:kept]
	}
}

// last are the ids that are remembered, the oldest first.
func (o *outcomes) last() []string { return o.order[max(0, len(o.order)-outcomesMax):] }
