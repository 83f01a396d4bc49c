// Package wasmgen builds small WebAssembly modules in memory, so that tests
// need no toolchain and can build modules that no toolchain would.
//
// A Module collects types, functions, memories and so on and hands out their
// indices; Bytes encodes it. Code assembles instructions. Nothing is checked: a
// test that wants a wrong index, a second memory or a section out of place gets
// it, the latter through Raw. Imports must be added before defined functions,
// or the indices given out are wrong. The package is for tests only and panics
// never on purpose. Values are not safe for concurrent use.
package wasmgen

import "slices"

// Value types and reference types of the binary format.
const (
	I32       = 0x7f
	I64       = 0x7e
	F32       = 0x7d
	F64       = 0x7c
	V128      = 0x7b
	FuncRef   = 0x70
	ExternRef = 0x6f
)

// Kinds of exports and imports.
const (
	Func   = 0
	Table  = 1
	Memory = 2
	Global = 3
)

// NoMax is the maximum of a memory or table that declares none.
const NoMax = -1

// Section ids.
const (
	SecCustom = iota
	SecType
	SecImport
	SecFunction
	SecTable
	SecMemory
	SecGlobal
	SecExport
	SecStart
	SecElem
	SecCode
	SecData
	SecDataCount
)

// Header is the magic number and version that begin every module.
const Header = "\x00asm\x01\x00\x00\x00"

// Locals is a run of locals of one type.
type Locals struct {
	N    uint32
	Type byte
}

type vector struct {
	n int
	b []byte
}

func (v *vector) add(b []byte) uint32 {
	v.b = append(v.b, b...)
	v.n++
	return uint32(v.n - 1)
}

// Module is a module being built.
type Module struct {
	sections [13]vector
	funcs    uint32 // imported and defined
	start    []byte
	names    []byte
	named    uint32
	extra    []byte
	DataSum  bool // write a data count section
}

// New returns an empty module.
func New() *Module { return &Module{} }

// Type adds a function type and returns its index.
func (m *Module) Type(params, results []byte) uint32 {
	return m.sections[SecType].add(slices.Concat([]byte{0x60}, Bytes(params), Bytes(results)))
}

// ImportFunc adds an imported function and returns its index.
func (m *Module) ImportFunc(module, name string, typ uint32) uint32 {
	m.Import(module, name, Func, U32(typ))
	m.funcs++
	return m.funcs - 1
}

// Import adds an import of any kind with its encoded description.
func (m *Module) Import(module, name string, kind byte, desc []byte) {
	m.sections[SecImport].add(slices.Concat(Bytes([]byte(module)), Bytes([]byte(name)), []byte{kind}, desc))
}

// Func adds a function and returns its index. code ends with its end opcode.
func (m *Module) Func(typ uint32, locals []Locals, code []byte) uint32 {
	decl := U32(uint32(len(locals)))
	for _, l := range locals {
		decl = append(append(decl, U32(l.N)...), l.Type)
	}
	return m.RawFunc(typ, append(decl, code...))
}

// RawFunc is Func with the local declarations already encoded.
func (m *Module) RawFunc(typ uint32, body []byte) uint32 {
	m.sections[SecFunction].add(U32(typ))
	m.sections[SecCode].add(Bytes(body))
	m.funcs++
	return m.funcs - 1
}

// Table adds a table and returns its index.
func (m *Module) Table(typ byte, min uint32, max int64) uint32 {
	return m.sections[SecTable].add(append([]byte{typ}, Limits(min, max)...))
}

// Memory adds a memory of min to max pages.
func (m *Module) Memory(min uint32, max int64) { m.sections[SecMemory].add(Limits(min, max)) }

// Global adds a global and returns its index. init ends with its end opcode.
func (m *Module) Global(typ byte, mutable bool, init []byte) uint32 {
	mut := byte(0)
	if mutable {
		mut = 1
	}
	return m.sections[SecGlobal].add(append([]byte{typ, mut}, init...))
}

// Export adds an export.
func (m *Module) Export(name string, kind byte, index uint32) {
	m.sections[SecExport].add(slices.Concat(Bytes([]byte(name)), []byte{kind}, U32(index)))
}

// ExportFunc adds a function under a name and returns its index.
func (m *Module) ExportFunc(name string, params, results []byte, locals []Locals, code []byte) uint32 {
	f := m.Func(m.Type(params, results), locals, code)
	m.Export(name, Func, f)
	return f
}

// Start names the start function.
func (m *Module) Start(f uint32) { m.start = U32(f) }

// Elem adds an active segment of functions to table 0 at offset.
func (m *Module) Elem(offset int64, funcs ...uint32) uint32 {
	b := slices.Concat([]byte{0}, new(Code).I32(offset).End(), U32(uint32(len(funcs))))
	for _, f := range funcs {
		b = append(b, U32(f)...)
	}
	return m.RawElem(b)
}

// RawElem adds an encoded element segment.
func (m *Module) RawElem(b []byte) uint32 { return m.sections[SecElem].add(b) }

// Data adds an active data segment at offset.
func (m *Module) Data(offset int64, data []byte) uint32 {
	return m.sections[SecData].add(slices.Concat([]byte{0}, new(Code).I32(offset).End(), Bytes(data)))
}

// PassiveData adds a passive data segment; it needs DataSum to be used by code.
func (m *Module) PassiveData(data []byte) uint32 {
	return m.sections[SecData].add(append([]byte{1}, Bytes(data)...))
}

// Name gives a function a name in the name section; indices must rise.
func (m *Module) Name(f uint32, name string) {
	m.names = append(append(m.names, U32(f)...), Bytes([]byte(name))...)
	m.named++
}

// Custom adds a custom section after the others.
func (m *Module) Custom(name string, data []byte) {
	m.Raw(SecCustom, append(Bytes([]byte(name)), data...))
}

// Raw adds a section as it is after the others.
func (m *Module) Raw(id byte, payload []byte) {
	m.extra = append(m.extra, Section(id, payload)...)
}

// Bytes encodes the module.
func (m *Module) Bytes() []byte {
	out := []byte(Header)
	for _, id := range []byte{
		SecType, SecImport, SecFunction, SecTable, SecMemory, SecGlobal, SecExport, SecStart,
		SecElem, SecDataCount, SecCode, SecData,
	} {
		switch v := &m.sections[id]; {
		case id == SecStart && m.start != nil:
			out = append(out, Section(id, m.start)...)
		case id == SecDataCount && m.DataSum:
			out = append(out, Section(id, U32(uint32(m.sections[SecData].n)))...)
		case v.n > 0:
			out = append(out, Section(id, append(U32(uint32(v.n)), v.b...))...)
		}
	}
	out = append(out, m.extra...)
	if m.named > 0 {
		sub := append(U32(m.named), m.names...)
		payload := slices.Concat(Bytes([]byte("name")), []byte{1}, Bytes(sub))
		out = append(out, Section(SecCustom, payload)...)
	}
	return out
}

// Section encodes a section.
func Section(id byte, payload []byte) []byte { return append([]byte{id}, Bytes(payload)...) }

// Bytes encodes a byte vector: its length, then itself.
func Bytes(b []byte) []byte { return append(U32(uint32(len(b))), b...) }

// Limits encodes a minimum and, unless it is NoMax, a maximum.
func Limits(min uint32, max int64) []byte {
	if max == NoMax {
		return append([]byte{0}, U32(min)...)
	}
	return slices.Concat([]byte{1}, U32(min), U32(uint32(max)))
}

// U32 encodes an unsigned integer in its shortest form.
func U32(v uint32) []byte {
	var o []byte
	for v >= 0x80 {
		o = append(o, byte(v)|0x80)
		v >>= 7
	}
	return append(o, byte(v))
}

// S64 encodes a signed integer of any width in its shortest form.
func S64(v int64) []byte {
	var o []byte
	for {
		c := byte(v) & 0x7f
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(o, c)
		}
		o = append(o, c|0x80)
	}
}
