package vec

import (
	"context"
	"fmt"

	"github.com/wasql/wasql/abi/col"
)

// Kind of an aggregate.
type Kind uint8

// The kinds.
const (
	// Count counts the rows, or those where the argument is not NULL.
	Count Kind = iota + 1
	// Sum and Avg are NULL when no argument is not NULL, and so are Min and Max.
	Sum
	Avg
	Min
	Max
	// First is the argument's value in the first row of the group.
	First
	// total adds counts: the second step of Count.
	total
)

// Aggregate is a column that Group computes.
type Aggregate struct {
	Kind Kind
	// Argument is nil for the count of all rows.
	Argument Expr
	// Class is how arguments are added or compared.
	Class Class
	// Result is the type of a sum or an average: float64, or, of exact numbers, a decimal. A sum has the argument's scale, an average the
	// digits of its own, which are no fewer.
	Result col.Field
	// Collation of the least and greatest text.
	Collation *Collation
	// Distinct are the values, together, of which Count counts the different ones; there is no Argument then.
	Distinct []Key
}

// state is what an aggregate knows of each group.
type state interface {
	// add takes in the rows of b that count: v is the argument, nil when there is none, and ids the group of each row, nil when all are
	// of group 0. There are count groups now.
	add(v *col.Vec, b *col.Batch, ids []uint32, count int) error
	// result gives a row a group, for those from a multiple of 8 on up to another, behind the last add.
	result(from, to int) (col.Vec, error)
	// size is the memory that is kept, in bytes.
	size() int64
}

// finisher is a state with something left to do before the first result, and to let go of.
type finisher interface {
	finish(ctx context.Context) error
	close()
}

func (a *Aggregate) state(ctx context.Context) state {
	switch a.Kind {
	case Count:
		if len(a.Distinct) > 0 {
			return newDistinctCount(ctx, a.Distinct)
		}
		return &counting{}
	case First:
		return &first{}
	case total:
		return &totals{}
	case Sum, Avg:
		switch a.Class {
		case Float:
			return &floatSum{average: a.Kind == Avg}
		case Decimal:
			scale := a.Result.Scale
			if a.Kind == Avg {
				scale = a.Argument.Field().Scale
			}
			return &decimalSum{average: a.Kind == Avg, field: a.Result, scale: scale}
		}
		return &wholeSum{average: a.Kind == Avg, unsigned: a.Class == Unsigned, field: a.Result}
	case Min, Max:
		return newExtreme(a)
	}
	panic(fmt.Sprintf("vec: aggregate of kind %d", a.Kind)) // engine/exec makes none
}

// grow makes s as long as there are groups.
func grow[T any](s []T, count int) []T {
	if count <= len(s) {
		return s
	}
	return append(s, make([]T, count-len(s))...)
}

// counting counts.
type counting struct{ counts []int64 }

func (c *counting) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	c.counts = grow(c.counts, count)
	switch {
	case v == nil || v.Valid == nil && v.Type != col.Null && v.Encoding != col.Dictionary:
		if ids == nil {
			c.counts[0] += int64(b.Len())
			return nil
		}
		for _, id := range ids {
			c.counts[id]++
		}
	default:
		for i := range b.Len() {
			if v.IsNull(b.Row(i)) {
				continue
			}
			c.counts[group0(ids, i)]++
		}
	}
	return nil
}

// group0 is the group of the i-th row.
func group0(ids []uint32, i int) uint32 {
	if ids == nil {
		return 0
	}
	return ids[i]
}

func (c *counting) result(from, to int) (col.Vec, error) {
	c.counts = grow(c.counts, to)
	return wholes(c.counts[from:to]), nil
}

func (c *counting) size() int64 { return 8 * int64(cap(c.counts)) }

// wholes is a column of int64.
func wholes(values []int64) col.Vec {
	return col.Vec{Type: col.Int64, Len: len(values), Fixed: col.BytesOf(values)}
}

// first keeps the value of each group's first row.
type first struct {
	store store
	rows  []uint32
}

func (f *first) add(v *col.Vec, b *col.Batch, ids []uint32, count int) error {
	if f.store.rows == count {
		return nil
	}
	if ids == nil {
		return f.store.add(v, b.Row(0))
	}
	f.rows = f.rows[:0]
	for i, id := range ids {
		// Groups are numbered in the order they come.
		if int(id) == f.store.rows+len(f.rows) {
			f.rows = append(f.rows, uint32(b.Row(i)))
		}
	}
	return f.store.addAll(v, b.Rows, f.rows)
}

func (f *first) result(from, to int) (col.Vec, error) {
	null := col.Vec{Type: col.Null, Len: 1}
	for f.store.rows < to {
		if err := f.store.add(&null, 0); err != nil {
			return null, err
		}
	}
	return f.store.slice(from, to), nil
}

func (f *first) size() int64 { return f.store.size() }
