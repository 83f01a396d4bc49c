package loader

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/wasql/wasql/host/wasmgen"
)

// costCase is a function that grows in one of the directions that make
// compilers slow.
type costCase struct {
	name    string
	wasm    []byte
	refused bool
}

func costCases() []costCase {
	return []costCase{
		{"loops 10 locals 500", nestedLoops(10, 500), false},
		{"loops 100 locals 10", nestedLoops(100, 10), false},
		{"loops 200 locals 3000", nestedLoops(200, 3000), true},
		{"loops 400 locals 6000", nestedLoops(400, 6000), true},
		{"loops 20 locals 3000", nestedLoops(20, 3000), true},
		{"loops 5000 locals 2", nestedLoops(5000, 2), true},
		{"ifs 60 locals 300", nestedIfs(60, 300), false},
		{"ifs 1000 locals 1000", nestedIfs(1000, 1000), true},
		{"ifs 10000 locals 2", nestedIfs(10000, 2), true},
		{"blocks 300 locals 60", nestedBlocks(300, 60), false},
		{"blocks 19000 locals 5", nestedBlocks(19000, 5), true},
		{"branch table 3000 over 10", brTable(3000, 10, 10), false},
		{"branch table 1000000 over 5000", brTable(1_000_000, 5000, 10), true},
		{"straight 60000 locals 1000", straight(60_000, 1000), false},
		{"ifs in a row 1000 locals 100", seqIfs(1000, 100), false},
		{"ifs in a row 40000 locals 500", seqIfs(40_000, 500), true},
		{"loops in a row 300 locals 100", seqLoops(300, 100, 10), false},
		{"loops in a row 5000 locals 1000", seqLoops(5000, 1000, 1), true},
		{"calls 3000 globals 200", callsGlobals(3000, 200), false},
		{"calls 50000 globals 1000", callsGlobals(50_000, 1000), true},
		{"results 20000", callResults(20_000), false},
		{"loads 30000", loads(30_000), false},
		{"wide blocks 50000", wideBlocks(50_000, 900), true},
	}
}

func TestCompileBombsAreRefused(t *testing.T) {
	for _, c := range costCases() {
		_, err := Inspect(c.wasm, Limits{})
		if c.refused != errors.Is(err, &Error{Code: CompileBudget}) || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// BenchmarkCompileCost shows how well the estimate fits: microseconds of
// compiling to a unit of it. It stays in the single digits.
func BenchmarkCompileCost(b *testing.B) {
	for _, c := range costCases() {
		if c.refused {
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			info, err := Inspect(c.wasm, Limits{})
			if err != nil {
				b.Fatal(err)
			}
			out, err := Rewrite(c.wasm, info, RewriteOptions{})
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			for b.Loop() {
				ctx := context.Background()
				rt := wazero.NewRuntime(ctx)
				if _, err := rt.CompileModule(ctx, out); err != nil {
					b.Fatal(err)
				}
				if err := rt.Close(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(time.Since(start).Microseconds())/float64(b.N)/float64(info.CompileCost), "us/unit")
			b.ReportMetric(float64(info.CompileCost), "units")
		})
	}
}

func one(nl uint32, c *code) []byte {
	m := wasmgen.New()
	m.Memory(1, 1)
	m.Table(wasmgen.FuncRef, 1, 1)
	m.ExportFunc("f", i32, i32, []wasmgen.Locals{{N: nl, Type: wasmgen.I32}}, c.Get(0).End())
	return m.Bytes()
}

func nestedLoops(n, l int) []byte {
	c := new(code)
	for range n {
		c.Loop(wasmgen.Void)
	}
	for i := range l {
		c.Get(uint32(i + 1)).I32(1).Op(wasmgen.I32Add).Set(uint32(i + 1))
	}
	for range n {
		c.Get(0).BrIf(0).Close()
	}
	for i := range l {
		c.Get(uint32(i + 1)).Op(wasmgen.Drop)
	}
	return one(uint32(l), c)
}

func nestedIfs(n, l int) []byte {
	c := new(code)
	for range n {
		c.Get(0).If(wasmgen.Void)
	}
	for i := range l {
		c.Get(uint32(i + 1)).I32(1).Op(wasmgen.I32Add).Set(uint32(i + 1))
	}
	for range n {
		c.Close()
	}
	for i := range l {
		c.Get(uint32(i + 1)).Get(0).Op(wasmgen.I32Add).Set(0)
	}
	return one(uint32(l), c)
}

func nestedBlocks(n, l int) []byte {
	c := new(code)
	for range n {
		c.Block(wasmgen.Void)
	}
	for i := range l {
		c.Get(uint32(i + 1)).I32(1).Op(wasmgen.I32Add).Set(uint32(i + 1))
	}
	for i := range n {
		c.Get(0).BrIf(0).Get(1).I32(1).Op(wasmgen.I32Add).Set(uint32(1 + i%l)).Close()
	}
	for i := range l {
		c.Get(uint32(i + 1)).Get(0).Op(wasmgen.I32Add).Set(0)
	}
	return one(uint32(l), c)
}

func brTable(n, depth, l int) []byte {
	c := new(code)
	for range depth {
		c.Block(wasmgen.Void)
	}
	for i := range l {
		c.Get(uint32(i + 1)).I32(1).Op(wasmgen.I32Add).Set(uint32(i + 1))
	}
	lab := make([]uint32, n)
	for i := range lab {
		lab[i] = uint32(i % depth)
	}
	c.Get(0).BrTable(lab...)
	for i := range depth {
		c.Close()
		c.Get(0).I32(1).Op(wasmgen.I32Add).Set(uint32(1 + i%l))
	}
	for i := range l {
		c.Get(uint32(i + 1)).Get(0).Op(wasmgen.I32Add).Set(0)
	}
	return one(uint32(l), c)
}

func straight(n int, l int) []byte {
	c := new(code)
	for i := range n {
		c.Get(uint32(i % l)).Get(uint32((i + 7) % l)).Op(wasmgen.I32Add).Set(uint32((i + 3) % l))
	}
	return one(uint32(l), c)
}

func seqIfs(n, l int) []byte {
	c := new(code)
	for i := range n {
		c.Get(uint32((i + 7) % l)).If(wasmgen.Void).Get(uint32(i % l)).I32(1).Op(wasmgen.I32Add).Set(uint32((i + 3) % l)).Close()
	}
	return one(uint32(l), c)
}

func seqLoops(n, l, k int) []byte {
	c := new(code)
	for i := range n {
		c.Loop(wasmgen.Void)
		for j := range k {
			c.Get(uint32((i*k + j) % l)).I32(1).Op(wasmgen.I32Add).Set(uint32((i*k + j) % l))
		}
		c.Get(0).BrIf(0).Close()
	}
	return one(uint32(l), c)
}

func callsGlobals(n, g int) []byte {
	m := wasmgen.New()
	m.Memory(1, 1)
	for range g {
		m.Global(wasmgen.I64, true, new(code).I64(0).End())
	}
	f := m.Func(m.Type(none, none), nil, new(code).End())
	c := new(code)
	for range n {
		c.Call(f)
	}
	m.ExportFunc("f", none, none, nil, c.End())
	return m.Bytes()
}

func callResults(n int) []byte {
	m := wasmgen.New()
	m.Memory(1, 1)
	f := m.Func(m.Type(none, i64), nil, new(code).I64(1).End())
	c := new(code)
	for range n {
		c.Call(f)
	}
	for range n - 1 {
		c.Op(wasmgen.I64Add)
	}
	m.ExportFunc("f", none, i64, nil, c.End())
	return m.Bytes()
}

func loads(n int) []byte {
	c := new(code)
	for i := range n {
		c.Get(uint32(i%4)).Mem(wasmgen.I32Load, 2, uint32(i*4)).Set(uint32((i + 1) % 4))
	}
	return one(4, c)
}

// wideBlocks opens and closes n blocks that carry a value for each parameter.
func wideBlocks(n, params int) []byte {
	m := wasmgen.New()
	wide := make([]byte, params)
	for i := range wide {
		wide[i] = wasmgen.I32
	}
	typ := m.Type(wide, wide)
	c := new(code)
	for range params {
		c.I32(1)
	}
	for range n {
		c.Op(0x02).Op(wasmgen.S64(int64(typ))...).Close()
	}
	for range params {
		c.Op(wasmgen.Drop)
	}
	m.ExportFunc("f", none, none, nil, c.End())
	return m.Bytes()
}
