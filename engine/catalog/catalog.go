// Package catalog makes connectors into databases.
//
// A Mount is a connector under a database name. Its tables are the ones the connector lists, or,
// for a mount of files, whatever files a query names: csv.`./people.csv?header=true`. Nothing is
// compiled or asked before a statement touches the database, and what a connector said about a
// table is kept until its files change.
//
// Catalog is the list of mounts; Provider hands it to go-mysql-server as databases and table
// functions. One mount can be the home: the databases it keeps are SQL's, with the tables, views,
// triggers, procedures and events that SQL makes in them; main is one, under the catalog's own aliases
// and tables of connectors. All other databases are read-only to definitions: what would change one is
// refused with MySQL's own error, and views, triggers, procedures and events are there, empty, since
// go-mysql-server's metadata breaks for all databases when one lacks them.
package catalog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/wasql/wasql/engine/function"
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
	// Call computes connectors' functions; nil: SQL has none of them. See function.Caller.
	Call function.Caller
	// Indexer keeps indexes outside of connectors; nil: nobody does.
	Indexer gms.Indexer
	// Objects keeps servers and foreign tables; nil: the home does when it has files to keep them in,
	// or else they are there as long as the catalog.
	Objects Objects
	// Opened hears of a connector of a mount that was just opened, before a statement uses it; nil: nobody does.
	Opened func(ctx context.Context, c *host.Connector)
	// Log hears of what concerns no single statement; nil: nothing is logged.
	Log *slog.Logger
	// Home is the name of the mount that keeps the main database and those of CREATE DATABASE. It is
	// no database of its own name. Empty: nothing can be created, and main has aliases only.
	Home string
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
	// NoFunctions: the connector is known to add no SQL functions, so that a statement that calls some
	// function need not load it to learn that.
	NoFunctions bool
	// Files: tables are files named in queries. The manifest must have open_names.
	Files bool
	// ByManifest: the manifest decides whether it is one of files, by open_names. It is read when
	// the database is first used.
	ByManifest bool
}

// Catalog holds the mounts. It is safe for concurrent use.
type Catalog struct {
	config Config

	mu     sync.RWMutex
	mounts map[string]*database // by lower-case name
	// named are the databases of aliases, main among them, by lower-case name.
	named map[string]*aliases
	// over has the foreign tables that are laid over databases of the home other than main, by lower-case name.
	over map[string]*aliases
	// servers by lower-case name; the databases they are among the mounts, or the named.
	servers map[string]*server
	closed  bool
	// home is nil when none is configured, or not added yet.
	home *home

	// loading lets one statement read the objects while others wait.
	loading sync.Mutex
	loaded  atomic.Bool
	memory  memory
	// functions has what is known of those of the connectors.
	functions functions
}

// New makes a catalog with the main database only.
func New(config Config) *Catalog {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	c := &Catalog{config: config, mounts: map[string]*database{}, named: map[string]*aliases{}, over: map[string]*aliases{}, servers: map[string]*server{}}
	c.named[Main] = newAliases(c, Main)
	return c
}

// reserved names are databases that go-mysql-server, or a MySQL client, takes for its own.
var reserved = []string{"information_schema", "mysql", "performance_schema", "sys"}

// Add mounts a connector without touching it.
func (c *Catalog) Add(m Mount) error {
	if err := checkName(m.Name); err != nil {
		return err
	}
	key := strings.ToLower(m.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	if c.taken(key) {
		return sqlerr.New(1007, "HY000", "can't mount %s: the database exists", m.Name)
	}
	if m.Options.Server == "" {
		m.Options.Server = m.Name
	}
	c.mounts[key] = newDatabase(c, m)
	if strings.EqualFold(m.Name, c.config.Home) {
		c.home = newHome(c, c.mounts[key])
	}
	return nil
}

// keeper gives the home; nil: there is none.
func (c *Catalog) keeper() *home {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.home
}

// homeOf gives the home when it is over that mount.
func (c *Catalog) homeOf(d *database) *home {
	if h := c.keeper(); h != nil && h.mount == d {
		return h
	}
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

// checkName refuses what cannot be a database of the catalog's.
func checkName(name string) error {
	if name == "" || len(name) > 64 || strings.ContainsAny(name, "`/\\.\x00") || strings.TrimSpace(name) != name {
		return sqlerr.New(1102, "42000", "incorrect database name %.80q", name)
	}
	if slices.Contains(reserved, strings.ToLower(name)) {
		return sqlerr.New(1102, "42000", "database name %q is reserved", name)
	}
	return nil
}

// taken tells whether there is a database of that lower-case name; c.mu is held.
func (c *Catalog) taken(key string) bool {
	_, mounted := c.mounts[key]
	_, named := c.named[key]
	return mounted || named
}

// Alias makes a table that stands for a table of a mounted database, such as people for
// csv.`./people.csv`. The database that it is in is made when it is not there.
func (c *Catalog) Alias(database, name, targetDatabase, targetTable string) error {
	if name == "" || len(name) > 64 {
		return sqlerr.New(1103, "42000", "incorrect table name %.80q", name)
	}
	key := strings.ToLower(database)
	c.mu.Lock()
	defer c.mu.Unlock()
	in, ok := c.named[key]
	if !ok {
		if err := checkName(database); err != nil {
			return err
		}
		if c.taken(key) {
			return sqlerr.New(1007, "HY000", "database %s is a connector's: no table can be named in it", database)
		}
		in = newAliases(c, database)
		c.named[key] = in
	}
	if _, taken := in.names[strings.ToLower(name)]; taken {
		return sqlerr.New(1050, "42S01", "table %s already exists", name)
	}
	in.names[strings.ToLower(name)] = alias{name: name, database: targetDatabase, table: targetTable}
	return nil
}

// Connectors gives all open connectors.
func (c *Catalog) Connectors() []*host.Connector {
	var all []*host.Connector
	for _, d := range c.all() {
		all = append(all, d.connectors()...)
	}
	for _, f := range c.foreigns() {
		if s := f.ownSource(); s != nil {
			all = append(all, s.Connector)
		}
	}
	return all
}

// Refresh forgets what the connectors said about their tables; the next statement asks again.
func (c *Catalog) Refresh() {
	for _, d := range c.all() {
		d.refresh()
	}
	for _, f := range c.foreigns() {
		f.refresh()
	}
	if h := c.keeper(); h != nil {
		h.refresh()
	}
}

// Names lists the databases, in order; of the home's only main.
func (c *Catalog) Names() []string {
	var names []string
	for _, d := range c.all() {
		if c.homeOf(d) == nil {
			names = append(names, d.mount.Name)
		}
	}
	for _, a := range c.aliased() {
		names = append(names, a.name)
	}
	slices.Sort(names)
	return names
}

// aliased gives the databases of aliases in the order of their names.
func (c *Catalog) aliased() []*aliases {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]*aliases, 0, len(c.named))
	for _, a := range c.named {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *aliases) int { return strings.Compare(a.name, b.name) })
	return all
}

// EndSession lets connectors drop what they keep for a session.
func (c *Catalog) EndSession(session uint64) {
	if h := c.keeper(); h != nil {
		h.endSession(session)
	}
	for _, connector := range c.Connectors() {
		connector.EndSession(session)
	}
}

// Close closes all connectors. The catalog is of no use afterwards; twice is harmless.
func (c *Catalog) Close(ctx context.Context) error {
	c.mu.Lock()
	mounts := c.mounts
	c.mounts, c.closed = map[string]*database{}, true
	c.mu.Unlock()
	var failures []error
	for _, f := range c.foreigns() { // none is added to a closed catalog
		f.disconnect(ctx)
		f.shut(ctx)
	}
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
