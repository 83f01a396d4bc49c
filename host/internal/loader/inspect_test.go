package loader

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/wasql/wasql/host/wasmgen"
)

var (
	none = []byte(nil)
	i32  = []byte{wasmgen.I32}
	i64  = []byte{wasmgen.I64}
)

type code = wasmgen.Code

// with builds a module from one function body and what else f adds.
func with(c *code, f func(m *wasmgen.Module)) []byte {
	m := wasmgen.New()
	m.Memory(1, 2)
	m.Table(wasmgen.FuncRef, 1, 1)
	if f != nil {
		f(m)
	}
	m.ExportFunc("f", none, none, []wasmgen.Locals{{N: 1, Type: wasmgen.I32}}, c.End())
	return m.Bytes()
}

func raw(sections ...[]byte) []byte {
	return append([]byte(wasmgen.Header), slices.Concat(sections...)...)
}

func section(id byte, payload ...byte) []byte { return wasmgen.Section(id, payload) }

func module(f func(m *wasmgen.Module)) []byte {
	m := wasmgen.New()
	f(m)
	return m.Bytes()
}

func countOf(id byte, n uint32, item ...byte) []byte {
	return raw(wasmgen.Section(id, append(wasmgen.U32(n), slices.Repeat(item, int(n))...)))
}

func TestMalformedModulesAreInvalid(t *testing.T) {
	fn := section(wasmgen.SecFunction, 1, 0)
	typ := section(wasmgen.SecType, 1, 0x60, 0, 0)
	body := func(b ...byte) []byte {
		return raw(typ, fn, wasmgen.Section(wasmgen.SecCode, append([]byte{1}, wasmgen.Bytes(b)...)))
	}
	for name, wasm := range map[string][]byte{
		"empty":                       {},
		"text":                        []byte("(module)"),
		"version 2":                   []byte("\x00asm\x02\x00\x00\x00"),
		"header cut":                  []byte(wasmgen.Header)[:7],
		"custom section of 1 GiB":     raw([]byte{0, 0x80, 0x80, 0x80, 0x80, 0x04}),
		"section length overlong":     raw([]byte{1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 0}),
		"section length over 32 bits": raw([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x1f}),
		"section id cut":              raw([]byte{1}),
		"section truncated":           raw(section(wasmgen.SecType, 1, 0x60)),
		"section too long":            raw(section(wasmgen.SecType, 1, 0x60, 0, 0, 0)),
		"section id 14":               raw(section(14)),
		"sections out of order":       raw(fn, typ),
		"section twice":               raw(typ, typ),
		"data before code":            raw(typ, fn, section(wasmgen.SecData, 0), section(wasmgen.SecCode, 1, 2, 0, 0x0b)),
		"custom section nameless":     raw(section(0)),
		"custom name not UTF-8":       raw(section(0, 1, 0xff)),
		"type form":                   raw(section(wasmgen.SecType, 1, 0x61, 0, 0)),
		"value type":                  raw(section(wasmgen.SecType, 1, 0x60, 1, 0x00, 0)),
		"types beyond the bytes":      raw(section(wasmgen.SecType, 100, 0x60)),
		"import kind":                 raw(section(wasmgen.SecImport, 1, 0, 0, 9)),
		"import of type 7":            raw(typ, section(wasmgen.SecImport, 1, 0, 0, 0, 7)),
		"function of type 1":          raw(typ, section(wasmgen.SecFunction, 1, 1)),
		"function without body":       raw(typ, fn),
		"body without function":       raw(section(wasmgen.SecCode, 1, 2, 0, 0x0b)),
		"bodies and functions differ": raw(typ, fn, section(wasmgen.SecCode, 2, 2, 0, 0x0b, 2, 0, 0x0b)),
		"body empty":                  body(),
		"body without end":            body(0, 0x01),
		"body goes on after its end":  body(0, 0x0b, 0x01),
		"local type":                  body(1, 1, 0x00, 0x0b),
		"else without if":             body(0, 0x05, 0x0b),
		"second else":                 body(0, 0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b, 0x0b),
		"label":                       body(0, 0x0c, 1, 0x0b),
		"label of br_table":           body(0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b),
		"br_table cut":                body(0, 0x41, 0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b),
		"local":                       body(0, 0x20, 0, 0x1a, 0x0b),
		"global":                      body(0, 0x23, 0, 0x1a, 0x0b),
		"global of the meter":         module(func(m *wasmgen.Module) { m.ExportFunc("f", none, none, nil, new(code).I64(1).SetGlobal(0).End()) }),
		"function":                    body(0, 0x10, 1, 0x0b),
		"function of the meter":       body(0, 0x10, 2, 0x0b),
		"function reference":          body(0, 0xd2, 1, 0x1a, 0x0b),
		"indirect type":               with(new(code).I32(0).CallIndirect(9, 0), nil),
		"indirect table":              with(new(code).I32(0).CallIndirect(0, 1), nil),
		"block type index":            body(0, 0x02, 0x07, 0x0b, 0x0b),
		"block type below zero":       body(0, 0x02, 0x41, 0x0b, 0x0b),
		"block type overlong":         body(0, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b, 0x0b),
		"i32.const overlong":          body(0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a, 0x0b),
		"i32.const of 33 bits":        body(0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1a, 0x0b),
		"i64.const of 65 bits":        body(0, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0x1a, 0x0b),
		"f64.const cut":               body(0, 0x44, 0, 0),
		"load without memory":         body(0, 0x41, 0, 0x28, 0, 0, 0x1a, 0x0b),
		"memory.size without memory":  body(0, 0x3f, 0, 0x1a, 0x0b),
		"alignment":                   with(new(code).I32(0).Mem(wasmgen.I32Load, 40, 0).Op(wasmgen.Drop), nil),
		"memory.init without count":   with(new(code).I32(0).I32(0).I32(0).Bulk(8, 0, 0), nil),
		"elem.drop":                   with(new(code).Bulk(13, 0), nil),
		"select of two":               with(new(code).I32(0).I32(0).I32(0).Op(0x1c, 2, 0x7f, 0x7f, wasmgen.Drop), nil),
		"vector constant cut":         body(0, 0xfd, 12, 1, 2),
		"export of function 9":        raw(section(wasmgen.SecExport, 1, 1, 'a', 0, 9)),
		"export of kind 7":            raw(section(wasmgen.SecExport, 1, 1, 'a', 7, 0)),
		"export of no memory":         raw(section(wasmgen.SecExport, 1, 1, 'a', 2, 0)),
		"export twice": module(func(m *wasmgen.Module) {
			m.Memory(1, 1)
			m.Export("m", wasmgen.Memory, 0)
			m.Export("m", wasmgen.Memory, 0)
		}),
		"export name cut":           raw(section(wasmgen.SecExport, 1, 50, 'a')),
		"start of function 1":       raw(section(wasmgen.SecStart, 1)),
		"start with a parameter":    module(func(m *wasmgen.Module) { m.Start(m.ExportFunc("f", i32, none, nil, new(code).End())) }),
		"memory maximum below":      raw(section(wasmgen.SecMemory, 1, 1, 2, 1)),
		"memory beyond 4 GiB":       raw(section(wasmgen.SecMemory, 1, 1, 1, 0x81, 0x80, 0x04)),
		"table maximum below":       raw(section(wasmgen.SecTable, 1, 0x70, 1, 2, 1)),
		"limit flags":               raw(section(wasmgen.SecTable, 1, 0x70, 9, 2)),
		"global mutability":         raw(section(wasmgen.SecGlobal, 1, 0x7f, 2, 0x41, 0, 0x0b)),
		"constant with a call":      raw(section(wasmgen.SecGlobal, 1, 0x7f, 0, 0x10, 0, 0x0b)),
		"constant without end":      raw(section(wasmgen.SecGlobal, 1, 0x7f, 0, 0x41, 0)),
		"constant from itself":      raw(section(wasmgen.SecGlobal, 1, 0x7f, 0, 0x23, 0, 0x0b)),
		"element flags":             module(func(m *wasmgen.Module) { m.Table(wasmgen.FuncRef, 1, 1); m.RawElem([]byte{8}) }),
		"element table":             module(func(m *wasmgen.Module) { m.RawElem([]byte{0, 0x41, 0, 0x0b, 0}) }),
		"element function":          module(func(m *wasmgen.Module) { m.Table(wasmgen.FuncRef, 1, 1); m.Elem(0, 3) }),
		"element kind":              module(func(m *wasmgen.Module) { m.RawElem([]byte{1, 7, 0}) }),
		"elements beyond the bytes": module(func(m *wasmgen.Module) { m.RawElem([]byte{1, 0, 0xff, 0x7f}) }),
		"data flags":                module(func(m *wasmgen.Module) { m.Memory(1, 1); m.Raw(wasmgen.SecData, []byte{1, 3, 0}) }),
		"data without memory":       module(func(m *wasmgen.Module) { m.Data(0, []byte("x")) }),
		"data cut":                  module(func(m *wasmgen.Module) { m.Memory(1, 1); m.Raw(wasmgen.SecData, []byte{1, 1, 9, 'x'}) }),
		"data count differs":        raw(section(wasmgen.SecMemory, 1, 0, 1), section(wasmgen.SecDataCount, 2), section(wasmgen.SecData, 1, 1, 0)),
	} {
		refused(t, name, wasm, Limits{}, ModuleInvalid)
	}
}

func TestFeaturesBeyondCoreTwoAreRefusedByName(t *testing.T) {
	for name, wasm := range map[string][]byte{
		"component":                 []byte("\x00asm\x0d\x00\x01\x00"),
		"tag section":               raw(section(13, 0)),
		"imports a memory":          module(func(m *wasmgen.Module) { m.Import("e", "m", wasmgen.Memory, wasmgen.Limits(1, 1)) }),
		"imports a table":           module(func(m *wasmgen.Module) { m.Import("e", "t", wasmgen.Table, []byte{0x70, 0, 1}) }),
		"imports a global":          module(func(m *wasmgen.Module) { m.Import("e", "g", wasmgen.Global, []byte{0x7f, 0}) }),
		"shared memory":             raw(section(wasmgen.SecMemory, 1, 3, 1, 1)),
		"64-bit memory":             raw(section(wasmgen.SecMemory, 1, 4, 1)),
		"2 memories":                raw(section(wasmgen.SecMemory, 2, 0, 1, 0, 1)),
		"relaxed vector":            with(new(code).SIMD(0x100), nil),
		"unknown opcode 0xf":        with(new(code).SIMD(0x9a), nil),
		"unknown opcode 0xff":       with(new(code).Op(0xff), nil),
		"0xfc 0x12":                 with(new(code).Bulk(18), nil),
		"return_call":               with(new(code).Op(0x12, 0), nil),
		"return_call_indir":         with(new(code).Op(0x13, 0, 0), nil),
		"threads":                   with(new(code).Op(0xfe, 0), nil),
		"garbage collection opcode": with(new(code).Op(0xfb, 0), nil),
		"exception handling opcode": with(new(code).Op(0x06, 0x40), nil),
		"typed function":            with(new(code).Op(0x14, 0), nil),
		"several memories":          with(new(code).I32(0).Op(0x28, 0x42, 1, 0, wasmgen.Drop), nil),
		"memory 1":                  with(new(code).Op(0x3f, 1, wasmgen.Drop), nil),
		"type form 0x5f":            raw(section(wasmgen.SecType, 1, 0x5f, 0)),
		"value type 0x6e":           raw(section(wasmgen.SecType, 1, 0x60, 1, 0x6e, 0)),
		"extended constant":         raw(section(wasmgen.SecGlobal, 1, 0x7f, 0, 0x41, 0, 0x41, 0, 0x6a, 0x0b)),
		"table of type":             raw(section(wasmgen.SecTable, 1, 0x6e, 0, 1)),
	} {
		what := refused(t, name, wasm, Limits{}, ModuleFeature)
		word := strings.TrimSuffix(name, "_indir")
		if !strings.Contains(strings.ReplaceAll(what, "is a ", "imports a "), strings.Fields(word)[0]) {
			t.Errorf("%s: refused without saying so: %s", name, what)
		}
	}
}

func TestLimitsAreKept(t *testing.T) {
	locals := func(n uint32) []byte {
		return module(func(m *wasmgen.Module) {
			m.ExportFunc("f", none, none, []wasmgen.Locals{{N: n, Type: wasmgen.I64}}, new(code).End())
		})
	}
	table := func(n int, min uint32, max int64) []byte {
		return module(func(m *wasmgen.Module) {
			for range n {
				m.Table(wasmgen.FuncRef, min, max)
			}
		})
	}
	for name, c := range map[string]struct {
		wasm []byte
		lim  Limits
		code Code
	}{
		"module bytes":                    {make([]byte, 101), Limits{ModuleBytes: 100}, ModuleSize},
		"8 tables of 2^27":                {table(8, 1<<27, wasmgen.NoMax), Limits{}, CountLimit},
		"4 tables of 2^27":                {table(4, 1<<27, wasmgen.NoMax), Limits{}, TableLimit},
		"tables over in sum":              {table(4, 16_385, wasmgen.NoMax), Limits{}, TableLimit},
		"memory of 65,536 pages":          {module(func(m *wasmgen.Module) { m.Memory(65_536, wasmgen.NoMax) }), Limits{}, MemoryLimit},
		"memory of 65,536 pages, allowed": {module(func(m *wasmgen.Module) { m.Memory(65_536, 65_536) }), Limits{MemoryPages: 65_536}, MemoryLimit},
		"10^6 data segments":              {countOf(wasmgen.SecData, 1_000_000, 1, 0), Limits{}, CountLimit},
		"10^6 element segments":           {countOf(wasmgen.SecElem, 1_000_000, 1, 0, 0), Limits{}, CountLimit},
		"10^6 types":                      {countOf(wasmgen.SecType, 1_000_000, 0x60, 0, 0), Limits{}, CountLimit},
		"10^6 functions":                  {countOf(wasmgen.SecFunction, 1_000_000, 0), Limits{}, CountLimit},
		"10^6 imports":                    {countOf(wasmgen.SecImport, 1_000_000, 0, 0, 0, 0), Limits{}, CountLimit},
		"10^6 exports":                    {countOf(wasmgen.SecExport, 1_000_000, 0, 0, 0), Limits{}, CountLimit},
		"10^6 globals":                    {countOf(wasmgen.SecGlobal, 1_000_000, 0x7f, 0, 0x41, 0, 0x0b), Limits{}, CountLimit},
		"10^6 custom sections":            {raw(slices.Repeat(section(0, 0), 1_000_000)), Limits{}, CountLimit},
		"2^32 - 1 tables":                 {raw(section(wasmgen.SecTable, 0xff, 0xff, 0xff, 0xff, 0x0f)), Limits{}, CountLimit},
		"data count of 10^6":              {raw(wasmgen.Section(wasmgen.SecDataCount, wasmgen.U32(1_000_000))), Limits{}, CountLimit},
		"50,001 locals":                   {locals(50_001), Limits{}, CountLimit},
		"2^32 - 1 locals":                 {locals(math.MaxUint32), Limits{}, CountLimit},
		"1,001 parameters":                {module(func(m *wasmgen.Module) { m.Type(slices.Repeat(i32, 1001), none) }), Limits{}, CountLimit},
		"a long name":                     {module(func(m *wasmgen.Module) { m.Memory(1, 1); m.Export(strings.Repeat("x", 5000), wasmgen.Memory, 0) }), Limits{}, CountLimit},
		"body bytes":                      {with(new(code).Op(make([]byte, 2)...).Op(slices.Repeat([]byte{wasmgen.Nop}, 200)...), nil), Limits{FunctionBodyBytes: 200}, CompileBudget},
		"nesting":                         {nestedBlocks(50, 1), Limits{FunctionNesting: 40}, CompileBudget},
		"module cost":                     {sumModule(), Limits{ModuleCompileCost: 10}, CompileBudget},
		"function cost":                   {sumModule(), Limits{FunctionCompileCost: 10}, CompileBudget},
		"exports a name of the meter":     {module(func(m *wasmgen.Module) { m.Memory(1, 1); m.Export(FuelLeft, wasmgen.Memory, 0) }), Limits{}, ModuleReserved},
		"imports the meter":               {module(func(m *wasmgen.Module) { m.ImportFunc(ReservedModule, YieldName, m.Type(i64, none)) }), Limits{}, ModuleReserved},
	} {
		refused(t, name, c.wasm, c.lim, c.code)
	}
	for _, ok := range [][]byte{locals(50_000), table(4, 16_384, wasmgen.NoMax), table(1, 1, wasmgen.NoMax)} {
		if _, err := Inspect(ok, Limits{}); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	}
}

// refused asserts that Inspect gives an *Error of this code with a place inside
// the module, and returns what it refuses.
func refused(t *testing.T, name string, wasm []byte, lim Limits, want Code) string {
	t.Helper()
	info, err := Inspect(wasm, lim)
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%s: Inspect = %+v, %v", name, info, err)
		return ""
	}
	if e.Code != want || info != nil || e.Offset < 0 || e.Offset > len(wasm) || !errors.Is(err, &Error{Code: want}) {
		t.Errorf("%s: %v, want %v", name, e, want)
	}
	if (e.Limit != 0) != (e.Name != "") && want != CountLimit {
		t.Errorf("%s: limit %d is called %q", name, e.Limit, e.Name)
	}
	return e.What
}

func TestEveryByteCutOffIsRefused(t *testing.T) {
	for name, wasm := range shapes() {
		for n := range wasm {
			if _, err := Inspect(wasm[:n], Limits{}); err == nil && !sectionEnd(wasm, n) {
				t.Fatalf("%s: accepted when cut at byte %d of %d", name, n, len(wasm))
			}
		}
	}
}

// sectionEnd reports whether the module may end at n.
func sectionEnd(wasm []byte, n int) bool {
	r := reader{b: wasm, p: 8}
	for r.p < n && r.err == nil {
		r.u8()
		r.take(r.u32())
	}
	return r.p == n
}

func TestInfoTellsWhatTheModuleIs(t *testing.T) {
	m := wasmgen.New()
	log := m.Type([]byte{wasmgen.I32, wasmgen.I64}, none)
	m.ImportFunc("wasql_v1", "log", log)
	m.Memory(2, wasmgen.NoMax)
	m.Table(wasmgen.FuncRef, 3, 5)
	m.Table(wasmgen.ExternRef, 1, wasmgen.NoMax)
	m.Export("memory", wasmgen.Memory, 0)
	for _, name := range []string{"wasql_abi_v2", "wasql_abi_v1", "wasql_abi_v01", "wasql_abi_v", "wasql_abi_v-1", "wasql_abi_v99999"} {
		m.ExportFunc(name, none, i64, nil, new(code).I64(0).End())
	}
	m.Global(wasmgen.I32, true, new(code).I32(0).End())
	m.Data(0, []byte("hello"))
	m.Custom("wasql.manifest", []byte("abc"))
	m.Name(1, "two")
	wasm := m.Bytes()
	info, err := Inspect(wasm, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(info.ABI, []int{1, 2}) {
		t.Errorf("ABI = %v", info.ABI)
	}
	if !reflect.DeepEqual(info.Imports, []Import{{"wasql_v1", "log", Func, []ValType{I32, I64}, nil}}) {
		t.Errorf("Imports = %v", info.Imports)
	}
	if e := info.Exports[1]; len(info.Exports) != 7 || e.Name != "wasql_abi_v2" || !slices.Equal(e.Results, []ValType{I64}) {
		t.Errorf("Exports = %v", info.Exports)
	}
	if *info.Memory != (Bounds{Min: 2, Cap: 4096}) {
		t.Errorf("Memory = %+v", *info.Memory)
	}
	if want := []Table{{Bounds{3, 5, true, 5}, FuncRef}, {Bounds{1, 0, false, 65_531 + 0}, ExternRef}}; !reflect.DeepEqual(info.Tables, want) {
		t.Errorf("Tables = %+v, want %+v", info.Tables, want)
	}
	if info.Functions != 6 || info.Globals != 1 || info.DataSegments != 1 || !info.HasNames || info.HasStart {
		t.Errorf("Info = %+v", info)
	}
	if !slices.Equal(info.Custom, []CustomSection{{"wasql.manifest", 3}, {"name", 8}}) {
		t.Errorf("Custom = %v", info.Custom)
	}
	if names := FunctionNames(wasm, info); len(names) != 1 || names[1] != "two" {
		t.Errorf("names = %v", names)
	}
}
