package kernel

import (
	"slices"

	"github.com/wasql/wasql/abi/col"
)

// one is 1 for true; the compiler makes it a move, not a jump.
func one(b bool) int {
	n := 0
	if b {
		n = 1
	}
	return n
}

// room gives out with space for n more rows, and its length before.
func room(out []uint32, n int) ([]uint32, int) {
	at := len(out)
	return slices.Grow(out, n)[:at+n], at
}

// Within appends to out the rows among in whose value lies in lo to hi, both included, or outside of it.
// NULL rows are judged by whatever lies there: see DropNull.
func Within[T col.Number](values []T, lo, hi T, outside bool, in, out []uint32) []uint32 {
	if in == nil {
		out, at := room(out, len(values))
		for i, x := range values {
			out[at] = uint32(i)
			at += one((x >= lo && x <= hi) != outside)
		}
		return out[:at]
	}
	out, at := room(out, len(in))
	for _, i := range in {
		x := values[i]
		out[at] = i
		at += one((x >= lo && x <= hi) != outside)
	}
	return out[:at]
}

// Order is how two values must lie for a comparison to hold: a bit for each of below, equal, above.
type Order uint8

// The orders.
const (
	Below Order = 1 << iota
	Equal
	Above
)

// Holds tells whether the outcome of a three-way comparison is one of the order's.
func (o Order) Holds(c int) bool { return o>>(c+1)&1 != 0 }

// Not is the order that holds when o does not.
func (o Order) Not() Order { return o ^ (Below | Equal | Above) }

// Swap is the order of the operands the other way round.
func (o Order) Swap() Order { return o&Equal | o&Below<<2 | o&Above>>2 }

// Compare appends to out the rows among in where the two values lie in order.
func Compare[T col.Number](a, b []T, order Order, in, out []uint32) []uint32 {
	below, equal, above := order&Below != 0, order&Equal != 0, order&Above != 0
	if in == nil {
		out, at := room(out, len(a))
		for i, x := range a {
			y := b[i]
			out[at] = uint32(i)
			at += one(x < y && below || x == y && equal || x > y && above)
		}
		return out[:at]
	}
	out, at := room(out, len(in))
	for _, i := range in {
		x, y := a[i], b[i]
		out[at] = i
		at += one(x < y && below || x == y && equal || x > y && above)
	}
	return out[:at]
}

// Valid appends to out the rows among in whose bit is set, or is not. n is the number of rows.
func Valid(valid col.Bitmap, n int, set bool, in, out []uint32) []uint32 {
	if in == nil {
		out, at := room(out, n)
		for i := range n {
			out[at] = uint32(i)
			at += one(valid.Get(i) == set)
		}
		return out[:at]
	}
	out, at := room(out, len(in))
	for _, i := range in {
		out[at] = i
		at += one(valid.Get(int(i)) == set)
	}
	return out[:at]
}

// DropNull takes the rows from position from on whose bit is not set out of rows, in place.
func DropNull(valid col.Bitmap, rows []uint32, from int) []uint32 {
	if valid == nil {
		return rows
	}
	at := from
	for _, i := range rows[from:] {
		rows[at] = i
		at += one(valid[i>>3]&(1<<(i&7)) != 0)
	}
	return rows[:at]
}

// Without appends to out the rows among in that are not in some, which is part of in. n is the number of rows.
func Without(n int, in, some, out []uint32) []uint32 {
	if in == nil {
		next := 0
		for i := range uint32(n) {
			if next < len(some) && some[next] == i {
				next++
				continue
			}
			out = append(out, i)
		}
		return out
	}
	next := 0
	for _, i := range in {
		if next < len(some) && some[next] == i {
			next++
			continue
		}
		out = append(out, i)
	}
	return out
}

// Union appends to out the rows of two lists without a common row, in order.
func Union(a, b, out []uint32) []uint32 {
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
