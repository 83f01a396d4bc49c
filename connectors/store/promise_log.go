package main

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	wasql "github.com/wasql/wasql/sdk/go"
)

// prepare writes what a transaction has prepared, and waits for the disk whatever the option sync says: somebody
// else decides because of it.
func (l *logbook) prepare(s *store, p *promise) error {
	if err := l.ready(s); err != nil {
		return err
	}
	b, err := l.prepared(p, l.log.Next(), l.append)
	if err == nil {
		err = l.append(b)
	}
	if err == nil {
		err = l.log.Sync()
	}
	if err != nil {
		return l.failed(s, err)
	}
	return nil
}

// prepared makes the records of a promise. All but the last are put.
func (l *logbook) prepared(p *promise, serial uint64, put func([]byte) error) ([]byte, error) {
	head := appendText(binary.AppendUvarint([]byte{recordPrepare}, serial), p.id)
	head = binary.AppendUvarint(head, uint64(len(p.reads)))
	for _, id := range slices.Sorted(maps.Keys(p.reads)) {
		head = binary.AppendUvarint(head, id)
	}
	var changed []*version
	for _, id := range slices.Sorted(maps.Keys(p.tables)) {
		changed = append(changed, p.tables[id].mine)
	}
	return l.changes(head, recordPreparePart, changed, put)
}

// decide writes what became of a promise. That it was rolled back need not be on disk: whoever decides says it again.
func (l *logbook) decide(s *store, id string, commit bool) error {
	if err := l.ready(s); err != nil {
		return err
	}
	b := append(appendText(append(l.record[:0], recordDecide), id), 0)
	if !commit {
		if err := l.append(b); err != nil {
			return l.failed(s, err)
		}
		return nil
	}
	b[len(b)-1] = 1
	return l.write(s, b)
}

// putPromises writes what is prepared, and which transactions were committed lately, into a checkpoint.
func (l *logbook) putPromises(s *store, put func([]byte) error) error {
	if len(s.outcomes.last()) > 0 {
		b := []byte{recordOutcomes}
		for _, id := range s.outcomes.last() {
			b = appendText(b, id)
		}
		if err := put(b); err != nil {
			return err
		}
	}
	serial := uint64(0)
	for _, id := range slices.Sorted(maps.Keys(s.promises)) {
		p := s.promises[id]
		if !p.kept {
			continue
		}
		serial++
		b, err := l.prepared(p, serial, put)
		if err != nil {
			return err
		}
		if err := put(b); err != nil {
			return err
		}
	}
	return nil
}

// replayed is a promise that was read.
type replayed struct {
	serial uint64
	// tables were read by the transaction; texts are its changes, as records have them.
	tables []uint64
	texts  []string
	whole  bool
}

// prepare reads a record of what a transaction has prepared.
func (r *recovery) prepare(text string, end bool) error {
	serial, text, ok := uvarint(text)
	id, text, ok2 := cut(text)
	n, text, ok3 := uvarint(text)
	if !ok || !ok2 || !ok3 || n > uint64(len(text)) {
		return wasql.Errorf(wasql.Corrupt, "what is prepared has no number or no id")
	}
	p := r.promises[id]
	if p == nil || p.serial != serial {
		p = &replayed{serial: serial}
		r.promises[strings.Clone(id)] = p
	}
	p.tables = p.tables[:0]
	for range n {
		var table uint64
		if table, text, ok = uvarint(text); !ok {
			return wasql.Errorf(wasql.Corrupt, "the tables of what is prepared are not whole")
		}
		p.tables = append(p.tables, table)
	}
	p.texts, p.whole = append(p.texts, strings.Clone(text)), end
	if !end {
		return nil
	}
	// Numbers that it has taken are not given again, whatever becomes of it.
	return p.each(func(table, next, row uint64, _ string) error {
		if v, _ := r.work.root.tables.Get(table); v != nil {
			v.counters.next, v.counters.row = max(v.counters.next, next), max(v.counters.row, row)
		}
		return nil
	})
}

// each reads the changes of each table.
func (p *replayed) each(do func(table, next, row uint64, changes string) error) error {
	for _, text := range p.texts {
		if err := eachTable(text, do); err != nil {
			return err
		}
	}
	return nil
}

// decide does what became of a promise.
func (r *recovery) decide(text string) error {
	id, text, ok := cut(text)
	if !ok || len(text) != 1 {
		return wasql.Errorf(wasql.Corrupt, "a decision is not whole")
	}
	p := r.promises[id]
	if p == nil || !p.whole {
		return wasql.Errorf(wasql.Corrupt, "there is a decision about transaction %s, which is not prepared", id)
	}
	delete(r.promises, id)
	if text[0] == 0 {
		return nil
	}
	r.outcomes.add(strings.Clone(id))
	r.abandon()
	return p.each(func(table, next, row uint64, changes string) error {
		if v, _ := r.work.root.tables.Get(table); v != nil {
			next, row = max(v.counters.next, next), max(v.counters.row, row)
		}
		return r.change(table, next, row, changes)
	})
}

// promise makes what was read a promise again.
func (p *replayed) promise(id string, now *root) (*promise, error) {
	made := &promise{id: id, tables: map[uint64]promised{}, kept: true}
	for _, table := range p.tables {
		if v, there := now.tables.Get(table); there {
			if made.reads == nil {
				made.reads = reads{}
			}
			made.reads[table] = &tableReads{whole: true, base: v}
		}
	}
	err := p.each(func(table, _, _ uint64, changes string) error {
		t, begun := made.tables[table]
		if !begun {
			base, there := now.tables.Get(table)
			if !there {
				return wasql.Errorf(wasql.Corrupt, "transaction %s has prepared changes of table %d, which is not there", id, table)
			}
			t = promised{base, base.copy(newOwner())}
			made.tables[table] = t
		}
		t.mine.changes = &chunk{before: t.mine.changes, bytes: []byte(changes)}
		return t.mine.readChanges(textOf(t.mine.changes.bytes), t.mine.again)
	})
	return made, err
}
