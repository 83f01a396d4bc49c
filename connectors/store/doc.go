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
//	tree     blocks in the order of their keys, copied in one step          tree.go
//	block    some 256 rows, their keys and columns side by side             block.go row.go
//	strip    the values of one column in a block                            strip.go
//
// Keys compare, as bytes, like the values in SQL (key.go). A table has a tree of its rows by primary key, or by a hidden row number
// when it has none, and a tree for each index, from the index's key to the key of the row.
//
// A strip is what Arrow makes of a column, and so is a column of a batch. So rows that come in a batch go into a block by copying a
// piece of memory for each column, and out of it into the batch of a scan likewise: no row is touched by itself.
// In WebAssembly that is what counts: copying memory is as fast as anywhere, but a call, a comparison, an allocation for
// each row take five to ten times as long.
//
// Whoever changes something works on copies (work.go). A block is changed in place by the owner that made it, and copied by
// anybody else, once; one that only grows at its end is not copied either, but goes on in the memory that it shares with
// the older one. A scan keeps the version it began with and is not disturbed (cursor.go). A
// statement that fails, ROLLBACK TO and ROLLBACK put an older root in place, and that is all they do (transaction.go,
// savepoint.go).
//
// # Writing
//
// A sink takes the columns of a batch as they lie there (sink.go). The rows of an INSERT are added together when nothing stands against
// it (together.go): their keys are made by the column, put in order if they are not, looked for, and go into the trees in runs (arrive.go,
// merge.go). An UPDATE of columns that are in no key is done likewise (amend.go). When a key is taken, or something must be answered
// row by row, the rows are done one after the other (insert.go, update.go, edit.go).
//
// What is done is written into chunks, which are what the log gets, and what is done again when others have committed
// meanwhile (change.go, replay.go). Rows that came together stand there by the column too.
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
