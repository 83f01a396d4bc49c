package vec

import (
	"context"
	"io"

	"github.com/wasql/wasql/abi/col"
)

// Limit leaves out the first skip rows and ends behind the next rows.
func Limit(child Source, skip, rows uint64) Source {
	return &limit{Source: child, skip: skip, left: rows}
}

type limit struct {
	Source
	skip, left uint64
	rows       []uint32
	out        col.Batch
}

// Next implements Source.
func (l *limit) Next(ctx context.Context) (*col.Batch, error) {
	if l.left == 0 {
		return nil, io.EOF
	}
	b, err := l.Source.Next(ctx)
	if err != nil {
		return nil, err
	}
	n := uint64(b.Len())
	first := min(l.skip, n)
	l.skip -= first
	taken := min(n-first, l.left)
	l.left -= taken
	if taken == n {
		return b, nil
	}
	l.rows = l.rows[:0]
	for i := first; i < first+taken; i++ {
		l.rows = append(l.rows, uint32(b.Row(int(i))))
	}
	l.out = *b
	l.out.Sel = l.rows
	if l.out.Sel == nil {
		l.out.Sel = []uint32{}
	}
	return &l.out, nil
}
