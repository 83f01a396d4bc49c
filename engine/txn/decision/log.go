package decision

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// State is how far a transaction is that the log knows.
type State int

// The states. What the log does not know is Aborted, when it is of a life that the log knows, or else Foreign.
const (
	Aborted State = iota
	// Asked: the participant that decides was asked to commit, and nobody wrote down what it did.
	Asked
	Committed
	// Foreign: another coordinator decides.
	Foreign
)

// Decision is what the log says of a transaction.
type Decision struct {
	// ID is the global id.
	ID    string
	State State
	// Decider is the name of the participant that decides; empty for most.
	Decider string
	// Participants are the names of those that are prepared.
	Participants []string
}

// Log is the decisions of a coordinator. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	// file is nil for a log in memory.
	file *file
	// broken: an fsync failed, and what was written last may be on disk or not.
	broken bool
	lives  map[string]bool
	open   map[string]Decision
	// order of the open ones.
	order []string
	limit int64
}

// compactBytes is the size of the file at which it may be made shorter.
const compactBytes = 256 << 10

// Memory makes a log that ends with the process.
func Memory() *Log {
	return &Log{lives: map[string]bool{}, open: map[string]Decision{}, limit: compactBytes}
}

// Open opens the log of a folder, which must be there. A log that another process has open is a *LockedError,
// one that is damaged a *CorruptError.
func Open(folder string) (*Log, error) {
	l := Memory()
	f, err := openFile(folder, l.replay)
	if err != nil {
		return nil, err
	}
	l.file = f
	return l, nil
}

// Durable tells whether the decisions outlive the process.
func (l *Log) Durable() bool { return l.file != nil }

// Place names the file for messages; empty for a log in memory.
func (l *Log) Place() string {
	if l.file == nil {
		return ""
	}
	return l.file.name
}

// kinds of records.
const (
	kindLife = iota + 1
	kindAsked
	kindCommitted
	kindFinished
	kindOver
)

// replay takes a record that was read.
func (l *Log) replay(kind int, texts []string) error {
	if len(texts) == 0 {
		return fmt.Errorf("a record of kind %d has no name", kind)
	}
	switch kind {
	case kindLife:
		l.lives[texts[0]] = true
	case kindOver:
		delete(l.lives, texts[0])
	case kindAsked:
		if len(texts) < 2 {
			return fmt.Errorf("transaction %s has no participant that decides", texts[0])
		}
		l.put(Decision{ID: texts[0], State: Asked, Decider: texts[1], Participants: texts[2:]})
	case kindCommitted:
		l.put(Decision{ID: texts[0], State: Committed, Participants: texts[1:]})
	case kindFinished:
		l.drop(texts[0])
	default:
		return fmt.Errorf("a record of kind %d is not known", kind)
	}
	return nil
}

func (l *Log) put(d Decision) {
	if _, there := l.open[d.ID]; !there {
		l.order = append(l.order, d.ID)
	}
	l.open[d.ID] = d
}

func (l *Log) drop(id string) {
	delete(l.open, id)
	if i := slices.Index(l.order, id); i >= 0 {
		l.order = slices.Delete(l.order, i, i+1)
	}
}

// Live makes the transactions of a life known, before one of them is prepared anywhere.
func (l *Log) Live(name string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lives[name] {
		return nil
	}
	if err := l.write(true, kindLife, name); err != nil {
		return err
	}
	l.lives[name] = true
	return nil
}

// Ask writes that the participant which decides is about to be asked.
func (l *Log) Ask(id, decider string, participants []string) error {
	return l.decide(Decision{ID: id, State: Asked, Decider: decider, Participants: participants})
}

// Commit writes that a transaction is committed. When it fails with an *UnknownError it is not known whether that
// is on disk; after any other error it is not.
func (l *Log) Commit(id string, participants []string) error {
	return l.decide(Decision{ID: id, State: Committed, Participants: participants})
}

func (l *Log) decide(d Decision) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if d.State == Asked {
		err = l.write(true, kindAsked, append([]string{d.ID, d.Decider}, d.Participants...)...)
	} else {
		err = l.write(true, kindCommitted, append([]string{d.ID}, d.Participants...)...)
	}
	if err == nil {
		l.put(d)
	}
	return err
}

// Finish forgets a transaction: all its participants have ended it as was decided, or it was rolled back.
func (l *Log) Finish(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, there := l.open[id]; !there {
		return nil
	}
	// Not synced: one that shows again is finished again.
	if err := l.write(false, kindFinished, id); err != nil {
		return err
	}
	l.drop(id)
	return l.compact()
}

// Settle makes sure that nothing is on disk which the log does not know, after an *UnknownError.
func (l *Log) Settle() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mend()
}

// Of tells what is decided of a transaction of a life.
func (l *Log) Of(id, life string) Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d, there := l.open[id]; there {
		return d
	}
	if l.lives[life] {
		return Decision{ID: id, State: Aborted}
	}
	return Decision{ID: id, State: Foreign}
}

// Unfinished gives the decisions that are not yet forgotten, the oldest first.
func (l *Log) Unfinished() []Decision {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Decision, 0, len(l.order))
	for _, id := range l.order {
		all = append(all, l.open[id])
	}
	return all
}

// Over forgets a life of which nothing is open, when it ends. Nothing may be prepared for it any more.
func (l *Log) Over(life string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lives[life] {
		return nil
	}
	if err := l.write(false, kindOver, life); err != nil {
		return err
	}
	delete(l.lives, life)
	return nil
}

// Close lets the file go.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.close()
}

// write appends a record, and waits for the disk with sync. l.mu is held.
func (l *Log) write(sync bool, kind int, texts ...string) error {
	if l.file == nil {
		return nil
	}
	if err := l.mend(); err != nil {
		return err
	}
	err := l.file.append(kind, texts)
	if err == nil && sync {
		err = l.file.sync()
	}
	if err == nil {
		return nil
	}
	// Nobody knows what is on disk. A new file without the record makes it certain.
	l.broken = true
	if mend := l.mend(); mend != nil {
		return &UnknownError{File: l.file.name, Err: errors.Join(err, mend)}
	}
	return fmt.Errorf("the decision log %s cannot be written: %w", l.file.name, err)
}

// mend writes what is known into a new file, when the old one cannot be believed.
func (l *Log) mend() error {
	if !l.broken || l.file == nil {
		return nil
	}
	if err := l.rewrite(); err != nil {
		return err
	}
	l.broken = false
	return nil
}

// compact makes the file shorter when that is worth it.
func (l *Log) compact() error {
	if l.file == nil || l.file.end < l.limit {
		return nil
	}
	err := l.rewrite()
	l.limit = max(compactBytes, 4*l.file.end)
	if err != nil {
		l.broken = true // the new file may be in place, or not
	}
	return err
}

func (l *Log) rewrite() error {
	return l.file.rewrite(func(put func(kind int, texts []string) error) error {
		for life := range l.lives {
			if err := put(kindLife, []string{life}); err != nil {
				return err
			}
		}
		for _, id := range l.order {
			d := l.open[id]
			kind, texts := kindCommitted, []string{d.ID}
			if d.State == Asked {
				kind, texts = kindAsked, append(texts, d.Decider)
			}
			if err := put(kind, append(texts, d.Participants...)); err != nil {
				return err
			}
		}
		return nil
	})
}
