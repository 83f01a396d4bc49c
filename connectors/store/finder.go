package main

import (
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// finder finds the row that the key columns of a batch name.
type finder func(v *version, s *sink) (at spot, ok bool)

// finder makes one for the key columns of a statement: the primary key, the row number, or else
// columns whose values some row must have, which is slow.
func (t *table) finder(keys []int) (finder, error) {
	if i := slices.Index(keys, t.layout.hidden); i >= 0 {
		return func(v *version, s *sink) (spot, bool) {
			if s.sent[i].null {
				return spot{}, false
			}
			s.key = rowNumberKey(s.key[:0], load64(s.sent[i].raw))
			return v.find(s.key)
		}, nil
	}
	switch {
	case t.namesKey(keys):
		return func(v *version, s *sink) (spot, bool) {
			for i, at := range keys {
				s.cells[at] = s.sent[i]
			}
			s.key = v.primary.append(s.key[:0], s.cells)
			return v.find(s.key)
		}, nil
	case len(keys) == 0:
		return nil, wasql.Errorf(wasql.InvalidArgument, "rows of table %s.%s are named by its primary key or %s, and none was sent", t.database, t.Name(), rowNumber)
	}
	return func(v *version, s *sink) (found spot, ok bool) {
		v.rows.each(func(row spot) bool {
			for i, at := range keys {
				if v.layout.get(row, at) != s.sent[i] {
					return true
				}
			}
			found, ok = row, true
			return false
		})
		return found, ok
	}, nil
}

// namesKey tells whether columns have all of the primary key, or the row number.
func (d *definition) namesKey(columns []int) bool {
	if d.layout.hidden >= 0 {
		return slices.Contains(columns, d.layout.hidden)
	}
	for _, part := range d.primary.parts {
		if !slices.Contains(columns, part.column) {
			return false
		}
	}
	return true
}
