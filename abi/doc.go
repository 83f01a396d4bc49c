// Package abi is the contract between wasql's host and its connectors, in Go: the names of the
// exports and imports of the module, the layout of a batch in linear memory, and the failure
// codes. SPEC.md is the normative text; wasql.h says the same in C; proto/ holds the control
// messages, and pb their generated, reflection-free Go form; col is the batch itself.
//
// Both sides of the wall import this package: the host, and sdk/go inside a guest. It runs
// nothing and does no input or output.
package abi
