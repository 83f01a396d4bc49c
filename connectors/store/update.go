package main

import (
	"slices"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// Update changes columns of rows that the key columns name.
func (t *table) Update(w *wasql.Write) (wasql.Sink, error) {
	at, err := t.finder(w.Keys)
	if err != nil {
		return nil, err
	}
	s, err := t.sink(w, updateRow)
	if err == nil {
		s.at = at
		s.amends = t.namesKey(w.Keys) && len(w.Returning) == 0 && t.free(w.Values) && !slices.Contains(w.Values, t.generates)
	}
	return s, err
}

// Delete takes the rows that the key columns name.
func (t *table) Delete(w *wasql.Write) (wasql.Sink, error) {
	at, err := t.finder(w.Keys)
	if err != nil {
		return nil, err
	}
	s, err := t.sink(w, deleteRow)
	if err == nil {
		s.at = at
	}
	return s, err
}

func deleteRow(s *sink, v *version, rows *wasql.Changes, i int) error {
	s.read()
	at, ok := s.at(v, s)
	if !ok {
		rows.Ignore(i)
		return nil
	}
	if len(s.write.Returning) > 0 {
		rows.Stored(i, v.values(at))
	}
	s.key = append(s.key[:0], at.key()...)
	v.delete(textOf(s.key), s.old)
	s.affected++
	s.matched++
	return nil
}

func updateRow(s *sink, v *version, rows *wasql.Changes, i int) error {
	s.read()
	at, ok := s.at(v, s)
	if !ok {
		rows.Ignore(i)
		return nil
	}
	s.matched++
	key := strings.Clone(at.key())
	v.layout.read(s.old, at)
	s.held = detach(s.old, s.held)
	copy(s.cells, s.old)
	changed := false
	for c, at := range s.write.Values {
		if at == v.layout.hidden {
			continue
		}
		given := s.sent[len(s.write.Keys)+c]
		if err := v.null(at, given); err != nil {
			return err
		}
		changed = changed || s.cells[at] != given
		s.cells[at] = given
	}
	if !changed {
		if len(s.write.Returning) > 0 {
			rows.Stored(i, v.valuesOf(s.cells, key))
		}
		return nil
	}
	moves := v.primary.differs(s.old, s.cells)
	s.key = append(s.key[:0], key...)
	if moves {
		s.key = v.primary.append(s.key[:0], s.cells)
		moves = string(s.key) != key
	}
	replaced := false
	for broken := v.breaks(s.cells, s.key, key, moves); broken != nil; broken = v.breaks(s.cells, s.key, key, moves) {
		if s.write.OnConflict != wasql.ReplaceConflict {
			return s.refuse(v, rows, i, broken)
		}
		v.delete(broken.key, make([]cell, len(s.old)))
		replaced = true
	}
	if moves {
		v.delete(key, make([]cell, len(s.old)))
		v.insert(s.key, s.cells)
	} else {
		v.update(key, s.old, s.cells)
	}
	v.pass(s.cells)
	s.affected++
	if replaced {
		rows.Replace(i)
	}
	if len(s.write.Returning) > 0 {
		rows.Stored(i, v.valuesOf(s.cells, textOf(s.key)))
	}
	return nil
}
