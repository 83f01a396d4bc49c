// Package view reads batches in guest memory, and writes them there. It is the only reader of
// batches that a guest made: every pointer, length, offset, index and value range is checked here,
// once, with 64-bit arithmetic, and what comes out is a col.Batch whose slices alias guest memory
// and satisfy every invariant that package col relies on.
//
// Reader reads the batches of one scan. A breach is a *Violation with the clause of SPEC, the
// column and the offset in memory. Nothing is copied and, once warm, nothing allocated: a batch is
// valid as long as the guest's memory is left alone, and until the next Read.
//
// Layout and Write put a host's batch into guest memory for wasql_write.
//
// The package holds no reference to an instance, runs nothing, and does not know how long memory
// lives: that is the caller's business.
package view
