package main

import (
	"unsafe"

	"github.com/wasql/wasql/abi/col"
)

// feed is a column of a batch, laid out for reading row by row.
type feed struct {
	valid   col.Bitmap
	fixed   []byte
	offsets []int32
	data    []byte
	width   int
	// vec is read when the column is of another kind.
	vec  *col.Vec
	kind feedKind
}

type feedKind uint8

const (
	feedOther feedKind = iota
	feedFixed
	feedVarying
)

func feedOf(v *col.Vec) feed {
	if v.Encoding != col.Plain && v.Encoding != col.View {
		plain := v.Plain()
		v = &plain
	}
	f := feed{valid: v.Valid, vec: v}
	switch {
	case v.Type == col.Bool, v.Type == col.Null, v.Views != nil:
	case v.Offsets != nil:
		f.kind, f.offsets, f.data = feedVarying, v.Offsets, v.Data
	default:
		f.kind, f.fixed, f.width = feedFixed, v.Fixed, v.Type.Width()
	}
	return f
}

// receive puts the columns of the row, from the first on, into cells at their places. It is one loop without calls: in
// WebAssembly a call costs as much as the work.
func (s *sink) receive(cells []cell, places []int, first int) {
	row := s.row
	for i, at := range places {
		f := &s.feeds[first+i]
		c := &cells[at]
		if f.valid != nil && f.valid[row>>3]&(1<<(row&7)) == 0 {
			*c = nullCell
			continue
		}
		switch f.kind {
		case feedFixed:
			c.raw, c.null = unsafe.String(&f.fixed[row*f.width], f.width), false
		case feedVarying:
			b := f.data[f.offsets[row]:f.offsets[row+1]]
			c.raw, c.null = unsafe.String(unsafe.SliceData(b), len(b)), false
		default:
			*c = cellAt(f.vec, row)
		}
	}
}

// read gets all columns of the row into sent.
func (s *sink) read() {
	if s.sent == nil {
		s.sent = make([]cell, len(s.feeds))
		s.places = identity(len(s.feeds))
	}
	s.receive(s.sent, s.places, 0)
}
