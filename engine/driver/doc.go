// Package driver keeps indexes over tables of any connector in connectors that are index drivers.
//
// An entry of such an index is a key and the location of a row: the primary key of the table, or the column by which its
// connector tells rows apart. The driver answers which locations have a key in a range; the rows are read from the table by
// their locations, and every condition is checked again on them. So an entry too many costs time, and an entry too few
// would cost a row: the one rule is that an index that is used has an entry for every version of a row that any
// transaction may read.
//
//   - Entries of new versions are written before anybody can see these (feed.go). Those of old versions stay: they lead to
//     rows that are gone or have another key, until the index is built anew (build.go).
//   - A reader looks into the index before it opens the table, and begins again when an entry was added in between (fetch.go).
//   - Before the first row is written to a table in the life of a process, the index is marked as open where the catalog
//     keeps its definition (state.go); when the engine is closed it is saved, and marked as ready with the checksum that the
//     driver gave. One that is found open, because the process was killed, or whose files are damaged, missing or of another
//     save, or whose table has changed, is not used, and is built anew.
package driver
