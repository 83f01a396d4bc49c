package loader

// Limits bounds what a module may ask for before any of it is compiled. The
// zero value of a field means its default, so Limits{} is DefaultLimits().
type Limits struct {
	ModuleBytes  int64  // whole module, and half of it once metered; default 32 MiB
	MemoryPages  uint32 // cap of the memory's maximum, in 64 KiB pages; default 4,096 (256 MiB), never above 65,535
	Tables       int    // default 4
	TableEntries uint32 // entries of all tables together, by their maxima; default 65,536

	Types        int // default 20,000
	Functions    int // defined ones; default 100,000
	Imports      int // default 1,000
	Exports      int // default 10,000
	Globals      int // default 1,000
	DataSegments int // default 100,000
	ElemSegments int // default 10,000
	NameBytes    int // one import or export name; default 4,096
	Params       int // of one function type, and as many results; default 1,000

	FunctionBodyBytes int // one function; default 2 MiB
	FunctionLocals    int // one function, parameters included; default 50,000
	FunctionNesting   int // blocks inside blocks; default 20,000

	FunctionCompileCost uint64 // estimate of one function, in about microseconds of one core; default 3,000,000
	ModuleCompileCost   uint64 // the same, summed; default 120,000,000

	// StackUnits bounds the frames alive at once. A frame weighs about one unit
	// per 8 bytes it may take, 8 at least; default 2,097,152.
	StackUnits uint32
}

// maxMemoryPages leaves out the last page: with all 65,536 a runtime's 32-bit
// length of memory wraps to zero.
const maxMemoryPages = 65_535

// DefaultLimits returns the limits that the zero Limits stands for.
func DefaultLimits() Limits {
	return Limits{
		ModuleBytes:         32 << 20,
		MemoryPages:         4096,
		Tables:              4,
		TableEntries:        64 << 10,
		Types:               20_000,
		Functions:           100_000,
		Imports:             1_000,
		Exports:             10_000,
		Globals:             1_000,
		DataSegments:        100_000,
		ElemSegments:        10_000,
		NameBytes:           4 << 10,
		Params:              1_000,
		FunctionBodyBytes:   2 << 20,
		FunctionLocals:      50_000,
		FunctionNesting:     20_000,
		FunctionCompileCost: 3_000_000,
		ModuleCompileCost:   120_000_000,
		StackUnits:          2 << 20,
	}
}

// withDefaults fills the zero fields and cuts those that would break the
// arithmetic of the rewritten code.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	l.ModuleBytes = min(or(l.ModuleBytes, d.ModuleBytes), 1<<30)
	l.MemoryPages = min(or(l.MemoryPages, d.MemoryPages), maxMemoryPages)
	l.Tables = or(l.Tables, d.Tables)
	l.TableEntries = or(l.TableEntries, d.TableEntries)
	l.Types = or(l.Types, d.Types)
	l.Functions = or(l.Functions, d.Functions)
	l.Imports = or(l.Imports, d.Imports)
	l.Exports = or(l.Exports, d.Exports)
	l.Globals = or(l.Globals, d.Globals)
	l.DataSegments = or(l.DataSegments, d.DataSegments)
	l.ElemSegments = or(l.ElemSegments, d.ElemSegments)
	l.NameBytes = or(l.NameBytes, d.NameBytes)
	l.Params = or(l.Params, d.Params)
	l.FunctionBodyBytes = min(or(l.FunctionBodyBytes, d.FunctionBodyBytes), 64<<20)
	l.FunctionLocals = min(or(l.FunctionLocals, d.FunctionLocals), 1<<20)
	l.FunctionNesting = or(l.FunctionNesting, d.FunctionNesting)
	l.FunctionCompileCost = or(l.FunctionCompileCost, d.FunctionCompileCost)
	l.ModuleCompileCost = or(l.ModuleCompileCost, d.ModuleCompileCost)
	l.StackUnits = min(or(l.StackUnits, d.StackUnits), 1<<30)
	return l
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
