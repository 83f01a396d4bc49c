// Package server speaks MySQL's protocol over an engine.
//
// Vitess' listener does the beginning of a connection: greeting, authentication and, one day, TLS. Everything behind that is done here,
// because its connections make a value of every cell, cannot tell an error once the first row has left, and read packets of any length.
// An answer leaves as columns where the engine has it as columns: rows.go writes the cells of a batch straight into packets, and is the
// only place where columns become those. Answers that are rows in the engine are written from these.
//
// A connection is a session of the engine, and one goroutine. It holds one buffer for packets that it reads and one for those that it
// writes, and sends the latter whenever it is full: an answer takes no more memory the longer it is. A client that goes away is noticed
// while its statement runs, and the statement ends.
package server
