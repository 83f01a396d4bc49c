package catalog

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// virtualsMax bounds the virtual tables of a catalog: each keeps a connector open.
const virtualsMax = 1000

// errTaken is underneath when the name is taken; a connector's own error 1050 is not it.
var errTaken = errors.New("the name is taken")

// Virtual is a table made by CREATE VIRTUAL TABLE name USING module(arguments). It lives in the main
// database, in memory, as long as the catalog does: nothing of it is written down yet.
type Virtual struct {
	Database, Name string
	// Module is the name of a connector.
	Module    string
	Arguments []*pb.Argument
}

// TableName is a table by its database.
type TableName struct{ Database, Name string }

// virtual is a Virtual with its connector, which no other table shares. It is immutable.
type virtual struct {
	Virtual
	source *source
	// ref names the connector's table behind it.
	ref *pb.TableRef
}

// CreateVirtual makes a virtual table. Its connector is opened and asked for the table now, so that
// what is wrong fails the statement. A named argument that is an option of the manifest is that
// option; the file of an option of type path is granted by GrantPath, once, here. With ifNotExists a
// table that is there is a note.
func (c *Catalog) CreateVirtual(ctx *sql.Context, v Virtual, ifNotExists bool) error {
	if err := c.holdsVirtuals(v.Database); err != nil {
		return err
	}
	if v.Name == "" || utf8.RuneCountInString(v.Name) > 64 || strings.TrimSpace(v.Name) != v.Name {
		return sqlerr.New(1103, "42000", "incorrect table name %.80q", v.Name)
	}
	v.Database = Main
	err := c.makeVirtual(ctx, v)
	if ifNotExists && errors.Is(err, errTaken) {
		note(ctx, sqlerr.From(err))
		return nil
	}
	return err
}

func (c *Catalog) makeVirtual(ctx *sql.Context, v Virtual) error {
	c.mu.RLock()
	err := c.room(v.Name)
	c.mu.RUnlock()
	if err != nil {
		return err
	}
	made, err := c.open(ctx, v)
	if err != nil {
		return err
	}
	c.mu.Lock()
	err = c.add(made)
	c.mu.Unlock()
	if err != nil {
		made.source.discard(ctx)
	}
	return err
}

// holdsVirtuals refuses every database but the main one.
func (c *Catalog) holdsVirtuals(database string) error {
	switch {
	case strings.EqualFold(database, Main):
		return nil
	case database == "":
		return sql.ErrNoDatabaseSelected.New()
	case !c.Provider().HasDatabase(nil, database) && !slices.Contains(reserved, strings.ToLower(database)):
		_, err := c.Provider().Database(nil, database)
		return err
	}
	return sqlerr.New(1036, "HY000", "database %s is read only: it cannot have a virtual table", database).
		WithHint("virtual tables are made in the database %s", Main)
}

// room refuses a name that is taken, and a table too many; c.mu is held.
func (c *Catalog) room(name string) error {
	names := c.named[Main].names
	if _, taken := names[strings.ToLower(name)]; taken {
		exists := sqlerr.New(1050, "42S01", "table %s already exists", name)
		exists.Err = errTaken
		return exists
	}
	count := 0
	for _, target := range names {
		if target.virtual != nil {
			count++
		}
	}
	if count >= virtualsMax {
		return sqlerr.New(1116, "HY000", "there are %d virtual tables, the most there can be", count).WithHint("drop one with DROP TABLE")
	}
	return nil
}

// add puts a virtual table into the main database; c.mu is held.
func (c *Catalog) add(v *virtual) error {
	if c.closed {
		return errClosed
	}
	if err := c.room(v.Name); err != nil {
		return err
	}
	c.named[Main].names[strings.ToLower(v.Name)] = alias{name: v.Name, virtual: v}
	return nil
}

// IsVirtual tells whether there is a virtual table of that name.
func (c *Catalog) IsVirtual(name TableName) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.virtual(name) != nil
}

// virtual looks one up; c.mu is held.
func (c *Catalog) virtual(name TableName) *virtual {
	if in := c.named[strings.ToLower(name.Database)]; in != nil {
		return in.names[strings.ToLower(name.Name)].virtual
	}
	return nil
}

// virtuals gives all virtual tables.
func (c *Catalog) virtuals() []*virtual {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var all []*virtual
	for _, target := range c.named[Main].names {
		if target.virtual != nil {
			all = append(all, target.virtual)
		}
	}
	return all
}

// DropVirtual takes virtual tables away, all or none of those named. Statements that still read one
// fail when they ask its connector for more. A table that is there and not virtual is refused; one
// that is not there is an error, or with ifExists a note.
func (c *Catalog) DropVirtual(ctx *sql.Context, names []TableName, ifExists bool) error {
	var missing []string
	for _, name := range names {
		if c.IsVirtual(name) {
			continue
		}
		db, err := c.Provider().Database(ctx, name.Database)
		if err != nil {
			return err
		}
		_, there, err := db.GetTableInsensitive(ctx, name.Name)
		if err != nil || there {
			return sqlerr.New(1036, "HY000", "table %s.%s is read only: it cannot be dropped", name.Database, name.Name)
		}
		missing = append(missing, name.Database+"."+name.Name)
	}
	if len(missing) > 0 {
		unknown := sqlerr.New(1051, "42S02", "unknown table %s", strings.Join(missing, ", "))
		if !ifExists {
			return unknown
		}
		note(ctx, unknown)
	}
	for _, v := range c.remove(names) {
		v.source.discard(ctx)
	}
	return nil
}

// remove takes the virtual tables among names out of the catalog.
func (c *Catalog) remove(names []TableName) []*virtual {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*virtual
	for _, name := range names {
		if v := c.virtual(name); v != nil {
			out = append(out, v)
			delete(c.named[Main].names, strings.ToLower(name.Name))
		}
	}
	return out
}

// note adds what IF EXISTS or IF NOT EXISTS makes of an error.
func note(ctx *sql.Context, e *sqlerr.Error) {
	ctx.Session.Warn(&sql.Warning{Level: "Note", Code: int(e.Errno), Message: e.Message})
}

// table is the table as go-mysql-server sees it.
func (v *virtual) table(ctx *sql.Context) (sql.Table, bool, error) {
	table, err := v.described(ctx)
	switch {
	case err != nil && tolerant(ctx):
		leaveOut(ctx, "table "+v.Database+"."+v.Name, err)
		return broken{v.Name}, true, nil
	case err != nil:
		return nil, false, err
	}
	return table.SQL(), true, nil
}

func (v *virtual) described(ctx *sql.Context) (*gms.Table, error) {
	return v.source.table(ctx, v.Database, v.Name, v.ref)
}

// VirtualText is the statement that makes a virtual table; empty when there is none of that name.
func (a *aliases) VirtualText(name string) string {
	a.catalog.mu.RLock()
	v := a.names[strings.ToLower(name)].virtual
	a.catalog.mu.RUnlock()
	if v == nil {
		return ""
	}
	text := "CREATE VIRTUAL TABLE " + quoted(v.Name) + " USING " + quoted(v.Module)
	if len(v.Arguments) == 0 {
		return text
	}
	verbatim := make([]string, len(v.Arguments))
	for i, argument := range v.Arguments {
		verbatim[i] = argument.Verbatim
	}
	return text + "(" + strings.Join(verbatim, ", ") + ")"
}

// quoted writes an identifier.
func quoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
