package loader

import (
	"testing"

	"github.com/wasql/wasql/host/wasmgen"
)

// controlModule has one function for every way to leave a function or a block
// that calls others, so that it is guarded. All take and give an i32 but pair.
func controlModule() []byte {
	m := wasmgen.New()
	m.Memory(1, wasmgen.NoMax)
	m.Table(wasmgen.FuncRef, 4, wasmgen.NoMax)
	ii := m.Type(i32, i32)
	pair := m.Type(i32, []byte{wasmgen.I32, wasmgen.I64})
	two := m.Type(none, []byte{wasmgen.I32, wasmgen.I32})
	loopType := m.Type([]byte{wasmgen.I32, wasmgen.I32}, i32)
	inc := m.Func(ii, nil, new(code).Get(0).I32(1).Op(wasmgen.I32Add).End())
	export := func(name string, c *code, locals ...wasmgen.Locals) {
		m.Export(name, wasmgen.Func, m.Func(ii, locals, c.End()))
	}
	export("return", new(code).Block(wasmgen.Void).Loop(wasmgen.Void).
		Get(0).Call(inc).Tee(0).I32(10).Op(wasmgen.I32GtS).If(wasmgen.Void).I32(7).Get(0).Op(wasmgen.Return).Close().
		Br(0).Close().Close().Op(wasmgen.Unreachable))
	export("br", new(code).Get(0).Call(inc).Br(0))
	export("brIf", new(code).Get(0).Call(inc).Get(0).BrIf(0).I32(100).Op(wasmgen.I32Add))
	export("brTable", new(code).Block(wasmgen.I32).Block(wasmgen.I32).
		Get(0).Call(inc).Get(0).BrTable(0, 1, 2).Close().I32(10).Op(wasmgen.I32Add).Close().I32(20).Op(wasmgen.I32Mul))
	export("deadCode", new(code).Get(0).Call(inc).Op(wasmgen.Return).Op(wasmgen.Drop).Loop(wasmgen.Void).Br(0).Close().I32(3))
	export("unreachable", new(code).Get(0).If(wasmgen.I32).Get(0).Call(inc).Else().Op(wasmgen.Unreachable).Close())
	export("nestedLoops", new(code).Loop(wasmgen.Void).I32(5).Set(1).
		Loop(wasmgen.Void).Get(2).Get(1).Op(wasmgen.I32Add).Call(inc).Set(2).Get(1).I32(1).Op(wasmgen.I32Sub).Tee(1).BrIf(0).Close().
		Get(0).I32(1).Op(wasmgen.I32Sub).Tee(0).I32(0).Op(wasmgen.I32GtS).BrIf(0).Close().Get(2),
		wasmgen.Locals{N: 2, Type: wasmgen.I32})
	export("loopValue", new(code).Loop(wasmgen.I32).Get(0).Call(inc).Tee(0).I32(50).Op(wasmgen.I32LtS).BrIf(0).Get(0).Close())
	export("loopParams", new(code).I32(0).Get(0).Op(0x03).Op(wasmgen.S64(int64(loopType))...).
		Tee(0).Op(wasmgen.I32Add).Get(0).I32(1).Op(wasmgen.I32Sub).Get(0).I32(0).Op(wasmgen.I32GtS).BrIf(0).Op(wasmgen.Drop).Close().Call(inc))
	export("ifElse", new(code).Get(0).I32(2).Op(wasmgen.I32LtS).If(wasmgen.I32).
		Get(0).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).Call(inc).
		Else().Get(0).Close())
	export("indirect", new(code).Get(0).Get(0).CallIndirect(ii, 0))
	pairFn := m.Func(pair, nil, new(code).Get(0).Call(inc).Get(0).If(wasmgen.Void).I32(9).I64(-1).Op(wasmgen.Return).Close().I64(5).End())
	m.Export("pair", wasmgen.Func, pairFn)
	twoFn := m.Func(two, nil, new(code).I32(1).Call(inc).I32(3).Br(0).End())
	export("two", new(code).Call(twoFn).Op(wasmgen.I32Mul).Get(0).Op(wasmgen.I32Add))
	threeFn := m.Func(m.Type(i32, []byte{wasmgen.F64, wasmgen.I32, wasmgen.V128}), []wasmgen.Locals{{N: 1, Type: wasmgen.V128}},
		new(code).F64(1.5).Get(0).Call(inc).Get(1).Op(wasmgen.Return).End())
	export("three", new(code).Get(0).Call(threeFn).Op(wasmgen.Drop).Set(0).Op(wasmgen.Drop).Get(0))
	m.Elem(0, inc, inc)
	return m.Bytes()
}

func TestEveryWayOutGivesItsStackUnitsBack(t *testing.T) {
	wasm := controlModule()
	for _, name := range []string{
		"return", "br", "brIf", "brTable", "deadCode", "unreachable", "nestedLoops", "loopValue",
		"loopParams", "ifElse", "indirect", "pair", "two", "three",
	} {
		for _, arg := range []uint64{0, 1, 2, 3, 40, 100_000} {
			check(t, wasm, nil, name, arg)
		}
	}
}

// bulkModule has the bulk instructions with values below their operands.
func bulkModule() []byte {
	m := wasmgen.New()
	m.DataSum = true
	m.Memory(1, 16)
	m.Table(wasmgen.FuncRef, 8, 100)
	m.Table(wasmgen.ExternRef, 0, wasmgen.NoMax)
	f := m.Func(m.Type(none, i32), nil, new(code).I32(77).End())
	m.PassiveData([]byte("hello, data"))
	m.Data(100, []byte("active"))
	m.RawElem(append([]byte{1, 0, 2}, byte(f), byte(f)))                                                                // passive, indices
	m.RawElem(append([]byte{5, 0x70, 1}, new(code).RefFunc(f).End()...))                                                // passive, expressions
	m.RawElem(append(append([]byte{6, 0}, new(code).I32(5).End()...), append([]byte{0x70, 1, 0xd2, byte(f)}, 0x0b)...)) // active, table, expressions
	m.RawElem(append(append([]byte{2, 0}, new(code).I32(6).End()...), 0, 1, byte(f)))                                   // active, table, indices
	m.RawElem(append([]byte{3, 0, 1}, byte(f)))                                                                         // declared
	m.RawElem(append([]byte{7, 0x70, 1, 0xd0, 0x70}, 0x0b))                                                             // declared, expressions
	c := new(code).I32(1000).
		I32(0).I32(0).I32(11).Bulk(8, 0, 0).        // memory.init
		I32(200).I32(0).I32(11).Bulk(10, 0, 0).     // memory.copy
		I32(300).I32(5).Get(0).Bulk(11, 0).         // memory.fill
		I32(0).I32(0).I32(2).Bulk(12, 0, 0).        // table.init
		I32(2).I32(0).I32(2).Bulk(14, 0, 0).        // table.copy
		I32(7).RefFunc(f).I32(1).Bulk(17, 0).       // table.fill
		Bulk(9, 0).Bulk(13, 0).                     // data.drop, elem.drop
		Op(0xd0, 0x70).I32(2).Bulk(15, 0).          // table.grow
		Bulk(16, 0).Op(wasmgen.I32Add).             // table.size
		Op(wasmgen.I32Add).I32(200).Op(0x2d, 0, 0). // i32.load8_u
		Op(wasmgen.I32Add).I32(3).CallIndirect(0, 0).Op(wasmgen.I32Add).
		I32(0).SIMD(12, make([]byte, 16)...).SIMD(84, 0, 100, 3).SIMD(27, 0).Op(wasmgen.I32Add) // v128.load8_lane
	m.ExportFunc("f", i32, i32, nil, c.End())
	return m.Bytes()
}

func TestBulkInstructionsKeepTheirOperandsAndArePaid(t *testing.T) {
	wasm := bulkModule()
	short := check(t, wasm, nil, "f", 0)
	if long := check(t, wasm, nil, "f", 64_000); long-short != 64_000>>bulkBytesShift {
		t.Errorf("64,000 more bytes cost %d units", long-short)
	}
	check(t, wasm, nil, "f", 1<<32-1) // out of bounds: the same trap
}
