package hostcall

import (
	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/host/internal/backend"
)

// function is the body of an import of module wasql_v1; it gives the value or a fault.
type function func(g *Guest, s []uint64) (int64, *Fault)

var functions = map[string]function{
	abi.ImportLog:         func(g *Guest, s []uint64) (int64, *Fault) { return g.logText(s) },
	abi.ImportHostCall:    func(g *Guest, s []uint64) (int64, *Fault) { return g.hostCall(s) },
	abi.ImportStreamRead:  func(g *Guest, s []uint64) (int64, *Fault) { return g.streamRead(s) },
	abi.ImportStreamPRead: func(g *Guest, s []uint64) (int64, *Fault) { return g.streamPRead(s) },
	abi.ImportStreamWrite: func(g *Guest, s []uint64) (int64, *Fault) { return g.streamWrite(s) },
	abi.ImportStreamClose: func(g *Guest, s []uint64) (int64, *Fault) { return g.streamClose(s) },
	abi.ImportPoll:        func(g *Guest, s []uint64) (int64, *Fault) { return g.poll(s) },
	abi.ImportNow:         func(g *Guest, _ []uint64) (int64, *Fault) { return g.clock.now(), nil },
	abi.ImportMonotonic:   func(g *Guest, _ []uint64) (int64, *Fault) { return g.clock.monotonic(), nil },
	abi.ImportRemaining:   func(g *Guest, _ []uint64) (int64, *Fault) { return g.remaining(), nil },
}

// Import finds a function of module wasql_v1. An unknown name becomes a function that answers
// -UNIMPLEMENTED when its result is one i64, or none (SPEC 2.6); ok is false for other shapes, and
// for a known name with another signature.
func Import(name string, params, results []backend.ValueType) (_ backend.Import, ok bool) {
	out := backend.Import{Module: abi.ImportModule, Name: name, Params: params, Results: results}
	body := functions[name]
	for i := range abi.Imports {
		if abi.Imports[i].Name == name {
			out.Func = bind(body)
			return out, sameTypes(params, abi.Imports[i].Params) && len(results) == 1 && results[0] == backend.I64
		}
	}
	if len(results) > 1 || len(results) == 1 && results[0] != backend.I64 {
		return out, false
	}
	hasResult := len(results) == 1
	out.Func = func(guest any, s []uint64) {
		g := guest.(*Guest)
		g.enter()
		code := g.answer(0, faultf(abi.Unimplemented, "import %s is not known to this host", name))
		if hasResult {
			s[0] = code
		}
	}
	return out, true
}

func sameTypes(got []backend.ValueType, want []abi.ValueType) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if byte(got[i]) != byte(want[i]) {
			return false
		}
	}
	return true
}

func bind(body function) backend.HostFunc {
	return func(guest any, s []uint64) {
		g := guest.(*Guest)
		g.enter()
		s[0] = g.answer(body(g, s))
	}
}

// Yield is the meter's import.
func Yield(module, name string) backend.Import {
	return backend.Import{Module: module, Name: name, Params: []backend.ValueType{backend.I64},
		Func: func(guest any, s []uint64) { guest.(*Guest).yield(int64(s[0])) }}
}
