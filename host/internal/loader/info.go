package loader

import "fmt"

// Kind is what an import or export is.
type Kind uint8

const (
	Func Kind = iota
	TableKind
	MemoryKind
	GlobalKind
)

// String returns func, table, memory or global.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

var kindNames = [...]string{"func", "table", "memory", "global"}

// ValType is a WebAssembly value type, by its byte in the binary format.
type ValType byte

const (
	I32       ValType = 0x7f
	I64       ValType = 0x7e
	F32       ValType = 0x7d
	F64       ValType = 0x7c
	V128      ValType = 0x7b
	FuncRef   ValType = 0x70
	ExternRef ValType = 0x6f
)

// String returns the name of the text format, such as i32.
func (t ValType) String() string {
	switch t {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return fmt.Sprintf("type %#02x", byte(t))
}

// Import is one thing the module asks its host for: always a function, as
// Inspect refuses the other kinds.
type Import struct {
	Module, Name    string
	Kind            Kind
	Params, Results []ValType
}

// Export is one thing the module shows its host. Params and Results are those
// of a function and nil otherwise.
type Export struct {
	Name            string
	Kind            Kind
	Params, Results []ValType
}

// Bounds is the declared size of a memory (in 64 KiB pages) or of a table (in
// entries), and the cap that Rewrite puts on it.
type Bounds struct {
	Min, Max uint32
	HasMax   bool // false: Max was not declared and is 0
	Cap      uint32
}

// Table is a table with its element type.
type Table struct {
	Bounds
	Type ValType
}

// CustomSection is a custom section's name and the bytes after the name.
type CustomSection struct {
	Name string
	Size int
}

// Info is what Inspect found. It holds no reference to the module's bytes, is
// never changed after Inspect returned it and may be shared.
type Info struct {
	Digest   [32]byte // SHA-256 of the bytes given to Inspect
	Size     int
	ABI      []int // versions N of the exported functions wasql_abi_vN, rising
	Imports  []Import
	Exports  []Export
	Memory   *Bounds // nil when the module has no memory
	Tables   []Table
	Custom   []CustomSection
	HasStart bool
	HasNames bool // a well-formed name section names functions

	Functions    int // defined, without imports
	Globals      int
	DataSegments int
	ElemSegments int
	CompileCost  uint64 // sum over all functions, in the unit of Limits.ModuleCompileCost

	lim      Limits
	types    []funcType
	funcs    []uint32 // type index of every function, imported ones first
	sections [14]span // by section id; absent ones have end 0
	keep     []span   // custom sections that Rewrite copies, header included
	names    span     // payload of the name section, after its name
	bodies   int      // offset of the first function body's size
	hasCount bool     // the data count section is there
	dataN    uint32   // what it says
}

type span struct{ start, end int }

type funcType struct{ params, results []ValType }

// importedFuncs is where the index space of defined functions begins.
func (i *Info) importedFuncs() int { return len(i.funcs) - i.Functions }
