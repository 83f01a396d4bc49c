package main

import (
	"errors"
	"strings"

	"github.com/wasql/wasql/connectors/store/journal"
	wasql "github.com/wasql/wasql/sdk/go"
)

// shadowPrefix begins the names of tables that an ALTER TABLE fills before they take the place of another one: after a
// crash nobody wants them.
const shadowPrefix = "#sql-"

// recover reads checkpoint and log of a folder, which is made when it is not there.
func (s *store) recover(dir string, synced bool, limit int64) error {
	if err := wasql.MakeFolder(dir); err != nil {
		return wasql.Errorf(wasql.IO, "the folder %s cannot be made: %w", dir, err).ForSetting("dir")
	}
	return s.load(journal.Folder(dir), logbook{synced: synced, limit: limit, dir: dir})
}

// load reads what is in a folder, and keeps what is committed there from now on.
func (s *store) load(folder journal.FS, book logbook) error {
	log, err := journal.Open(folder)
	if err != nil {
		return openFailure(book.dir, err)
	}
	r := recovery{state: s.committed, work: workOn(s.committed.root), promises: map[string]*replayed{}}
	if err := log.Replay(r.replay); err != nil {
		_ = log.Close() // the error is the one to tell
		return wasql.Errorf(wasql.Corrupt, "the tables in %s cannot be read: %w", book.dir, err).At(book.dir, 0)
	}
	r.abandon()
	r.settle()
	s.begin(r.state)
	book.log, book.broken = log, log.Recovery().Damaged != nil
	s.journal = &book
	if err := s.sweep(); err != nil {
		return err
	}
	s.outcomes = r.outcomes
	for id, p := range r.promises {
		if !p.whole {
			continue
		}
		if s.promises[id], err = p.promise(id, s.committed.root); err != nil {
			return wasql.Errorf(wasql.Corrupt, "the tables in %s cannot be read: %w", book.dir, err).At(book.dir, 0)
		}
	}
	return nil
}

func openFailure(dir string, err error) error {
	e := wasql.Errorf(wasql.IO, "the tables in %s cannot be opened: %w", dir, err).At(dir, 0).ForSetting("dir")
	if errors.Is(err, wasql.Unavailable) {
		e.Code, e.Message = wasql.Unavailable, "the tables in "+dir+" are in use by another process"
		e.Hint = "one process at a time may open a folder: end the other one, or ask it"
	}
	return e
}

// sweep drops what unfinished statements left.
func (s *store) sweep() error {
	var gone []*step
	for _, d := range s.committed.names.databases {
		for name, id := range d.tables {
			if strings.HasPrefix(name, shadowPrefix) {
				gone = append(gone, &step{kind: dropTable, database: d.name, name: name, id: id})
			}
		}
	}
	next := s.committed.copy()
	for _, p := range gone {
		if err := next.do(p); err != nil {
			return err
		}
	}
	s.begin(next)
	return nil
}

// recovery builds the state from records.
type recovery struct {
	state *state
	// work takes the parts of a commit whose end may follow; serial is theirs.
	work   work
	serial uint64
	// promises are what was prepared and not decided, by global id.
	promises map[string]*replayed
	outcomes outcomes
}

// replay does one record again.
func (r *recovery) replay(kind journal.Kind, payload []byte) error {
	text := textOf(payload)
	if text == "" {
		return wasql.Errorf(wasql.Corrupt, "a record is empty")
	}
	record := text[0]
	text = text[1:]
	switch record {
	case recordPart, recordCommit, recordPartOf, recordCommitOf:
		serial, rest, ok := uvarint(text)
		id, end := "", record == recordCommit || record == recordCommitOf
		if ok && record >= recordPartOf {
			id, rest, ok = cut(rest)
		}
		if !ok {
			return wasql.Errorf(wasql.Corrupt, "a commit has no number")
		}
		if serial != r.serial {
			r.abandon()
		}
		if !end && r.serial == 0 {
			// What comes now may have to go again.
			r.settle()
			r.serial = serial
		}
		if end {
			r.serial = 0
			r.outcomes.add(strings.Clone(id))
		}
		return r.changes(rest)
	case recordRows:
		return r.changes(text)
	case recordSteps:
		r.abandon()
		r.settle()
		r.state = r.state.copy()
		// What is kept of the steps has memory of its own.
		if err := readSteps(strings.Clone(text), r.state.do); err != nil {
			return err
		}
		r.work = workOn(r.state.root)
	case recordPreparePart, recordPrepare:
		return r.prepare(text, record == recordPrepare)
	case recordDecide:
		return r.decide(text)
	case recordOutcomes:
		for text != "" {
			id, rest, ok := cut(text)
			if !ok {
				return wasql.Errorf(wasql.Corrupt, "the ids of transactions are not whole")
			}
			r.outcomes.add(strings.Clone(id))
			text = rest
		}
	default:
		return wasql.Errorf(wasql.Corrupt, "a record of kind %d is not known", record)
	}
	return nil
}

// abandon forgets the parts of a commit that has no end.
func (r *recovery) abandon() {
	if r.serial != 0 {
		r.work, r.serial = workOn(r.state.root), 0
	}
}

// settle makes what was read the state.
func (r *recovery) settle() {
	r.state = &state{names: r.state.names, root: r.work.freeze(), ids: r.state.ids, kept: r.state.kept}
}

// changes does the changes of tables again.
func (r *recovery) changes(text string) error { return eachTable(text, r.change) }

// change does those of one.
func (r *recovery) change(table, next, row uint64, changes string) error {
	v := r.work.table(table)
	if v == nil {
		return wasql.Errorf(wasql.Corrupt, "there are changes of table %d, which is not there", table)
	}
	v.counters.next, v.counters.row = max(next, 1), max(row, 1)
	return v.readChanges(changes, func(c change) error {
		if c.kind == changePut {
			collect(c.rows.bytes() + rowBytes)
		}
		return v.again(c)
	})
}

// eachTable reads changes as records have them: of each table its id, its counters, and its changes.
func eachTable(text string, do func(table, next, row uint64, changes string) error) error {
	for text != "" {
		id, text1, ok := uvarint(text)
		next, text2, ok2 := uvarint(text1)
		row, text3, ok3 := uvarint(text2)
		all, rest, ok4 := cut(text3)
		if !ok || !ok2 || !ok3 || !ok4 {
			return wasql.Errorf(wasql.Corrupt, "the changes of a table are not whole")
		}
		if err := do(id, next, row, all); err != nil {
			return err
		}
		text = rest
	}
	return nil
}
