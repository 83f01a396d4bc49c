package main

import (
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// definitionChange is what a statement of DDL does, all at once: other names, tables that are new or other than
// they were, tables that are gone.
type definitionChange struct {
	names *names
	put   []*version
	gone  []uint64
}

// change does it: at once, for all, also for transactions that run. Those that wrote to a changed table must
// start again; for the others it is as if the table had always been so.
func (s *store) change(c definitionChange) error {
	next := s.committed.copy()
	for _, v := range c.put {
		v.changes, v.room, v.owner = nil, nil, nil
		next.tables.Set(v.id, v)
	}
	for _, id := range c.gone {
		next.tables.Delete(id)
	}
	s.committed = next
	if c.names != nil {
		s.names = c.names
	}
	for _, t := range s.transactions {
		for _, v := range c.put {
			t.adopt(v)
		}
	}
	for _, t := range s.alone {
		for _, v := range c.put {
			t.adopt(v)
		}
	}
	return nil
}

// adopt puts a changed table into all states of a transaction that did not write to it.
func (t *transaction) adopt(v *version) {
	was, _ := t.base.tables.Get(v.id)
	adopted := func(r *root) *root {
		if now, _ := r.tables.Get(v.id); now != was {
			return r
		}
		r = r.copy()
		r.tables.Set(v.id, v)
		return r
	}
	if mine, _ := t.work.root.tables.Get(v.id); mine != was {
		return
	}
	same := t.flushed == t.base
	t.base = adopted(t.base)
	if same {
		t.flushed = t.base
	} else {
		t.flushed = adopted(t.flushed)
	}
	t.work.reset(adopted(t.work.freeze()))
	for i, r := range t.savepoints {
		if r != nil {
			t.savepoints[i] = adopted(r)
		}
	}
	for _, open := range t.statements {
		open.before = adopted(open.before)
	}
}

// Create makes an empty table.
func (s *store) Create(r *pb.CreateRequest) (wasql.Table, error) {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return nil, err
	}
	declared := r.GetTable()
	if id, there := d.tables[fold(declared.GetName())]; there {
		if v, _ := s.committed.tables.Get(id); r.GetIfNotExists() {
			return &table{store: s, version: v}, nil
		}
		return nil, failure(wasql.AlreadyExists, errTableExists, "table '%s' already exists", declared.GetName())
	}
	if r.GetTemporary() {
		declared = declared.CloneVT()
		declared.Temporary = true
	}
	made, err := define(s.ids+1, 1, d.name, declared)
	if err != nil {
		return nil, err
	}
	v := newVersion(made)
	if next := r.GetTable().GetAutoIncrementNext(); next > 0 {
		v.counters.next = next
	}
	now := d.clone()
	now.tables[fold(made.name())] = made.id
	if err := s.change(definitionChange{names: s.names.with(now), put: []*version{v}}); err != nil {
		return nil, err
	}
	s.ids++
	return &table{store: s, version: v}, nil
}

// Destroy takes a table with its rows.
func (s *store) Destroy(ref *wasql.TableRef) error {
	id, err := s.id(ref.Database, ref.Name)
	if err != nil {
		return err
	}
	d, err := s.database(ref.Database)
	if err != nil {
		return err
	}
	now := d.clone()
	delete(now.tables, fold(ref.Name))
	return s.change(definitionChange{names: s.names.with(now), gone: []uint64{id}})
}
