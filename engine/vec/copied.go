package vec

import "github.com/wasql/wasql/abi/col"

// copied is a batch in memory of its own: all of it, or the rows that count when these are few. A dictionary is copied when it is not much
// larger than the batch; behind a join it is all of the rows of one side.
func copied(b *col.Batch) (*col.Batch, error) {
	c := &col.Batch{Cols: make([]col.Vec, len(b.Cols)), Rows: b.Rows, Last: b.Last}
	rows := b.Sel
	switch {
	case rows != nil && 2*len(rows) < b.Rows:
		c.Rows = len(rows)
	case rows != nil:
		c.Sel, rows = append(make([]uint32, 0, len(rows)), rows...), nil
	}
	for i := range b.Cols {
		v := &b.Cols[i]
		large := v.Encoding == col.Dictionary && v.Dict.Len > 2*b.Rows
		switch {
		case v.Type == col.Invalid: // nobody reads it
		case v.Type == col.Bool && c.Rows != b.Rows: // a store has no bits
			one := col.Batch{Cols: b.Cols[i : i+1], Rows: b.Rows, Sel: rows}
			c.Cols[i] = one.Dense().Cols[0]
		case v.Type == col.Bool || v.Type == col.Null || c.Rows == b.Rows && !large:
			if c.Cols[i] = v.Clone(); v.Type == col.Null {
				c.Cols[i].Len = c.Rows
			}
		default:
			var s store
			if err := s.addAll(v, b.Rows, rows); err != nil {
				return nil, err
			}
			c.Cols[i] = s.vec()
		}
	}
	return c, nil
}
