package wazero

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/wasql/wasql/host/internal/backend"
)

type module struct {
	engine *Engine
	code   wazero.CompiledModule
	// hosts are the modules it imports from, by name: its own, as two modules may import functions
	// of one name with different signatures.
	hosts     map[string]api.Module
	hostCodes []wazero.CompiledModule
}

// link makes the host modules.
func (m *module) link(ctx context.Context, imports []backend.Import) error {
	builders := make(map[string]wazero.HostModuleBuilder)
	for _, i := range imports {
		b := builders[i.Module]
		if b == nil {
			b = m.engine.runtime.NewHostModuleBuilder(i.Module)
			builders[i.Module] = b
		}
		b.NewFunctionBuilder().WithGoFunction(adapt(i.Func), valueTypes(i.Params), valueTypes(i.Results)).Export(i.Name)
	}
	for name, b := range builders {
		code, err := b.Compile(ctx)
		if err != nil {
			return fmt.Errorf("link imports of module %s: %w", name, err)
		}
		m.hostCodes = append(m.hostCodes, code)
		instance, err := m.engine.runtime.InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			return fmt.Errorf("link imports of module %s: %w", name, err)
		}
		m.hosts[name] = instance
	}
	return nil
}

func valueTypes(types []backend.ValueType) []api.ValueType {
	out := make([]api.ValueType, len(types))
	for i, t := range types {
		out[i] = api.ValueType(t)
	}
	return out
}

// adapt finds the guest in the context that the call was made with.
func adapt(f backend.HostFunc) api.GoFunc {
	return func(ctx context.Context, stack []uint64) {
		if c, ok := ctx.(*callContext); ok {
			f(c.guest, stack)
			return
		}
		f(ctx.Value(guestKey{}), stack)
	}
}

// Instantiate implements backend.Module.
func (m *module) Instantiate(ctx context.Context, config backend.InstanceConfig) (_ backend.Instance, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	region, err := backend.Reserve(config.MemoryBytes)
	if err != nil {
		return nil, err
	}
	i := &instance{region: region, ctx: callContext{Context: context.Background(), guest: config.Guest}}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: instantiate: %v", backend.ErrHost, r)
		}
		if err != nil {
			_ = region.Release() // the first error says more
		}
	}()
	if config.Attach != nil {
		config.Attach(region)
	}
	// wazero sees a context of its own: what stops the guest is the meter.
	inner := experimental.WithMemoryAllocator(&i.ctx, experimental.MemoryAllocatorFunc(
		func(uint64, uint64) experimental.LinearMemory { return linear{region} }))
	inner = experimental.WithImportResolver(inner, func(name string) api.Module { return m.hosts[name] })
	mod, err := m.engine.runtime.InstantiateModule(inner, m.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fault(err)
	}
	i.module = mod
	return i, nil
}

// Close implements backend.Module.
func (m *module) Close(ctx context.Context) error {
	var errs []error
	for _, host := range m.hosts {
		errs = append(errs, host.Close(ctx))
	}
	for _, code := range m.hostCodes {
		errs = append(errs, code.Close(ctx))
	}
	return errors.Join(append(errs, m.code.Close(ctx))...)
}

// linear lets wazero use a Region.
type linear struct{ region *backend.Region }

func (l linear) Reallocate(size uint64) []byte { return l.region.Grow(size) }

// Free does nothing: the instance releases the region itself, once, after wazero let go of it.
func (l linear) Free() {}
