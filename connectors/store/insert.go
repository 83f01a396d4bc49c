package main

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Insert adds rows.
func (t *table) Insert(w *wasql.Write) (wasql.Sink, error) {
	s, err := t.sink(w, insertRow)
	if err == nil {
		s.inserts = true
		s.fill()
	}
	return s, err
}

// Replace adds rows; older ones with the same keys go.
func (t *table) Replace(w *wasql.Write) (wasql.Sink, error) {
	w.OnConflict = wasql.ReplaceConflict
	return t.Insert(w)
}

// filling is what INSERT needs to know of the columns that it does not name. It is kept for statements like it.
type filling struct {
	// of is the definition, and named the list of columns that are named, which another statement like it has too.
	of    *definition
	named []int
	// absent has the values of columns that are not named; missing is the first that must be named.
	absent  []cell
	missing int
	// required are the columns that may not be NULL.
	required []int
}

// fill finds the values of the columns that the statement does not name.
func (s *sink) fill() {
	s.cells[max(s.table.layout.hidden, 0)] = nullCell
	if n := len(s.write.Values); s.of == s.table && n > 0 && n == len(s.named) && &s.named[0] == &s.write.Values[0] {
		return
	}
	s.filling = filling{of: s.table, named: s.write.Values, absent: make([]cell, len(s.cells)), missing: -1}
	for i := range s.absent {
		if s.table.columns[i].NotNull && i != s.table.layout.hidden {
			s.required = append(s.required, i)
		}
		s.absent[i] = nullCell
		if slices.Contains(s.write.Values, i) || i == s.table.layout.hidden || i == s.table.generates {
			continue
		}
		var ok bool
		if s.absent[i], ok = s.table.fallback(i); !ok && s.table.columns[i].NotNull && s.missing < 0 {
			s.missing = i
		}
	}
}

func insertRow(s *sink, v *version, rows *wasql.Changes, i int) error {
	if s.missing >= 0 {
		e := failure(wasql.Constraint, errNoDefault, "Field '%s' doesn't have a default value", v.columns[s.missing].Name)
		e.Column = v.columns[s.missing].Name
		return e
	}
	if len(s.write.Values) < len(s.cells) {
		copy(s.cells, s.absent)
	}
	s.take(s.cells, s.write.Values, len(s.write.Keys))
	made := false
	if at := v.generates; at >= 0 && s.cells[at].null {
		if err := s.generate(v); err != nil {
			return err
		}
		made = true
	}
	for _, c := range s.required {
		if s.cells[c].null {
			return v.null(c, s.cells[c])
		}
	}
	s.key = v.primary.append(s.key[:0], s.cells)
	replaced := false
	if len(v.primary.parts) == 0 {
		s.key = rowNumberKey(s.key[:0], v.counters.row)
	}
	if v.unique || !v.rows.above(textOf(s.key)) {
		for broken := v.breaks(s.cells, s.key, "", true); broken != nil; broken = v.breaks(s.cells, s.key, "", true) {
			if s.write.OnConflict != wasql.ReplaceConflict {
				return s.refuse(v, rows, i, broken)
			}
			v.delete(broken.key, s.old)
			s.affected++
			replaced = true
		}
	}
	if len(v.primary.parts) == 0 {
		v.counters.row++
	}
	v.insert(s.key, s.cells)
	if v.generates >= 0 {
		v.pass(s.cells)
	}
	s.affected++
	s.matched++
	if replaced {
		rows.Replace(i)
	}
	if made || len(s.write.Returning) > 0 && (len(s.write.Values) < len(s.cells) || v.layout.hidden >= 0) {
		// Other rows are stored as they were given, which needs no answer. A row number is never given.
		rows.Stored(i, v.valuesOf(s.cells, textOf(s.key)))
	}
	return nil
}

// generate makes the value of an AUTO_INCREMENT column that has none.
func (s *sink) generate(v *version) error {
	at, next := v.generates, v.counters.next
	typ := v.columns[at].Type
	s.cells[at] = numberCell(&s.room, typ, int64(next))
	if !typ.Integer() || !fitsNumber(typ, next) {
		return failure(wasql.OutOfRange, errAutoIncrement, "Failed to read auto-increment value from storage engine").In(v.columns[at].Name, "")
	}
	if s.generated == 0 {
		s.generated = next
	}
	return nil
}

// pass moves the counter behind a value that was stored.
func (v *version) pass(cells []cell) {
	at := v.generates
	if at < 0 || cells[at].null {
		return
	}
	typ := v.columns[at].Type
	var used uint64
	switch typ {
	case col.Float32, col.Float64:
		if f := cells[at].float(typ); f >= 1 && f < 1<<63 {
			used = uint64(f)
		}
	default:
		if n := cells[at].number(typ); n > 0 || typ == col.Uint64 {
			used = uint64(n)
		}
	}
	if used >= v.counters.next && used+1 != 0 {
		v.counters.next = used + 1
	}
}
