package main

import (
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// change does the steps of one definition: all or none, for all, also for transactions that run. Those that wrote to a
// changed table must start again; for the others it is as if the table had always been so.
func (s *store) change(steps ...*step) error {
	if err := s.redefinable(steps); err != nil {
		return err
	}
	next := s.committed.copy()
	for _, p := range steps {
		if err := next.do(p); err != nil {
			return err
		}
	}
	if err := s.journal.steps(s, next, steps); err != nil {
		return err
	}
	for _, p := range steps {
		v, _ := next.root.tables.Get(p.id)
		was, _ := s.committed.root.tables.Get(p.id)
		if v == nil || v == was {
			continue
		}
		for t := range s.transactions.all {
			t.adopt(v)
		}
		for _, t := range s.alone {
			t.adopt(v)
		}
	}
	s.put(next, s.committed.lost(next))
	return nil
}

// adopt puts a changed table into all states of a transaction that did not write to it.
func (t *transaction) adopt(v *version) {
	was, _ := t.base.tables.Get(v.id)
	changed := func(r *root) bool {
		now, _ := r.tables.Get(v.id)
		return now != was && (now == nil || now.changes != nil)
	}
	if changed(t.work.root) {
		return
	}
	adopted := func(r *root) *root {
		if changed(r) {
			return r
		}
		r = r.copy()
		r.tables.Set(v.id, v)
		return r
	}
	same := t.flushed == t.base
	t.base = adopted(t.base)
	if same {
		t.flushed = t.base
	} else {
		t.flushed = adopted(t.flushed)
	}
	t.work.reset(adopted(t.work.freeze()))
	for i, p := range t.savepoints {
		if p.root != nil {
			t.savepoints[i] = savepoint{adopted(p.root), adopted(p.base)}
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
		if v, _ := s.committed.root.tables.Get(id); r.GetIfNotExists() {
			return &table{store: s, version: v}, nil
		}
		return nil, failure(wasql.AlreadyExists, errTableExists, "table '%s' already exists", declared.GetName())
	}
	declared = declared.CloneVT()
	declared.Temporary = declared.Temporary || r.GetTemporary()
	made := &step{kind: createTable, database: d.name, id: s.committed.ids + 1, version: 1, table: declared, next: declared.GetAutoIncrementNext()}
	if err := s.change(made); err != nil {
		return nil, err
	}
	v, _ := s.committed.root.tables.Get(made.id)
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
	return s.change(&step{kind: dropTable, database: d.name, name: ref.Name, id: id})
}
