package catalog

import (
	"context"
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// DropForeign takes foreign tables away, all or none of those named; the connector destroys those it
// made. Statements that still read one fail when they ask its connector for more. A table that is
// there and not foreign is refused; one that is not there is an error, or with ifExists a note.
func (c *Catalog) DropForeign(ctx *sql.Context, names []TableName, ifExists bool) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	var missing []string
	for _, name := range names {
		if c.foreignTable(name) != nil {
			continue
		}
		db, err := c.Provider().Database(ctx, name.Database)
		if err != nil {
			return err
		}
		_, there, err := db.GetTableInsensitive(ctx, name.Name)
		if _, home := db.(*kept); home && there && err == nil {
			return sqlerr.New(1235, "42000", "one DROP TABLE cannot drop tables of connectors and of the database together: %s.%s is the database's", name.Database, name.Name).
				WithHint("use a statement for each")
		}
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
	for _, name := range names {
		if f := c.foreignTable(name); f != nil {
			if err := c.dropOne(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropOne destroys what the connector made, then forgets the table.
func (c *Catalog) dropOne(ctx *sql.Context, f *foreign) error {
	if f.Made {
		if err := f.destroy(ctx); err != nil {
			return err
		}
	}
	if err := c.objects().Drop(ctx, pb.ObjectKind_OBJECT_KIND_TABLE, f.Database, f.objectName()); err != nil {
		return err
	}
	c.forget(f)
	f.shut(ctx)
	return c.renamed(ctx, TableName{f.Database, f.Name}, TableName{})
}

// forget takes a table out of its database.
func (c *Catalog) forget(f *foreign) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, key := c.namesOf(f.Database), strings.ToLower(f.Name)
	if names[key].foreign == f {
		delete(names, key)
	}
}

// destroy has the connector remove the table with its storage. One that is gone already is a note.
func (f *foreign) destroy(ctx *sql.Context) error {
	s, ref, err := f.opened(ctx)
	if err == nil {
		err = s.Send(ctx, pb.Op_OP_DESTROY, &pb.DestroyRequest{Table: ref}, &pb.DestroyResponse{})
	}
	if gms.Said(err, abi.NotFound) {
		note(ctx, sqlerr.New(1051, "42S02", "connector %s had table %s no more", f.engine(), f.Remote))
		return nil
	}
	return err
}

// undo takes back a table that was opened, and perhaps made, for a statement that fails.
func (f *foreign) undo(ctx *sql.Context) {
	if f.Made {
		if err := f.destroy(ctx); err != nil {
			ctx.GetLogger().WithError(err).Warnf("connector %s keeps table %s, whose CREATE failed", f.engine(), f.Remote)
		}
	}
	f.shut(ctx)
}

// shut closes the connector that is the table's own; a failure is the log's affair.
func (f *foreign) shut(ctx context.Context) {
	f.mu.Lock()
	s, own := f.source, f.own
	f.source, f.own = nil, false
	f.mu.Unlock()
	if s == nil || !own {
		return
	}
	if err := s.close(ctx); err != nil {
		f.catalog.config.Log.WarnContext(ctx, "close the connector of a foreign table", "table", f.Name, "error", err)
	}
}

// disconnect lets a table go that the connector made, at the end of the engine. A failure is logged,
// never raised (SPEC 8.22).
func (f *foreign) disconnect(ctx context.Context) {
	f.mu.Lock()
	s, ref := f.source, f.ref
	f.mu.Unlock()
	if !f.Made || s == nil {
		return
	}
	instance, err := s.Connector.Acquire(ctx, 0)
	if err == nil {
		err = instance.Call(ctx, pb.Op_OP_DISCONNECT, &pb.DisconnectRequest{Table: ref}, &pb.DisconnectResponse{})
		instance.Release()
	}
	if err != nil && !gms.Said(err, abi.Unimplemented) {
		f.catalog.config.Log.WarnContext(ctx, "disconnect a table", "connector", s.name, "table", ref.Name, "error", err)
	}
}

// RenameForeign renames foreign tables, one after another as MySQL does; those that the connector
// made it renames too. When one fails those before it get their names back.
func (c *Catalog) RenameForeign(ctx *sql.Context, from, to []TableName) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	for i := range from {
		err := c.renameOne(ctx, from[i], to[i])
		if err == nil {
			continue
		}
		for j := i - 1; j >= 0; j-- {
			err = errors.Join(err, c.renameOne(ctx, to[j], from[j]))
		}
		return err
	}
	return nil
}

func (c *Catalog) renameOne(ctx *sql.Context, from, to TableName) error {
	f := c.foreignTable(from)
	if f == nil {
		return sqlerr.New(1146, "42S02", "table %s.%s doesn't exist", from.Database, from.Name)
	}
	database, err := c.holdsForeign(to.Database)
	if err != nil {
		return err
	}
	moved := !strings.EqualFold(database, f.Database)
	if err := checkTableName(to.Name); err != nil {
		return err
	}
	if moved || !strings.EqualFold(from.Name, to.Name) {
		if err := c.free(ctx, database, to.Name); err != nil {
			return err
		}
	}
	renamed, err := f.renamed(ctx, to.Name)
	if err != nil {
		return err
	}
	renamed.Database = database
	object, err := renamed.object()
	if err == nil {
		err = c.objects().Put(ctx, object, true)
	}
	if err == nil && (moved || !strings.EqualFold(f.Name, renamed.Name)) {
		err = c.objects().Drop(ctx, object.Kind, f.Database, f.objectName())
	}
	if err != nil {
		return err
	}
	c.forget(f)
	c.mu.Lock()
	err = c.add(renamed)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.renamed(ctx, TableName{f.Database, f.Name}, TableName{renamed.Database, renamed.Name})
}

// renamed is the table under another name, at the connector too when it made it.
func (f *foreign) renamed(ctx *sql.Context, name string) (*foreign, error) {
	s, ref, err := f.opened(ctx)
	if err != nil {
		return nil, err
	}
	renamed := &foreign{Foreign: f.Foreign, catalog: f.catalog, own: f.own}
	renamed.Name = name
	ref = ref.CloneVT()
	if f.Made {
		table, err := f.described(ctx)
		if err != nil {
			return nil, err
		}
		if !table.Has(pb.TableFeature_TABLE_FEATURE_RENAME) {
			return nil, sqlerr.New(1031, "HY000", "connector %s cannot rename its table %s", f.engine(), ref.Name)
		}
		request := &pb.RenameRequest{Table: ref, Database: ref.Database, Name: name}
		if err := s.Send(ctx, pb.Op_OP_RENAME, request, &pb.RenameResponse{}); err != nil {
			return nil, err
		}
		renamed.Remote, ref.Name = name, name
	}
	renamed.ref, renamed.source = ref, s.apart()
	return renamed, nil
}
