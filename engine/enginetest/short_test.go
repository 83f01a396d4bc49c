package enginetest

// short are the tests that every go test runs: quick ones without gaps, of each kind.
var short = map[string]bool{}
