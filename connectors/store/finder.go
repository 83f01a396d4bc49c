package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// finder finds the row that the key columns of a batch name.
type finder func(v *version, s *sink) (at spot, ok bool)

// finder makes one for the key columns of a statement: the primary key, the row number, or else
// columns whose values some row must have, which is slow.
func (t *table) finder(keys []int) (finder, error) {
	place := map[int]int{}
	for i, at := range keys {
		place[at] = i
	}
	if i, ok := place[t.layout.hidden]; ok {
		return func(v *version, s *sink) (spot, bool) {
			if s.sent[i].null {
				return spot{}, false
			}
			s.key = rowNumberKey(s.key[:0], load64(s.sent[i].raw))
			return v.find(s.key)
		}, nil
	}
	primary := len(t.primary.parts) > 0
	for _, part := range t.primary.parts {
		if _, ok := place[part.column]; !ok {
			primary = false
		}
	}
	switch {
	case primary:
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
