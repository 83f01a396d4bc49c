package col

import "encoding/binary"

// Plain copies the column into plain encoding; a plain column is given back as it is.
func (v *Vec) Plain() Vec {
	if v.Encoding == Plain {
		return *v
	}
	return v.gather(v.Len, func(i int) int { return i })
}

// Dense copies the rows that count into a batch without selection, in plain encoding; a batch without
// one is given back as it is.
func (b *Batch) Dense() *Batch {
	if b.Sel == nil {
		return b
	}
	d := &Batch{Cols: make([]Vec, len(b.Cols)), Rows: len(b.Sel), Last: b.Last}
	for i := range b.Cols {
		d.Cols[i] = b.Cols[i].gather(len(b.Sel), b.Row)
	}
	return d
}

// gather copies n rows, the i-th from row at(i), into plain encoding.
func (v *Vec) gather(n int, at func(int) int) Vec {
	c := Vec{Type: v.Type, Len: n, Precision: v.Precision, Scale: v.Scale}
	if v.Type == Null {
		return c
	}
	nulls := 0
	valid := make(Bitmap, BitmapBytes(n))
	for i := range n {
		if v.IsNull(at(i)) {
			nulls++
		} else {
			valid.Set(i)
		}
	}
	if nulls > 0 {
		c.Valid = valid
	}
	switch {
	case v.Type.Varying():
		c.Offsets = make([]int32, n+1)
		for i := range n {
			if valid.Get(i) {
				c.Data = append(c.Data, v.Bytes(at(i))...)
			}
			c.Offsets[i+1] = int32(len(c.Data))
		}
	case v.Type == Bool:
		c.Fixed = make([]byte, BitmapBytes(n))
		for i := range n {
			if valid.Get(i) && v.Bool(at(i)) {
				Bitmap(c.Fixed).Set(i)
			}
		}
	default:
		width := v.Type.Width()
		c.Fixed = aligned(n * width)
		for i := range n {
			if !valid.Get(i) {
				continue
			}
			source, row := v.resolve(at(i))
			copyFixed(c.Fixed[i*width:], source.Fixed[row*width:], width)
		}
	}
	return c
}

// copyFixed copies one value; the common widths without a call of memmove.
func copyFixed(dst, src []byte, width int) {
	switch width {
	case 8:
		binary.LittleEndian.PutUint64(dst, binary.LittleEndian.Uint64(src))
	case 4:
		binary.LittleEndian.PutUint32(dst, binary.LittleEndian.Uint32(src))
	default:
		copy(dst[:width], src)
	}
}
