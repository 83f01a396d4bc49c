// Command ixdriver is an index driver: it keeps indexes over the tables of other connectors, and answers which rows
// have a key in a range.
//
// An entry of an index is a key and the location of a row, as one string of bytes that sorts as the columns of the key
// do in SQL, the location behind them (entry.go). Entries lie in
//
//   - the changes, a tree in memory: what was fed since the index was saved;
//   - runs, files of sorted entries that never change (run.go), the newest last. Of an entry that is in several places
//     the newest counts: it may say that the entry was removed.
//
// SAVE writes the changes as a run, merges runs of similar size, and then writes the manifest (manifest.go), which names
// the runs: beside the old one, synced, renamed, and the folder synced. What was fed and not saved is gone after a crash, and
// the host, which knows that it did not save, builds the index anew.
//
// Nothing is believed that was not checked. The manifest has a checksum of itself and one of each run's directory; the
// directory has one of each page, which is compared each time that the page is read from disk. The checksum of the index,
// which SAVE answers and the host keeps, is that of the manifest and its generation: files of an earlier save are told by
// it, though they are whole.
//
// Without the option dir all is kept in memory.
package main
