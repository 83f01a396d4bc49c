package catalog

import (
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
}

// CreateForeign makes a foreign table. Its connector is opened and asked for the table now, so that
// what is wrong fails the statement: an option the connector does not have, a path that is not
// granted, a column it does not send. With ifNotExists a table that is there is a note.
func (c *Catalog) CreateForeign(ctx *sql.Context, definition Foreign, ifNotExists bool) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	if err := c.holdsForeign(definition.Database); err != nil {
		return err
	}
	if err := checkTableName(definition.Name); err != nil {
		return err
	}
	definition.Database = Main
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
	if err := c.free(ctx, definition.Name); err != nil {
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

// free refuses a name that the main database has already, for a foreign table or for one of its own.
func (c *Catalog) free(ctx *sql.Context, name string) error {
	c.mu.RLock()
	err := c.room(name)
	h := c.home
	c.mu.RUnlock()
	if err != nil || h == nil {
		return err
	}
	if t, err := h.main.table(ctx, name); t != nil || err != nil {
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
	return true, c.holdsForeign(database)
}

// holdsForeign refuses every database but the main one.
func (c *Catalog) holdsForeign(database string) error {
	switch {
	case strings.EqualFold(database, Main):
		return nil
	case database == "":
		return sql.ErrNoDatabaseSelected.New()
	case !c.Provider().HasDatabase(nil, database) && !slices.Contains(reserved, strings.ToLower(database)):
		_, err := c.Provider().Database(nil, database)
		return err
	}
	return sqlerr.New(1036, "HY000", "database %s is read only for virtual and foreign tables", database).
		WithHint("such tables are made in the database %s", Main)
}

// room refuses a name that is taken, and a table too many; c.mu is held.
func (c *Catalog) room(name string) error {
	names := c.named[Main].names
	if _, taken := names[strings.ToLower(name)]; taken {
		return nameTaken(name)
	}
	count := 0
	for _, target := range names {
		if target.foreign != nil {
			count++
		}
	}
	if count >= foreignMax {
		return sqlerr.New(1116, "HY000", "there are %d virtual and foreign tables, the most there can be", count).WithHint("drop one with DROP TABLE")
	}
	return nil
}

// add puts a foreign table into the main database; c.mu is held.
func (c *Catalog) add(f *foreign) error {
	if c.closed {
		return errClosed
	}
	if err := c.room(f.Name); err != nil {
		return err
	}
	c.named[Main].names[strings.ToLower(f.Name)] = alias{name: f.Name, foreign: f}
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
	if in := c.named[strings.ToLower(name.Database)]; in != nil {
		return in.names[strings.ToLower(name.Name)].foreign
	}
	return nil
}

// foreigns gives all foreign tables, in the order of their names.
func (c *Catalog) foreigns() []*foreign {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var all []*foreign
	for _, target := range c.named[Main].names {
		if target.foreign != nil {
			all = append(all, target.foreign)
		}
	}
	slices.SortFunc(all, func(a, b *foreign) int { return strings.Compare(a.Name, b.Name) })
	return all
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
