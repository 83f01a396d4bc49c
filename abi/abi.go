package abi

// Major and Minor are the version of the ABI this package describes. The major is part of the
// marker export and of the import module's name; minors only add.
const (
	Major = 1
	Minor = 0
)

// ImportModule is the module name of the host functions.
const ImportModule = "wasql_v1"

// WASIModule is the module name of WASI preview 1, which the host also serves.
const WASIModule = "wasi_snapshot_preview1"

// Exports of a connector. All but ExportInitialize are required.
const (
	ExportMemory     = "memory"
	ExportInitialize = "_initialize"
	ExportMarker     = "wasql_abi_v1"
	ExportAlloc      = "wasql_alloc"
	ExportCall       = "wasql_call"
	ExportNext       = "wasql_next"
	ExportRelease    = "wasql_release"
	ExportWrite      = "wasql_write"
	ExportClose      = "wasql_close"
)

// Imports a connector may use, all in ImportModule.
const (
	ImportLog         = "log"
	ImportHostCall    = "host_call"
	ImportStreamRead  = "stream_read"
	ImportStreamPRead = "stream_pread"
	ImportStreamWrite = "stream_write"
	ImportStreamClose = "stream_close"
	ImportPoll        = "poll"
	ImportNow         = "now"
	ImportMonotonic   = "monotonic"
	ImportRemaining   = "remaining_ns"
)

// ValueType is a WebAssembly value type of a signature.
type ValueType byte

// The value types the ABI uses, by their code in the binary format.
const (
	I32 ValueType = 0x7f
	I64 ValueType = 0x7e
)

// Function is the signature of one export or import. Every one returns an i64: zero or more is
// success, less is a negated Code.
type Function struct {
	Name   string
	Params []ValueType
	// Since is the minor that introduced it.
	Since int
}

// Exports lists the functions every connector exports (SPEC 3.2).
var Exports = []Function{
	{Name: ExportMarker},
	{Name: ExportAlloc, Params: []ValueType{I32, I32}},
	{Name: ExportCall, Params: []ValueType{I32, I32, I32}},
	{Name: ExportNext, Params: []ValueType{I32, I32, I32}},
	{Name: ExportRelease, Params: []ValueType{I32, I64}},
	{Name: ExportWrite, Params: []ValueType{I32, I32}},
	{Name: ExportClose, Params: []ValueType{I32}},
}

// Imports lists the functions the host offers (SPEC 4.2).
var Imports = []Function{
	{Name: ImportLog, Params: []ValueType{I32, I32, I32}},                // level, text
	{Name: ImportHostCall, Params: []ValueType{I32, I32, I32, I32, I32}}, // op, request, out, capacity
	{Name: ImportStreamRead, Params: []ValueType{I32, I32, I32}},         // stream, buffer
	{Name: ImportStreamPRead, Params: []ValueType{I32, I64, I32, I32}},   // stream, offset, buffer
	{Name: ImportStreamWrite, Params: []ValueType{I32, I32, I32}},        // stream, buffer
	{Name: ImportStreamClose, Params: []ValueType{I32}},                  // stream
	{Name: ImportPoll, Params: []ValueType{I32, I32, I32}},               // events, count, timeout ms
	{Name: ImportNow},       // nanoseconds since 1970
	{Name: ImportMonotonic}, // nanoseconds since some start
	{Name: ImportRemaining}, // nanoseconds left for this call
}
