// Package crashtest has no code but tests: they end the store's process at every operation on its files and at random moments, fail
// its file operations, and fill its disk. Afterwards every statement that was answered must be there, and no other one in part.
//
// go test runs a short form. With WASQL_CRASH=1, as make crash sets it, they run in full and print the figures that
// docs/durability.md holds.
package crashtest
