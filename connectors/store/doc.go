// Store is the connector that keeps tables: the default backend of wasql, and the model of a connector that implements every hook. Read
// it to see how one is made.
//
//	wasql query --db ./data 'CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20))'
//
// Options: dir is the folder that the tables are kept in, empty for memory only; sync says whether a commit waits for the
// disk (full) or not (off); checkpoint is the size of the log at which it begins anew. The folder needs the grant files.write.
//
// # How it works
//
// Everything is a value that does not change once it was shown to somebody:
//
//	state    what is called what, and the root                              state.go names.go
//	root     the tables by id                                               version.go
//	version  a table at one moment: definition, rows, indexes               version.go definition.go
//	tree     an ordered map of strings that is copied in one step           tree.go
//
// Rows are strings under keys that compare, as bytes, like the values in SQL (key.go); any column of a row is found
// without reading those before it (row.go). A table has a tree of its rows by primary key, or by a hidden row number
// when it has none, and a tree for each index, from the index's key to the key of the row.
//
// Whoever changes something works on copies (work.go). A scan keeps the version it began with and is not disturbed (cursor.go). A
// statement that fails, ROLLBACK TO and ROLLBACK put an older root in place, and that is all they do (transaction.go,
// savepoint.go).
//
// # Writing
//
// A sink (sink.go, insert.go, update.go) reads the columns of a batch as they lie there, makes the key and the row of each line, looks
// for keys that are taken, and puts the row into the trees. Key and row are written once, into chunks that are at the same time what the
// trees refer to, what the log gets, and what is done again when others have committed meanwhile (change.go).
//
// A transaction sees what was committed when it began. COMMIT (commit.go) takes its root as it is when nobody committed to its tables
// since. Otherwise its changes are done again on top: a row that others changed since, or a unique value that they wrote, fails
// the COMMIT with error 1213, and the transaction is to be tried again. The first to commit wins, and nobody waits.
//
// # Definitions
//
// A statement of DDL is some steps (state.go), done all at once, outside of transactions. An ALTER TABLE that converts no value is done
// here, in one go over the rows, or none when they stay as they are (alter.go, reshape.go); for the others the engine fills a
// shadow table, and one step swaps. Transactions on their way see the new definition at once, unless they wrote to
// the table before: these get error 1412.
//
// The values of generated columns are stored as the engine sends them, those of VIRTUAL ones too, so that they can be indexed: the
// engine computes a virtual column again when it reads, and the index finds it by the same value. FULLTEXT, SPATIAL and VECTOR indexes, and those
// on an expression, are declared only: no plan uses them.
//
// # Reading
//
// PLAN (plan.go) looks at the primary key and each index: how far the WHERE clause says the first columns of the key (access.go), as
// spans of keys (condition.go, span.go, operand.go), how many rows these hold (estimate.go), and whether the rows come in the order
// that is asked for. It claims just that, and the engine does the rest. Lookups of many keys are in lookup.go.
//
// # Keeping
//
// Package journal keeps records and checkpoints in a folder, whatever crashes. A commit is one record, or several parts and an end
// (logbook.go); a definition is a record of steps (steps.go); a checkpoint is the steps that make the state and its rows (checkpoint.go). The record is on disk
// before the state is put in place, so a commit that cannot be written is not seen by anybody, and the store
// goes on reading, and writing when there is room again. Recovery (recover.go) does records again. Temporary tables are not
// in the log; AUTO_INCREMENT counters are there as of the last commit to their table, so that a number that was stored is not given again.
package main
