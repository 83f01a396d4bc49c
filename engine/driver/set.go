package driver

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Config sets a Set up.
type Config struct {
	// Objects keeps the definitions.
	Objects func() Objects
	// Driver opens the connector that is the driver of that id. It is the Set's neither to keep nor to close.
	Driver func(ctx context.Context, id string) (*host.Connector, error)
	// Table finds a table; nil: there is none.
	Table func(ctx *sql.Context, name gms.TableName) (*gms.Table, error)
	// Log hears of what concerns no single statement.
	Log *slog.Logger
}

// Set has the indexes of an engine. It is safe for concurrent use.
type Set struct {
	config Config

	loading sync.Mutex
	mu      sync.Mutex
	loaded  bool
	indexes map[string]*Index // by lower-case name of the object
	tables  map[tableKey]*written
}

var _ gms.Indexer = (*Set)(nil)

// NewSet makes a set. Definitions are read when they are first needed.
func NewSet(config Config) *Set {
	return &Set{config: config, indexes: map[string]*Index{}, tables: map[tableKey]*written{}}
}

func (s *Set) objects() Objects { return s.config.Objects() }

// load reads the definitions, once; a failure is tried again.
func (s *Set) load(ctx *sql.Context) error {
	s.mu.Lock()
	loaded := s.loaded
	s.mu.Unlock()
	if loaded {
		return nil
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	all, err := s.objects().List(ctx, pb.ObjectKind_OBJECT_KIND_INDEX)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loaded {
		return nil
	}
	for _, object := range all {
		k, err := keptOf(object)
		if err != nil {
			s.config.Log.Warn("an index is left out", "index", object.GetName(), "error", err)
			continue
		}
		s.indexes[strings.ToLower(k.objectName())] = &Index{set: s, claims: newClaims(), kept: *k}
	}
	s.loaded = true
	return nil
}

// of lists the indexes of a table in the order of their names.
func (s *Set) of(ctx *sql.Context, name gms.TableName) ([]*Index, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*Index
	for _, x := range s.indexes {
		if x.of(name) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b *Index) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

// Find looks an index up; nil: there is none.
func (s *Set) Find(ctx *sql.Context, table gms.TableName, name string) (*Index, error) {
	all, err := s.of(ctx, table)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		if strings.EqualFold(x.Name, name) {
			return x, nil
		}
	}
	return nil, nil
}

func nameOf(t *gms.Table) gms.TableName { return gms.TableName{Database: t.Database(), Name: t.Name()} }

// Attached implements gms.Indexer. An index that names a column which is gone is left out.
func (s *Set) Attached(ctx *sql.Context, t *gms.Table) ([]*pb.Index, error) {
	all, err := s.of(ctx, nameOf(t))
	if err != nil {
		return nil, err
	}
	var declared []*pb.Index
	for _, x := range all {
		d := &pb.Index{Name: x.Name, Unique: x.Unique, Kind: pb.IndexKind_INDEX_KIND_BTREE, Comment: x.Comment, Driver: x.Driver, Options: x.Options}
		for _, name := range x.Columns {
			at := t.FullSchema().IndexOfColName(strings.ToLower(name))
			if at < 0 {
				d = nil
				break
			}
			d.Columns = append(d.Columns, &pb.IndexColumn{Column: uint32(at)})
		}
		if d != nil {
			declared = append(declared, d)
		}
	}
	return declared, nil
}

// Drop drops an index.
func (s *Set) Drop(ctx *sql.Context, x *Index) error {
	if err := s.objects().Drop(ctx, pb.ObjectKind_OBJECT_KIND_INDEX, x.Database, x.objectName()); err != nil {
		return err
	}
	s.forget(x)
	x.remove(ctx)
	return nil
}

// forget takes an index out of the set, so that nobody uses it or writes to it any more.
func (s *Set) forget(x *Index) {
	s.mu.Lock()
	delete(s.indexes, strings.ToLower(x.objectName()))
	s.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.live, x.gone = false, true
}

// remove has the driver delete its files. A driver that cannot leaves files that nobody will use.
func (x *Index) remove(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	err := x.ask(ctx, func(i *host.Instance) error { return i.DriverDelete(ctx, x.message()) })
	if err != nil {
		x.set.config.Log.Warn("the files of an index that was dropped stay", "index", x.Name, "table", x.Table, "error", err)
	}
}

// ask makes a call to the driver.
func (x *Index) ask(ctx context.Context, call func(*host.Instance) error) error {
	c, err := x.set.config.Driver(ctx, x.Driver)
	if err != nil {
		return err
	}
	i, err := c.Acquire(ctx, 0)
	if err != nil {
		return err
	}
	defer i.Release()
	return call(i)
}

// Renamed implements gms.Indexer. The index keeps its definition, and is built anew for the table of the new name.
func (s *Set) Renamed(ctx *sql.Context, from, to gms.TableName) error {
	all, err := s.of(ctx, from)
	if err != nil {
		return err
	}
	for _, x := range all {
		if to.Name == "" {
			if err := s.Drop(ctx, x); err != nil {
				return err
			}
			continue
		}
		next := x.kept
		next.Database, next.Table = to.Database, to.Name
		if err := s.replace(ctx, x, &next); err != nil {
			return err
		}
	}
	return nil
}

// RenamedColumn implements gms.Indexer; to is empty when the column is gone.
func (s *Set) RenamedColumn(ctx *sql.Context, table gms.TableName, from, to string) error {
	all, err := s.of(ctx, table)
	if err != nil {
		return err
	}
	for _, x := range all {
		next := x.kept
		next.Columns = nil
		for _, c := range x.Columns {
			if strings.EqualFold(c, from) {
				c = to
			}
			if c != "" {
				next.Columns = append(next.Columns, c)
			}
		}
		switch {
		case slices.Equal(next.Columns, x.Columns):
		case len(next.Columns) == 0:
			err = s.Drop(ctx, x)
		default:
			err = s.replace(ctx, x, &next)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Rename gives an index another name.
func (s *Set) Rename(ctx *sql.Context, x *Index, name string) error {
	next := x.kept
	next.Name = name
	return s.replace(ctx, x, &next)
}

// replace puts a definition in the place of another. The entries are built anew when they are needed.
func (s *Set) replace(ctx *sql.Context, x *Index, next *kept) error {
	made := &Index{set: s, claims: newClaims(), kept: *next}
	made.State, made.Version, made.Checksum = open, "", nil
	if err := made.put(ctx, true); err != nil {
		return err
	}
	if !strings.EqualFold(made.objectName(), x.objectName()) {
		if err := s.objects().Drop(ctx, pb.ObjectKind_OBJECT_KIND_INDEX, x.Database, x.objectName()); err != nil {
			return err
		}
	}
	s.forget(x)
	x.remove(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.indexes[strings.ToLower(made.objectName())] = made
	return nil
}

// DropDatabase drops the indexes of all tables of a database.
func (s *Set) DropDatabase(ctx *sql.Context, database string) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	var all []*Index
	for _, x := range s.indexes {
		if strings.EqualFold(x.Database, database) {
			all = append(all, x)
		}
	}
	s.mu.Unlock()
	var failures []error
	for _, x := range all {
		failures = append(failures, s.Drop(ctx, x))
	}
	return errors.Join(failures...)
}

// List gives the definitions of all indexes, in the order of their tables and names.
func (s *Set) List(ctx *sql.Context) ([]Definition, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Definition
	for _, x := range s.indexes {
		all = append(all, x.Definition)
	}
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.objectName(), b.objectName()) })
	return all, nil
}

// unsupported is the error for a table that an index cannot be over.
func unsupported(t *gms.Table, format string, args ...any) *sqlerr.Error {
	e := sqlerr.New(1178, "42000", "the storage engine for the table doesn't support indexes of drivers: "+format, args...)
	e.Message += " (table " + t.Database() + "." + t.Name() + ")"
	return e
}
