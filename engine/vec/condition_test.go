package vec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/engine/vec/kernel"
)

// column3 is a column of small numbers, each NULL, 0, 1 or 2, in a random encoding.
func column3(r *rand.Rand, rows int) col.Vec {
	v := col.Vec{Type: col.Int16, Len: rows}
	values := make([]int16, rows)
	valid := make(col.Bitmap, col.BitmapBytes(rows))
	for i := range values {
		values[i] = int16(r.IntN(3))
		if r.IntN(4) > 0 {
			valid.Set(i)
		}
	}
	switch r.IntN(4) {
	case 0: // no NULL
		v.Fixed = col.BytesOf(values)
	case 1:
		v.Encoding, v.Fixed = col.Constant, col.BytesOf(values[:1])
		if !valid.Get(0) {
			v.Valid = col.Bitmap{0}
		}
	case 2:
		v.Encoding = col.Dictionary
		v.Dict = &col.Vec{Type: col.Int16, Len: 4, Fixed: col.BytesOf([]int16{2, 1, 0, 7}), Valid: col.Bitmap{0b0111}}
		v.Index = make([]uint32, rows)
		for i := range v.Index {
			v.Index[i] = uint32(r.IntN(4))
			if !valid.Get(i) {
				v.Index[i] = 1 << 31 // any index in a NULL row
			}
		}
		v.Valid = valid
	default:
		v.Fixed, v.Valid = col.BytesOf(values), valid
	}
	return v
}

// truth3 is a condition evaluated for one row: 1, 0, or -1 for NULL.
type truth3 func(b *col.Batch, i int) int

// random makes a condition, and says for one row what it must be.
func random(r *rand.Rand, depth int) (Condition, truth3) {
	if depth > 0 && r.IntN(4) > 0 {
		p, pt := random(r, depth-1)
		q, qt := random(r, depth-1)
		switch r.IntN(3) {
		case 0:
			return And(p, q), func(b *col.Batch, i int) int {
				x, y := pt(b, i), qt(b, i)
				switch {
				case x == 0 || y == 0:
					return 0
				case x < 0 || y < 0:
					return -1
				}
				return 1
			}
		case 1:
			return Or(p, q), func(b *col.Batch, i int) int {
				x, y := pt(b, i), qt(b, i)
				switch {
				case x == 1 || y == 1:
					return 1
				case x < 0 || y < 0:
					return -1
				}
				return 0
			}
		}
		return Not(p), func(b *col.Batch, i int) int {
			if x := pt(b, i); x >= 0 {
				return 1 - x
			}
			return -1
		}
	}
	at, n := r.IntN(3), int64(r.IntN(4))-1
	e := Column(at, col.Field{Type: col.Int16})
	test := func(holds func(x int64) bool) truth3 {
		return func(b *col.Batch, i int) int {
			if b.Cols[at].IsNull(i) {
				return -1
			}
			return truthOf(holds(b.Cols[at].Int64(i)))
		}
	}
	switch r.IntN(4) {
	case 0:
		return IsNull(e), func(b *col.Batch, i int) int { return truthOf(b.Cols[at].IsNull(i)) }
	case 1:
		outside := r.IntN(2) == 0
		return Range(e, n, n+1, outside), test(func(x int64) bool { return (x >= n && x <= n+1) != outside })
	case 2:
		return OneOf(e, []int64{n, 2}), test(func(x int64) bool { return x == n || x == 2 })
	}
	order := kernel.Order(r.IntN(8))
	other := r.IntN(3)
	return Compare(e, Column(other, col.Field{}), order, Whole, nil), func(b *col.Batch, i int) int {
		if b.Cols[at].IsNull(i) || b.Cols[other].IsNull(i) {
			return -1
		}
		x, y := b.Cols[at].Int64(i), b.Cols[other].Int64(i)
		c := 0
		if x < y {
			c = -1
		} else if x > y {
			c = 1
		}
		return truthOf(order.Holds(c))
	}
}

func truthOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestConditionsPickWhatTheyPickRowByRow(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := 1 + r.IntN(40)
		b := &col.Batch{Rows: rows, Cols: []col.Vec{column3(r, rows), column3(r, rows), column3(r, rows)}}
		var in []uint32
		if r.IntN(2) == 0 {
			in = []uint32{}
			for i := range uint32(rows) {
				if r.IntN(3) > 0 {
					in = append(in, i)
				}
			}
		}
		c, truth := random(r, 3)
		for range 2 { // the second time with the memory of the first
			for _, want := range []bool{true, false} {
				before := []uint32{99}
				got, err := c.Select(b, want, in, before)
				if err != nil {
					t.Fatal(err)
				}
				expected := []uint32{99}
				for _, i := range every(rows, in, nil) {
					if truth(b, int(i)) == truthOf(want) {
						expected = append(expected, i)
					}
				}
				if !slices.Equal(got, expected) {
					t.Fatalf("seed %d, want %v: %v, must be %v", seed, want, got, expected)
				}
			}
		}
	}
}
