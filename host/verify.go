package host

import (
	"errors"
	"fmt"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/host/internal/backend"
	"github.com/wasql/wasql/host/internal/hostcall"
	"github.com/wasql/wasql/host/internal/hostcall/wasi"
	"github.com/wasql/wasql/host/internal/loader"
)

func refused(err error) *Error {
	out := &Error{Kind: KindModule, Call: "load", Code: abi.InvalidData, Message: hostcall.Escape(err.Error()), Err: err}
	var l *loader.Error
	if errors.As(err, &l) {
		out.Setting = l.Name
		out.Message = hostcall.Escape(l.What)
		if l.Limit > 0 {
			out.Message += fmt.Sprintf(", at most %d", l.Limit)
		}
		out.Message += fmt.Sprintf(" (%v at byte %#x)", l.Code, l.Offset)
		out.Clause = "1.1"
		switch l.Code {
		case loader.ModuleReserved:
			out.Clause = "3.5"
		case loader.TableLimit, loader.MemoryLimit:
			out.Clause = "3.6"
		}
	}
	return out
}

// checkExports verifies clauses 2.1, 3.1, 3.2 and 3.4.
func checkExports(info *loader.Info) *Error {
	refuse := func(clause, format string, args ...any) *Error {
		return &Error{Kind: KindModule, Call: "load", Code: abi.InvalidData, Clause: clause, Message: hostcall.Escape(fmt.Sprintf(format, args...))}
	}
	exports := make(map[string]*loader.Export, len(info.Exports))
	for i := range info.Exports {
		exports[info.Exports[i].Name] = &info.Exports[i]
	}
	if exports[abi.ExportMarker] == nil {
		if len(info.ABI) > 0 {
			return refuse("2.1", "the module speaks ABI %d, this host speaks %d", info.ABI[len(info.ABI)-1], abi.Major)
		}
		return refuse("2.1", "not a connector: no export %s", abi.ExportMarker)
	}
	if m := exports[abi.ExportMemory]; m == nil || m.Kind != loader.MemoryKind {
		return refuse("3.1", "no memory exported as %s", abi.ExportMemory)
	}
	for _, want := range abi.Exports {
		got := exports[want.Name]
		if got == nil {
			return refuse("3.4", "export %s is missing", want.Name)
		}
		if got.Kind != loader.Func || !sameSignature(got, want.Params) {
			return refuse("3.4", "export %s is %s, must be %s", want.Name, signature(got), wantSignature(want.Params))
		}
	}
	if init := exports[abi.ExportInitialize]; init != nil && (init.Kind != loader.Func || len(init.Params)+len(init.Results) > 0) {
		return refuse("3.3", "export %s is %s, must be func() ()", abi.ExportInitialize, signature(init))
	}
	return nil
}

func sameSignature(got *loader.Export, params []abi.ValueType) bool {
	if len(got.Params) != len(params) || len(got.Results) != 1 || got.Results[0] != loader.I64 {
		return false
	}
	for i := range params {
		if byte(got.Params[i]) != byte(params[i]) {
			return false
		}
	}
	return true
}

func signature(e *loader.Export) string {
	if e.Kind != loader.Func {
		return "a " + e.Kind.String()
	}
	return fmt.Sprintf("func%v %v", e.Params, e.Results)
}

func wantSignature(params []abi.ValueType) string {
	types := make([]loader.ValType, len(params))
	for i, p := range params {
		types[i] = loader.ValType(p)
	}
	return fmt.Sprintf("func%v [i64]", types)
}

// link finds the function behind every import.
func link(info *loader.Info) ([]backend.Import, *Error) {
	imports := []backend.Import{hostcall.Yield(loader.ReservedModule, loader.YieldName)}
	seen := make(map[[2]string]bool)
	for i := range info.Imports {
		im := &info.Imports[i]
		params, results := valueTypes(im.Params), valueTypes(im.Results)
		var out backend.Import
		ok := false
		switch im.Module {
		case abi.ImportModule:
			out, ok = hostcall.Import(im.Name, params, results)
		case wasi.Module:
			out, ok = wasi.Import(im.Name, params, results)
		}
		if !ok {
			return nil, &Error{Kind: KindModule, Call: "load", Code: abi.InvalidData, Clause: "2.6",
				Message: hostcall.Escape(fmt.Sprintf("import %s.%s func%v %v is not offered by this host", im.Module, im.Name, im.Params, im.Results))}
		}
		key := [2]string{im.Module, im.Name}
		if seen[key] {
			continue
		}
		seen[key] = true
		imports = append(imports, out)
	}
	return imports, nil
}

func valueTypes(types []loader.ValType) []backend.ValueType {
	out := make([]backend.ValueType, len(types))
	for i, t := range types {
		out[i] = backend.ValueType(t)
	}
	return out
}
