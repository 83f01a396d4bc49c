// Package gms fits connectors into go-mysql-server: its types, schemas, values, tables and table
// functions, over a host.Connector. One capability a file.
//
//   - Type and Physical map MySQL types to the types of the ABI and back (SPEC section 5).
//   - Declare turns a connector's table declaration, columns or CREATE TABLE text, into a Declared:
//     the schema go-mysql-server plans with, made once and shared by all statements.
//   - Table is a declared table as one statement reads it: a projection and, for a table function,
//     its arguments. Function is the table function that makes such a Table.
//   - Stored is a Table that can be written and changed; a Definer, the catalog, keeps what the tables
//     of its connector are, and Staged one that CREATE TABLE is still putting together.
//   - SQLValue and ToValue carry single values over the wall, both ways.
//
// The package plans nothing and reads no rows: engine/pushdown negotiates, engine/exec reads.
package gms
