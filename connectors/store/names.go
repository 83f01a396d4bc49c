package main

import (
	"maps"
	"strings"

	"github.com/wasql/wasql/abi/pb"
)

// mainDatabase is there from the beginning.
const mainDatabase = "main"

// names is the catalog: databases, and what is in them by name. It is immutable, like the databases in it.
type names struct {
	// databases by folded name.
	databases map[string]*database
}

// database is one name space. Names are found whatever their case, and keep the one they were made with.
type database struct {
	name, collation string
	// tables gives the ids by folded name.
	tables  map[string]uint64
	objects map[objectName]*pb.Object
}

type objectName struct {
	kind pb.ObjectKind
	name string
}

func fold(name string) string { return strings.ToLower(name) }

// database finds one; no name stands for the main one.
func (n *names) database(name string) *database {
	if name == "" {
		name = mainDatabase
	}
	return n.databases[fold(name)]
}

// with gives names in which d is put in; without takes a database out.
func (n *names) with(d *database) *names {
	changed := &names{databases: maps.Clone(n.databases)}
	changed.databases[fold(d.name)] = d
	return changed
}

func (n *names) without(name string) *names {
	changed := &names{databases: maps.Clone(n.databases)}
	delete(changed.databases, fold(name))
	return changed
}

func newDatabase(name, collation string) *database {
	return &database{name: name, collation: collation, tables: map[string]uint64{}, objects: map[objectName]*pb.Object{}}
}

// clone gives a copy to change before it is put into names.
func (d *database) clone() *database {
	return &database{name: d.name, collation: d.collation, tables: maps.Clone(d.tables), objects: maps.Clone(d.objects)}
}
