// Package enginetest runs go-mysql-server's own test suite over wasql: over tables that the bundled
// store keeps, in WebAssembly, with wasql's parser, planning rules and operators in between. It has
// tests only. docs/enginetest.md says how to run it and how to read what it found.
package enginetest
