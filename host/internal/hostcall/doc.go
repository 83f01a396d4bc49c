// Package hostcall is the host's side of what a guest may ask for: one file a power (log, clock,
// random, env, file, stream), the meter's yield, and the table of imports. wasi serves WASI
// preview 1 over the same powers.
//
// A Guest belongs to one instance and holds what the instance opened and spent. Its functions run
// on the goroutine of the call, while the guest waits; they read and write guest memory only
// inside the ranges handed to them, never call into an instance, and end the guest's call with a
// *Stop when its time, fuel or patience for host calls is used up. A power that was not granted
// answers -DENIED and names the grant that is missing.
package hostcall
