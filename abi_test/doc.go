// Package abitest is the conformance suite for connectors: Run takes any module and checks, as
// a host would, that it keeps abi/SPEC.md. A connector's own test calls it in three lines:
//
//	func TestConformance(t *testing.T) {
//		abitest.Run(t, wasm, abitest.Options{Options: map[string]string{"path": "testdata"}, Grant: grant})
//	}
//
// What a connector advertises is what is tested: every column is read alone and together, with
// batches of several sizes, in fresh instances; every filter it claims is compared with the rows
// of an unfiltered scan; order, limit, partitions, statistics and rescans likewise; and what it
// does not have must be refused with the right code. Subtests name the SPEC clauses they check.
//
// The folder also holds the cases of the ABI itself (cases/*.txtar, one clause or more each),
// guests that break every rule (guests), and the fuzz targets that cross rooms.
package abitest
