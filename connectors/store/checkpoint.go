package main

import (
	"maps"
	"slices"

	wasql "github.com/wasql/wasql/sdk/go"
)

// perhaps makes a checkpoint when the log has grown. It is no matter of the commit that comes before it: when it fails
// the log goes on, and the next try is later.
func (l *logbook) perhaps(s *store) {
	if l == nil || l.log.Size() < max(l.limit, l.next, s.committed.bytes()/2) {
		return
	}
	if err := l.checkpoint(s); err != nil {
		l.next = 2 * l.log.Size()
		wasql.Log(wasql.LevelWarning, "the log in "+l.dir+" could not be made shorter: "+err.Error(), "")
		return
	}
	l.next = 0
}

// bytes is the size of all rows, those that only a state with a name has included.
func (s *state) bytes() int64 {
	total, last := int64(0), (*root)(nil)
	sum := func(r *root) {
		r.tables.Scan(func(id uint64, v *version) bool {
			if last != nil {
				if before, _ := last.tables.Get(id); before == v {
					return true
				}
			}
			total += v.rows.bytes
			return true
		})
		last = r
	}
	for _, k := range s.kept {
		sum(k.state.root)
	}
	sum(s.root)
	return total
}

// rowsMax is the size of a record of rows in a checkpoint.
const rowsMax = 64 << 10

// checkpoint writes a state: the steps that make it, then the rows of each table in the order of their keys. The states
// that have names come first, so that what they share is written once.
func (l *logbook) checkpoint(s *store) error {
	return l.log.Checkpoint(func(put func([]byte) error) error {
		last, err := l.putKept(s.committed, put)
		if err != nil {
			return err
		}
		if err := l.putState(last, s.committed, put); err != nil {
			return err
		}
		return l.putPromises(s, put)
	})
}

// putState writes what makes one state of another one.
func (l *logbook) putState(from, s *state, put func([]byte) error) error {
	same, err := putGone(from, s, put)
	if err != nil {
		return err
	}
	if err := s.putSteps(from, same, put); err != nil {
		return err
	}
	s.root.tables.Scan(func(id uint64, v *version) bool {
		if !v.temporary && !same[id] {
			err = l.putRows(v, put)
		}
		return err == nil
	})
	return err
}

func (s *state) putSteps(from *state, same map[uint64]bool, put func([]byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(s.names.databases)) {
		d := s.names.databases[key]
		b := (&step{kind: putDatabase, name: d.name, collation: d.collation}).append([]byte{recordSteps})
		if err := put(b); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Values(d.tables)) {
			v, _ := s.root.tables.Get(id)
			if v == nil || v.temporary || same[id] {
				continue
			}
			made := &step{kind: createTable, database: d.name, id: id, version: v.definition.version, table: v.declared, next: v.counters.next, row: v.counters.row}
			if err := put(made.append([]byte{recordSteps})); err != nil {
				return err
			}
		}
		before := from.names.databases[key]
		for name, o := range d.objects {
			if before != nil && before.name == d.name && before.objects[name] == o {
				continue
			}
			kept := &step{kind: putObject, database: d.name, object: o}
			if err := put(kept.append([]byte{recordSteps})); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *logbook) putRows(v *version, put func([]byte) error) error {
	var record, rows []byte
	flush := func() error {
		record = append(l.table(append(record[:0], recordRows), v, len(rows)), rows...)
		rows = rows[:0]
		return put(record)
	}
	for _, s := range v.rows.shelves {
		for _, b := range s.blocks {
			if rows = v.layout.appendRows(rows, &b.rowset); len(rows) < rowsMax {
				continue
			}
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return flush()
}
