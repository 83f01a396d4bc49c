package vec

import (
	"math"
	"math/bits"

	"github.com/wasql/wasql/abi/col"
)

// Operation is one of + - *.
type Operation uint8

// The operations.
const (
	Add Operation = iota + 1
	Sub
	Mul
)

// Overflow makes the error of a result that its type cannot hold, for the two operands as they are written.
type Overflow func(a, b string) error

// Arithmetic computes a op b, NULL where one is NULL. class is Whole, with an int64 that must hold the result, Float, or Decimal, where
// result says the scale: that of the larger one for + and -, the sum of both for *. What cannot be held in a row that counts is the
// error that overflow makes.
func Arithmetic(op Operation, a, b Expr, class Class, result col.Field, overflow Overflow) Expr {
	return &arithmetic{op: op, a: a, b: b, class: class, field: result, overflow: overflow}
}

type arithmetic struct {
	op          Operation
	a, b        Expr
	class       Class
	field       col.Field
	overflow    Overflow
	left, right digits
	out         flat
}

// Field implements Expr.
func (e *arithmetic) Field() col.Field { return e.field }

// Eval implements Expr.
func (e *arithmetic) Eval(b *col.Batch) (*col.Vec, error) {
	x, err := e.a.Eval(b)
	if err != nil {
		return nil, err
	}
	y, err := e.b.Eval(b)
	if err != nil {
		return nil, err
	}
	if x.Type == col.Null || y.Type == col.Null {
		return &col.Vec{Type: col.Null, Len: b.Rows}, nil
	}
	n := b.Rows
	switch e.class {
	case Float:
		p, pv := e.left.read.floats(x, n)
		q, qv := e.right.read.floats(y, n)
		v := e.result(col.Float64, n, pv, qv)
		return v, e.floats(col.Values[float64](v), p, q, b)
	case Whole:
		p, pv := e.left.read.ints(x, n)
		q, qv := e.right.read.ints(y, n)
		v := e.result(col.Int64, n, pv, qv)
		return v, e.ints(col.Values[int64](v), p, q, b)
	}
	return e.decimals(x, y, b)
}

// result is a column whose NULLs are those of both operands.
func (e *arithmetic) result(t col.Type, n int, a, b col.Bitmap) *col.Vec {
	v := e.out.reset(t, n)
	e.out.both(&col.Vec{Valid: a}, &col.Vec{Valid: b}, n)
	return v
}

// check looks for a row that counts and for which it is bad.
func (e *arithmetic) check(b *col.Batch, bad func(i int) bool) error {
	for i := range b.Len() {
		if row := b.Row(i); e.out.v.Valid.Get(row) && bad(row) {
			return e.fail(b, row)
		}
	}
	return nil
}

func (e *arithmetic) fail(b *col.Batch, row int) error {
	x, err := e.a.Eval(b)
	if err != nil {
		return err
	}
	left := Show(x, row)
	y, err := e.b.Eval(b)
	if err != nil {
		return err
	}
	return e.overflow(left, Show(y, row))
}

func (e *arithmetic) floats(out, p, q []float64, b *col.Batch) error {
	odd := false
	switch e.op {
	case Add:
		for i := range out {
			out[i] = p[i] + q[i]
			odd = odd || out[i]-out[i] != 0
		}
	case Sub:
		for i := range out {
			out[i] = p[i] - q[i]
			odd = odd || out[i]-out[i] != 0
		}
	case Mul:
		for i := range out {
			out[i] = p[i]*q[i] + 0 // SQL has no -0
			odd = odd || out[i]-out[i] != 0
		}
	}
	if !odd {
		return nil
	}
	return e.check(b, func(i int) bool { return math.IsInf(out[i], 0) || math.IsNaN(out[i]) })
}

func (e *arithmetic) ints(out, p, q []int64, b *col.Batch) error {
	over := int64(0)
	switch e.op {
	case Add:
		for i := range out {
			s := p[i] + q[i]
			over |= (s ^ p[i]) & (s ^ q[i])
			out[i] = s
		}
	case Sub:
		for i := range out {
			s := p[i] - q[i]
			over |= (p[i] ^ q[i]) & (s ^ p[i])
			out[i] = s
		}
	case Mul:
		for i := range out {
			out[i] = p[i] * q[i]
			if !fitsProduct(p[i], q[i]) {
				over = -1
			}
		}
	}
	if over >= 0 {
		return nil
	}
	return e.check(b, func(i int) bool {
		switch e.op {
		case Add:
			return (out[i]^p[i])&(out[i]^q[i]) < 0
		case Sub:
			return (p[i]^q[i])&(out[i]^p[i]) < 0
		}
		return !fitsProduct(p[i], q[i])
	})
}

// fitsProduct tells whether an int64 holds the product.
func fitsProduct(a, b int64) bool {
	if x, y := int64(int32(a)), int64(int32(b)); x == a && y == b {
		return true
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if a < 0 {
		hi -= uint64(b)
	}
	if b < 0 {
		hi -= uint64(a)
	}
	return hi == uint64(int64(lo)>>63)
}
