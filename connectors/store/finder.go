package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// finder finds the row that the key columns of a batch name.
type finder func(v *version, s *sink) (key, row string, ok bool)

// finder makes one for the key columns of a statement: the primary key, the row number, or else
// columns whose values some row must have, which is slow.
func (t *table) finder(keys []int) (finder, error) {
	place := map[int]int{}
	for i, at := range keys {
		place[at] = i
	}
	if i, ok := place[t.layout.hidden]; ok {
		return func(v *version, s *sink) (string, string, bool) {
			if s.sent[i].null {
				return "", "", false
			}
			s.key = rowNumberKey(s.key[:0], load64(s.sent[i].raw))
			return s.found(v)
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
		return func(v *version, s *sink) (string, string, bool) {
			for i, at := range keys {
				s.cells[at] = s.sent[i]
			}
			s.key = v.primary.append(s.key[:0], s.cells)
			return s.found(v)
		}, nil
	case len(keys) == 0:
		return nil, wasql.Errorf(wasql.InvalidArgument, "rows of table %s.%s are named by its primary key or %s, and none was sent", t.database, t.Name(), rowNumber)
	}
	return func(v *version, s *sink) (key, row string, ok bool) {
		v.rows.Scan(func(k, r string) bool {
			for i, at := range keys {
				if v.layout.get(k, r, at) != s.sent[i] {
					return true
				}
			}
			key, row, ok = k, r, true
			return false
		})
		return key, row, ok
	}, nil
}

// found gives the row of s.key. The key is the tree's own, not the scratch.
func (s *sink) found(v *version) (key, row string, ok bool) {
	row, ok = v.rows.Get(textOf(s.key))
	return string(s.key), row, ok
}
