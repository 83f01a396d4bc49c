package main

import (
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// state is all there is: what is called what, and the rows of the tables. A commit or a definition makes another one
// and puts it in place when the log has it.
type state struct {
	names *names
	root  *root
	// ids counts the tables ever made.
	ids uint64
	// kept are the states that have names, the oldest first.
	kept []*kept
}

func newState() *state {
	return &state{names: &names{databases: map[string]*database{}}, root: newRoot()}
}

func (s *state) copy() *state {
	return &state{names: s.names, root: s.root.copy(), ids: s.ids, kept: s.kept}
}

// step is one change of what there is: a statement of DDL is some of them, done all at once. It is what the log has, so
// that recovery does the same again.
type step struct {
	kind stepKind
	// database and name are what the step is about; toDatabase and toName where it goes.
	database, name     string
	toDatabase, toName string
	collation          string
	// id of a table, from of the one that has the rows, version of the definition.
	id, from, version uint64
	// next and row are the counters of a table.
	next, row uint64
	table     *pb.Table
	object    *pb.Object
	mapping   mapping
}

type stepKind byte

// The kinds are what the log has: a number is never used again.
const (
	putDatabase stepKind = iota + 1
	dropDatabase
	putObject
	dropObject
	createTable
	dropTable
	renameTable
	reshapeTable
	setCounter
	keepState
	forgetState
)

// do makes a step. What it changes is a state of its own.
func (s *state) do(p *step) error {
	switch p.kind {
	case keepState:
		s.keep(p.name)
		return nil
	case forgetState:
		s.forget(p.name)
		return nil
	case putDatabase:
		d := newDatabase(p.name, p.collation)
		if was := s.names.databases[fold(p.name)]; was != nil {
			d = was.clone()
			d.collation = p.collation
		}
		s.names = s.names.with(d)
		return nil
	case dropDatabase:
		if d := s.names.databases[fold(p.name)]; d != nil {
			for _, id := range d.tables {
				s.root.tables.Delete(id)
			}
			s.names = s.names.without(p.name)
		}
		return nil
	}
	d := s.names.databases[fold(p.database)]
	if d == nil {
		return wasql.Errorf(wasql.Corrupt, "step %d is about database '%s', which is not there", p.kind, p.database)
	}
	switch p.kind {
	case putObject:
		now := d.clone()
		now.objects[objectName{p.object.GetKind(), fold(p.object.GetName())}] = p.object
		s.names = s.names.with(now)
	case dropObject:
		now := d.clone()
		delete(now.objects, objectName{p.object.GetKind(), fold(p.object.GetName())})
		s.names = s.names.with(now)
	case dropTable:
		now := d.clone()
		delete(now.tables, fold(p.name))
		s.names = s.names.with(now)
		s.root.tables.Delete(p.id)
	case renameTable:
		return s.rename(d, p)
	default:
		return s.remake(d, p)
	}
	return nil
}

// remake makes a table, or makes it anew.
func (s *state) remake(d *database, p *step) error {
	if p.kind == setCounter {
		v, _ := s.root.tables.Get(p.id)
		if v != nil {
			v.counters.next = p.next
		}
		return nil
	}
	to, err := define(p.id, p.version, d.name, p.table)
	if err != nil {
		return err
	}
	if p.kind == createTable {
		v := newVersion(to)
		v.counters.next, v.counters.row = max(p.next, 1), max(p.row, 1)
		now := d.clone()
		if before, there := now.tables[fold(to.name())]; there {
			s.root.tables.Delete(before)
		}
		now.tables[fold(to.name())] = to.id
		s.names, s.ids = s.names.with(now), max(s.ids, p.id)
		s.root.tables.Set(p.id, v)
		return nil
	}
	old, _ := s.root.tables.Get(p.from)
	if old == nil || len(p.mapping) != len(to.columns) {
		return wasql.Errorf(wasql.Corrupt, "table '%s.%s' cannot be made of table %d, with %d columns for %d", d.name, to.name(), p.from, len(p.mapping), len(to.columns))
	}
	v, err := reshape(old, to, p.mapping)
	if err != nil {
		return err
	}
	s.root.tables.Set(p.id, v)
	return nil
}

// rename puts a table under another name; a reshape gave it the definition with that name before.
func (s *state) rename(from *database, p *step) error {
	left := from.clone()
	delete(left.tables, fold(p.name))
	s.names = s.names.with(left)
	to := s.names.databases[fold(p.toDatabase)]
	if to == nil {
		return wasql.Errorf(wasql.Corrupt, "a table is renamed into database '%s', which is not there", p.toDatabase)
	}
	entered := to.clone()
	entered.tables[fold(p.toName)] = p.id
	s.names = s.names.with(entered)
	return nil
}
