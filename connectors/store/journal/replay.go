package journal

import (
	"errors"
	"io"
)

// Kind says what Replay gives.
type Kind uint8

// Chunks of the checkpoint come first, in the order in which they were put; then the records.
const (
	Chunk Kind = iota + 1
	Record
)

// Replay gives the state back: the chunks of the checkpoint and the records since, in order. The payload is valid
// until f returns. An error of f ends it. Replay is called once, before everything else; after an error the log only closes.
func (l *Log) Replay(f func(kind Kind, payload []byte) error) error {
	switch {
	case l.closed:
		return errClosed
	case l.phase != phaseOpened:
		return errNoReplay
	}
	l.phase = phaseBroken
	if err := l.replay(f); err != nil {
		return err
	}
	l.phase = phaseReady
	l.recovery.Generation, l.recovery.Unclean = l.newest, l.unclean
	l.sweep()
	return nil
}

// sweep removes what does not count any more; what stays is tried again when the folder is opened next.
func (l *Log) sweep() {
	// First the names that count must be on disk.
	if len(l.leftovers) == 0 || l.syncNames() != nil {
		return
	}
	for _, name := range l.leftovers {
		_ = l.fs.Remove(name)
	}
}

func (l *Log) replay(f func(kind Kind, payload []byte) error) error {
	l.next = 1
	if l.base > 0 {
		head, err := l.readCheckpoint(l.base, func(payload []byte) error {
			l.recovery.Chunks++
			return f(Chunk, payload)
		})
		if err != nil {
			return err
		}
		l.next = head.first
	}
	for _, generation := range l.logs {
		if err := l.readLog(generation, f); err != nil {
			return err
		}
	}
	return nil
}

// verify tells what is wrong with a checkpoint, if anything is.
func (l *Log) verify(generation uint64) (wrong, err error) {
	_, err = l.readCheckpoint(generation, func([]byte) error { return nil })
	var corrupt *CorruptError
	if errors.As(err, &corrupt) {
		return err, nil
	}
	return nil, err
}

func (l *Log) readCheckpoint(generation uint64, f func(payload []byte) error) (_ header, err error) {
	s, head, err := openScanner(l.fs, checkpointName(generation), checkpointMagic, generation)
	if err != nil {
		return head, err
	}
	defer func() { err = firstOf(err, s.file.Close()) }()
	for number := uint64(1); ; number++ {
		fr, payload, ok, err := s.next()
		switch {
		case err != nil:
			return head, err
		case !ok:
			return head, s.corrupt("chunk " + decimal(int64(number)) + " is not there or damaged")
		case fr.number != number:
			return head, s.corrupt("chunk " + decimal(int64(fr.number)) + " in the place of chunk " + decimal(int64(number)))
		case fr.kind == kindEnd && s.at != s.size:
			return head, s.corrupt("bytes behind the end")
		case fr.kind == kindEnd:
			return head, nil
		}
		if err := f(payload); err != nil {
			return head, err
		}
	}
}

// readLog gives the records of a log and finds its end.
func (l *Log) readLog(generation uint64, f func(kind Kind, payload []byte) error) (err error) {
	s, head, err := openScanner(l.fs, logName(generation), logMagic, generation)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, s.file.Close()) }()
	if head.first != l.next {
		return &CorruptError{File: s.name, Offset: 32, Detail: "it begins with record " + decimal(int64(head.first)) + ", record " + decimal(int64(l.next)) + " comes next"}
	}
	l.head, l.seed, l.unclean = head, s.seed, s.size > headerBytes
	for {
		fr, payload, ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if fr.number != l.next {
			return s.corrupt("record " + decimal(int64(fr.number)) + " in the place of record " + decimal(int64(l.next)))
		}
		if l.unclean = fr.kind != kindEnd; !l.unclean {
			continue
		}
		if err := f(Record, payload); err != nil {
			return err
		}
		l.next++
		l.recovery.Records++
	}
	return l.tail(s)
}

// tail judges what lies behind the last good frame.
func (l *Log) tail(s *scanner) error {
	// What has no mark behind it may be in the system's memory only.
	l.size, l.synced = s.at, l.head.first
	if !l.unclean {
		l.synced = l.next
	}
	if s.at == s.size {
		return nil
	}
	offset, found, err := s.proof(l.next)
	switch {
	case err != nil:
		return err
	case found:
		return s.corrupt("record " + decimal(int64(l.next)) + " was on disk and is damaged, there are good ones behind it at byte " + decimal(offset))
	}
	l.unclean, l.recovery.Cut = true, s.size-s.at
	return nil
}

// renew copies the good records into a new file.
func (l *Log) renew() error {
	head := l.head
	var err error
	if head.salt, err = l.newSalt(); err != nil {
		return err
	}
	if err := l.closeFile(); err != nil {
		return err
	}
	end := int64(headerBytes)
	err = l.makeLog(head, func(w io.Writer, seed uint32) error {
		var err error
		end, err = l.copyRecords(w, seed)
		return err
	})
	if err != nil {
		return err
	}
	l.named = false
	if err := l.syncNames(); err != nil {
		// The name may stand for either file after a crash; both hold the same records, but nothing may be added to one of them.
		return l.fail("sync the name of the log that was copied", err)
	}
	_, l.seed = head.encode()
	l.head, l.size, l.synced, l.unclean = head, end, l.next, false
	return l.open()
}

// copyRecords copies the good records of the newest log, and checks them again.
func (l *Log) copyRecords(w io.Writer, seed uint32) (end int64, err error) {
	s, _, err := openScanner(l.fs, logName(l.newest), logMagic, l.newest)
	if err != nil {
		return 0, err
	}
	defer func() { err = firstOf(err, s.file.Close()) }()
	end = headerBytes
	out := writer{to: w}
	for number := l.head.first; number < l.next; {
		f, payload, ok, err := s.next()
		switch {
		case err != nil:
			return 0, err
		case !ok || f.number != number:
			return 0, s.corrupt("record " + decimal(int64(number)) + " was good when it was replayed, and is not now")
		case f.kind == kindEnd:
			continue
		}
		if err := out.put(frame{number: number, synced: l.next, kind: kindData}, seed, payload); err != nil {
			return 0, err
		}
		end += size(len(payload))
		number++
	}
	return end, out.flush()
}
