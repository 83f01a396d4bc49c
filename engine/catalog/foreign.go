package catalog

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// foreignMax bounds the foreign tables of a catalog: each may keep a connector open.
const foreignMax = 10_000

// errTaken is underneath when the name is taken; a connector's own error 1050 is not it.
var errTaken = errors.New("the name is taken")

// Form is the statement that makes a Foreign table.
type Form uint8

// The forms.
const (
	// ModuleForm is CREATE VIRTUAL TABLE … USING connector(arguments).
	ModuleForm Form = iota
	// ServerForm is CREATE FOREIGN TABLE … SERVER server OPTIONS (…).
	ServerForm
	// EngineForm is CREATE TABLE … ENGINE=connector CONNECTION='server/table' ENGINE_ATTRIBUTE='{…}'.
	EngineForm
)

// Foreign is a table of the main database that a connector answers for. Its definition is an object
// of Config.Objects; the connector is opened when a statement first needs it.
type Foreign struct {
	Form           Form
	Database, Name string
	// Connector is empty when the server says it.
	Connector string
	// Server is the name of a server; empty: the table has the connector's own options.
	Server string
	// Remote is the connector's name of the table, where it is known.
	Remote string
	// Options of the table; those of columns are in Columns.
	Options   map[string]string
	Arguments []*pb.Argument
	// Columns, keys and checks as given in SQL; nil: the connector declares them.
	Columns *pb.Table
	// Made: the connector created the table, and destroys it when it is dropped. Data and Version are
	// what it said then.
	Made    bool
	Data    []byte
	Version string
}

// TableName is a table by its database.
type TableName struct{ Database, Name string }

// foreign is a Foreign table and what is open of it. Its definition is immutable.
type foreign struct {
	Foreign
	catalog *Catalog

	// mu lets one statement open the table while others wait.
	mu     sync.Mutex
	source *source
	// own: the connector is open for this table alone.
	own bool
	// ref names the connector's table.
	ref *pb.TableRef
	// recovered: what transactions left open with a connector of its own was looked at.
	recovered sync.Once
}

// CreateForeign makes a foreign table. Its connector is opened and asked for the table now, so that
// what is wrong fails the statement: an option the connector does not have, a path that is not
// granted, a column it does not send. With ifNotExists a table that is there is a note.
func (c *Catalog) CreateForeign(ctx *sql.Context, definition Foreign, ifNotExists bool) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	database, err := c.holdsForeign(definition.Database)
	if err != nil {
		return err
	}
	if err := checkTableName(definition.Name); err != nil {
		return err
	}
	definition.Database = database
	columns, err := complete(definition.Name, definition.Columns)
	if err != nil {
		return err
	}
	definition.Columns = columns
	err = c.makeForeign(ctx, definition)
	if ifNotExists && errors.Is(err, errTaken) {
		note(ctx, sqlerr.From(err))
		return nil
	}
	return err
}

func (c *Catalog) makeForeign(ctx *sql.Context, definition Foreign) error {
	if err := c.free(ctx, definition.Database, definition.Name); err != nil {
		return err
	}
	f := &foreign{Foreign: definition, catalog: c}
	if err := f.create(ctx); err != nil {
		return err
	}
	object, err := f.object()
	if err == nil {
		warnSecrets(ctx, c, "table "+f.Name, f.source.Connector.Manifest(), f.Options)
		err = c.objects().Put(ctx, object, false)
	}
	if err == nil {
		c.mu.Lock()
		err = c.add(f)
		c.mu.Unlock()
		if err == nil {
			return nil
		}
		err = errors.Join(err, c.objects().Drop(ctx, object.Kind, object.Database, object.Name))
	}
	f.undo(ctx)
	return err
}

// free refuses a name that a database has already, for a foreign table or for one of its own.
func (c *Catalog) free(ctx *sql.Context, database, name string) error {
	c.mu.RLock()
	err := c.room(database, name)
	h := c.home
	c.mu.RUnlock()
	if err != nil || h == nil {
		return err
	}
	d, err := h.database(ctx, database)
	if err != nil || d == nil {
		return err
	}
	if t, err := d.table(ctx, name); t != nil || err != nil {
		return errors.Join(err, nameTaken(name))
	}
	return nil
}

func nameTaken(name string) error {
	exists := sqlerr.New(1050, "42S01", "table %s already exists", name)
	exists.Err = errTaken
	return exists
}

// KnownEngine looks at the ENGINE of a CREATE TABLE in a database: an unknown one is an error. other tells
// that it is a connector other than the one that keeps the database, so that the table is a foreign one.
func (c *Catalog) KnownEngine(ctx *sql.Context, database, engine string) (other bool, err error) {
	if !strings.EqualFold(database, Main) {
		d, err := c.Provider().Database(ctx, database)
		if _, ours := d.(*kept); !ours || err != nil {
			return false, nil // the statement itself says what is wrong
		}
	}
	d, err := c.connector(engine)
	if err != nil || c.homeOf(d) != nil {
		return false, err
	}
	_, err = c.holdsForeign(database)
	return true, err
}

// holdsForeign gives the name of a database that can have foreign tables: main, and those that the home keeps.
func (c *Catalog) holdsForeign(database string) (string, error) {
	switch {
	case strings.EqualFold(database, Main):
		return Main, nil
	case database == "":
		return "", sql.ErrNoDatabaseSelected.New()
	}
	d, err := c.Provider().Database(nil, database)
	if own, ok := d.(*kept); ok && err == nil {
		return own.name, nil
	}
	if err != nil && !slices.Contains(reserved, strings.ToLower(database)) {
		return "", err
	}
	return "", sqlerr.New(1036, "HY000", "database %s is read only for virtual and foreign tables", database).
		WithHint("such tables are made in the database %s, and in those that CREATE DATABASE made", Main)
}

// overlay gives what is laid over a database of the home.
func (c *Catalog) overlay(database string) *aliases {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.overlayOf(database)
}

// overlayOf is overlay; c.mu is held.
func (c *Catalog) overlayOf(database string) *aliases {
	key := strings.ToLower(database)
	if key == Main {
		return c.named[Main]
	}
	if c.over[key] == nil {
		c.over[key] = newAliases(c, database)
	}
	return c.over[key]
}

// namesOf are the names laid over a database, nil for none; c.mu is held.
func (c *Catalog) namesOf(database string) map[string]alias {
	key := strings.ToLower(database)
	if a := c.over[key]; a != nil {
		return a.names
	}
	if a := c.named[key]; a != nil {
		return a.names
	}
	return nil
}

// room refuses a name that is taken, and a table too many; c.mu is held.
func (c *Catalog) room(database, name string) error {
	if _, taken := c.namesOf(database)[strings.ToLower(name)]; taken {
		return nameTaken(name)
	}
	if count := len(c.foreignsOf(nil)); count >= foreignMax {
		return sqlerr.New(1116, "HY000", "there are %d virtual and foreign tables, the most there can be", count).WithHint("drop one with DROP TABLE")
	}
	return nil
}

// add puts a foreign table into its database; c.mu is held.
func (c *Catalog) add(f *foreign) error {
	if c.closed {
		return errClosed
	}
	if err := c.room(f.Database, f.Name); err != nil {
		return err
	}
	c.overlayOf(f.Database).names[strings.ToLower(f.Name)] = alias{name: f.Name, foreign: f}
	return nil
}

// IsForeign tells whether there is a foreign table of that name.
func (c *Catalog) IsForeign(ctx *sql.Context, name TableName) bool {
	return c.load(ctx) == nil && c.foreignTable(name) != nil
}

// foreignTable looks one up; nil: there is none.
func (c *Catalog) foreignTable(name TableName) *foreign {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.namesOf(name.Database)[strings.ToLower(name.Name)].foreign
}

// foreigns gives all foreign tables, in the order of their databases and names.
func (c *Catalog) foreigns() []*foreign {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := c.foreignsOf(nil)
	slices.SortFunc(all, func(a, b *foreign) int {
		return cmp.Or(strings.Compare(a.Database, b.Database), strings.Compare(a.Name, b.Name))
	})
	return all
}

// foreignsOf gives the foreign tables that are wanted, all of them with nil, in no order; c.mu is held.
func (c *Catalog) foreignsOf(wanted func(*foreign) bool) (all []*foreign) {
	gather := func(a *aliases) {
		for _, target := range a.names {
			if f := target.foreign; f != nil && (wanted == nil || wanted(f)) {
				all = append(all, f)
			}
		}
	}
	gather(c.named[Main])
	for _, a := range c.over {
		gather(a)
	}
	return all
}

// dropForeignsOf drops the foreign tables of a database that goes.
func (c *Catalog) dropForeignsOf(ctx *sql.Context, database string) error {
	c.mu.RLock()
	all := c.foreignsOf(func(f *foreign) bool { return strings.EqualFold(f.Database, database) })
	c.mu.RUnlock()
	for _, f := range all {
		if err := c.dropOne(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// note adds what IF EXISTS or IF NOT EXISTS makes of an error.
func note(ctx *sql.Context, e *sqlerr.Error) {
	ctx.Session.Warn(&sql.Warning{Level: "Note", Code: int(e.Errno), Message: e.Message})
}

// table is the table as go-mysql-server sees it.
func (f *foreign) table(ctx *sql.Context) (sql.Table, bool, error) {
	table, err := f.described(ctx)
	switch {
	case err != nil && tolerant(ctx):
		leaveOut(ctx, "table "+f.Database+"."+f.Name, err)
		return broken{f.Name}, true, nil
	case err != nil:
		return nil, false, err
	}
	return table.SQL(), true, nil
}

func (f *foreign) described(ctx *sql.Context) (*gms.Table, error) {
	s, ref, err := f.opened(ctx)
	if err != nil {
		return nil, err
	}
	return s.table(ctx, f.Database, f.Name, ref)
}

// refresh forgets what the connector said about the table.
func (f *foreign) refresh() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != nil {
		f.source.refresh()
	}
}

// takesRows tells whether the connector, when it is open, takes changes. One that is not open yet was
// named by no statement.
func (f *foreign) takesRows() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.source != nil && f.source.Connector.Features()&uint64(pb.Feature_FEATURE_WRITES) != 0
}

// ownSource is the open connector of the table, when nothing else uses it.
func (f *foreign) ownSource() *source {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.own {
		return nil
	}
	return f.source
}
