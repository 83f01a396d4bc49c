// Package col is the columnar form of rows that every room of wasql works on: Schema and
// Type say what a column is, Vec holds one column, Batch holds a run of rows, Builder makes
// them. The buffers have Arrow's layout (validity bits from the least significant bit, int32
// offsets, 16-byte string views, little-endian fixed-width values) in plain Go slices, so that
// the same memory serves the guest that made it, the host that reads it in place, and any
// Arrow library.
//
// A Batch may alias memory it does not own. Whoever hands one out says how long it stays
// valid; Clone makes a copy that lives on its own. Nothing in this package is safe for
// concurrent writing; concurrent reading of a Vec that nobody changes is fine.
//
// The package does no input and output, knows no WebAssembly and no SQL engine, and imports
// the standard library only, so that it stays cheap inside a guest.
package col
