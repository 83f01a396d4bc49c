package loader

import (
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/wasql/wasql/host/wasmgen"
)

func TestEndlessLoopsAreStoppedByYield(t *testing.T) {
	spin := new(code).Loop(wasmgen.Void).Br(0).Close()
	ii := []wasmgen.Locals{{N: 1, Type: wasmgen.I32}}
	for name, wasm := range map[string][]byte{
		"empty loop": module(func(m *wasmgen.Module) { m.ExportFunc("f", none, none, nil, spin.End()) }),
		"loop through parameters": module(func(m *wasmgen.Module) {
			loop := m.Type(i32, none)
			m.ExportFunc("f", none, none, ii, new(code).I32(1).Op(0x03).Op(wasmgen.S64(int64(loop))...).Br(0).Close().End())
		}),
		"loop of calls": module(func(m *wasmgen.Module) {
			leaf := m.Func(m.Type(none, none), nil, new(code).End())
			m.ExportFunc("f", none, none, nil, new(code).Loop(wasmgen.Void).Call(leaf).Br(0).Close().End())
		}),
		"fan of calls": fanModule(40),
		"loop of fills": module(func(m *wasmgen.Module) {
			m.Memory(1024, 1024)
			m.ExportFunc("f", none, none, nil, new(code).Loop(wasmgen.Void).I32(0).I32(1).I32(64<<20).Bulk(11, 0).Br(0).Close().End())
		}),
		"loop of br_table": module(func(m *wasmgen.Module) {
			m.ExportFunc("f", none, none, ii, new(code).Loop(wasmgen.Void).Get(0).BrTable(0, 0).Close().End())
		}),
	} {
		g := open(t, wasm, guestOptions{stopAt: 10_000_000})
		_, err := g.call("f")
		if !errors.Is(err, errStopped) || g.last < 10_000_000 || g.last > 10_000_000+2*(64<<20>>bulkBytesShift) {
			t.Errorf("%s: %v after %d units", name, err, g.last)
		}
	}
}

// fanModule has functions that call the next one twice, n deep: 2^n calls
// without a loop or recursion.
func fanModule(n int) []byte {
	return module(func(m *wasmgen.Module) {
		typ := m.Type(none, none)
		for i := range n {
			c := new(code).Call(uint32(i + 1)).Call(uint32(i + 1))
			if f := m.Func(typ, nil, c.End()); i == 0 {
				m.Export("f", wasmgen.Func, f)
			}
		}
		m.Func(typ, nil, new(code).End())
	})
}

func TestEndlessStartIsStopped(t *testing.T) {
	wasm := module(func(m *wasmgen.Module) {
		m.Start(m.Func(m.Type(none, none), nil, new(code).Loop(wasmgen.Void).Br(0).Close().End()))
	})
	g, err := tryOpen(wasm, guestOptions{stopAt: 1_000_000})
	if !errors.Is(err, errStopped) || g.last < 1_000_000 {
		t.Errorf("start: %v after %d units", err, g.last)
	}
	if err := g.rt.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestYieldComesOnceAQuantum(t *testing.T) {
	g := open(t, sumModule(), guestOptions{})
	if _, err := g.call("f", 1_000_000); err != nil {
		t.Fatal(err)
	}
	if want := g.fuel() / Quantum; int64(g.yields) < want-1 || int64(g.yields) > want {
		t.Errorf("%d yields in %d units", g.yields, g.fuel())
	}
	if int64(g.last) > g.fuel() || g.fuel()-int64(g.last) > Quantum {
		t.Errorf("last yield told %d of %d units", g.last, g.fuel())
	}
}

// recursions are modules whose f takes no argument and never returns by itself.
func recursions() map[string][]byte {
	wide := slices.Repeat(i64, 16)
	return map[string][]byte{
		"direct": module(func(m *wasmgen.Module) { m.ExportFunc("f", none, none, nil, new(code).Call(0).End()) }),
		"mutual": module(func(m *wasmgen.Module) {
			m.ExportFunc("f", none, none, nil, new(code).Call(1).End())
			m.Func(0, nil, new(code).Call(0).Call(0).End())
		}),
		"indirect": module(func(m *wasmgen.Module) {
			m.Table(wasmgen.FuncRef, 1, 1)
			m.Elem(0, m.ExportFunc("f", none, none, nil, new(code).I32(0).CallIndirect(0, 0).End()))
		}),
		"16 parameters": module(func(m *wasmgen.Module) {
			c := new(code)
			for i := range 16 {
				c.Get(uint32(i)).I64(1).Op(wasmgen.I64Add)
			}
			r := m.Func(m.Type(wide, none), nil, c.Call(0).End())
			c = new(code)
			for range 16 {
				c.I64(1)
			}
			m.ExportFunc("f", none, none, nil, c.Call(r).End())
		}),
		"40,000 locals": module(func(m *wasmgen.Module) {
			m.ExportFunc("f", none, none, []wasmgen.Locals{{N: 40_000, Type: wasmgen.I64}}, new(code).Call(0).End())
		}),
		"40,000 locals kept over the call": module(func(m *wasmgen.Module) {
			c := new(code)
			for i := range uint32(40_000) {
				c.Get(0).I32(int64(i)).Op(wasmgen.I32Add).Set(i + 1)
			}
			c.Get(0).Call(0).Set(0)
			for i := range uint32(40_000) {
				c.Get(0).Get(i + 1).Op(wasmgen.I32Add).Set(0)
			}
			m.Func(m.Type(i32, i32), []wasmgen.Locals{{N: 40_000, Type: wasmgen.I32}}, c.Get(0).End())
			m.ExportFunc("f", none, none, nil, new(code).I32(1).Call(0).Op(wasmgen.Drop).End())
		}),
		"values kept over the call": module(func(m *wasmgen.Module) {
			one := m.Func(m.Type(none, i64), nil, new(code).I64(1).End())
			c := new(code)
			for range 3000 {
				c.Call(one)
			}
			c.Call(1)
			for range 3000 {
				c.Op(wasmgen.Drop)
			}
			m.ExportFunc("f", none, none, nil, c.End())
		}),
		"in a loop": module(func(m *wasmgen.Module) {
			m.ExportFunc("f", none, none, nil, new(code).Loop(wasmgen.Void).Call(0).Br(0).Close().End())
		}),
	}
}

func TestRecursionEndsWithinAStackBudget(t *testing.T) {
	const most = 256 << 20 // a stack is doubled by copying, so this allows one of 128 MiB
	for name, wasm := range recursions() {
		g := open(t, wasm, guestOptions{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := g.call("f")
		runtime.ReadMemStats(&after)
		if err == nil || g.stackLeft() >= 0 {
			t.Errorf("%s: %v with %d stack units left", name, err, g.stackLeft())
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > most {
			t.Errorf("%s: %d MiB of host memory", name, used>>20)
		}
	}
}

func TestStackUnitsAreAnOption(t *testing.T) {
	wasm := fibModule()
	for units, ok := range map[uint32]bool{1000: true, 50: false} {
		g := open(t, wasm, guestOptions{opt: RewriteOptions{StackUnits: units}})
		if _, err := g.call("f", 15); ok != (err == nil) || ok != (g.stackLeft() == int32(units)) {
			t.Errorf("%d units: %v, %d left", units, err, g.stackLeft())
		}
	}
}

func TestTablesAndMemoryStopAtTheirCaps(t *testing.T) {
	bomb := module(func(m *wasmgen.Module) {
		m.Table(wasmgen.FuncRef, 0, wasmgen.NoMax)
		m.Memory(1, wasmgen.NoMax)
		m.ExportFunc("table", i32, i32, nil, new(code).Op(0xd0, 0x70).Get(0).Bulk(15, 0).End())
		m.ExportFunc("memory", i32, i32, nil, new(code).Get(0).Op(0x40, 0).End())
	})
	g := open(t, bomb, guestOptions{limits: Limits{MemoryPages: 10, TableEntries: 100}})
	for _, c := range []struct {
		name      string
		arg, want uint64
	}{
		{"table", 1 << 31, 1<<32 - 1}, {"table", 101, 1<<32 - 1}, {"table", 100, 0}, {"table", 1, 1<<32 - 1},
		{"memory", 65_535, 1<<32 - 1}, {"memory", 10, 1<<32 - 1}, {"memory", 9, 1}, {"memory", 1, 1<<32 - 1},
	} {
		if got, err := g.call(c.name, c.arg); err != nil || uint64(uint32(got[0])) != c.want {
			t.Errorf("%s.grow %d = %v, %v, want %d", c.name, c.arg, got, err, c.want)
		}
	}
}

func TestDeclaredMaximaBelowTheCapStay(t *testing.T) {
	wasm := module(func(m *wasmgen.Module) {
		m.Table(wasmgen.FuncRef, 1, 3)
		m.Memory(1, 2)
	})
	info, err := Inspect(wasm, Limits{})
	if err != nil || info.Memory.Cap != 2 || info.Tables[0].Cap != 3 {
		t.Errorf("%+v, %v", info, err)
	}
}
