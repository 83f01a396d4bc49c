package vec

import (
	"context"

	"github.com/wasql/wasql/abi/col"
)

// Filter lets through the rows where the condition is true. passed, when it is not nil, is told of each batch how many these were.
func Filter(child Source, condition Condition, passed func(rows int)) Source {
	return &filter{Source: child, condition: condition, passed: passed}
}

type filter struct {
	Source
	condition Condition
	passed    func(rows int)
	rows      []uint32
	out       col.Batch
}

// Next implements Source.
func (f *filter) Next(ctx context.Context) (*col.Batch, error) {
	b, err := f.Source.Next(ctx)
	if err != nil {
		return nil, err
	}
	f.rows, err = f.condition.Select(b, true, b.Sel, f.rows[:0])
	if err != nil {
		return nil, err
	}
	if f.passed != nil {
		f.passed(len(f.rows))
	}
	f.out = *b
	f.out.Sel = f.rows
	switch {
	case len(f.rows) == b.Rows:
		f.out.Sel = nil
	case f.rows == nil:
		f.out.Sel = []uint32{}
	}
	return &f.out, nil
}

// Project computes columns.
func Project(child Source, columns ...Expr) Source {
	return &project{Source: child, columns: columns, out: col.Batch{Cols: make([]col.Vec, len(columns))}}
}

type project struct {
	Source
	columns []Expr
	out     col.Batch
}

// Next implements Source.
func (p *project) Next(ctx context.Context) (*col.Batch, error) {
	b, err := p.Source.Next(ctx)
	if err != nil {
		return nil, err
	}
	for i, e := range p.columns {
		v, err := e.Eval(b)
		if err != nil {
			return nil, err
		}
		p.out.Cols[i] = *v
	}
	p.out.Rows, p.out.Sel, p.out.Last = b.Rows, b.Sel, b.Last
	return &p.out, nil
}
