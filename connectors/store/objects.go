package main

import (
	"slices"
	"strings"

	"github.com/wasql/wasql/abi/pb"
	wasql "github.com/wasql/wasql/sdk/go"
)

// Objects lists the views, triggers and the like of a database, by name.
func (s *store) Objects(kind pb.ObjectKind, database string) ([]*pb.Object, error) {
	d, err := s.database(database)
	if err != nil {
		return nil, err
	}
	var all []*pb.Object
	for name, o := range d.objects {
		if name.kind == kind {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *pb.Object) int { return strings.Compare(fold(a.GetName()), fold(b.GetName())) })
	return all, nil
}

// PutObject stores one.
func (s *store) PutObject(o *pb.Object, replace bool) error {
	was, err := s.database(o.GetDatabase())
	if err != nil {
		return err
	}
	name := objectName{o.GetKind(), fold(o.GetName())}
	if was.objects[name] != nil && !replace {
		return wasql.Errorf(wasql.AlreadyExists, "%s '%s' already exists", objectKind(o.GetKind()), o.GetName())
	}
	return s.change(&step{kind: putObject, database: was.name, object: o.CloneVT()})
}

// DropObject removes one.
func (s *store) DropObject(kind pb.ObjectKind, database, name string) error {
	was, err := s.database(database)
	if err != nil {
		return err
	}
	key := objectName{kind, fold(name)}
	if was.objects[key] == nil {
		return wasql.Errorf(wasql.NotFound, "%s '%s' doesn't exist", objectKind(kind), name)
	}
	return s.change(&step{kind: dropObject, database: was.name, object: &pb.Object{Kind: kind, Name: name}})
}

// objectKind is the kind in SQL's words.
func objectKind(kind pb.ObjectKind) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "OBJECT_KIND_"))
}
