package vec

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// addFixed keeps the rows of v that count when their values are of a fixed width and lie in memory as the store has them; false: they
// do not, and nothing is kept.
func (s *store) addFixed(v *col.Vec, n int, rows []uint32) bool {
	values, index := v, []uint32(nil)
	switch v.Encoding {
	case col.Plain:
	case col.Dictionary:
		if values, index = v.Dict, v.Index; values.Len == 0 || values.Encoding != col.Plain || values.Type != v.Type {
			return false
		}
	default:
		return false
	}
	if s.width == 0 || s.width == 3 || v.Type != s.typ || s.offsets != nil {
		return false
	}
	count := n
	if rows != nil {
		count = len(rows)
	}
	from := len(s.fixed)
	if need := from + count*s.width; need > cap(s.fixed) {
		s.fixed = append(make([]byte, 0, room(need, cap(s.fixed))), s.fixed...)
	}
	s.fixed = s.fixed[:from+count*s.width]
	to := col.Vec{Type: s.typ, Fixed: s.fixed[from:]}
	switch s.width {
	case 1:
		collect(col.Values[uint8](&to), col.Values[uint8](values), index, rows)
	case 2:
		collect(col.Values[uint16](&to), col.Values[uint16](values), index, rows)
	case 4:
		collect(col.Values[uint32](&to), col.Values[uint32](values), index, rows)
	case 8:
		collect(col.Values[uint64](&to), col.Values[uint64](values), index, rows)
	default:
		collectWide(col.Values[uint64](&to), col.Values[uint64](values), s.width/8, index, rows)
	}
	s.addValid(v, count, rows)
	return true
}

// collect copies the values of rows, nil for the first ones, by way of index unless it is nil. A NULL row may have any index.
func collect[T col.Number](out, values []T, index, rows []uint32) {
	last := uint32(len(values) - 1)
	switch {
	case index == nil && rows == nil:
		copy(out, values)
	case index == nil:
		for k := range out {
			out[k] = values[rows[k]]
		}
	case rows == nil:
		for k := range out {
			out[k] = values[min(index[k], last)]
		}
	default:
		for k := range out {
			out[k] = values[min(index[rows[k]], last)]
		}
	}
}

// collectWide does the same for values of so many words, two or four.
func collectWide(out, values []uint64, words int, index, rows []uint32) {
	last := len(values)/words - 1
	for k := range len(out) / words {
		at := k
		if rows != nil {
			at = int(rows[k])
		}
		if index != nil {
			at = min(int(index[at]), last)
		}
		if words == 2 {
			from, to := values[2*at:2*at+2], out[2*k:2*k+2]
			to[0], to[1] = from[0], from[1]
			continue
		}
		from, to := values[4*at:4*at+4], out[4*k:4*k+4]
		to[0], to[1], to[2], to[3] = from[0], from[1], from[2], from[3]
	}
}

// addValid notes which of the rows that were added are NULL. The values of these are zeros, as if they had been added one by one.
func (s *store) addValid(v *col.Vec, count int, rows []uint32) {
	first := s.rows
	s.rows += count
	s.valid = slices.Grow(s.valid, col.BitmapBytes(s.rows)-len(s.valid))
	for len(s.valid) < col.BitmapBytes(s.rows) {
		s.valid = append(s.valid, 0)
	}
	if v.Valid == nil && (v.Encoding != col.Dictionary || v.Dict.Valid == nil) {
		i := first
		for ; i < s.rows && i&7 != 0; i++ {
			s.valid.Set(i)
		}
		for ; i+8 <= s.rows; i += 8 {
			s.valid[i/8] = 0xff
		}
		for ; i < s.rows; i++ {
			s.valid.Set(i)
		}
		return
	}
	for k := range count {
		row := k
		if rows != nil {
			row = int(rows[k])
		}
		if v.IsNull(row) {
			s.nulls++
			clear(s.fixed[(first+k)*s.width : (first+k+1)*s.width])
			continue
		}
		s.valid.Set(first + k)
	}
}
