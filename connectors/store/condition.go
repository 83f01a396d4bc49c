package main

import (
	wasql "github.com/wasql/wasql/sdk/go"
)

// condition is what a filter asks of one column, as far as it can be said before the values are known.
type condition struct {
	column int
	// points: at most so many values pass; 0: there is no such bound.
	points int
}

// condition looks at a filter: whether it is about one column alone and all its comparisons are
// such that spans of keys say them.
func (d *definition) condition(f *wasql.Filter) (condition, bool) {
	switch f.Op {
	case wasql.And, wasql.Or:
		return d.combined(f)
	case wasql.EQ, wasql.NullSafeEQ, wasql.IsNull:
		return condition{f.Column, 1}, d.plain(f)
	case wasql.IN:
		return condition{f.Column, max(len(f.Operands), 1)}, d.plain(f)
	case wasql.LT, wasql.LE, wasql.GT, wasql.GE, wasql.NE, wasql.NotIN, wasql.IsNotNull:
		return condition{f.Column, 0}, d.plain(f)
	}
	return condition{}, false
}

func (d *definition) combined(f *wasql.Filter) (condition, bool) {
	all := condition{column: -1}
	for i := range f.Children {
		c, ok := d.condition(&f.Children[i])
		if !ok || i > 0 && c.column != all.column {
			return all, false
		}
		switch {
		case i == 0:
			all = c
		case f.Op == wasql.And && all.points == 0, f.Op == wasql.Or && c.points == 0:
			all.points = c.points
		case f.Op == wasql.And && c.points > 0:
			all.points = min(all.points, c.points)
		case f.Op == wasql.Or && all.points > 0:
			all.points += c.points
		}
	}
	return all, len(f.Children) > 0
}

// plain tells whether a comparison is of a column of this table with values that compare with it.
func (d *definition) plain(f *wasql.Filter) bool {
	if f.Column < 0 || f.Column >= len(d.columns) || f.Side != 0 {
		return false
	}
	for _, o := range f.Operands {
		kind, ok := o.Kind()
		if !ok || !d.compares(f.Column, kind, f.Collation) {
			return false
		}
	}
	return true
}

// spans gives the keys of a part whose values pass a filter for which condition said yes. All values are known.
func (p *keyPart) spans(d *definition, f *wasql.Filter) (spans, error) {
	switch f.Op {
	case wasql.And:
		all := everything
		for i := range f.Children {
			one, err := p.spans(d, &f.Children[i])
			if err != nil {
				return nil, err
			}
			all = all.and(one)
		}
		return all, nil
	case wasql.Or:
		var any spans
		for i := range f.Children {
			one, err := p.spans(d, &f.Children[i])
			if err != nil {
				return nil, err
			}
			any = any.or(one)
		}
		return any, nil
	case wasql.IsNull:
		return p.null(), nil
	case wasql.IsNotNull:
		return p.notNull(), nil
	case wasql.IN:
		return p.in(d, f)
	case wasql.NotIN:
		all := p.notNull()
		for _, o := range f.Operands {
			one, err := p.compare(d, wasql.NE, o)
			if err != nil {
				return nil, err
			}
			all = all.and(one)
		}
		return all, nil
	}
	if len(f.Operands) != 1 {
		return nil, wasql.Errorf(wasql.InvalidArgument, "a comparison %s has %d operands", f.Op, len(f.Operands))
	}
	return p.compare(d, f.Op, f.Operands[0])
}

func (p *keyPart) in(d *definition, f *wasql.Filter) (spans, error) {
	any := make(spans, 0, len(f.Operands))
	for _, o := range f.Operands {
		one, err := p.compare(d, wasql.EQ, o)
		if err != nil {
			return nil, err
		}
		any = append(any, one...)
	}
	return union(any), nil
}

// null is the key of NULL, or nothing in a column that has none.
func (p *keyPart) null() spans {
	switch {
	case !p.nullable:
		return nil
	case p.desc:
		return spans{{low: "\xff", point: true}}
	}
	return spans{{low: "\x00", high: "\x01", point: true}}
}

func (p *keyPart) notNull() spans {
	switch {
	case !p.nullable:
		return everything
	case p.desc:
		return spans{{low: "\xfe", high: "\xff"}}
	}
	return spans{{low: "\x01", high: "\x02"}}
}

// compare gives the keys of the values for which `value op operand` is true.
func (p *keyPart) compare(d *definition, op wasql.Op, o wasql.Operand) (spans, error) {
	v, known := o.Value()
	column := &d.columns[p.column]
	if !known {
		return nil, wasql.Errorf(wasql.InvalidArgument, "the value that column %s is compared with is not known", column.Name)
	}
	if v.IsNull() {
		if op == wasql.NullSafeEQ {
			return p.null(), nil
		}
		return nil, nil
	}
	var room [32]byte
	c, at, ok := locate(column, v, &room)
	if !ok {
		return nil, wasql.Errorf(wasql.InvalidArgument, "column %s of type %v is compared with %s", column.Name, column.Type, v).In(column.Name, v.String())
	}
	return p.keysFor(op, c, at), nil
}

// keysFor gives the keys of the values that stand so to a place. A prefix does not tell values apart
// that begin with it: the keys are then more than they need be.
func (p *keyPart) keysFor(op wasql.Op, c cell, at place) spans {
	if op == wasql.NullSafeEQ {
		op = wasql.EQ
	}
	if at != equal {
		// Beside a value, or beyond all: what is equal is nothing, and the rest is a matter of the side.
		switch {
		case op == wasql.EQ:
			return nil
		case op == wasql.NE:
			return p.notNull()
		case at == belowAll || at == aboveAll:
			if (op == wasql.GT || op == wasql.GE) == (at == belowAll) {
				return p.notNull()
			}
			return nil
		case op == wasql.LT || op == wasql.LE:
			if op = wasql.LE; at == before {
				op = wasql.LT
			}
		default:
			if op = wasql.GT; at == before {
				op = wasql.GE
			}
		}
	}
	if p.prefix > 0 {
		switch op {
		case wasql.LT:
			op = wasql.LE
		case wasql.GT:
			op = wasql.GE
		case wasql.NE:
			return p.notNull()
		}
	}
	one := pointAt(p.append(nil, c))
	all := p.notNull()
	if p.desc {
		op = mirrored(op)
	}
	switch op {
	case wasql.EQ:
		return spans{one}
	case wasql.LT:
		return all.and(below(one.low))
	case wasql.LE:
		return all.and(below(one.high))
	case wasql.GT:
		return all.and(from(one.high))
	case wasql.GE:
		return all.and(spans{{low: one.low}})
	}
	return all.and(below(one.low).or(from(one.high)))
}

// below is all keys before one; no key stands for the end.
func below(key string) spans { return spans{{high: key}} }

// from is all keys from the end of a span on.
func from(end string) spans {
	if end == "" {
		return nil
	}
	return spans{{low: end}}
}

func mirrored(op wasql.Op) wasql.Op {
	switch op {
	case wasql.LT:
		return wasql.GT
	case wasql.LE:
		return wasql.GE
	case wasql.GT:
		return wasql.LT
	case wasql.GE:
		return wasql.LE
	}
	return op
}
