package vec

import (
	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// Condition picks rows.
type Condition interface {
	// Select appends to out the rows among in, nil for all of b's whatever its selection, where the condition is true, or, when want is
	// not set, where it is false; it is neither where it is NULL. The rows come in order. out must not share memory with in.
	Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error)
}

// And is true when all parts are.
func And(parts ...Condition) Condition {
	if len(parts) == 1 {
		return parts[0]
	}
	return &and{parts: parts}
}

// Or is true when one of the parts is.
func Or(parts ...Condition) Condition {
	if len(parts) == 1 {
		return parts[0]
	}
	turned := make([]Condition, len(parts))
	for i, p := range parts {
		turned[i] = Not(p)
	}
	return Not(And(turned...))
}

// Not is true when c is false.
func Not(c Condition) Condition {
	if n, ok := c.(not); ok {
		return n.Condition
	}
	return not{c}
}

type not struct{ Condition }

// Select implements Condition.
func (n not) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	return n.Condition.Select(b, !want, in, out)
}

// and keeps the lists between its parts.
type and struct {
	parts []Condition
	rooms [3][]uint32
}

// Select implements Condition.
func (a *and) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	if want {
		return a.all(b, in, out)
	}
	return a.any(b, in, out)
}

// all picks the rows where each part is true, one part after another over what is left.
func (a *and) all(b *col.Batch, in, out []uint32) ([]uint32, error) {
	last := len(a.parts) - 1
	for i, part := range a.parts[:last] {
		picked, err := part.Select(b, true, in, a.rooms[i&1][:0])
		a.rooms[i&1] = picked
		if err != nil || len(picked) == 0 {
			return out, err
		}
		in = picked
	}
	return a.parts[last].Select(b, true, in, out)
}

// any picks the rows where one part is false: each part sees those that are not picked yet.
func (a *and) any(b *col.Batch, in, out []uint32) ([]uint32, error) {
	var picked []uint32
	rest, spare := in, 0
	for _, part := range a.parts {
		if rest != nil && len(rest) == 0 {
			break
		}
		more, err := part.Select(b, false, rest, a.rooms[2][:0])
		a.rooms[2] = more
		if err != nil {
			return out, err
		}
		if len(more) == 0 {
			continue
		}
		left := kernel.Without(b.Rows, rest, more, a.rooms[spare][:0])
		a.rooms[spare] = left
		if left == nil {
			left = []uint32{}
		}
		rest, spare = left, 1-spare
		picked = kernel.Union(picked, more, make([]uint32, 0, len(picked)+len(more)))
	}
	return append(out, picked...), nil
}

// IsNull is true where the expression is NULL and never NULL itself.
func IsNull(e Expr) Condition { return &isNull{Expr: e} }

type isNull struct {
	Expr
	scope scope
}

// Select implements Condition.
func (n *isNull) Select(b *col.Batch, want bool, in, out []uint32) ([]uint32, error) {
	v, err := n.Eval(n.scope.to(b, in))
	if err != nil {
		return out, err
	}
	switch {
	case v.Type == col.Null, v.Encoding == col.Constant:
		if v.IsNull(0) == want {
			return every(b.Rows, in, out), nil
		}
		return out, nil
	case v.Encoding == col.Dictionary && v.Dict.Valid != nil:
		return pick(b.Rows, in, out, func(i int) bool { return v.IsNull(i) == want }), nil
	}
	return kernel.Valid(v.Valid, b.Rows, !want, in, out), nil
}

// every appends all rows of in.
func every(n int, in, out []uint32) []uint32 {
	if in != nil {
		return append(out, in...)
	}
	for i := range uint32(n) {
		out = append(out, i)
	}
	return out
}

// pick appends the rows of in that hold.
func pick(n int, in, out []uint32, holds func(i int) bool) []uint32 {
	if in == nil {
		for i := range n {
			if holds(i) {
				out = append(out, uint32(i))
			}
		}
		return out
	}
	for _, i := range in {
		if holds(int(i)) {
			out = append(out, i)
		}
	}
	return out
}
