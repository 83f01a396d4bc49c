package loader

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/wasql/wasql/host/wasmgen"
)

// constants is a module with every kind of constant expression.
func constants() []byte {
	m := wasmgen.New()
	f := m.Func(m.Type(none, none), nil, new(code).Loop(wasmgen.Void).Close().End())
	m.Func(0, nil, new(code).Block(wasmgen.Void).Loop(wasmgen.Void).Close().Op(wasmgen.Nop).Close().End())
	m.Table(wasmgen.FuncRef, 2, 2)
	m.Table(wasmgen.ExternRef, 2, 2)
	m.Memory(1, 1)
	m.Global(wasmgen.F32, false, append([]byte{0x43, 0, 0, 0x80, 0x3f}, 0x0b))
	m.Global(wasmgen.F64, false, new(code).F64(1).End())
	m.Global(wasmgen.V128, false, append(append([]byte{0xfd, 12}, make([]byte, 16)...), 0x0b))
	m.Global(wasmgen.ExternRef, true, []byte{0xd0, 0x6f, 0x0b})
	m.Global(wasmgen.FuncRef, true, new(code).RefFunc(f).End())
	m.Global(wasmgen.I64, true, new(code).I64(-1<<63).End())
	m.RawElem([]byte{5, 0x6f, 1, 0xd0, 0x6f, 0x0b})
	m.Raw(wasmgen.SecData, []byte{1, 2, 0, 0x41, 0, 0x0b, 1, 'x'})
	return m.Bytes()
}

func TestConstantsAndEmptyPartsSurvive(t *testing.T) {
	for name, wasm := range map[string][]byte{
		"constants":         constants(),
		"empty module":      raw(),
		"no memory, listed": raw(section(wasmgen.SecMemory, 0)),
		"empty sections":    raw(section(wasmgen.SecType, 0), section(wasmgen.SecImport, 0), section(wasmgen.SecFunction, 0), section(wasmgen.SecCode, 0)),
	} {
		info, err := Inspect(wasm, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out, err := Rewrite(wasm, info, RewriteOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := errors.Join(compiles(wasm), compiles(out)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryOpcodeIsKnownOrRefused puts each opcode, with zero immediates, into
// a function that has all it can name: Inspect accepts it exactly if wazero
// does not call it unknown.
func TestEveryOpcodeIsKnownOrRefused(t *testing.T) {
	known := func(op ...byte) error {
		return known(module(func(m *wasmgen.Module) {
			m.DataSum = true
			m.Memory(1, 1)
			m.Table(wasmgen.FuncRef, 1, 1)
			m.Global(wasmgen.I32, true, new(code).I32(0).End())
			f := m.ExportFunc("f", none, none, []wasmgen.Locals{{N: 1, Type: wasmgen.I32}}, new(code).Op(wasmgen.Unreachable).Op(op...).Op(wasmgen.Unreachable).End())
			m.RawElem([]byte{1, 0, 1, byte(f)})
			m.PassiveData([]byte("x"))
		}))
	}
	imms := map[imm]int{
		immBr: 1, immBrIf: 1, immBrTable: 2, immCall: 1, immCallIndirect: 2, immLocalGet: 1, immLocalSet: 1, immGlobal: 1,
		immTable: 1, immMemarg: 2, immMemByte: 1, immI32: 1, immI64: 1, imm4: 4, imm8: 8, immRefFunc: 1,
	}
	n := 0
	for op := range 256 {
		k := opImm[op]
		switch k {
		case immUnknown, immElse, immEnd, immPrefixFC, immPrefixFD:
			continue
		}
		code := append([]byte{byte(op)}, make([]byte, imms[k])...)
		switch k {
		case immBlock, immLoop, immIf:
			code = append(code, blockVoid, opEnd)
		case immSelectT:
			code = append(code, 1, byte(I32))
		case immRefNull:
			code = append(code, byte(FuncRef))
		}
		if err := known(code...); err != nil {
			t.Errorf("opcode %#x: %v", op, err)
		}
		n++
	}
	for sub := range 18 {
		operands := [18]int{8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1}[sub]
		if err := known(append([]byte{0xfc, byte(sub)}, make([]byte, operands)...)...); err != nil {
			t.Errorf("opcode 0xfc %d: %v", sub, err)
		}
		n++
	}
	for sub := range 256 {
		operands := map[simdImm]int{simdMemarg: 2, simdMemargLane: 3, simdLane: 1, simd16: 16}[simdOp[sub]]
		err := known(append(append([]byte{0xfd}, wasmgen.U32(uint32(sub))...), make([]byte, operands)...)...)
		if (simdOp[sub] == simdUnknown) != errors.Is(err, &Error{Code: ModuleFeature}) || simdOp[sub] != simdUnknown && err != nil {
			t.Errorf("opcode 0xfd %d: %v", sub, err)
		}
		n++
	}
	if n != 181+18+256 {
		t.Errorf("%d opcodes tried", n)
	}
}

// known inspects wasm, compiles it as it is and rewritten, and returns the first error.
func known(wasm []byte) error {
	info, err := Inspect(wasm, Limits{})
	if err != nil {
		return err
	}
	out, err := Rewrite(wasm, info, RewriteOptions{})
	if err != nil {
		return err
	}
	return errors.Join(compiles(wasm), compiles(out))
}

func TestNamesAreKeptAndShifted(t *testing.T) {
	m := wasmgen.New()
	typ := m.Type(none, none)
	m.ImportFunc("env", "host", typ)
	inner := m.Func(typ, nil, new(code).Op(wasmgen.Unreachable).End())
	m.Export("f", wasmgen.Func, m.Func(typ, nil, new(code).Call(inner).End()))
	m.Name(0, "the_host")
	m.Name(1, "the_inner")
	m.Name(2, "the_outer")
	m.Name(9, "nobody")
	m.Custom("wasql.note", []byte("kept"))
	m.Custom(".debug_info", []byte("dropped"))
	imports := func(rt wazero.Runtime) {
		if _, err := rt.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() {}).Export("host").Instantiate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := open(t, m.Bytes(), guestOptions{imports: imports}).call("f")
	if err == nil || !strings.Contains(err.Error(), "the_inner") || !strings.Contains(err.Error(), "the_outer") {
		t.Errorf("trap without names: %v", err)
	}
	info, err := Inspect(m.Bytes(), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := Rewrite(m.Bytes(), info, RewriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("wasql.notekept")) || bytes.Contains(out, []byte("dropped")) {
		t.Error("custom sections: wasql.* is to be kept, the rest to be dropped")
	}
	if names := FunctionNames(m.Bytes(), info); names[1] != "the_inner" || FunctionNames(out[:9], info) != nil {
		t.Errorf("names %v", names)
	}
}

func TestMalformedNamesAreDropped(t *testing.T) {
	for name, sub := range map[string][]byte{
		"cut":             {1, 200, 1, 0},
		"subsection cut":  {1},
		"count too large": {1, 3, 9, 0, 0},
		"not rising":      {1, 7, 2, 1, 1, 'a', 0, 1, 'b'},
		"twice":           {1, 4, 1, 0, 1, 'a', 1, 4, 1, 0, 1, 'a'},
		"not UTF-8":       {1, 4, 1, 0, 1, 0xff},
		"left over":       {1, 5, 1, 0, 1, 'a', 0},
		"no functions":    {0, 2, 1, 'm'},
		"empty":           {},
	} {
		wasm := append(sumModule(), wasmgen.Section(wasmgen.SecCustom, append([]byte("\x04name"), sub...))...)
		info, err := Inspect(wasm, Limits{})
		if err != nil || info.HasNames || FunctionNames(wasm, info) != nil {
			t.Errorf("%s: %v, names %v", name, err, info != nil && info.HasNames)
		}
	}
}

func TestRewriteRefusesOtherBytes(t *testing.T) {
	wasm := sumModule()
	info, err := Inspect(wasm, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	other := slices.Clone(wasm)
	other[len(other)-3] ^= 1
	for _, bytes := range [][]byte{other, wasm[:len(wasm)-1], nil} {
		if _, err := Rewrite(bytes, info, RewriteOptions{}); !errors.Is(err, &Error{Code: RewriteMismatch}) {
			t.Errorf("Rewrite = %v", err)
		}
	}
}

func TestMeteredSizeIsBounded(t *testing.T) {
	c := new(code)
	for range 300 {
		c.Loop(wasmgen.Void).Close()
	}
	wasm := module(func(m *wasmgen.Module) { m.ExportFunc("f", none, none, nil, c.End()) })
	info, err := Inspect(wasm, Limits{ModuleBytes: int64(len(wasm))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Rewrite(wasm, info, RewriteOptions{}); !errors.Is(err, &Error{Code: CompileBudget}) {
		t.Errorf("Rewrite = %v", err)
	}
}

func TestErrorsSayCodePlaceAndLimit(t *testing.T) {
	_, err := Inspect(module(func(m *wasmgen.Module) { m.Memory(5000, wasmgen.NoMax) }), Limits{})
	if want := "load module: E_MODULE_MEMORY_LIMIT: memory begins with 5000 pages at byte 0xa (limit MemoryPages = 4096)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for c := ModuleInvalid; c <= RewriteMismatch; c++ {
		if !strings.HasPrefix(c.String(), "E_") || strings.Contains(c.String(), "_MODULE_1") {
			t.Errorf("code %d is called %s", c, c)
		}
	}
	for typ, want := range map[ValType]string{I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128", FuncRef: "funcref", ExternRef: "externref", 0x10: "type 0x10"} {
		if typ.String() != want {
			t.Errorf("%v, want %s", typ, want)
		}
	}
	if Func.String() != "func" || GlobalKind.String() != "global" || Kind(9).String() != "kind 9" || Code(99).String() != "E_MODULE_99" {
		t.Error("names of kinds")
	}
}

// TestHotLoopsKeepTheirValues runs a loop over every type of local across many
// yields, whose rare path writes such locals anew.
func TestHotLoopsKeepTheirValues(t *testing.T) {
	m := wasmgen.New()
	c := new(code).F64(1.5).Set(3).Loop(wasmgen.Void).
		Get(1).I64(3).Op(wasmgen.I64Mul).Get(0).Op(wasmgen.I64Add).Set(1).
		Get(2).Op(0x43, 0, 0, 0x80, 0x3f, 0x92).Set(2). // f32.add 1
		Get(3).F64(1.0000001).Op(0xa2).Set(3).          // f64.mul
		Get(4).SIMD(77).Set(4).                         // v128.not
		Get(5).I32(7).Op(wasmgen.I32Add).Set(5).
		Get(0).I64(1).Op(wasmgen.I64Sub).Tee(0).Op(wasmgen.I64Eqz, wasmgen.I32Eqz).BrIf(0).Close().
		Get(1).Get(2).Op(0xae).Op(wasmgen.I64Add).Get(3).Op(0xbd).Op(wasmgen.I64Add).Get(4).SIMD(29, 1).Op(wasmgen.I64Add).Get(5).Op(wasmgen.I64ExtendU).Op(wasmgen.I64Add)
	m.ExportFunc("f", i64, i64, []wasmgen.Locals{
		{N: 1, Type: wasmgen.I64}, {N: 1, Type: wasmgen.F32}, {N: 1, Type: wasmgen.F64}, {N: 1, Type: wasmgen.V128}, {N: 1, Type: wasmgen.I32},
	}, c.End())
	check(t, m.Bytes(), nil, "f", 1_000_001)
}
