// Package journal keeps the commits of one writer in a folder: a log of records with checksums, and now and then a
// checkpoint, which is the whole state at one moment, so that the log may begin anew.
//
// The caller gives every commit as one record of bytes of its own, and the state as chunks of bytes of its own. After a
// crash at any point, Replay gives back the newest checkpoint and all records since, in order: every record whose Sync
// returned, perhaps some that were appended and not yet synced, never a part of one, never one that was not written.
//
// The files are those of an FS: Folder is the one over the files granted to a connector, package journaltest has
// one in memory that crashes and fails on demand.
//
// # Promises
//
//   - Append is one write, all or nothing. When it fails (a full disk), what it wrote is cut off again and the log goes on; when
//     that cannot be done either, the log has failed.
//   - After a failed Sync nobody knows what is on disk: the system may have dropped the pages and call the next sync
//     a success. The log has failed: Append and Sync give the first error again. Checkpoint repairs it, because it
//     writes everything into new files; so does opening the folder again, for the same reason (see below).
//   - Every Sync leaves a mark behind the records. A log that does not end with one may hold records that are in the system's memory
//     only, or a torn tail. The first Append after such an opening therefore copies the log's good records into a new
//     file. Opening itself changes no record and needs no room, so that a full disk stays readable.
//   - A bad record is a torn tail, and is dropped, only when nothing behind it proves that it once was on disk. Every
//     frame says up to which record the log was synced when it was appended: with such a proof the folder is
//     corrupt, which is a *CorruptError and never passed over.
//   - One opener at a time: the file "lock" is held while the log is open.
//
// # Files
//
// G is the generation, 16 hexadecimal digits, counted from 0.
//
//	lock          empty; locked while the log is open
//	G.log         the records behind checkpoint G; generation 0 begins with the empty state and has no checkpoint
//	G.checkpoint  the state before the first record of G.log
//	G.….new       unfinished; removed when the folder is opened
//
// A checkpoint is made in this order: sync the old log; write and sync G.checkpoint.new and G.log.new, which has no
// records; rename the log; sync the folder; rename the checkpoint, which is the moment it counts; sync the folder; remove the files of the generation
// before. So a checkpoint always has its log, and a log above the newest checkpoint has no records.
//
// # Bytes
//
// All numbers are little-endian. Checksums are CRC-32C. A file is a header and frames behind it. The header has 48 bytes:
//
//	 0  8  "WASQLLOG" or "WASQLCHK"
//	 8  4  version of the format, 2
//	12  4  zero
//	16  8  generation
//	24  8  salt: another number in every file
//	32  8  number of the first record of the log; in a checkpoint, of the first record that is not in it
//	40  4  zero
//	44  4  checksum of the bytes 0 to 43
//
// A frame is 32 bytes, the payload, and zeros up to a multiple of 8 bytes. Both its checksums go on from the checksum
// in the file's header, so that the bytes of another file, or of the same file before it was made anew, never pass for a frame of
// this one:
//
//	 0  4  checksum of the bytes 4 to 31
//	 4  4  bytes of payload
//	 8  8  number: of the record; in a checkpoint, of the chunk, counted from 1
//	16  8  log: all records with lower numbers were on disk when this frame was written; checkpoint: zero
//	24  4  kind: 1 record or chunk, 2 end of a checkpoint, mark of a log
//	28  4  checksum of the payload
//	32     payload
//
// The end of a checkpoint is a frame of kind 2 with the next chunk's number; a checkpoint without it is not valid. A mark in a
// log says that all before it is on disk; it has the number of the record to come, which it does not use up.
package journal
