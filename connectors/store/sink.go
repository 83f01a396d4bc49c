package main

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// sink takes the rows of one statement. What the kinds of statement have in common is here; insert.go, update.go
// and delete.go have the rest.
type sink struct {
	writer
	write *wasql.Write
	// each does one row, whose columns are in sent, in the order of the batch.
	each func(s *sink, v *version, rows *wasql.Changes, i int) error
	// given are the columns of the batch, row is the one that is read.
	given []strip
	row   int
	// sent are the columns of a row of the batch, for the kinds that do not read them one by one.
	sent   []cell
	places []int
	// cells are the row to be; old is one that is in the table, in memory that is held.
	cells, old []cell
	held       []byte
	key        []byte
	// room takes the bytes of a generated value.
	room [8]byte
	filling
	// at finds rows by the key columns that were sent.
	at finder
	// inserts: new rows may be added all at once.
	inserts bool
	// amends: the rows may be updated all at once.
	amends bool
	// affected, matched and generated are for the answer.
	affected, matched, generated uint64
}

func (t *table) sink(w *wasql.Write, each func(*sink, *version, *wasql.Changes, int) error) (*sink, error) {
	writer, err := t.store.writer(t, w.Transaction, w.Statement)
	if err != nil {
		return nil, err
	}
	s := t.store.spare
	if t.store.spare = nil; s == nil {
		s = new(sink)
	}
	// What has room for rows serves again.
	*s = sink{writer: writer, write: w, each: each, given: s.given[:0], sent: s.sent[:0], places: s.places[:0], cells: s.cells, old: s.old,
		held: s.held, key: s.key, filling: s.filling}
	if n := len(t.columns); len(s.cells) != n {
		s.cells, s.old = make([]cell, n), make([]cell, n)
	}
	return s, nil
}

// leave leaves a sink that has ended to the next statement.
func (s *sink) leave() { s.store.spare = s }

// Write does the rows of a batch, one after the other.
func (s *sink) Write(rows *wasql.Changes) error {
	v, err := s.version()
	if err != nil {
		return err
	}
	batch := rows.Batch()
	s.receive(batch)
	if batch.Sel == nil && (s.together(v, batch.Rows) || s.amend(v, batch.Rows)) {
		collect(batch.Bytes())
		return nil
	}
	for i := range batch.Len() {
		s.row = batch.Row(i)
		if err := s.each(s, v, rows, i); err != nil {
			return err
		}
	}
	collect(batch.Bytes() + rowBytes*batch.Len())
	return nil
}

// receive lays the columns of a batch out.
func (s *sink) receive(batch *col.Batch) {
	s.given = slices.Grow(s.given[:0], len(batch.Cols))
	for i := range batch.Cols {
		v := &batch.Cols[i]
		w := s.table.layout.widths[s.column(i)]
		if w < 0 {
			w = 8 // the row number
		}
		s.given = append(s.given, stripOf(v, w, batch.Rows))
	}
}

// column is the position in the table of a column of the batch.
func (s *sink) column(i int) int {
	for _, list := range [...][]int{s.write.Keys, s.write.Values, s.write.Old} {
		if i < len(list) {
			return list[i]
		}
		i -= len(list)
	}
	return 0
}

// take puts columns of the row, from the first on, into cells at their places. It is one loop without calls: in
// WebAssembly a call costs as much as the work.
func (s *sink) take(cells []cell, places []int, first int) {
	row := s.row
	for i, at := range places {
		f := &s.given[first+i]
		c := &cells[at]
		switch {
		case f.valid != nil && f.valid[row>>3]&(1<<(row&7)) == 0:
			*c = nullCell
		case f.width > 0:
			c.raw, c.null = unsafe.String(&f.fixed[row*f.width], f.width), false
		default:
			b := f.data[f.offsets[row]:f.offsets[row+1]]
			c.raw, c.null = unsafe.String(unsafe.SliceData(b), len(b)), false
		}
	}
}

// read gets all columns of the row into sent.
func (s *sink) read() {
	if len(s.sent) != len(s.given) {
		s.sent = slices.Grow(s.sent[:0], len(s.given))[:len(s.given)]
		s.places = s.places[:0]
		for i := range s.sent {
			s.places = append(s.places, i)
		}
	}
	s.take(s.sent, s.places, 0)
}

// Flush ends the statement.
func (s *sink) Flush() (wasql.Written, error) {
	written := wasql.Written{Affected: s.affected, Matched: s.matched, LastInsertID: s.generated}
	err := s.flush()
	s.leave()
	return written, err
}

// Discard takes the statement back.
func (s *sink) Discard() error {
	s.discard()
	s.leave()
	return nil
}

// refuse answers that row i breaks a key.
func (s *sink) refuse(v *version, rows *wasql.Changes, i int, broken *brokenKey) error {
	switch s.write.OnConflict {
	case wasql.IgnoreConflict:
		rows.Ignore(i)
	case wasql.ReportConflict:
		rows.Conflict(i, v.values(broken.at))
	default:
		return broken.failure(v, s.cells)
	}
	return nil
}

// brokenKey is a unique key that two rows would share.
type brokenKey struct {
	// index is the number of the index; -1: the primary key.
	index int
	// key is that of the row that has it, in memory of its own, and at where this row lies until the next change.
	key string
	at  spot
}

// breaks finds the first unique key of cells that another row than the one with the key own has. Primary: the
// primary key is looked at too, it is key.
func (v *version) breaks(cells []cell, key []byte, own string, primary bool) *brokenKey {
	if primary && len(v.primary.parts) > 0 {
		if at, ok := v.find(key); ok {
			return &brokenKey{-1, string(key), at}
		}
	}
	for i := range v.indexes {
		if !v.definition.indexes[i].unique {
			continue
		}
		if holder, ok := v.taken(i, cells); ok && holder != own {
			at, _ := v.rows.find(holder)
			return &brokenKey{i, strings.Clone(holder), at}
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
