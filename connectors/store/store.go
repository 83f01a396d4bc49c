package main

import (
	"maps"
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// store is the source: what is called what, what is committed, and the transactions on their way. One
// instance serves everybody, and its calls never overlap.
type store struct {
	committed *state
	// history has the states before, for AS OF; each new one is put into both (see put).
	history      history
	journal      *logbook
	transactions openTransactions
	// alone are the statements that stand in no transaction and have several sinks, by number.
	alone map[uint64]*transaction
	// promises are the transactions that are prepared, by their global id; outcomes those that were committed last.
	promises map[string]*promise
	outcomes outcomes
	// finished tells of the last transactions whether they were committed.
	finished ends
	// cursors were closed, and have buffers for the next ones.
	cursors []*cursor
	// points hold something of the committed state.
	points []*point
	// spare is a sink that has ended, for the next one.
	spare *sink
}

func newStore() *store {
	s := &store{alone: map[uint64]*transaction{}, promises: map[string]*promise{}}
	s.begin(newState())
	return s
}

// begin makes a state the first one.
func (s *store) begin(first *state) {
	s.history.all, s.history.held = nil, 0
	s.put(first, 0)
}

// put makes a state the present one. The one before holds about cost bytes that this one does not have.
func (s *store) put(next *state, cost int64) {
	s.committed = next
	s.forgetPoints()
	s.history.add(next, wasql.Now, cost)
}

// Table finds a table as the transaction of the request sees it.
func (s *store) Table(ref *wasql.TableRef) (wasql.Table, error) {
	if len(ref.Snapshot) > 0 {
		v, err := s.seeThen(ref)
		if err != nil {
			return nil, err
		}
		return &table{store: s, version: v, frozen: true}, nil
	}
	v, err := s.see(ref.Database, ref.Name, ref.Transaction, ref.Statement)
	if err != nil {
		return nil, err
	}
	return &table{store: s, version: v, reader: s.transactions.get(ref.Transaction), number: ref.Transaction, statement: ref.Statement}, nil
}

// see finds a table as a transaction sees it. Names are those that are committed: definitions are no part
// of a transaction.
func (s *store) see(database, name string, number, statement uint64) (*version, error) {
	id, err := s.id(database, name)
	if err != nil {
		return nil, err
	}
	now, _ := s.committed.root.tables.Get(id)
	t := s.alone[statement]
	switch {
	case number != 0:
		if t, err = s.transaction(number); err != nil {
			return nil, err
		}
	case statement == 0 || t == nil:
		return now, nil
	}
	v, _ := t.sees(statement).tables.Get(id)
	if v == nil || v.definition != now.definition {
		return nil, changedTable(now)
	}
	return v, nil
}

// changedTable is the error of a transaction that wrote to a table before its definition changed.
func changedTable(v *version) *wasql.Error {
	return failure(wasql.Conflict, errChangedTable, "table definition of %s.%s has changed, please retry transaction", v.database, v.name())
}

// id finds a table by its names.
func (s *store) id(database, name string) (uint64, error) {
	return s.committed.names.id(database, name)
}

func (n *names) id(database, name string) (uint64, error) {
	d, err := n.find(database)
	if err != nil {
		return 0, err
	}
	id, ok := d.tables[fold(name)]
	if !ok {
		e := failure(wasql.NotFound, errNoTable, "table '%s.%s' doesn't exist", d.name, name)
		e.Table = name
		return 0, e
	}
	return id, nil
}

func (s *store) database(name string) (*database, error) { return s.committed.names.find(name) }

func (n *names) find(name string) (*database, error) {
	d := n.database(name)
	if d == nil {
		return nil, failure(wasql.NotFound, errNoDatabase, "unknown database '%s'", name)
	}
	return d, nil
}

// List names the tables of a database that are not temporary.
func (s *store) List(name string) ([]string, error) { return s.committed.list(name) }

func (s *state) list(name string) ([]string, error) {
	d, err := s.names.find(name)
	if err != nil {
		return nil, err
	}
	var tables []string
	for _, key := range slices.Sorted(maps.Keys(d.tables)) {
		if v, ok := s.root.tables.Get(d.tables[key]); ok && !v.temporary {
			tables = append(tables, v.name())
		}
	}
	return tables, nil
}

// Databases lists them all.
func (s *store) Databases() ([]*pb.Database, error) {
	var all []*pb.Database
	for _, key := range slices.Sorted(maps.Keys(s.committed.names.databases)) {
		d := s.committed.names.databases[key]
		all = append(all, &pb.Database{Name: d.name, Collation: d.collation})
	}
	return all, nil
}
