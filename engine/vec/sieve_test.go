package vec

import (
	"math/rand/v2"
	"testing"

	"github.com/wasql/wasql/abi/col"
)

func TestSieveLetsItsOwnPass(t *testing.T) {
	for _, n := range []int{0, 1, 1000, sieveKeys, sieveKeys + 1, 100_000} {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		keys := make([]int64, n)
		own := map[int64]bool{}
		for i := range keys {
			keys[i] = int64(random.Uint64()) >> random.IntN(64)
			own[keys[i]] = true
		}
		var s Sieve
		v := wholes(keys)
		s.Add(&v, &col.Batch{Rows: n})
		if !s.Done() {
			t.Fatalf("%d keys are too many", n)
		}
		asked := append(keys, make([]int64, 10_000)...)
		for i := range 10_000 {
			asked[n+i] = int64(random.Uint64())
		}
		w := wholes(asked)
		w.Valid = make(col.Bitmap, col.BitmapBytes(len(asked)))
		for i := range asked {
			if i%7 != 0 {
				w.Valid.Set(i)
			}
		}
		rows, ok := NewSifter(&s).Select(&w, &col.Batch{Rows: len(asked)}, nil)
		if !ok {
			t.Fatal("the first batch is not asked about")
		}
		passed := map[uint32]bool{}
		foreign := 0
		for _, row := range rows {
			passed[row] = true
			if row%7 == 0 {
				t.Fatalf("row %d is NULL", row)
			}
			if !own[asked[row]] {
				foreign++
			}
		}
		for i, x := range asked {
			if own[x] && i%7 != 0 && !passed[uint32(i)] {
				t.Fatalf("%d keys: %d is one of them", n, x)
			}
		}
		if foreign > 2000 {
			t.Errorf("%d keys: %d of 10,000 others pass", n, foreign)
		}
	}
}
