package journal

import (
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	lockName         = "lock"
	logSuffix        = ".log"
	checkpointSuffix = ".checkpoint"
	newSuffix        = ".new"
)

func logName(generation uint64) string        { return hex(generation) + logSuffix }
func checkpointName(generation uint64) string { return hex(generation) + checkpointSuffix }

func hex(n uint64) string {
	digits := strconv.FormatUint(n, 16)
	return strings.Repeat("0", 16-len(digits)) + digits
}

// generationOf is false when the name is none of a finished file.
func generationOf(name, suffix string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, ok && err == nil && hex(n) == digits
}

// Open locks the folder, makes it a log if it is empty, and finds the checkpoint that counts. Replay comes next, then
// everything else. Files of other names are left alone.
func Open(fs FS) (*Log, error) {
	lock, err := fs.Lock(lockName)
	if err != nil {
		return nil, err
	}
	l := &Log{fs: fs, lock: lock}
	if err := l.find(); err != nil {
		return nil, firstOf(err, lock.Close())
	}
	return l, nil
}

// find looks at what is there.
func (l *Log) find() error {
	names, err := l.fs.List()
	if err != nil {
		return err
	}
	var logs, checkpoints []uint64
	for _, name := range names {
		if generation, ok := generationOf(name, logSuffix); ok {
			logs = append(logs, generation)
		} else if generation, ok := generationOf(name, checkpointSuffix); ok {
			checkpoints = append(checkpoints, generation)
		} else if unfinished(name) {
			l.leftovers = append(l.leftovers, name)
		}
	}
	slices.Sort(logs)
	slices.Sort(checkpoints)
	if len(logs) == 0 && len(checkpoints) == 0 {
		return l.begin()
	}
	if err := l.choose(logs, checkpoints); err != nil {
		return err
	}
	for _, generation := range logs {
		if generation < l.base {
			l.leftovers = append(l.leftovers, logName(generation))
		}
	}
	for _, generation := range checkpoints {
		if generation < l.base {
			l.leftovers = append(l.leftovers, checkpointName(generation))
		}
	}
	return nil
}

func unfinished(name string) bool {
	finished, ok := strings.CutSuffix(name, newSuffix)
	_, log := generationOf(finished, logSuffix)
	_, checkpoint := generationOf(finished, checkpointSuffix)
	return ok && (log || checkpoint)
}

// begin makes generation 0.
func (l *Log) begin() error {
	head := header{magic: logMagic, first: 1}
	var err error
	if head.salt, err = l.newSalt(); err != nil {
		return err
	}
	if err := l.makeLog(head, nil); err != nil {
		return err
	}
	if err := l.fs.SyncNames(); err != nil {
		return err
	}
	l.logs = []uint64{0}
	return nil
}

// makeLog writes a log under a temporary name, syncs it, and gives it its name.
func (l *Log) makeLog(head header, frames func(w io.Writer, seed uint32) error) error {
	name := logName(head.generation)
	b, seed := head.encode()
	err := l.makeFile(name+newSuffix, func(w io.Writer) error {
		if err := writeAll(w, b); err != nil || frames == nil {
			return err
		}
		return frames(w, seed)
	})
	if err != nil {
		return err
	}
	return l.fs.Rename(name+newSuffix, name)
}

// makeFile makes a file and syncs it; when it fails the file is removed, if that can be done.
func (l *Log) makeFile(name string, content func(io.Writer) error) error {
	file, err := l.fs.Create(name)
	if err != nil {
		return err
	}
	err = content(file)
	if err == nil {
		err = file.Sync()
	}
	if err = firstOf(err, file.Close()); err != nil {
		_ = l.fs.Remove(name) // it is removed when the folder is opened, at the latest
	}
	return err
}

// choose finds the checkpoint that counts: the newest, unless it is damaged and everything since the one before is still there.
func (l *Log) choose(logs, checkpoints []uint64) error {
	candidates := slices.Clone(checkpoints)
	if len(candidates) == 0 || slices.Contains(logs, 0) && !slices.Contains(candidates, 0) {
		candidates = slices.Insert(candidates, 0, 0)
	}
	l.newest = candidates[len(candidates)-1]
	if err := l.strays(logs); err != nil {
		return err
	}
	for i := len(candidates) - 1; i >= 0; i-- {
		l.base, l.logs = candidates[i], nil
		for generation := l.base; generation <= l.newest; generation++ {
			if slices.Contains(logs, generation) {
				l.logs = append(l.logs, generation)
			}
			if uint64(len(l.logs)) != generation-l.base+1 {
				return firstOf(l.recovery.Damaged, &CorruptError{File: logName(generation), Detail: "the file is missing"})
			}
		}
		// The only one is read once, by Replay.
		if i == 0 {
			return nil
		}
		wrong, err := l.verify(l.base)
		if err != nil {
			return err
		}
		if wrong == nil {
			return nil
		}
		l.recovery.Damaged = firstOf(l.recovery.Damaged, wrong)
	}
	return nil
}

// strays looks at logs above the newest checkpoint: a checkpoint that was not finished leaves an empty one.
func (l *Log) strays(logs []uint64) error {
	for _, generation := range logs {
		if generation <= l.newest {
			continue
		}
		s, _, err := openScanner(l.fs, logName(generation), logMagic, generation)
		if err != nil {
			return err
		}
		if s.size > headerBytes {
			return firstOf(&CorruptError{File: checkpointName(generation), Detail: "the file is missing, its log has records"}, s.file.Close())
		}
		if err := s.file.Close(); err != nil {
			return err
		}
		l.leftovers = append(l.leftovers, logName(generation))
	}
	return nil
}
