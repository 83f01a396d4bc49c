package journal

import (
	"encoding/binary"
	"errors"
	"io"
)

// Log is an open folder. Its methods may not be called at the same time.
type Log struct {
	fs   FS
	lock io.Closer

	// base is the checkpoint that counts; newest is the log that grows. They differ when a checkpoint is damaged.
	base, newest uint64
	// logs are the generations whose logs follow base.
	logs      []uint64
	leftovers []string

	// file is the newest log, open since the first Append.
	file File
	head header
	seed uint32
	size int64 // of its good frames, with the header
	// next is the number of the next record; all below synced are on disk.
	next, synced uint64

	phase phase
	// unclean: the log does not end with a mark, the first Append copies it.
	unclean bool
	// named: the names of the files are on disk.
	named  bool
	failed *FailedError
	closed bool

	buf      []byte
	recovery Recovery
}

type phase uint8

const (
	phaseOpened phase = iota
	phaseReplaying
	phaseReady
	phaseBroken
)

// Recovery tells what Replay met.
type Recovery struct {
	// Generation of the log, Chunks of its checkpoint, Records behind it.
	Generation      uint64
	Chunks, Records uint64
	// Unclean: the log did not end with the mark of a Sync. Cut is the length of its torn tail in bytes.
	Unclean bool
	Cut     int64
	// Damaged is what is wrong with the newest checkpoint, when the one before it and all records since were still
	// there; Checkpoint comes before Append then.
	Damaged error
}

// Recovery is complete after Replay.
func (l *Log) Recovery() Recovery { return l.recovery }

// Size is the length of the log in bytes, which a checkpoint makes small again.
func (l *Log) Size() int64 { return l.size }

// Next is the number of the next record, counted from 1 since the folder was new.
func (l *Log) Next() uint64 { return l.next }

// ready gives the reason why nothing may be appended.
func (l *Log) ready() error {
	switch {
	case l.closed:
		return errClosed
	case l.phase == phaseBroken:
		return errUnfinished
	case l.phase != phaseReady:
		return errNoReplay
	case l.failed != nil:
		return l.failed
	case l.recovery.Damaged != nil:
		return errDamaged
	}
	return nil
}

func (l *Log) fail(operation string, err error) error {
	l.failed = &FailedError{Operation: operation, Err: err}
	return l.failed
}

// gather is how much of a record is copied so that head and payload are one write.
const gather = 64 << 10

// Append writes one record: after a crash it is there as a whole or not at all. Sync makes it certain that it is.
// A record has at most PayloadMax bytes. When Append fails the record is not there, and the log goes on unless the error is a *FailedError.
func (l *Log) Append(payload []byte) error {
	if err := l.ready(); err != nil {
		return err
	}
	if err := fits(len(payload)); err != nil {
		return err
	}
	if err := l.open(); err != nil {
		return err
	}
	f := frame{number: l.next, synced: l.synced, kind: kindData}
	n, err := l.write(f, payload)
	if err != nil {
		return l.takeBack(err)
	}
	l.size += n
	l.next++
	return nil
}

// open opens the log for writing, at the first Append.
func (l *Log) open() error {
	if l.unclean {
		return l.renew()
	}
	if l.file != nil {
		return nil
	}
	if err := l.syncNames(); err != nil {
		return err
	}
	file, err := l.fs.Append(logName(l.newest))
	if err == nil {
		l.file = file
	}
	return err
}

// syncNames makes certain that the names found by Open are those on disk: whoever gave them may have died before it was.
func (l *Log) syncNames() error {
	if l.named {
		return nil
	}
	err := l.fs.SyncNames()
	l.named = err == nil
	return err
}

// write writes a frame to the log and gives its length.
func (l *Log) write(f frame, payload []byte) (int64, error) {
	var err error
	l.buf, err = writeFrame(l.file, l.buf, f, l.seed, payload)
	return size(len(payload)), err
}

// writeFrame writes a frame, through buf, which it gives back.
func writeFrame(w io.Writer, buf []byte, f frame, seed uint32, payload []byte) ([]byte, error) {
	buf = f.append(buf[:0], seed, payload)
	var zeros [8]byte
	pad := zeros[:size(len(payload))-frameBytes-int64(len(payload))]
	if len(payload) <= gather {
		buf = append(append(buf, payload...), pad...)
		return buf, writeAll(w, buf)
	}
	for _, b := range [][]byte{buf, payload, pad} {
		if err := writeAll(w, b); err != nil {
			return buf, err
		}
	}
	return buf, nil
}

func writeAll(w io.Writer, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// takeBack cuts off what a failed Append wrote. The cut is synced, or else the record might still come back.
func (l *Log) takeBack(cause error) error {
	if err := l.file.Truncate(l.size); err != nil {
		return l.fail("cut off a record that could not be written", err)
	}
	if err := l.file.Sync(); err != nil {
		return l.fail("cut off a record that could not be written", err)
	}
	l.synced = l.next
	return cause
}

// Sync waits until all records are on disk. After a *FailedError nobody knows which are, and the log takes no more of them until a
// checkpoint; after another error nothing has changed.
func (l *Log) Sync() error {
	if err := l.ready(); err != nil {
		return err
	}
	if l.unclean && l.next > l.head.first {
		if err := l.renew(); err != nil {
			return err
		}
		return l.mark()
	}
	if l.synced == l.next || l.file == nil {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return l.fail("sync", err)
	}
	l.synced = l.next
	return l.mark()
}

// mark says in the log that all of it is on disk. The mark itself need not be: without it the next opener copies the log.
func (l *Log) mark() error {
	n, err := l.write(frame{number: l.next, synced: l.next, kind: kindEnd}, nil)
	if err != nil {
		return l.takeBack(nil)
	}
	l.size += n
	return nil
}

// Close syncs what was appended and lets the folder go. The log is closed even when Close fails, as it does when the log had failed.
func (l *Log) Close() error {
	if l.closed {
		return nil
	}
	var err error
	if l.file != nil {
		err = l.Sync()
	}
	l.closed = true
	return firstOf(err, firstOf(l.closeFile(), l.lock.Close()))
}

func (l *Log) closeFile() error {
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.Close()
}

// newSalt is another number in every file, even without randomness.
func (l *Log) newSalt() (uint64, error) {
	var random [8]byte
	if err := l.fs.Random(random[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(random[:]) + (l.head.salt+l.next)*0x9e3779b97f4a7c15 + 1, nil
}

// fits refuses what has more than PayloadMax bytes.
func fits(n int) error {
	if n <= PayloadMax {
		return nil
	}
	return errors.New("journal: a record of " + decimal(int64(n)) + " bytes, at most " + decimal(PayloadMax))
}
