// Package host is the sandbox: it compiles connectors (WebAssembly modules that speak the ABI of
// package abi), runs them with the powers they were granted and no others, and gives their rows
// as col.Batch values.
//
//	runtime, _ := host.New(ctx, host.Config{})
//	module, _ := runtime.Compile(ctx, "csv", wasm)          // verified against SPEC, metered, compiled, cached
//	connector, _ := module.Open(ctx, host.Options{...})     // options, grant, limits, instances
//	scan, _ := connector.OpenScan(ctx, session, request)    // takes an instance
//	for { batch, err := scan.Next(ctx) ... }                // aliases guest memory until the next Next
//
// The guest is hostile. Every number it gives is checked once, every wait has a deadline, every
// growth a budget. An instance whose call trapped, ran out of time, fuel or stack, or broke the
// contract is poisoned: nothing calls it again, and its memory goes when its last user lets go.
// Every failure is an *Error that says whose fault it was, and the clause or the setting.
//
// The package knows no SQL. It names no WebAssembly runtime either: internal/backend is the seam.
package host
