package col

// Batch is a run of rows: one Vec a column, all of Rows rows.
type Batch struct {
	Cols []Vec
	Rows int
	// Sel lists the rows that count, ascending; nil means all.
	Sel []uint32
	// Lease names the guest memory behind the batch; 0 when there is none.
	Lease int64
	// Last is set when the maker knows that no batch follows.
	Last bool
}

// Len is the number of rows that count.
func (b *Batch) Len() int {
	if b.Sel != nil {
		return len(b.Sel)
	}
	return b.Rows
}

// Row gives the position of the i-th row that counts.
func (b *Batch) Row(i int) int {
	if b.Sel != nil {
		return int(b.Sel[i])
	}
	return i
}

// Bytes is the size of all buffers, for budgets and counters.
func (b *Batch) Bytes() int {
	total := 0
	for i := range b.Cols {
		total += b.Cols[i].bytes()
	}
	return total + 4*len(b.Sel)
}

func (v *Vec) bytes() int {
	total := len(v.Valid) + len(v.Fixed) + 4*len(v.Offsets) + len(v.Data) + 16*len(v.Views) + 4*len(v.Index)
	for _, buffer := range v.Buffers {
		total += len(buffer)
	}
	if v.Dict != nil {
		total += v.Dict.bytes()
	}
	return total
}

// Clone copies the batch into memory of its own.
func (b *Batch) Clone() *Batch {
	c := &Batch{Cols: make([]Vec, len(b.Cols)), Rows: b.Rows, Last: b.Last}
	if b.Sel != nil {
		c.Sel = append(make([]uint32, 0, len(b.Sel)), b.Sel...)
	}
	for i := range b.Cols {
		c.Cols[i] = b.Cols[i].Clone()
	}
	return c
}

// Clone copies the column into memory of its own.
func (v *Vec) Clone() Vec {
	c := *v
	if v.Valid != nil {
		c.Valid = append(Bitmap{}, v.Valid...)
	}
	if v.Fixed != nil {
		c.Fixed = append(aligned(len(v.Fixed))[:0], v.Fixed...)
	}
	if v.Offsets != nil {
		c.Offsets = append([]int32{}, v.Offsets...)
	}
	if v.Data != nil {
		c.Data = append([]byte{}, v.Data...)
	}
	if v.Views != nil {
		c.Views = append([]StringView{}, v.Views...)
		c.Buffers = make([][]byte, len(v.Buffers))
		for i, buffer := range v.Buffers {
			c.Buffers[i] = append([]byte{}, buffer...)
		}
	}
	if v.Index != nil {
		c.Index = append([]uint32{}, v.Index...)
	}
	if v.Dict != nil {
		dict := v.Dict.Clone()
		c.Dict = &dict
	}
	return c
}
