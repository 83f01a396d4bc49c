// Package loader makes an untrusted WebAssembly module safe to compile and run.
//
// Inspect parses a module without running or compiling any of it, holds it
// against Limits and returns an Info. Rewrite then gives the module that is to
// be compiled: memory and tables capped, fuel counted, recursion bounded. What
// the package does not do: it does not check the types of instructions (the
// runtime does when it compiles), run anything, cache, or know a runtime.
//
// # What is checked, and why
//
//   - Bytes: no more than ModuleBytes; every length lies inside what is left of
//     its section; integers in no more bytes than their type needs; sections in
//     order and once; vectors no longer than the bytes left, before anything is
//     allocated for them. Names are UTF-8 and no longer than NameBytes.
//   - Features: core 2.0 with vectors, but no shared memory, no second memory,
//     no 64-bit memory or table, no tail calls, exceptions, garbage collection,
//     relaxed vectors or extended constants: that is what both runtimes have
//     by default. An unknown opcode is refused with its place. Only functions
//     can be imported: an imported memory, table or global would be shared state
//     that no cap covers.
//   - Counts: types, functions, imports, exports, globals, segments, locals,
//     parameters. A million of any of them takes seconds and gigabytes.
//   - Memory: begins within MemoryPages; its maximum is cut to that. Never
//     65,536 pages: a 32-bit length is zero then, which has crashed a host.
//   - Tables: at most Tables, all minima together within TableEntries. What is
//     left over is given to their maxima in order, so table.grow gives -1 where
//     it would have taken gigabytes of the host (51 bytes of module suffice).
//   - Indices: of types, functions, tables, globals, locals, segments, labels.
//     Nothing the module names can be what Rewrite adds: its counter is out of
//     reach although it lives in the module. Names that begin with wasql_meter
//     are refused among exports, and that module among imports.
//   - Compile cost: an estimate in microseconds for each function and the whole
//     (cost.go). 40 KB of nested loops over many locals take a compiler minutes.
//     What Rewrite writes is held to twice ModuleBytes.
//
// # What Rewrite adds
//
// An import wasql_meter.yield of type (i64) -> (), a function that calls it, and
// three mutable globals, exported as FuelSpent, FuelLeft and StackLeft. Indices
// of functions from the first defined one on go up by one everywhere: calls,
// references, elements, exports, start, names.
//
// Fuel: one unit is one instruction, or 16 bytes or 2 table entries moved in
// bulk. It is charged by regions (region.go), before they run, so the sum is the
// same in every run and on every runtime, and exact whenever the host looks. At
// loop heads, at entries of functions that call others, and at bulk
// instructions, a counter below zero calls yield with the fuel used so far:
// after every Quantum of it, later by one straight run of code at most. The host
// returns to let the module go on, or panics or traps to end it. It may charge
// for its own work by lowering FuelLeft while the module is inside an import.
//
// Stack: a function that calls others takes units for its frame when entered and
// gives them back on every way out; a call that finds too few traps, and
// StackLeft stays below zero to tell this trap from others. A unit stands for 8
// bytes by estimate. After any trap the instance is to be dropped: StackLeft is
// wrong then, as is whatever else the module keeps.
//
// Recursion through imports is the host's to bound, as is time inside them.
package loader
