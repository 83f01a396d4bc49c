package main

import wasql "github.com/wasql/wasql/sdk/go"

// writer is the right to change a table within a statement: of a transaction, or of one that lives as
// long as the statement.
type writer struct {
	store *store
	// table is the definition that the writer was made for.
	table     *definition
	t         *transaction
	statement *statement
	// alone: the statement stands in no transaction, and is committed when its last sink flushes.
	alone bool
}

func (s *store) writer(t *table, number, statement uint64) (w writer, err error) {
	if t.frozen {
		return w, isFrozen(t)
	}
	w = writer{store: s, table: t.definition}
	if number == 0 {
		w.t, w.alone = s.standing(statement), true
	} else if w.t, err = s.transaction(number); err != nil {
		return w, err
	}
	if w.t.readOnly {
		return w, failure(wasql.ReadOnly, errReadOnlyTransaction, "cannot execute statement in a READ ONLY transaction")
	}
	w.statement = w.t.begin(statement)
	w.statement.open++
	return w, nil
}

// version is the table to change.
func (w *writer) version() (*version, error) {
	if w.statement.dead {
		return nil, wasql.Errorf(wasql.Aborted, "the statement was taken back")
	}
	if w.alone && w.store.committed.root != w.t.base {
		if err := w.catchUp(); err != nil {
			return nil, err
		}
	}
	now, _ := w.store.committed.root.tables.Get(w.table.id)
	if now == nil {
		return nil, failure(wasql.NotFound, errNoTable, "table '%s.%s' doesn't exist", w.table.database, w.table.name())
	}
	if now.definition != w.table {
		return nil, changedTable(now)
	}
	v := w.t.work.table(w.table.id)
	if v == nil || v.definition != w.table {
		return nil, changedTable(now)
	}
	w.t.touch(w.table.id)
	return v, nil
}

// catchUp moves a statement that stands alone, and has written nothing yet, to what is committed now.
func (w *writer) catchUp() error {
	if len(w.t.touched) == 0 {
		now := w.store.committed.root
		w.t.base, w.t.flushed, w.statement.before = now, now, now
		w.t.work.reset(now)
	}
	return nil
}

// flush ends the statement's part.
func (w *writer) flush() error {
	if w.statement.dead {
		w.discard()
		return wasql.Errorf(wasql.Aborted, "the statement was taken back")
	}
	w.t.flush(w.statement)
	if !w.alone || w.statement.open > 0 {
		return nil
	}
	delete(w.store.alone, w.statement.number)
	return w.store.commit(w.t, "")
}

// discard takes the whole statement back.
func (w *writer) discard() {
	w.t.discard(w.statement)
	if w.alone && w.store.alone[w.statement.number] == w.t {
		delete(w.store.alone, w.statement.number)
	}
}

// standing gives the transaction of a statement that stands in none: its own, which its sinks share
// when it has a number.
func (s *store) standing(statement uint64) *transaction {
	if t := s.alone[statement]; t != nil {
		return t
	}
	t := newTransaction(0, s.committed.root)
	if statement != 0 {
		s.alone[statement] = t
	}
	return t
}
