package journal

import "io"

// Checkpoint writes the state of now anew, and begins a new log: write gives the chunks, in the order in which Replay is
// to give them back, each of at most PayloadMax bytes; put copies the chunk. The log of before counts until the new one is on disk as a
// whole. When Checkpoint fails, nothing has changed, unless the error is a *FailedError: then the log failed, and another Checkpoint
// repairs it.
func (l *Log) Checkpoint(write func(put func(chunk []byte) error) error) error {
	switch {
	case l.closed:
		return errClosed
	case l.phase != phaseReady:
		return firstOf(l.ready(), errNoReplay)
	}
	// With this, a torn tail of the old log is never the state before the new one.
	if l.failed == nil && l.file != nil {
		if err := l.Sync(); err != nil {
			return err
		}
	}
	head := header{magic: logMagic, generation: l.newest + 1, first: l.next}
	var err error
	if head.salt, err = l.newSalt(); err != nil {
		return err
	}
	if err := l.makeCheckpoint(head, write); err != nil {
		return err
	}
	return l.turn(head)
}

// makeCheckpoint writes the checkpoint under its temporary name.
func (l *Log) makeCheckpoint(head header, write func(put func(chunk []byte) error) error) error {
	head.magic, head.salt = checkpointMagic, head.salt+1
	return l.makeFile(checkpointName(head.generation)+newSuffix, func(w io.Writer) error {
		b, seed := head.encode()
		if err := writeAll(w, b); err != nil {
			return err
		}
		out := writer{to: w}
		f := frame{number: 1, kind: kindData}
		err := write(func(chunk []byte) error {
			if err := fits(len(chunk)); err != nil {
				return err
			}
			err := out.put(f, seed, chunk)
			f.number++
			return err
		})
		if err != nil {
			return err
		}
		f.kind = kindEnd
		return firstOf(out.put(f, seed, nil), out.flush())
	})
}

// turn makes the checkpoint count.
func (l *Log) turn(head header) error {
	checkpoint := checkpointName(head.generation)
	l.named = false
	err := l.makeLog(head, nil)
	if err == nil {
		err = l.syncNames()
	}
	if err != nil {
		_ = l.fs.Remove(checkpoint + newSuffix) // it is removed when the folder is opened, at the latest
		return err
	}
	err = l.fs.Rename(checkpoint+newSuffix, checkpoint)
	if err == nil {
		l.named = false
		err = l.syncNames()
	}
	if err != nil {
		// Either of the two generations is there after a crash: a record added to one of them might be missing.
		return l.fail("give the checkpoint its name", err)
	}
	return l.turned(head)
}

// turned goes on with the new log and removes what was before.
func (l *Log) turned(head header) error {
	_ = l.closeFile() // it is synced, or not needed any more
	for generation := l.base; generation <= l.newest; generation++ {
		// Removed when the folder is opened, at the latest.
		if generation > 0 {
			_ = l.fs.Remove(checkpointName(generation))
		}
		_ = l.fs.Remove(logName(generation))
	}
	l.base, l.newest, l.logs = head.generation, head.generation, []uint64{head.generation}
	_, l.seed = head.encode()
	l.head, l.size, l.synced = head, headerBytes, l.next
	l.unclean, l.failed, l.recovery.Damaged = false, nil, nil
	return nil
}

// writer gathers frames into large writes.
type writer struct {
	to  io.Writer
	buf []byte
}

func (w *writer) put(f frame, seed uint32, payload []byte) error {
	if int64(len(w.buf))+size(len(payload)) > window {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if size(len(payload)) > window {
		var err error
		w.buf, err = writeFrame(w.to, w.buf, f, seed, payload)
		w.buf = w.buf[:0]
		return err
	}
	w.buf = append(f.append(w.buf, seed, payload), payload...)
	for len(w.buf)%8 != 0 {
		w.buf = append(w.buf, 0)
	}
	return nil
}

func (w *writer) flush() error {
	err := writeAll(w.to, w.buf)
	w.buf = w.buf[:0]
	return err
}
