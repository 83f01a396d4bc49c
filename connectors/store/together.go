package main

import (
	"encoding/binary"
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// together adds the n rows of a batch at once. False: something stands against it, such as a key that is there, and nothing
// was done: the rows are to be added one by one.
func (s *sink) together(v *version, n int) bool {
	if !s.inserts || n < 2 || s.missing >= 0 || len(s.write.Returning) > 0 && (len(s.write.Values) < len(s.cells) || v.layout.hidden >= 0) {
		return false
	}
	r := s.rowset(v, n)
	for _, c := range s.required {
		if c != v.generates && r.columns[c].valid != nil {
			return false // it has NULL
		}
	}
	generated, ok := s.generateAll(v, &r)
	if !ok {
		return false
	}
	if v.layout.hidden >= 0 {
		r.keys.number(v.counters.row, n)
	} else {
		v.primary.keysOf(&r)
	}
	a, ok := v.arrive(&r)
	if !ok {
		return false
	}
	v.putRows(&a.rows)
	v.add(a)
	if v.layout.hidden >= 0 {
		v.counters.row += uint64(n)
	}
	v.passAll(&a.rows)
	if s.generated == 0 {
		s.generated = generated
	}
	s.affected += uint64(n)
	s.matched += uint64(n)
	return true
}

// rowset lays the columns of a batch out as those of the table. A column that is not sent has its value everywhere.
func (s *sink) rowset(v *version, n int) rowset {
	r := rowset{n: n, columns: make([]strip, len(s.cells))}
	if len(s.write.Values) < len(s.cells) {
		for i, w := range v.layout.widths {
			if w >= 0 && !slices.Contains(s.write.Values, i) {
				r.columns[i] = repeat(w, n, s.absent[i])
			}
		}
	}
	for i, at := range s.write.Values {
		if v.layout.widths[at] >= 0 {
			r.columns[at] = s.given[len(s.write.Keys)+i]
		}
	}
	return r
}

// generateAll makes the values of an AUTO_INCREMENT column that has none, and gives the first. False: some rows have one, or
// there are not so many numbers.
func (s *sink) generateAll(v *version, r *rowset) (first uint64, ok bool) {
	at := v.generates
	if at < 0 || r.columns[at].valid == nil {
		return 0, true
	}
	typ := v.columns[at].Type
	first = v.counters.next
	last := first + uint64(r.n) - 1
	if r.columns[at].valid.Count(r.n) > 0 || !typ.Integer() || last < first || !fitsNumber(typ, last) || len(s.write.Returning) > 0 {
		return 0, false
	}
	w := width(typ)
	made := strip{width: w, fixed: make([]byte, 0, r.n*w)}
	var room [8]byte
	for i := range uint64(r.n) {
		binary.LittleEndian.PutUint64(room[:], first+i)
		made.fixed = append(made.fixed, room[:w]...)
	}
	r.columns[at] = made
	return first, true
}

// fitsNumber tells whether a number is one of a type.
func fitsNumber(typ col.Type, n uint64) bool {
	var room [8]byte
	return uint64(numberCell(&room, typ, int64(n)).number(typ)) == n
}

// passAll moves the counter behind the values that were stored.
func (v *version) passAll(r *rowset) {
	at := v.generates
	if at < 0 {
		return
	}
	cells := v.spare()
	first := 0
	if p := v.primary.parts; len(p) == 1 && p[0].column == at && !p[0].desc {
		first = r.n - 1 // they ascend
	}
	for i := first; i < r.n; i++ {
		cells[at] = r.columns[at].cell(i)
		v.pass(cells)
	}
}
