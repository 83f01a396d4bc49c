package main

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/wasql/wasql/connectors/store/journal"
	wasql "github.com/wasql/wasql/sdk/go"
)

// logbook writes what is committed into the log of a folder, before anybody sees it. A nil one keeps nothing.
//
// A record is one of
//
//	1, serial, changes                    part of a commit that is too large for one record
//	2, serial, changes                    the rest of it, or all of it; now it counts
//	3, steps                              a definition
//	4, changes                            rows, in a checkpoint
//	5, serial, id, tables, changes        part of what a transaction prepares
//	6, serial, id, tables, changes        the rest of it, or all of it; now it is prepared
//	7, id, 1 or 0                         what is prepared is committed, here and now, or rolled back
//	8, ids                                transactions that were committed lately, in a checkpoint
//	9, serial, id, changes                part of a commit like 1, with the global id of the transaction
//	10, serial, id, changes               the rest of it, or all of it
//
// where changes are, for each table, its id, its counters, the length of its changes, and these (see change.go). The serial is the
// number of the first record of the commit: parts with another serial belong to a commit that failed, and do not count. tables
// are the ids of those whose rows must not change before the transaction is committed, and their number before them.
type logbook struct {
	log *journal.Log
	// synced: a commit is on disk before it is answered.
	synced bool
	// limit is the size of the log in bytes at which a checkpoint is made.
	limit, next int64
	dir         string
	// broken: the log failed, and takes nothing before a checkpoint.
	broken bool
	record []byte
}

const (
	recordPart byte = iota + 1
	recordCommit
	recordSteps
	recordRows
	recordPreparePart
	recordPrepare
	recordDecide
	recordOutcomes
	recordPartOf
	recordCommitOf
)

// partMax is the size of a record of a large commit; tests make it small.
var partMax = 1 << 20

// commit writes the changes of tables. id is the global id of the transaction, empty when it has none.
func (l *logbook) commit(s *store, changed []*version, id string) error {
	if l == nil {
		return nil
	}
	if err := l.ready(s); err != nil {
		return err
	}
	serial := l.log.Next()
	head := binary.AppendUvarint([]byte{recordCommit}, serial)
	part := recordPart
	if id != "" {
		head[0], part = recordCommitOf, recordPartOf
		head = appendText(head, id)
	}
	b, err := l.changes(head, part, changed, l.append)
	if err != nil {
		return l.failed(s, err)
	}
	if len(b) == len(head) && serial == l.log.Next() {
		return nil // temporary tables only
	}
	return l.write(s, b)
}

// changes makes records of the changes of tables, each of which begins with head. All but the last are of kind part, and put;
// the last is given.
func (l *logbook) changes(head []byte, part byte, changed []*version, put func([]byte) error) ([]byte, error) {
	b := append(l.record[:0], head...)
	for _, v := range changed {
		if v.temporary {
			continue
		}
		chunks := slices.Clone(v.chunks())
		for {
			n, size := 0, 0
			for n < len(chunks) && (n == 0 || len(b)+size+len(chunks[n].bytes) <= partMax) {
				size += len(chunks[n].bytes)
				n++
			}
			b = l.table(b, v, size)
			for _, c := range chunks[:n] {
				b = append(b, c.bytes...)
			}
			if chunks = chunks[n:]; len(chunks) == 0 {
				break
			}
			b[0] = part
			if err := put(b); err != nil {
				return nil, err
			}
			b = append(l.record[:0], head...)
		}
	}
	return b, nil
}

// appendText writes a text with its length before it.
func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// table begins the changes of a table.
func (l *logbook) table(b []byte, v *version, size int) []byte {
	b = binary.AppendUvarint(b, v.id)
	b = binary.AppendUvarint(b, v.counters.next)
	b = binary.AppendUvarint(b, v.counters.row)
	return binary.AppendUvarint(b, uint64(size))
}

// steps writes a definition.
func (l *logbook) steps(s *store, next *state, steps []*step) error {
	if l == nil {
		return nil
	}
	b := append(l.record[:0], recordSteps)
	for _, p := range steps {
		if v := firstTable(next, s.committed, p.id); v == nil || !v.temporary {
			b = p.append(b)
		}
	}
	if len(b) == 1 {
		return nil
	}
	if err := l.ready(s); err != nil {
		return err
	}
	return l.write(s, b)
}

// firstTable finds a table in the one state or the other.
func firstTable(a, b *state, id uint64) *version {
	if v, _ := a.root.tables.Get(id); v != nil {
		return v
	}
	v, _ := b.root.tables.Get(id)
	return v
}

// write makes the last record of a commit, and waits for the disk.
func (l *logbook) write(s *store, b []byte) error {
	err := l.append(b)
	if err == nil && l.synced {
		err = l.log.Sync()
	}
	if err != nil {
		return l.failed(s, err)
	}
	return nil
}

func (l *logbook) append(b []byte) error {
	if cap(b) <= 2*partMax {
		l.record = b
	}
	return l.log.Append(b)
}

// ready repairs a log that failed before, by a checkpoint of what is committed.
func (l *logbook) ready(s *store) error {
	if !l.broken {
		return nil
	}
	if err := l.checkpoint(s); err != nil {
		return l.failure(err)
	}
	l.broken = false
	return nil
}

// failed is the error of a commit that the log does not have. When it is not known what is on disk, a
// checkpoint makes sure that the commit is not.
func (l *logbook) failed(s *store, err error) error {
	var failed *journal.FailedError
	if errors.As(err, &failed) {
		l.broken = true
		if l.checkpoint(s) == nil {
			l.broken = false
		}
	}
	return l.failure(err)
}

// failure says that nothing was committed, and why.
func (l *logbook) failure(err error) error {
	number := uint16(errStorage)
	if strings.Contains(strings.ToLower(err.Error()), "no space") || errors.Is(err, wasql.Resource) {
		number = errDiskFull
	}
	what := "nothing was committed"
	if l.broken {
		what += ", but may be found done should the process end before the log can be written again"
	}
	e := failure(wasql.IO, number, "%s: the log in %s cannot be written: %w", what, l.dir, err)
	e.File, e.Retryable = l.dir, true
	e.Hint = "make room or mend the disk; what was committed before is safe, reads go on, and so do writes when the log can be written again"
	return e
}
