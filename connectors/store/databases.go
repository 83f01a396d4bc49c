package main

import (
	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// CreateDatabase makes an empty database.
func (s *store) CreateDatabase(d *pb.Database, ifNotExists bool) error {
	if s.committed.names.databases[fold(d.GetName())] != nil {
		if ifNotExists {
			return nil
		}
		return failure(wasql.AlreadyExists, errDatabaseExists, "can't create database '%s'; database exists", d.GetName())
	}
	if d.GetName() == "" {
		return wasql.Errorf(wasql.InvalidArgument, "a database needs a name")
	}
	return s.change(&step{kind: putDatabase, name: d.GetName(), collation: d.GetCollation()})
}

// AlterDatabase gives it another collation, for the tables to come.
func (s *store) AlterDatabase(d *pb.Database) error {
	was, err := s.database(d.GetName())
	if err != nil {
		return err
	}
	return s.change(&step{kind: putDatabase, name: was.name, collation: d.GetCollation()})
}

// DropDatabase takes a database with all its tables and objects.
func (s *store) DropDatabase(name string, ifExists bool) error {
	if s.committed.names.databases[fold(name)] == nil {
		if ifExists {
			return nil
		}
		return failure(wasql.NotFound, errNoDatabaseDrop, "can't drop database '%s'; database doesn't exist", name)
	}
	return s.change(&step{kind: dropDatabase, name: name})
}
