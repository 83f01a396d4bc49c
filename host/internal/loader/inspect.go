package loader

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
)

// Section ids of the binary format.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElem
	secCode
	secData
	secDataCount
)

// sectionOrder is the order in which sections may stand, custom ones apart.
var sectionOrder = [...]byte{
	secType, secImport, secFunction, secTable, secMemory, secGlobal,
	secExport, secStart, secElem, secDataCount, secCode, secData,
}

var sectionNames = [...]string{
	"custom", "type", "import", "function", "table", "memory", "global",
	"export", "start", "element", "code", "data", "data count",
}

// ReservedModule is the import module of the meter, and reservedPrefix begins
// its exports. A module that brings either itself is refused.
const (
	ReservedModule = "wasql_meter"
	reservedPrefix = "wasql_meter"
	abiPrefix      = "wasql_abi_v"
)

type inspector struct {
	reader
	*Info
	wasm    []byte
	refs    uint32 // function bodies announced by the code section
	exports map[string]struct{}
	scan    body
}

// Inspect parses the whole of wasm, every instruction included, and checks it
// against lim. It compiles nothing and allocates in proportion to wasm. What it
// leaves to the runtime's own validation is the typing of instructions; every
// index, length, count and label is checked here. The error is an *Error.
func Inspect(wasm []byte, lim Limits) (*Info, error) {
	lim = lim.withDefaults()
	if int64(len(wasm)) > lim.ModuleBytes {
		return nil, &Error{
			Code: ModuleSize, What: strconv.Itoa(len(wasm)) + " bytes", Limit: uint64(lim.ModuleBytes), Name: "ModuleBytes",
		}
	}
	in := &inspector{reader: reader{b: wasm}, wasm: wasm, Info: &Info{Size: len(wasm), lim: lim}}
	in.module()
	if in.err != nil {
		return nil, in.err
	}
	in.Digest = sha256.Sum256(wasm)
	return in.Info, nil
}

func (in *inspector) module() {
	if len(in.wasm) < 8 || string(in.wasm[:4]) != "\x00asm" {
		in.fail(ModuleInvalid, 0, "not a WebAssembly module: magic number missing")
		return
	}
	if v := string(in.wasm[4:8]); v != "\x01\x00\x00\x00" {
		if v[2] == 1 {
			in.fail(ModuleFeature, 4, "a component, not a core module")
			return
		}
		in.fail(ModuleInvalid, 4, "version %x", v)
		return
	}
	in.p = 8
	last := -1
	for in.more() {
		in.section(&last)
	}
	if in.err == nil && in.Functions != int(in.refs) {
		in.fail(ModuleInvalid, len(in.wasm), "%d functions declared, %d bodies", in.Functions, in.refs)
	}
	if in.err == nil && in.hasCount && int(in.dataN) != in.DataSegments {
		in.fail(ModuleInvalid, len(in.wasm), "data count section says %d, %d segments", in.dataN, in.DataSegments)
	}
}

// section reads one section. last is the place in sectionOrder of the one before.
func (in *inspector) section(last *int) {
	at := in.p
	id := in.u8()
	size := in.u32()
	if in.err != nil {
		return
	}
	if uint64(size) > uint64(len(in.b)-in.p) {
		in.fail(ModuleInvalid, at, "section %d of %d bytes, %d left", id, size, len(in.b)-in.p)
		return
	}
	if int(id) >= len(sectionNames) {
		if id == 13 {
			in.fail(ModuleFeature, at, "exception handling: tag section")
		} else {
			in.fail(ModuleInvalid, at, "section id %d", id)
		}
		return
	}
	payload := span{in.p, in.p + int(size)}
	in.b = in.wasm[:payload.end]
	if id == secCustom {
		in.custom(at)
	} else {
		pos := slices.Index(sectionOrder[:], id)
		if pos <= *last {
			in.fail(ModuleInvalid, at, "%s section out of order or twice", sectionNames[id])
			return
		}
		*last = pos
		in.sections[id] = payload
		in.known(id)
	}
	if in.err == nil && in.p != payload.end {
		in.fail(ModuleInvalid, in.p, "%d bytes left over in the %s section", payload.end-in.p, sectionNames[id])
	}
	in.b = in.wasm
}

func (in *inspector) known(id byte) {
	switch id {
	case secType:
		in.typeSection()
	case secImport:
		in.importSection()
	case secFunction:
		in.functionSection()
	case secTable:
		in.tableSection()
	case secMemory:
		in.memorySection()
	case secGlobal:
		in.globalSection()
	case secExport:
		in.exportSection()
	case secStart:
		in.startSection()
	case secElem:
		in.elemSection()
	case secCode:
		in.codeSection()
	case secData:
		in.dataSection()
	case secDataCount:
		in.hasCount, in.dataN = true, in.u32()
		if uint64(in.dataN) > uint64(in.lim.DataSegments) {
			in.over(CountLimit, in.p, "DataSegments", uint64(in.lim.DataSegments), "%d data segments", in.dataN)
		}
	}
}

// custom notes a custom section. Those that are kept: wasql.* as they are, and
// the first name section if it is well-formed. A malformed one is dropped, as
// no custom section can make a module invalid.
func (in *inspector) custom(at int) {
	name := in.name(in.lim.NameBytes)
	if in.err != nil {
		return
	}
	const customMax = 1000
	if len(in.Custom) >= customMax {
		in.fail(CountLimit, at, "more than %d custom sections", customMax)
		return
	}
	payload := span{in.p, len(in.b)}
	in.Custom = append(in.Custom, CustomSection{name, payload.end - payload.start})
	switch {
	case strings.HasPrefix(name, "wasql."):
		in.keep = append(in.keep, span{at, payload.end})
	case name == "name" && !in.HasNames && wellFormedNames(in.b, payload):
		in.HasNames, in.names = true, payload
	}
	in.p = payload.end
}

func (in *inspector) codeSection() {
	at := in.p
	n := in.count("function bodies", "Functions", in.lim.Functions)
	if in.err == nil && int(n) != in.Functions {
		in.fail(ModuleInvalid, at, "%d functions declared, %d bodies", in.Functions, n)
	}
	in.bodies, in.refs = in.p, n
	in.scan.init(in.Info)
	imports := in.importedFuncs()
	for i := 0; i < int(n) && in.err == nil; i++ {
		at := in.p
		size := in.u32()
		if in.err == nil && uint64(size) > uint64(in.lim.FunctionBodyBytes) && uint64(size) <= uint64(len(in.b)-in.p) {
			in.over(CompileBudget, at, "FunctionBodyBytes", uint64(in.lim.FunctionBodyBytes), "function %d of %d bytes", imports+i, size)
			return
		}
		start := in.p
		in.take(size)
		if in.err != nil {
			return
		}
		if in.err = in.scan.decode(in.wasm[:in.p], start, imports+i); in.err != nil {
			return
		}
		cost := in.scan.cost()
		if cost > in.lim.FunctionCompileCost {
			in.over(CompileBudget, at, "FunctionCompileCost", in.lim.FunctionCompileCost, "function %d costs %d to compile", imports+i, cost)
		}
		in.CompileCost += cost
		if in.CompileCost > in.lim.ModuleCompileCost {
			in.over(CompileBudget, at, "ModuleCompileCost", in.lim.ModuleCompileCost, "functions up to %d cost %d to compile", imports+i, in.CompileCost)
		}
	}
}
