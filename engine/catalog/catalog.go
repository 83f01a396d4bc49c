// Package catalog makes connectors into databases.
//
// A Mount is a connector under a database name. Its tables are the ones the connector lists, or,
// for a mount of files, whatever files a query names: csv.`./people.csv?header=true`. Nothing is
// compiled or asked before a statement touches the database, and what a connector said about a
// table is kept until its files change.
//
// Catalog is the list of mounts; Provider hands it to go-mysql-server as databases and table
// functions. Every database here is read-only: what would change one is refused with MySQL's own
// error, and views, triggers, procedures and events are there, empty, since go-mysql-server's
// metadata breaks for all databases when one lacks them.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Main is the database that is always there, and current in a new session. It holds aliases.
const Main = "main"

// GrantPath decides which files a table named by its path may read. path is what stands in the
// query before the question mark. It is asked each time a statement names such a table. An error
// denies; one that is fs.ErrNotExist says there is no such file.
type GrantPath func(ctx context.Context, connector, path string) ([]host.FileGrant, error)

// Config sets a catalog up.
type Config struct {
	// GrantPath is the policy for files named in queries; nil denies them all.
	GrantPath GrantPath
	// Open reads a table that was not planned; see gms.Open.
	Open gms.Open
}

// Mount is a connector under a database name.
type Mount struct {
	// Name of the database; compared without case.
	Name string
	// Module gives the compiled connector. It is called when the database is first used, and again
	// only if it failed.
	Module func(ctx context.Context) (*host.Module, error)
	// Options for the connector. With Files, its Grant is extended by what GrantPath grants.
	Options host.Options
	// Trusted: conjuncts claimed exactly are not checked again.
	Trusted bool
	// Files: tables are files named in queries. The manifest must have open_names.
	Files bool
}

// Catalog holds the mounts. It is safe for concurrent use.
type Catalog struct {
	config Config

	mu     sync.RWMutex
	mounts map[string]*database // by lower-case name
	main   *aliases
	closed bool
}

// New makes a catalog with the main database only.
func New(config Config) *Catalog {
	c := &Catalog{config: config, mounts: map[string]*database{}}
	c.main = &aliases{readOnly: readOnly{Main}, catalog: c, names: map[string]alias{}}
	return c
}

// reserved names are databases that go-mysql-server, or a MySQL client, takes for its own.
var reserved = []string{Main, "information_schema", "mysql", "performance_schema", "sys"}

// Add mounts a connector without touching it.
func (c *Catalog) Add(m Mount) error {
	if m.Name == "" || len(m.Name) > 64 || strings.ContainsAny(m.Name, "`/\\.\x00") || strings.TrimSpace(m.Name) != m.Name {
		return sqlerr.New(1102, "42000", "incorrect database name %.80q", m.Name)
	}
	key := strings.ToLower(m.Name)
	if slices.Contains(reserved, key) {
		return sqlerr.New(1102, "42000", "database name %q is reserved", m.Name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	if _, taken := c.mounts[key]; taken {
		return sqlerr.New(1007, "HY000", "can't mount %s: the database exists", m.Name)
	}
	if m.Options.Server == "" {
		m.Options.Server = m.Name
	}
	c.mounts[key] = newDatabase(c, m)
	return nil
}

var errClosed = errors.New("the catalog is closed")

// Mount mounts a compiled connector and opens it at once, so that wrong options are told now.
func (c *Catalog) Mount(ctx context.Context, name string, module *host.Module, options host.Options, trusted bool) error {
	err := c.Add(Mount{Name: name, Options: options, Trusted: trusted,
		Module: func(context.Context) (*host.Module, error) { return module, nil }})
	if err != nil {
		return err
	}
	d, _ := c.lookup(name)
	if _, err := d.mounted(ctx); err != nil {
		return errors.Join(err, c.Unmount(ctx, name))
	}
	return nil
}

// Unmount takes a database away and closes its connectors. Statements that still read fail.
func (c *Catalog) Unmount(ctx context.Context, name string) error {
	c.mu.Lock()
	key := strings.ToLower(name)
	d, ok := c.mounts[key]
	delete(c.mounts, key)
	c.mu.Unlock()
	if !ok {
		return sqlerr.New(1049, "42000", "unknown database %s", name)
	}
	return d.close(ctx)
}

// Alias makes a table of the main database that stands for a table of another one, such as people
// for csv.`./people.csv`.
func (c *Catalog) Alias(name, database, table string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(name)
	if _, taken := c.main.names[key]; taken {
		return sqlerr.New(1050, "42S01", "table %s already exists", name)
	}
	if name == "" || len(name) > 64 {
		return sqlerr.New(1103, "42000", "incorrect table name %.80q", name)
	}
	c.main.names[key] = alias{name: name, database: database, table: table}
	return nil
}

// Refresh forgets what the connectors said about their tables; the next statement asks again.
func (c *Catalog) Refresh() {
	for _, d := range c.all() {
		d.refresh()
	}
}

// Names lists the mounted databases, in order.
func (c *Catalog) Names() []string {
	all := c.all()
	names := make([]string, len(all))
	for i, d := range all {
		names[i] = d.mount.Name
	}
	return names
}

// EndSession lets connectors drop what they keep for a session.
func (c *Catalog) EndSession(session uint64) {
	for _, d := range c.all() {
		for _, connector := range d.connectors() {
			connector.EndSession(session)
		}
	}
}

// Close closes all connectors. The catalog is of no use afterwards; twice is harmless.
func (c *Catalog) Close(ctx context.Context) error {
	c.mu.Lock()
	mounts := c.mounts
	c.mounts, c.closed = map[string]*database{}, true
	c.mu.Unlock()
	var failures []error
	for _, d := range mounts {
		if err := d.close(ctx); err != nil {
			failures = append(failures, fmt.Errorf("close database %s: %w", d.mount.Name, err))
		}
	}
	return errors.Join(failures...)
}

func (c *Catalog) lookup(name string) (*database, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	d, ok := c.mounts[strings.ToLower(name)]
	return d, ok
}

// all gives the mounts in the order of their names.
func (c *Catalog) all() []*database {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*database, 0, len(c.mounts))
	for _, d := range c.mounts {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *database) int { return strings.Compare(a.mount.Name, b.mount.Name) })
	return all
}
