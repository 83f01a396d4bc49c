package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// sink takes the rows of one statement. What the kinds of statement have in common is here; insert.go, update.go
// and delete.go have the rest.
type sink struct {
	*writer
	write *wasql.Write
	// each does one row, whose columns are in sent, in the order of the batch.
	each func(s *sink, v *version, rows *wasql.Changes, i int) error
	// feeds are the columns of the batch, row is the one that is read.
	feeds []feed
	row   int
	// sent are the columns of a row of the batch, for the kinds that do not read them one by one.
	sent   []cell
	places []int
	// cells are the row to be; old is one that is in the table.
	cells, old []cell
	key        []byte
	// room takes the bytes of a generated value.
	room [8]byte
	// absent has the values of columns that INSERT does not name; missing is the first that must be named.
	absent  []cell
	missing int
	// required are the columns that may not be NULL.
	required []int
	// at finds rows by the key columns that were sent.
	at finder
	// affected, matched and generated are for the answer.
	affected, matched, generated uint64
}

func (t *table) sink(w *wasql.Write, each func(*sink, *version, *wasql.Changes, int) error) (*sink, error) {
	writer, err := t.store.writer(t, w.Transaction, w.Statement)
	if err != nil {
		return nil, err
	}
	n := len(t.columns)
	return &sink{writer: writer, write: w, each: each, cells: make([]cell, n), old: make([]cell, n)}, nil
}

// Write does the rows of a batch, one after the other.
func (s *sink) Write(rows *wasql.Changes) error {
	v, err := s.version()
	if err != nil {
		return err
	}
	batch := rows.Batch()
	s.feeds = s.feeds[:0]
	for i := range batch.Cols {
		s.feeds = append(s.feeds, feedOf(&batch.Cols[i]))
	}
	for i := range batch.Len() {
		s.row = batch.Row(i)
		if err := s.each(s, v, rows, i); err != nil {
			return err
		}
	}
	collect(batch.Len())
	return nil
}

// Flush ends the statement.
func (s *sink) Flush() (wasql.Written, error) {
	err := s.flush()
	return wasql.Written{Affected: s.affected, Matched: s.matched, LastInsertID: s.generated}, err
}

// Discard takes the statement back.
func (s *sink) Discard() error {
	s.discard()
	return nil
}

// refuse answers that row i breaks a key: key and row are those that are in the way.
func (s *sink) refuse(v *version, rows *wasql.Changes, i int, broken *brokenKey) error {
	switch s.write.OnConflict {
	case wasql.IgnoreConflict:
		rows.Ignore(i)
	case wasql.ReportConflict:
		rows.Conflict(i, v.values(broken.key, broken.row))
	default:
		return broken.failure(v, s.cells)
	}
	return nil
}

// brokenKey is a unique key that two rows would share.
type brokenKey struct {
	// index is the number of the index; -1: the primary key.
	index int
	// key and row are of the row that has it.
	key, row string
}

// breaks finds the first unique key of cells that another row than the one with the key own has. Primary: the
// primary key is looked at too, it is key.
func (v *version) breaks(cells []cell, key []byte, own string, primary bool) *brokenKey {
	if primary && len(v.primary.parts) > 0 {
		if row, ok := v.find(key); ok {
			return &brokenKey{-1, string(key), row}
		}
	}
	for i := range v.indexes {
		if !v.definition.indexes[i].unique {
			continue
		}
		if holder, ok := v.taken(i, scratch, cells); ok && holder != own {
			row, _ := v.rows.Get(holder)
			return &brokenKey{i, holder, row}
		}
	}
	return nil
}

func (b *brokenKey) failure(v *version, cells []cell) error {
	spec, name := &v.primary, "PRIMARY"
	if b.index >= 0 {
		spec, name = &v.definition.indexes[b.index].spec, v.definition.indexes[b.index].name
	}
	entry := ""
	for i := range spec.parts {
		if i > 0 {
			entry += "-"
		}
		entry += v.text(spec.parts[i].column, cells[spec.parts[i].column])
	}
	e := failure(wasql.Constraint, errDuplicate, "Duplicate entry '%s' for key '%s.%s'", entry, v.name(), name)
	e.Table, e.Value = v.name(), entry
	return e
}

// null checks that a column that needs a value has one.
func (v *version) null(i int, c cell) error {
	if c.null && v.columns[i].NotNull && i != v.layout.hidden {
		e := failure(wasql.Constraint, errNull, "Column '%s' cannot be null", v.columns[i].Name)
		e.Column = v.columns[i].Name
		return e
	}
	return nil
}
