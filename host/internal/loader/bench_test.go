package loader

import (
	"testing"
)

// BenchmarkMeter runs the same loops as they are and metered. The difference is
// the price of counting: 0-5 % on sum and fill, more where calls are all there is.
func BenchmarkMeter(b *testing.B) {
	for _, c := range []struct {
		name string
		wasm []byte
		arg  uint64
	}{
		{"sum", sumModule(), 10_000_000},
		{"fill", fillModule(), 10_000_000},
		{"fib", fibModule(), 27},
	} {
		for _, plain := range []bool{true, false} {
			name := c.name + "/metered"
			if plain {
				name = c.name + "/plain"
			}
			b.Run(name, func(b *testing.B) {
				g := open(b, c.wasm, guestOptions{plain: plain})
				for b.Loop() {
					if _, err := g.call("f", c.arg); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkLoad inspects and rewrites a Go guest of about 2 MB.
func BenchmarkLoad(b *testing.B) {
	wasm := goGuest(b)
	b.Run("inspect", func(b *testing.B) {
		b.SetBytes(int64(len(wasm)))
		for b.Loop() {
			if _, err := Inspect(wasm, Limits{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rewrite", func(b *testing.B) {
		info, err := Inspect(wasm, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(wasm)))
		for b.Loop() {
			if _, err := Rewrite(wasm, info, RewriteOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
