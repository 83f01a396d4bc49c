package catalog

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

const (
	// freshTime is how long the word of a connector holds whose powers go beyond files.
	freshTime = time.Second
	// definitionsMax bounds what is kept of one connector.
	definitionsMax = 4096
)

// source is an open connector and what it said about its tables.
type source struct {
	gms.Source
	name  string
	files []host.FileGrant
	// pure: nothing but its files can change what the connector says.
	pure bool
	// given are the columns that SQL gave for the table; nil for most.
	given *pb.Table
	// own: nobody but this catalog changes what the connector keeps, so that its word holds until
	// the catalog itself made it wrong.
	own bool

	mu    sync.Mutex
	lists map[string]listing    // by the connector's database
	known map[string]definition // by SQL database and table name
	// changes counts what was forgotten: an answer that was asked for before is not kept after.
	changes uint64
}

// listing is what the connector said when its files looked like that.
type listing struct {
	refs []*pb.TableRef
	at   stamp
}

// definition is a table as the connector declared it when its files looked like that.
type definition struct {
	ref      *pb.TableRef
	declared *gms.Declared
	rows     *gms.RowCount
	at       stamp
}

// pure tells whether nothing but files can change what a connector under the grant says.
func pure(g host.Grant) bool { return g.Clock == nil && g.Random == nil }

// now is the stamp of what the source depends on.
func (s *source) now() (stamp, error) {
	at, err := stampFiles(s.files)
	if !s.pure {
		at.until = time.Now().Add(freshTime)
	}
	return at, err
}

// holds tells whether what was said at then is still right now.
func (s *source) holds(then, now stamp) bool {
	return then.set && (s.own || then.files == now.files && (s.pure || time.Now().Before(then.until)))
}

func (s *source) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists, s.known = nil, nil
	s.changes++
}

// forget drops what is known of one table, and of which tables its database has.
func (s *source) forget(database, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lists, database)
	delete(s.known, knownKey(database, name))
	s.changes++
}

// knownKey is where a definition is kept. Names of tables are compared without case by SQL, and those
// of files are not: two spellings are two entries.
func knownKey(database, name string) string { return database + "\x00" + name }

// list gives the tables the connector lists.
func (s *source) list(ctx *sql.Context) ([]*pb.TableRef, error) { return s.listIn(ctx, s.name) }

// listIn gives the tables of one of the connector's databases.
func (s *source) listIn(ctx *sql.Context, database string) ([]*pb.TableRef, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	l, changes := s.lists[database], s.changes
	s.mu.Unlock()
	if s.holds(l.at, now) {
		return l.refs, nil
	}
	err = s.call(ctx, func(instance *host.Instance) error {
		answer, err := instance.List(ctx, &pb.ListRequest{Database: database})
		l = listing{refs: answer.GetTables(), at: now}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if changes != s.changes {
		return l.refs, nil
	}
	if s.lists == nil {
		s.lists = map[string]listing{}
	}
	s.lists[database] = l
	return l.refs, nil
}

// call runs one control call on an instance of the session.
func (s *source) call(ctx *sql.Context, f func(*host.Instance) error) error {
	instance, err := s.Connector.Acquire(ctx, gms.SessionOf(ctx))
	if err != nil {
		return err
	}
	defer instance.Release()
	return f(instance)
}

// find looks a listed table up: its exact name first, then without case; nil: there is none.
func (s *source) find(ctx *sql.Context, name string) (*pb.TableRef, error) {
	return s.findIn(ctx, s.name, name)
}

func (s *source) findIn(ctx *sql.Context, database, name string) (*pb.TableRef, error) {
	refs, err := s.listIn(ctx, database)
	if err != nil {
		return nil, err
	}
	var similar *pb.TableRef
	for _, ref := range refs {
		if ref.Name == name {
			return ref, nil
		}
		if similar == nil && strings.EqualFold(ref.Name, name) {
			similar = ref
		}
	}
	return similar, nil
}

// table gives the table that SQL calls name, described now unless it is known.
func (s *source) table(ctx *sql.Context, database, name string, ref *pb.TableRef) (*gms.Table, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	d := s.known[knownKey(database, name)]
	s.mu.Unlock()
	if !s.holds(d.at, now) {
		if d, err = s.describe(ctx, database, name, ref, now); err != nil {
			return nil, err
		}
	}
	return gms.NewTable(&s.Source, database, name, d.ref, d.declared, d.rows), nil
}

func (s *source) describe(ctx *sql.Context, database, name string, ref *pb.TableRef, now stamp) (definition, error) {
	s.mu.Lock()
	changes := s.changes
	s.mu.Unlock()
	d, err := s.declared(ctx, database, name, ref)
	if err != nil {
		return definition{}, err
	}
	d.at = now
	s.mu.Lock()
	defer s.mu.Unlock()
	if changes != s.changes {
		return d, nil
	}
	if s.known == nil || len(s.known) >= definitionsMax {
		s.known = map[string]definition{}
	}
	s.known[knownKey(database, name)] = d
	return d, nil
}

// declared asks for a table.
func (s *source) declared(ctx *sql.Context, database, name string, ref *pb.TableRef) (definition, error) {
	var table *pb.Table
	err := s.call(ctx, func(instance *host.Instance) error {
		answer, err := instance.Describe(ctx, &pb.DescribeRequest{Table: ref})
		table = answer.GetTable()
		return err
	})
	if err == nil {
		table, err = s.adjusted(ctx, ref, table)
	}
	if err != nil {
		return definition{}, err
	}
	declared, err := gms.Declare(database, name, table)
	if err != nil {
		wrong := sqlerr.New(1296, "HY000", "connector %s: describe %s: %v", s.name, ref.Name, err)
		wrong.Err = err
		return definition{}, wrong
	}
	full := ref.CloneVT()
	full.Data, full.Version = table.Data, table.Version
	return definition{ref: full, declared: declared, rows: &gms.RowCount{}}, nil
}

// close closes the connector.
func (s *source) close(ctx context.Context) error { return s.Connector.Close(ctx) }
