// Package driver keeps indexes over tables of any connector in connectors that are index drivers.
//
// An entry of such an index is a key and the location of a row: the primary key of the table, or the column by which its
// connector tells rows apart. The driver answers which locations have a key in a range; the rows are read from the table by
// their locations, and every condition is checked again on them. So an entry too many costs time, and an entry too few
// would cost a row: the one rule is that an index that is used has an entry for every version of a row that any
// transaction may read.
//
//   - Entries of new versions are written before anybody can see these (feed.go). Those of old versions stay: they lead to
//     rows that are gone or have another key, until the index is built anew (build.go), which is done when they outnumber
//     the others. A transaction that sees the table as it was before that does not use the index.
//   - A unique index is looked into before a row is written, for rows that the statement sees and for those that are
//     committed now; keys that others are writing are theirs until it is known what becomes of them (unique.go).
//   - A reader looks into the index before it opens the table, and begins again when an entry was added in between (fetch.go).
//   - Before the first row is written to a table in the life of a process, the index is marked as open where the catalog
//     keeps its definition (state.go); when the engine is closed it is saved, and marked as ready with the checksum that the
//     driver gave. One that is found open, because the process was killed, or whose files are damaged, missing or of another
//     save, or whose table has changed, is not used, and is built anew.
//   - Of a table that others change, files for one, the location is a place that means nothing once it has changed. What can
//     be seen of that, sizes, times and numbers of files, is looked at before each look into the index and again when the rows
//     were read (fetch.go).
package driver
