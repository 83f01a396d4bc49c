package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host"
)

// database is a mount as go-mysql-server sees it.
type database struct {
	readOnly
	catalog *Catalog
	mount   Mount
	// server is the one that the database is of; nil for most.
	server *server

	// opening lets one statement open the connector while others wait.
	opening sync.Mutex
	mu      sync.Mutex
	module  *host.Module
	// whole is the connector of a mount that is not of files.
	whole *source
	// recovered: the connector was asked for the transactions that it has prepared.
	recovered sync.Once
	files     fileSources
}

var _ sql.Database = (*database)(nil)

func newDatabase(c *Catalog, m Mount) *database {
	return &database{readOnly: readOnly{m.Name}, catalog: c, mount: m}
}

// compiled gives the module, loading it at first use.
func (d *database) compiled(ctx context.Context) (*host.Module, error) {
	d.opening.Lock()
	defer d.opening.Unlock()
	d.mu.Lock()
	module := d.module
	d.mu.Unlock()
	if module != nil {
		return module, nil
	}
	module, err := d.mount.Module(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the connector of database %s: %w", d.mount.Name, err)
	}
	d.mu.Lock()
	d.module = module
	d.mu.Unlock()
	return module, nil
}

// mounted gives the connector of a mount that is not of files, opening it at first use. What its transactions left open is
// finished by then, where that can be done.
func (d *database) mounted(ctx context.Context) (*source, error) {
	s, err := d.opened(ctx)
	if err == nil && d.catalog.config.Opened != nil {
		d.recovered.Do(func() { d.catalog.config.Opened(context.WithoutCancel(ctx), s.Connector) })
	}
	return s, err
}

// opened is mounted without that.
func (d *database) opened(ctx context.Context) (*source, error) {
	module, err := d.compiled(ctx)
	if err != nil {
		return nil, err
	}
	d.opening.Lock()
	defer d.opening.Unlock()
	d.mu.Lock()
	s := d.whole
	d.mu.Unlock()
	if s != nil {
		return s, nil
	}
	options, err := d.prepared(ctx, module)
	if err != nil {
		return nil, err
	}
	if s, err = d.open(ctx, module, options); err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.whole = s
	d.mu.Unlock()
	return s, nil
}

func (d *database) open(ctx context.Context, module *host.Module, options host.Options) (*source, error) {
	connector, err := module.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	s := &source{
		Source: gms.Source{Connector: connector, Trusted: d.mount.Trusted, Open: d.catalog.config.Open, Indexer: d.catalog.config.Indexer},
		name:   d.mount.Name, files: options.Grant.Files, pure: pure(options.Grant),
	}
	if home := d.catalog.homeOf(d); home != nil {
		s.own, s.Definer = true, home
	} else {
		s.Changes = s.outside
	}
	return s, nil
}

// isOpen tells whether the connector of a mount that is not of files is open.
func (d *database) isOpen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.whole != nil
}

// isFiles tells whether the tables are files named in queries.
func (d *database) isFiles(ctx context.Context) (bool, error) {
	if d.mount.Files || !d.mount.ByManifest {
		return d.mount.Files, nil
	}
	module, err := d.compiled(ctx)
	if err != nil {
		return false, err
	}
	manifest, err := module.Manifest(ctx)
	return manifest.GetOpenNames(), err
}

// GetTableInsensitive implements sql.Database.
func (d *database) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	table, err := d.table(ctx, name)
	switch {
	case err != nil && tolerant(ctx):
		leaveOut(ctx, "table "+d.mount.Name+"."+name, err)
		return broken{name}, true, nil
	case err != nil || table == nil:
		return nil, false, err
	}
	return table.SQL(), true, nil
}

func (d *database) table(ctx *sql.Context, name string) (*gms.Table, error) {
	files, err := d.isFiles(ctx)
	switch {
	case err != nil:
		return nil, err
	case files:
		return d.fileTable(ctx, name)
	}
	return d.listed(ctx, name)
}

// GetTableNames implements sql.Database. A database of files has no list: there is one table for
// every file there could be.
func (d *database) GetTableNames(ctx *sql.Context) ([]string, error) {
	names, err := d.names(ctx)
	if err != nil && tolerant(ctx) && !strings.EqualFold(ctx.GetCurrentDatabase(), d.mount.Name) {
		leaveOut(ctx, "database "+d.mount.Name, err)
		return nil, nil
	}
	return names, err
}

func (d *database) names(ctx *sql.Context) ([]string, error) {
	files, err := d.isFiles(ctx)
	if err != nil || files {
		return nil, err
	}
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, err
	}
	refs, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.Name
	}
	return names, nil
}

// listed finds a table among those the connector lists, without case, or, when its names are open,
// by asking for it. nil: there is none.
func (d *database) listed(ctx *sql.Context, name string) (*gms.Table, error) {
	s, err := d.mounted(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if ref == nil {
		if !s.Connector.Manifest().GetOpenNames() {
			return nil, nil
		}
		path, options, err := splitPath(name)
		if err != nil {
			return nil, err
		}
		if err := checkOptions(s.Connector.Manifest(), options); err != nil {
			return nil, err
		}
		ref = &pb.TableRef{Name: path, Options: options}
	}
	table, err := s.table(ctx, d.mount.Name, tableName(ref, name), ref)
	if errors.Is(err, host.ErrNotFound) {
		return nil, nil
	}
	return table, err
}

// tableName is what SQL calls the table: the connector's spelling of a listed name, the whole text
// of an open one.
func tableName(ref *pb.TableRef, asked string) string {
	if len(ref.Name) == len(asked) {
		return ref.Name
	}
	return asked
}

func (d *database) refresh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.whole != nil {
		d.whole.refresh()
	}
	d.files.each(func(s *source) { s.refresh() })
}

func (d *database) connectors() []*host.Connector {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []*host.Connector
	if d.whole != nil {
		all = append(all, d.whole.Connector)
	}
	d.files.each(func(s *source) { all = append(all, s.Connector) })
	return all
}

func (d *database) close(ctx context.Context) error {
	var failures []error
	for _, connector := range d.connectors() {
		failures = append(failures, connector.Close(ctx))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.whole, d.files = nil, fileSources{}
	return errors.Join(failures...)
}
