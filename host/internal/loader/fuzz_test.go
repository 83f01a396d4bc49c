package loader

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/wasql/wasql/host/wasmgen"
)

func seed(f *testing.F) {
	for _, wasm := range shapes() {
		f.Add(wasm)
	}
	for _, wasm := range recursions() {
		f.Add(wasm)
	}
	for _, c := range costCases() {
		if len(c.wasm) < 1000 {
			f.Add(c.wasm)
		}
	}
}

// FuzzInspect: no bytes make Inspect panic, and what it accepts is rewritten
// into a module that it would accept but for the meter's names.
func FuzzInspect(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		before := bytes.Clone(wasm)
		info, err := Inspect(wasm, Limits{})
		if err != nil {
			if e, ok := err.(*Error); !ok || e.Offset < 0 || e.Offset > len(wasm) || info != nil {
				t.Fatalf("%v", err)
			}
			return
		}
		out, err := Rewrite(wasm, info, RewriteOptions{})
		if err != nil {
			t.Fatalf("accepted, but not rewritten: %v", err)
		}
		if !bytes.Equal(before, wasm) {
			t.Fatal("the module was changed")
		}
		if _, err := Inspect(out, Limits{ModuleBytes: 1 << 30}); err == nil || err.(*Error).Code == ModuleInvalid || err.(*Error).Code == ModuleFeature {
			t.Fatalf("rewritten: %v", err)
		}
	})
}

// FuzzRewrite: what is accepted and compiles as it is compiles rewritten too.
func FuzzRewrite(f *testing.F) {
	seed(f)
	f.Fuzz(compilesRewritten)
}

// FuzzBody is FuzzRewrite for one function's body, in a module that has
// everything a body can name; so mutations meet the code and not the lengths.
func FuzzBody(f *testing.F) {
	for _, wasm := range shapes() {
		info, err := Inspect(wasm, Limits{})
		if err != nil {
			f.Fatal(err)
		}
		r := reader{b: wasm, p: info.bodies}
		for range info.Functions {
			f.Add(r.take(r.u32()))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m := wasmgen.New()
		m.DataSum = true
		typ := m.Type(i32, i32)
		m.Type(none, none)
		m.Type([]byte{wasmgen.I32, wasmgen.I64}, []byte{wasmgen.I64, wasmgen.I32})
		m.Type(none, []byte{wasmgen.I32, wasmgen.I32})
		m.Type([]byte{wasmgen.I32, wasmgen.I32}, i32)
		m.Memory(1, 2)
		m.Table(wasmgen.FuncRef, 2, 4)
		m.Table(wasmgen.ExternRef, 2, 4)
		m.Global(wasmgen.I32, true, new(code).I32(1).End())
		m.Global(wasmgen.I64, true, new(code).I64(1).End())
		m.RawFunc(typ, body)
		m.Func(typ, nil, new(code).Get(0).End())
		m.Func(2, nil, new(code).Get(1).Get(0).End())
		m.Elem(0, 0, 1)
		m.RawElem([]byte{1, 0, 1, 1})
		m.PassiveData([]byte("passive"))
		m.Name(0, "body")
		compilesRewritten(t, m.Bytes())
	})
}

func compilesRewritten(t *testing.T, wasm []byte) {
	lim := Limits{FunctionCompileCost: 20_000, ModuleCompileCost: 100_000, Functions: 200, MemoryPages: 4}
	info, err := Inspect(wasm, lim)
	if err != nil || compiles(wasm) != nil {
		return
	}
	out, err := Rewrite(wasm, info, RewriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := compiles(out); err != nil {
		t.Fatalf("compiles as it is, but rewritten: %v", err)
	}
}

// FuzzProgram runs the random programs of TestRandomProgramsRunTheSameAndPay.
func FuzzProgram(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { runProgram(t, seed) })
}

func compiles(wasm []byte) (err error) {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if e := rt.Close(ctx); err == nil {
			err = e
		}
	}()
	_, err = rt.CompileModule(ctx, wasm)
	return err
}
