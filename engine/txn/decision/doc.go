// Package decision keeps what a coordinator of transactions has decided, in a file of a folder, so that transactions over
// several connectors are finished after a crash as they were decided.
//
// # Rules
//
// A transaction of a life that the log knows, and of which it knows nothing, is rolled back: nothing is written for a
// transaction that fails (presumed abort). So the name of a life is on disk before the first connector prepares, a commit
// is on disk before the first connector is told of it, and it stays until all of them have answered.
//
// A transaction whose last participant decides (it cannot prepare) is written down before that one is asked to commit: with
// Asked, and no Committed behind it, only that participant knows.
//
// # The file
//
// decisions.log is a header and frames behind it, all numbers little-endian, checksums CRC-32C. The header:
//
//	 0  8  "WASQLDEC"
//	 8  4  version of the format, 1
//	12  8  salt: another number in every file
//	20  4  zero
//	24  4  zero
//	28  4  checksum of the bytes 0 to 27
//
// A frame begins at a multiple of 8 bytes and has zeros behind it up to the next:
//
//	 0  4  checksum of the bytes 4 to the end of the payload, that goes on from the checksum of the header
//	 4  4  bytes of payload
//	 8  8  position up to which the file was on disk when the frame was written
//	16     payload
//
// A payload is a kind, the number of texts that follow, and these, each with its length before it; numbers are uvarints:
//
//	1 life       its name
//	2 asked      the transaction, the participant that decides, the participants that are prepared
//	3 committed  the transaction, the participants that are prepared
//	4 finished   the transaction: all participants have answered, and it may be forgotten
//	5 over       the life: nothing of it is open
//
// A frame that does not match its checksum is a torn tail, and is cut off, unless a whole frame behind it says that
// the place was on disk before: then the file is damaged, and is not used. When most of the file is about what may be
// forgotten, what is left is written into decisions.log.new, which takes its place. After an fsync that failed
// nothing is believed either: the same is done before anything else is decided.
//
// One process at a time has the log; the file decisions.lock is locked while it does.
package decision
