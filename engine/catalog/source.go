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

	mu     sync.Mutex
	refs   []*pb.TableRef
	listed stamp
	known  map[string]definition // by table name and options
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
	return then.set && then.files == now.files && (s.pure || time.Now().Before(then.until))
}

func (s *source) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs, s.listed, s.known = nil, stamp{}, nil
}

// list gives the tables the connector lists.
func (s *source) list(ctx *sql.Context) ([]*pb.TableRef, error) {
	now, err := s.now()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	refs, fresh := s.refs, s.holds(s.listed, now)
	s.mu.Unlock()
	if fresh {
		return refs, nil
	}
	err = s.call(ctx, func(instance *host.Instance) error {
		answer, err := instance.List(ctx, &pb.ListRequest{Database: s.name})
		refs = answer.GetTables()
		return err
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refs, s.listed = refs, now
	return refs, nil
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
	refs, err := s.list(ctx)
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
	d, ok := s.known[name]
	s.mu.Unlock()
	if !ok || !s.holds(d.at, now) {
		if d, err = s.describe(ctx, database, name, ref, now); err != nil {
			return nil, err
		}
	}
	return gms.NewTable(&s.Source, database, name, d.ref, d.declared, d.rows), nil
}

func (s *source) describe(ctx *sql.Context, database, name string, ref *pb.TableRef, now stamp) (definition, error) {
	var table *pb.Table
	err := s.call(ctx, func(instance *host.Instance) error {
		answer, err := instance.Describe(ctx, &pb.DescribeRequest{Table: ref})
		table = answer.GetTable()
		return err
	})
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
	d := definition{ref: full, declared: declared, rows: &gms.RowCount{}, at: now}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= definitionsMax {
		s.known = map[string]definition{}
	}
	s.known[name] = d
	return d, nil
}

// close closes the connector.
func (s *source) close(ctx context.Context) error { return s.Connector.Close(ctx) }
