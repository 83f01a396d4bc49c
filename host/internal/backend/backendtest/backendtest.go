// Package backendtest is the one suite every backend must pass: calls, imports, traps, memory
// bounds, globals and endings behave the same, whatever runs below.
package backendtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/wasmgen"
)

// Run judges the engine that open makes.
func Run(t *testing.T, open func(t *testing.T) backend.Engine) {
	for name, test := range map[string]func(*testing.T, backend.Engine){
		"calls give results":                 calls,
		"imports see parameters and memory":  imports,
		"a trap is told with its frames":     traps,
		"a host function ends the call":      ended,
		"a panic is the host's fault":        panics,
		"memory grows to its bound in place": memory,
		"globals can be read and set":        globals,
		"the start section runs":             start,
		"recursion ends":                     recursion,
		"a wrong module is refused":          wrong,
		"signatures differ between modules":  signatures,
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t)
			// Instances are closed by cleanups of the test, which run before this one.
			t.Cleanup(func() {
				if err := e.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			test(t, e)
		})
	}
}

var (
	i32 = []byte{wasmgen.I32}
	i64 = []byte{wasmgen.I64}
)

func code() *wasmgen.Code { return new(wasmgen.Code) }

// instance compiles and instantiates; everything is closed at the end of the test.
func instance(t *testing.T, e backend.Engine, m *wasmgen.Module, config backend.InstanceConfig, imports ...backend.Import) (backend.Instance, error) {
	t.Helper()
	ctx := context.Background()
	module, err := e.Compile(ctx, backend.Source{Name: t.Name(), Code: m.Bytes(), Imports: imports})
	if err != nil {
		t.Fatal(err)
	}
	if config.MemoryBytes == 0 {
		config.MemoryBytes = 1 << 20
	}
	i, err := module.Instantiate(ctx, config)
	if err == nil {
		t.Cleanup(func() {
			if err := i.Close(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return i, err
}

func mustInstance(t *testing.T, e backend.Engine, m *wasmgen.Module, config backend.InstanceConfig, imports ...backend.Import) backend.Instance {
	t.Helper()
	i, err := instance(t, e, m, config, imports...)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func call(i backend.Instance, name string, args ...uint64) (uint64, error) {
	stack := make([]uint64, 8)
	copy(stack, args)
	err := i.Function(name).Call(stack)
	return stack[0], err
}

func calls(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	m.ExportFunc("add", []byte{wasmgen.I32, wasmgen.I64}, i64, nil, code().Get(0).Op(wasmgen.I64ExtendS).Get(1).Op(wasmgen.I64Add).End())
	i := mustInstance(t, e, m, backend.InstanceConfig{})
	for range 3 {
		if got, err := call(i, "add", uint64(0xffff_ffff), 5); err != nil || got != 4 {
			t.Errorf("-1 + 5 = %d, %v", int64(got), err)
		}
	}
	if i.Function("sub") != nil {
		t.Error("a function that is not there was found")
	}
}

func imports(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	f := m.ImportFunc("env", "f", m.Type(i32, i64))
	m.Memory(1, wasmgen.NoMax)
	m.Export("memory", wasmgen.Memory, 0)
	m.ExportFunc("run", nil, i64, nil, code().I32(16).I32(99).Mem(wasmgen.I32Store, 2, 0).I32(16).Call(f).End())
	var seen backend.Memory
	guest := new(int)
	im := backend.Import{Module: "env", Name: "f", Params: []backend.ValueType{backend.I32}, Results: []backend.ValueType{backend.I64},
		Func: func(g any, stack []uint64) {
			if g != guest {
				t.Errorf("guest %v", g)
			}
			stack[0] = uint64(seen.Bytes()[uint32(stack[0])]) + 1
		}}
	i := mustInstance(t, e, m, backend.InstanceConfig{Guest: guest, Attach: func(m backend.Memory) { seen = m }}, im)
	if got, err := call(i, "run"); err != nil || got != 100 {
		t.Errorf("%d, %v", got, err)
	}
}

func traps(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	inner := m.Func(m.Type(nil, i64), nil, code().Op(wasmgen.Unreachable).End())
	m.Name(inner, "the inner one")
	m.Name(m.ExportFunc("outer", nil, i64, nil, code().Call(inner).End()), "main.(*T).outer")
	i := mustInstance(t, e, m, backend.InstanceConfig{})
	_, err := call(i, "outer")
	var trap *backend.Trap
	if !errors.As(err, &trap) || !strings.Contains(trap.Reason, "unreachable") || strings.Join(trap.Frames, "|") != "the inner one|main.(*T).outer" {
		t.Errorf("%#v", err)
	}
}

func ended(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	f := m.ImportFunc("env", "stop", m.Type(nil, nil))
	m.ExportFunc("run", nil, i64, nil, code().Call(f).I64(1).End())
	reason := errors.New("enough")
	stop := backend.Import{Module: "env", Name: "stop", Func: func(any, []uint64) { backend.End(reason) }}
	_, err := call(mustInstance(t, e, m, backend.InstanceConfig{}, stop), "run")
	var end *backend.Ended
	if !errors.As(err, &end) || !errors.Is(err, reason) {
		t.Errorf("%#v", err)
	}
}

func panics(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	f := m.ImportFunc("env", "bug", m.Type(nil, nil))
	m.ExportFunc("run", nil, i64, nil, code().Call(f).I64(1).End())
	var none []int
	bug := backend.Import{Module: "env", Name: "bug", Func: func(any, []uint64) { none[len(none)]++ }}
	if _, err := call(mustInstance(t, e, m, backend.InstanceConfig{}, bug), "run"); !errors.Is(err, backend.ErrHost) {
		t.Errorf("%#v", err)
	}
}

func memory(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	m.Memory(1, wasmgen.NoMax)
	m.Export("memory", wasmgen.Memory, 0)
	m.ExportFunc("grow", i32, i64, nil, code().Get(0).Op(0x40, 0).Op(wasmgen.I64ExtendS).End())
	i := mustInstance(t, e, m, backend.InstanceConfig{MemoryBytes: 4 * backend.PageBytes})
	before := i.Memory().Bytes()
	before[5] = 7
	for _, step := range []struct{ pages, want int64 }{{1, 1}, {2, 2}, {1, -1}, {1 << 20, -1}, {0, 4}} {
		if got, err := call(i, "grow", uint64(step.pages)); err != nil || int64(got) != step.want {
			t.Errorf("grow by %d: %d, want %d, %v", step.pages, int64(got), step.want, err)
		}
	}
	after := i.Memory().Bytes()
	if len(after) != 4*backend.PageBytes || &after[0] != &before[0] || before[5] != 7 || after[3*backend.PageBytes] != 0 {
		t.Errorf("%d bytes, moved %v", len(after), &after[0] != &before[0])
	}
	if i.Memory().Refused() == 0 || i.Memory().PeakBytes() != 4*backend.PageBytes {
		t.Errorf("refused %d, peak %d", i.Memory().Refused(), i.Memory().PeakBytes())
	}
	if _, err := instance(t, e, m, backend.InstanceConfig{MemoryBytes: 1}); err != nil {
		t.Errorf("a bound is rounded up to pages: %v", err)
	}
}

func globals(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	g := m.Global(wasmgen.I64, true, code().I64(5).End())
	m.Export("g", wasmgen.Global, g)
	m.ExportFunc("twice", nil, i64, nil, code().GetGlobal(g).GetGlobal(g).Op(wasmgen.I64Add).Op(0x24, byte(g)).GetGlobal(g).End())
	i := mustInstance(t, e, m, backend.InstanceConfig{})
	global := i.Global("g")
	if global == nil || global.Get() != 5 || i.Global("h") != nil {
		t.Fatal("global g")
	}
	global.Set(21)
	if got, err := call(i, "twice"); err != nil || got != 42 || global.Get() != 42 {
		t.Errorf("%d, global %d, %v", got, global.Get(), err)
	}
}

func start(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	f := m.ImportFunc("env", "stop", m.Type(nil, nil))
	m.Start(f)
	reason := errors.New("no")
	stop := backend.Import{Module: "env", Name: "stop", Func: func(any, []uint64) { backend.End(reason) }}
	if _, err := instance(t, e, m, backend.InstanceConfig{}, stop); !errors.Is(err, reason) {
		t.Errorf("%v", err)
	}
	trap := wasmgen.New()
	trap.Start(trap.Func(trap.Type(nil, nil), nil, code().Op(wasmgen.Unreachable).End()))
	var fault *backend.Trap
	if _, err := instance(t, e, trap, backend.InstanceConfig{}); !errors.As(err, &fault) {
		t.Errorf("%#v", err)
	}
}

func recursion(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	m.ExportFunc("run", nil, i64, nil, code().Call(0).I64(1).Op(wasmgen.I64Add).End())
	_, err := call(mustInstance(t, e, m, backend.InstanceConfig{}), "run")
	var trap *backend.Trap
	if !errors.As(err, &trap) || !trap.Stack {
		t.Errorf("%#v", err)
	}
}

func wrong(t *testing.T, e backend.Engine) {
	m := wasmgen.New()
	m.ExportFunc("run", nil, i64, nil, code().I32(1).End())
	if _, err := e.Compile(context.Background(), backend.Source{Code: m.Bytes()}); err == nil {
		t.Error("an i32 was taken for an i64")
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Compile(done, backend.Source{Code: wasmgen.New().Bytes()}); err == nil {
		t.Log("an ended context may let a small module through")
	}
}

// signatures links two modules that import one name with different signatures.
func signatures(t *testing.T, e backend.Engine) {
	for n, params := range [][]byte{nil, i32, {wasmgen.I64, wasmgen.I64}} {
		m := wasmgen.New()
		f := m.ImportFunc("env", "f", m.Type(params, i64))
		body := code()
		types := make([]backend.ValueType, len(params))
		for i, p := range params {
			types[i] = backend.ValueType(p)
			if p == wasmgen.I32 {
				body.I32(1)
			} else {
				body.I64(1)
			}
		}
		m.ExportFunc("run", nil, i64, nil, body.Call(f).End())
		im := backend.Import{Module: "env", Name: "f", Params: types, Results: []backend.ValueType{backend.I64},
			Func: func(_ any, stack []uint64) { stack[0] = uint64(n) }}
		if got, err := call(mustInstance(t, e, m, backend.InstanceConfig{}, im), "run"); err != nil || got != uint64(n) {
			t.Errorf("%d, %v", got, err)
		}
	}
}
