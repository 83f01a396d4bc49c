package abi

// Layout of a batch in linear memory (SPEC section 6): a header, and an array of columns. All
// numbers are little-endian; header and columns are 8-aligned. A reader uses the sizes the
// writer declares and ignores what it does not know behind them.
const (
	HeaderBytes = 64

	HeaderSize       = 0  // u32, at least HeaderBytes
	HeaderColumns    = 4  // u32, number of columns
	HeaderRows       = 8  // u64
	HeaderLease      = 16 // i64, for wasql_release; 0: none
	HeaderColumnsPtr = 24 // u32
	HeaderStride     = 28 // u32, at least ColumnBytes
	HeaderSelPtr     = 32 // u32
	HeaderSelLen     = 36 // u32, number of u32 entries
	HeaderFlags      = 40 // u32
	HeaderSchemaID   = 44 // u32, 0
	HeaderReserved   = 48 // 16 bytes, zero

	ColumnBytes = 64

	ColumnType      = 0  // u16
	ColumnEncoding  = 2  // u16
	ColumnFlags     = 4  // u32, zero
	ColumnNullCount = 8  // u64, NullCountUnknown when not counted
	ColumnValidity  = 16 // {u32 ptr, u32 bytes}
	ColumnBuffer1   = 24 // {u32 ptr, u32 bytes}
	ColumnBuffer2   = 32 // {u32 ptr, u32 bytes}
	ColumnBuffer3   = 40 // {u32 ptr, u32 bytes}
	ColumnChildren  = 48 // {u32 ptr, u32 count}: buffers of a view column
	ColumnDict      = 56 // u32, a column of the dictionary's values
	ColumnDictRows  = 60 // u32
)

// Flags of a batch header.
const (
	FlagLast      = 1 // no batch follows
	FlagSelection = 2 // the selection counts, also when it is empty
	FlagImmutable = 4 // the buffers do not change until the scan is closed
)

// NullCountUnknown stands for a null count that was not computed.
const NullCountUnknown = ^uint64(0)

// ResponseBytes is the size of the {u32 ptr, u32 len} pair a control call answers with.
const ResponseBytes = 8

// What became of a row of a write: the second column of its answer (SPEC 8.18).
const (
	OutcomeStored   = 0
	OutcomeIgnored  = 1
	OutcomeReplaced = 2
	OutcomeConflict = 3
	OutcomeError    = 4
)
