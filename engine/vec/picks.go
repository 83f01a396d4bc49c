package vec

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// picks is memory for columns that refer to chosen rows of others where they lie, a place for each column.
type picks struct {
	index [][]uint32
	valid []col.Bitmap
	plain []col.Vec
}

func newPicks(columns int) picks {
	return picks{index: make([][]uint32, columns), valid: make([]col.Bitmap, columns), plain: make([]col.Vec, columns)}
}

// of gives the rows of v as a column that is valid until its place is used again. With gaps some of rows are noRow, where it is NULL.
func (p *picks) of(place int, v *col.Vec, rows []uint32, gaps bool) col.Vec {
	n := len(rows)
	switch {
	case v.Type == col.Null, v.Encoding == col.Constant && !gaps:
		out := *v
		out.Len = n
		return out
	case v.Encoding == col.Constant:
		one := *v
		one.Encoding, one.Len, one.Valid = col.Plain, 1, nil
		if v.IsNull(0) {
			one.Valid = col.Bitmap{0}
		}
		p.plain[place] = one
		return p.first(place, &p.plain[place], rows)
	case v.Encoding == col.View:
		plain := *v
		p.plain[place] = flatten(&plain)
		v = &p.plain[place]
	}
	if v.Encoding != col.Dictionary {
		out := dictionary(v, v, rows)
		if gaps {
			out.Valid = p.present(place, rows)
		}
		return out
	}
	index := slices.Grow(p.index[place][:0], n)[:n]
	p.index[place] = index
	out := dictionary(v, v.Dict, index)
	if v.Valid == nil && !gaps {
		for k, row := range rows {
			index[k] = v.Index[row]
		}
		return out
	}
	out.Valid = p.present(place, rows)
	for k, row := range rows {
		if row == noRow {
			index[k] = 0
			continue
		}
		if index[k] = v.Index[row]; !v.Valid.Get(int(row)) {
			out.Valid.Clear(k)
		}
	}
	return out
}

// first gives the first row of v for each that is none of noRow.
func (p *picks) first(place int, v *col.Vec, rows []uint32) col.Vec {
	index := slices.Grow(p.index[place][:0], len(rows))[:len(rows)]
	p.index[place] = index
	clear(index)
	out := dictionary(v, v, index)
	out.Valid = p.present(place, rows)
	return out
}

// present are the rows that are none of noRow.
func (p *picks) present(place int, rows []uint32) col.Bitmap {
	size := col.BitmapBytes(len(rows))
	valid := slices.Grow(p.valid[place][:0], size)[:size]
	p.valid[place] = valid
	clear(valid)
	for k, row := range rows {
		if row != noRow {
			valid.Set(k)
		}
	}
	return valid
}

// dictionary is a column like another, whose values are those of dict at index.
func dictionary(like, dict *col.Vec, index []uint32) col.Vec {
	return col.Vec{Type: like.Type, Encoding: col.Dictionary, Len: len(index), Index: index, Dict: dict, Precision: like.Precision, Scale: like.Scale}
}
