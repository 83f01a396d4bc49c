package loader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// errStopped is what a host that has had enough panics with inside yield.
var errStopped = errors.New("stopped by the host")

// guest is a module instantiated under wazero.
type guest struct {
	mod    api.Module
	rt     wazero.Runtime
	yields int
	last   uint64 // fuel told by the last yield
}

type guestOptions struct {
	limits  Limits
	opt     RewriteOptions
	plain   bool   // leave the module as it is
	stopAt  uint64 // panic in the yield that tells this much fuel
	imports func(wazero.Runtime)
}

// open rewrites wasm and instantiates it. The caller's test closes it.
func open(t testing.TB, wasm []byte, o guestOptions) *guest {
	t.Helper()
	g, err := tryOpen(wasm, o)
	if g != nil {
		t.Cleanup(func() {
			if err := g.rt.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func tryOpen(wasm []byte, o guestOptions) (*guest, error) {
	ctx := context.Background()
	g := &guest{rt: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2))}
	if !o.plain {
		info, err := Inspect(wasm, o.limits)
		if err != nil {
			return g, err
		}
		if wasm, err = Rewrite(wasm, info, o.opt); err != nil {
			return g, err
		}
		if err := g.hostMeter(ctx, o.stopAt); err != nil {
			return g, err
		}
	}
	if o.imports != nil {
		o.imports(g.rt)
	}
	code, err := g.rt.CompileModule(ctx, wasm)
	if err != nil {
		return g, fmt.Errorf("compile: %w", err)
	}
	g.mod, err = g.rt.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return g, fmt.Errorf("instantiate: %w", err)
	}
	return g, nil
}

func (g *guest) hostMeter(ctx context.Context, stopAt uint64) error {
	_, err := g.rt.NewHostModuleBuilder(ReservedModule).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			g.yields++
			g.last = stack[0]
			if stopAt > 0 && g.last >= stopAt {
				panic(errStopped)
			}
		}), []api.ValueType{api.ValueTypeI64}, nil).Export(YieldName).Instantiate(ctx)
	return err
}

func (g *guest) call(name string, args ...uint64) ([]uint64, error) {
	return g.mod.ExportedFunction(name).Call(context.Background(), args...)
}

func (g *guest) fuel() int64 {
	return Fuel(int64(g.mod.ExportedGlobal(FuelSpent).Get()), int64(g.mod.ExportedGlobal(FuelLeft).Get()), Quantum)
}

func (g *guest) stackLeft() int32 { return int32(g.mod.ExportedGlobal(StackLeft).Get()) }

// check runs one call in the module as it is and twice rewritten: same results
// or the same kind of failure, the same fuel, all stack units given back.
func check(t *testing.T, wasm []byte, imports func(wazero.Runtime), name string, args ...uint64) int64 {
	t.Helper()
	plain := open(t, wasm, guestOptions{plain: true, imports: imports})
	want, wantErr := plain.call(name, args...)
	var fuel int64
	for turn := range 2 {
		g := open(t, wasm, guestOptions{imports: imports})
		full := g.stackLeft()
		got, err := g.call(name, args...)
		if trap(err) != trap(wantErr) || !slices.Equal(got, want) {
			t.Fatalf("%s%v = %v, %v; unmetered %v, %v", name, args, got, err, want, wantErr)
		}
		if err == nil && g.stackLeft() != full {
			t.Errorf("%s%v left %d of %d stack units", name, args, g.stackLeft(), full)
		}
		if f := g.fuel(); f <= 0 || turn == 1 && f != fuel {
			t.Errorf("%s%v: fuel %d, then %d", name, args, fuel, f)
		} else {
			fuel = f
		}
		if g.yields == 0 && fuel > 2*Quantum {
			t.Errorf("%s%v: fuel %d without a yield", name, args, fuel)
		}
	}
	return fuel
}

// trap is the first line of a guest's failure, without its frames.
func trap(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
