package catalog

import (
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// home is the connector that has the database main and those made by CREATE DATABASE. It is opened
// when a statement needs it. Its databases are SQL's under the names they have there.
type home struct {
	catalog *Catalog
	mount   *database
	main    *kept

	mu sync.Mutex
	// databases are by lower-case name; nil before they were listed.
	databases map[string]*kept
	// kinds has the objects of a database that are known, by kind.
	kinds map[objectsKey][]*pb.Object
	// parents has the foreign keys of all tables, by the table they refer to; nil: not known.
	parents map[string][]sql.ForeignKeyConstraint
	// temporaries has the sessions' own tables.
	temporaries map[uint64]map[string]*pb.TableRef
	// stages has what CREATE TABLE puts together, by session.
	stages map[uint64]*stage
	// altered has the tables that a session's statement has altered, by session.
	altered map[uint64]*alterations
}

func newHome(c *Catalog, mount *database) *home {
	h := &home{catalog: c, mount: mount, kinds: map[objectsKey][]*pb.Object{}, temporaries: map[uint64]map[string]*pb.TableRef{},
		stages: map[uint64]*stage{}, altered: map[uint64]*alterations{}}
	h.main = &kept{home: h, name: Main, over: c.named[Main]}
	return h
}

// untouched tells that the connector was not opened and, since nothing that it was granted outlives
// it, cannot have anything: there is no need to open it for looking.
func (h *home) untouched() bool {
	options := &h.mount.mount.Options
	return !h.mount.isOpen() && len(options.Grant.Files) == 0 && len(options.Options) == 0
}

// opened gives the connector.
func (h *home) opened(ctx *sql.Context) (*source, error) {
	s, err := h.mount.mounted(ctx)
	if err != nil {
		return nil, err
	}
	return s, h.load(ctx, s)
}

// load learns the databases, once, and makes main when the connector has none.
func (h *home) load(ctx *sql.Context, s *source) error {
	h.mu.Lock()
	known := h.databases != nil
	h.mu.Unlock()
	if known {
		return nil
	}
	all := map[string]*kept{Main: h.main}
	if h.can(s, pb.Feature_FEATURE_DATABASES) {
		answer := &pb.ListDatabasesResponse{}
		if err := s.Send(ctx, pb.Op_OP_LIST_DATABASES, &pb.ListDatabasesRequest{}, answer); err != nil {
			return err
		}
		there := false
		for _, d := range answer.Databases {
			key := strings.ToLower(d.Name)
			if key == Main {
				there = true
				h.main.setCollation(d.Collation)
				continue
			}
			all[key] = &kept{home: h, name: d.Name, over: h.catalog.overlay(d.Name)}
			all[key].setCollation(d.Collation)
		}
		if !there {
			if err := h.makeDatabase(ctx, s, Main, gms.DefaultCollation); err != nil {
				return err
			}
		}
	}
	for _, d := range all {
		if err := h.clean(ctx, s, d); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.databases == nil {
		h.databases = all
	}
	return nil
}

// clean drops the shadows of a database: a process that ended while it rewrote a table leaves one.
func (h *home) clean(ctx *sql.Context, s *source, d *kept) error {
	if !h.can(s, pb.Feature_FEATURE_DEFINITION) {
		return nil
	}
	refs, err := s.listIn(ctx, d.name)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		if !strings.HasPrefix(ref.Name, gms.ShadowPrefix) {
			continue
		}
		ref = d.placed(ref)
		if err := s.Send(ctx, pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: ref, IfExists: true}, &pb.DestroyResponse{}); err != nil {
			return err
		}
		s.forget(d.name, ref.Name)
	}
	return nil
}

// can tells whether the connector has a feature.
func (h *home) can(s *source, feature pb.Feature) bool {
	return s.Connector.Manifest().GetFeatures()&uint64(feature) != 0
}

// database finds one of the home's databases; nil: there is none.
func (h *home) database(ctx *sql.Context, name string) (*kept, error) {
	if strings.EqualFold(name, Main) {
		return h.main, nil
	}
	if h.untouched() {
		return nil, nil
	}
	if _, err := h.opened(background(ctx)); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.databases[strings.ToLower(name)], nil
}

// all gives the databases in the order of their names, main among them.
func (h *home) all(ctx *sql.Context) ([]*kept, error) {
	if h.untouched() {
		return []*kept{h.main}, nil
	}
	if _, err := h.opened(background(ctx)); err != nil {
		return []*kept{h.main}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*kept, 0, len(h.databases))
	for _, d := range h.databases {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *kept) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// background stands in for the context of a caller that has none.
func background(ctx *sql.Context) *sql.Context {
	if ctx == nil {
		return sql.NewEmptyContext()
	}
	return ctx
}

func (h *home) create(ctx *sql.Context, name string, collation sql.CollationID) error {
	if err := checkName(name); err != nil {
		return err
	}
	s, err := h.opened(ctx)
	if err != nil {
		return err
	}
	h.catalog.mu.RLock()
	taken := h.catalog.taken(strings.ToLower(name))
	h.catalog.mu.RUnlock()
	if there, err := h.database(ctx, name); err != nil || there != nil || taken {
		if err == nil {
			err = sql.ErrDatabaseExists.New(name)
		}
		return err
	}
	if !h.can(s, pb.Feature_FEATURE_DATABASES) {
		return sqlerr.New(1036, "HY000", "connector %s keeps one database: it cannot have %s too", h.mount.mount.Name, name)
	}
	if err := h.makeDatabase(ctx, s, name, collation); err != nil {
		return err
	}
	made := &kept{home: h, name: name, over: h.catalog.overlay(name)}
	made.setCollation(collation.Name())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.databases[strings.ToLower(name)] = made
	return nil
}

func (h *home) makeDatabase(ctx *sql.Context, s *source, name string, collation sql.CollationID) error {
	request := &pb.CreateDatabaseRequest{Database: &pb.Database{Name: name, Collation: collation.Name()}}
	err := s.Send(ctx, pb.Op_OP_CREATE_DATABASE, request, &pb.CreateDatabaseResponse{})
	if gms.Said(err, abi.AlreadyExists) {
		return sql.ErrDatabaseExists.New(name)
	}
	return err
}

func (h *home) drop(ctx *sql.Context, d *kept) error {
	if d == h.main {
		return sqlerr.New(1036, "HY000", "database %s cannot be dropped: it is the one that is always there", d.name)
	}
	s, err := h.opened(ctx)
	if err != nil {
		return err
	}
	if err := h.unreferenced(ctx, d); err != nil {
		return err
	}
	if err := h.catalog.dropForeignsOf(ctx, d.name); err != nil {
		return err
	}
	err = s.Send(ctx, pb.Op_OP_DROP_DATABASE, &pb.DropDatabaseRequest{Name: d.name}, &pb.DropDatabaseResponse{})
	if gms.Said(err, abi.NotFound) {
		err = sql.ErrDatabaseNotFound.New(d.name)
	}
	if err != nil {
		return err
	}
	s.refresh()
	if indexer := h.catalog.config.Indexer; indexer != nil {
		err = indexer.DropDatabase(ctx, d.name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.databases, strings.ToLower(d.name))
	h.parents = nil
	for key := range h.kinds {
		if key.database == d.name {
			delete(h.kinds, key)
		}
	}
	for _, own := range h.temporaries {
		for key, ref := range own {
			if ref.Database == d.name {
				delete(own, key)
			}
		}
	}
	return err
}

// refresh forgets what the connector said about its databases and their objects.
func (h *home) refresh() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.databases, h.parents = nil, nil
	clear(h.kinds)
}
