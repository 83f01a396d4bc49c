package main

import (
	"slices"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// CreateIndex makes an index over the rows that are there.
func (t *table) CreateIndex(x *pb.Index, ifNotExists bool) error {
	return t.reindexed(func(declared *pb.Table) error {
		if t.definition.index(x.GetName()) >= 0 {
			if ifNotExists {
				return errUnchanged
			}
			return failure(wasql.AlreadyExists, errDuplicateName, "Duplicate key name '%s'", x.GetName())
		}
		if x.GetName() == "" || len(x.GetColumns()) == 0 {
			return wasql.Errorf(wasql.InvalidArgument, "an index of table %s.%s needs a name and columns", t.database, t.Name())
		}
		declared.Indexes = append(declared.Indexes, x.CloneVT())
		return nil
	})
}

// DropIndex takes an index.
func (t *table) DropIndex(name string) error {
	return t.reindexed(func(declared *pb.Table) error {
		at := t.definition.index(name)
		if at < 0 {
			return failure(wasql.NotFound, errNoKeyDrop, "Can't DROP '%s'; check that column/key exists", name)
		}
		declared.Indexes = slices.Delete(declared.Indexes, at, at+1)
		return nil
	})
}

// RenameIndex gives an index another name.
func (t *table) RenameIndex(from, to string) error {
	return t.reindexed(func(declared *pb.Table) error {
		at := t.definition.index(from)
		if at < 0 {
			return failure(wasql.NotFound, errNoKey, "Key '%s' doesn't exist in table '%s'", from, t.Name())
		}
		if other := t.definition.index(to); other >= 0 && other != at {
			return failure(wasql.AlreadyExists, errDuplicateName, "Duplicate key name '%s'", to)
		}
		declared.Indexes[at].Name = to
		return nil
	})
}

// errUnchanged ends a change that is not needed.
var errUnchanged = wasql.Errorf(wasql.Internal, "nothing to change")

// reindexed changes the declared indexes and makes the table so.
func (t *table) reindexed(change func(*pb.Table) error) error {
	old, err := t.current()
	if err != nil {
		return err
	}
	t = &table{version: old, store: t.store}
	declared := old.declared.CloneVT()
	if err := change(declared); err != nil {
		if err == error(errUnchanged) {
			return nil
		}
		return err
	}
	to, err := define(t.id, old.definition.version+1, t.database, declared)
	if err != nil {
		return err
	}
	return t.store.change(t.reshaped(to, declared, t.id, identity(len(to.columns))))
}
