package loader

import (
	"context"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasql/wasql/host/wasmgen"
)

// fibModule computes Fibonacci numbers the slow way.
func fibModule() []byte {
	m := wasmgen.New()
	c := new(code).Get(0).I64(2).Op(wasmgen.I64LtU).If(wasmgen.I64).Get(0).Else().
		Get(0).I64(1).Op(wasmgen.I64Sub).Call(0).Get(0).I64(2).Op(wasmgen.I64Sub).Call(0).Op(wasmgen.I64Add).Close()
	m.Name(m.ExportFunc("f", i64, i64, nil, c.End()), "fib")
	return m.Bytes()
}

// sumModule adds the numbers below its argument.
func sumModule() []byte {
	m := wasmgen.New()
	c := new(code).Block(wasmgen.Void).Loop(wasmgen.Void).
		Get(1).Get(0).Op(wasmgen.I64LtU, wasmgen.I32Eqz).BrIf(1).
		Get(2).Get(1).Op(wasmgen.I64Add).Set(2).Get(1).I64(1).Op(wasmgen.I64Add).Set(1).Br(0).Close().Close().Get(2)
	m.ExportFunc("f", i64, i64, []wasmgen.Locals{{N: 2, Type: wasmgen.I64}}, c.End())
	return m.Bytes()
}

// fillModule writes its argument's number of i64 values over 1 MiB, again and
// again, one store a turn.
func fillModule() []byte {
	m := wasmgen.New()
	m.Memory(16, 16)
	c := new(code).Loop(wasmgen.Void).
		Get(1).I32(0xfffff).Op(wasmgen.I32And).Get(0).Mem(wasmgen.I64Store, 3, 0).
		Get(1).I32(8).Op(wasmgen.I32Add).Set(1).
		Get(0).I64(1).Op(wasmgen.I64Sub).Tee(0).Op(wasmgen.I64Eqz, wasmgen.I32Eqz).BrIf(0).Close().
		I32(0).Mem(wasmgen.I64Load, 3, 0)
	m.ExportFunc("f", i64, i64, []wasmgen.Locals{{N: 1, Type: wasmgen.I32}}, c.End())
	return m.Bytes()
}

func TestRewrittenCallsGiveTheSameResults(t *testing.T) {
	check(t, fibModule(), nil, "f", 20)
	sum := check(t, sumModule(), nil, "f", 100_000)
	if n := int64(100_000 * 13); sum < n || sum > 2*n {
		t.Errorf("sum: fuel %d for about %d instructions", sum, n)
	}
	check(t, fillModule(), nil, "f", 300_000)
}

func TestImportedAndDefinedFunctionsKeepTheirMeaning(t *testing.T) {
	m := wasmgen.New()
	ii := m.Type(i32, i32)
	host := m.ImportFunc("env", "twice", ii)
	m.Table(wasmgen.FuncRef, 4, 4)
	three := m.Func(ii, nil, new(code).Get(0).I32(3).Op(wasmgen.I32Mul).End())
	indirect := m.Func(ii, nil, new(code).Get(0).Get(0).CallIndirect(ii, 0).End())
	m.Export("f", wasmgen.Func, indirect)
	m.Export("twice", wasmgen.Func, host)
	m.Elem(1, host, three)
	m.RawElem(append([]byte{4}, append(new(code).I32(3).End(), append([]byte{1}, new(code).RefFunc(three).End()...)...)...))
	seen := m.Global(wasmgen.I32, true, new(code).I32(7).End())
	m.Global(wasmgen.FuncRef, false, new(code).RefFunc(three).End())
	start := m.Func(m.Type(none, none), nil, new(code).I32(20).Call(host).SetGlobal(seen).End())
	m.Start(start)
	m.ExportFunc("seen", none, i32, nil, new(code).GetGlobal(seen).End())
	imports := func(rt wazero.Runtime) {
		_, err := rt.NewHostModuleBuilder("env").NewFunctionBuilder().
			WithFunc(func(v uint32) uint32 { return 2 * v }).Export("twice").Instantiate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
	}
	for arg := range uint64(5) {
		check(t, m.Bytes(), imports, "f", arg)
	}
	check(t, m.Bytes(), imports, "seen")
}

// shapes are modules that between them use every part of the format.
func shapes() map[string][]byte {
	return map[string][]byte{"fib": fibModule(), "sum": sumModule(), "fill": fillModule(), "control": controlModule(), "bulk": bulkModule()}
}
