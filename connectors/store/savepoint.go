package main

import wasql "github.com/wasql/wasql/sdk/go"

// Savepoint remembers the state of a transaction.
func (s *store) Savepoint(number uint64, depth int) error {
	t, err := s.transaction(number)
	if err != nil {
		return err
	}
	if depth < 1 {
		return wasql.Errorf(wasql.InvalidArgument, "savepoint %d: depths count from 1", depth)
	}
	t.finish()
	for len(t.savepoints) < depth {
		t.savepoints = append(t.savepoints, savepoint{})
	}
	t.savepoints = t.savepoints[:depth]
	t.savepoints[depth-1] = savepoint{t.flushed, t.base}
	return nil
}

// ReleaseSavepoint forgets savepoints.
func (s *store) ReleaseSavepoint(number uint64, depth int) error {
	t, err := s.transaction(number)
	if err != nil {
		return err
	}
	if depth >= 1 && depth <= len(t.savepoints) {
		t.savepoints = t.savepoints[:depth-1]
	}
	return nil
}

// RollbackTo goes back to a savepoint.
func (s *store) RollbackTo(number uint64, depth int) error {
	t, err := s.transaction(number)
	if err != nil {
		return err
	}
	if depth < 1 || depth > len(t.savepoints) || t.savepoints[depth-1].root == nil {
		return failure(wasql.NotFound, errNoSavepoint, "savepoint %d of transaction %d does not exist", depth, number)
	}
	for _, open := range t.statements {
		open.dead = true
	}
	t.savepoints = t.savepoints[:depth]
	t.flushed, t.base, t.statements = t.savepoints[depth-1].root, t.savepoints[depth-1].base, t.statements[:0]
	t.work.reset(t.flushed)
	return nil
}
