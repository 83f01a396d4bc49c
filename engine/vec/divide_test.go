package vec

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/wasql/wasql/abi/col"
)

// decimalPairs is a batch of two columns of decimals with these scales.
func decimalPairs(t *testing.T, typ col.Type, scales [2]uint32, rows ...[2]string) *col.Batch {
	t.Helper()
	b := col.NewBuilder(col.Schema{{Name: "a", Type: typ, Scale: scales[0], Nullable: true}, {Name: "b", Type: typ, Scale: scales[1], Nullable: true}}, len(rows)+1, 0)
	for _, row := range rows {
		for i, text := range row {
			if text != "" {
				b.Decimal(i, text)
			}
		}
		b.EndRow()
	}
	if b.Err() != nil {
		t.Fatal(b.Err())
	}
	return b.Batch().Clone()
}

func TestQuotientIsRoundedAfterItIsCut(t *testing.T) {
	zeros := 0
	e := Divide(Division{Op: Quotient, Class: Decimal, Field: col.Field{Type: col.Decimal128, Precision: 30, Scale: 6}, Digits: 9, Zero: func() { zeros++ }},
		Column(0, col.Field{Type: col.Decimal128}), Column(1, col.Field{Type: col.Decimal128}))
	b := decimalPairs(t, col.Decimal128, [2]uint32{2, 2}, [2]string{"1", "3"}, [2]string{"-2", "3"}, [2]string{"1", "0"}, [2]string{"", "0"}, [2]string{"1", ""},
		[2]string{"99999999999999.99", "0.01"}, [2]string{"0.01", "99999999999999.99"}, [2]string{"-0.01", "8"})
	expect(t, b, e, "0.333333", "-0.666667", "NULL", "NULL", "NULL", "9999999999999999.000000", "0.000000", "-0.001250")
	if zeros != 1 {
		t.Errorf("%d divisions by zero, want 1", zeros)
	}
	b.Sel = []uint32{0}
	if expect(t, b, e, "0.333333"); zeros != 1 {
		t.Error("a row that does not count was divided by zero")
	}
}

// TestDecimalsComputeLikeBigIntegers compares + - * / % of decimals of all sizes with math/big.
func TestDecimalsComputeLikeBigIntegers(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 5))
	for range 3000 {
		a, b := randomInteger(random), randomInteger(random)
		sa, sb := uint32(random.IntN(5)), uint32(random.IntN(5))
		batch := wideBatch(a, b, sa, sb, random.IntN(2) == 0)
		x, y := Column(0, col.Field{Type: batch.Cols[0].Type}), Column(1, col.Field{Type: batch.Cols[1].Type})
		up := max(sa, sb)
		p, q := shifted(a, up-sa), shifted(b, up-sb)
		for _, test := range []struct {
			e     Expr
			exact *big.Int
		}{
			{Arithmetic(Add, x, y, Decimal, col.Field{Type: col.Decimal128, Precision: 38, Scale: up}, nil), new(big.Int).Add(p, q)},
			{Arithmetic(Sub, x, y, Decimal, col.Field{Type: col.Decimal128, Precision: 38, Scale: up}, nil), new(big.Int).Sub(p, q)},
			{Arithmetic(Mul, x, y, Decimal, col.Field{Type: col.Decimal256, Precision: 65, Scale: sa + sb}, nil), new(big.Int).Mul(a, b)},
			{Divide(Division{Op: Remainder, Class: Decimal, Field: col.Field{Type: col.Decimal128, Precision: 38, Scale: up}, Zero: func() {}}, x, y), remainder(p, q)},
			{Divide(Division{Op: Quotient, Class: Decimal, Field: col.Field{Type: col.Decimal256, Precision: 65, Scale: 18}, Digits: 18, Zero: func() {}}, x, y), bigQuotient(shifted(a, 18+sb-sa), b)},
		} {
			v, err := test.e.Eval(batch)
			if err != nil {
				t.Fatal(err)
			}
			if test.exact == nil {
				if !v.IsNull(0) {
					t.Fatalf("%s and %s, divided by zero, give %s", a, b, Show(v, 0))
				}
				continue
			}
			if got := bigOf(v.Decimal(0)); got.Cmp(test.exact) != 0 {
				t.Fatalf("%s (scale %d) and %s (scale %d) give %s, want %s", a, sa, b, sb, got, test.exact)
			}
		}
	}
}

// randomInteger is of any size up to 34 digits, small ones and the ends of 64 bits included.
func randomInteger(random *rand.Rand) *big.Int {
	x := big.NewInt([]int64{0, 1, -1, 10, math.MaxInt64, math.MinInt64, random.Int64(), random.Int64N(1000)}[random.IntN(8)])
	if random.IntN(4) == 0 {
		x.Mul(x, big.NewInt(random.Int64N(1e15)))
	}
	if random.IntN(2) == 0 {
		x.Neg(x)
	}
	return x
}

func wideBatch(a, b *big.Int, sa, sb uint32, wide bool) *col.Batch {
	batch := &col.Batch{Rows: 1, Cols: make([]col.Vec, 2)}
	for i, x := range []*big.Int{a, b} {
		d, _ := dec256(x)
		words := append([]uint64{}, d[:]...)
		batch.Cols[i] = col.Vec{Type: col.Decimal128, Len: 1, Precision: 38, Scale: []uint32{sa, sb}[i], Fixed: col.BytesOf(words[:2])}
		if wide {
			batch.Cols[i].Type, batch.Cols[i].Fixed = col.Decimal256, col.BytesOf(words)
		}
	}
	return batch
}

func shifted(x *big.Int, digits uint32) *big.Int {
	return new(big.Int).Mul(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
}

func bigQuotient(a, b *big.Int) *big.Int {
	if b.Sign() == 0 {
		return nil
	}
	return new(big.Int).Quo(a, b)
}

func remainder(a, b *big.Int) *big.Int {
	if b.Sign() == 0 {
		return nil
	}
	return new(big.Int).Rem(a, b)
}
