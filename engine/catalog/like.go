package catalog

import (
	"fmt"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// keptIn finds a database of the home's; without a name the session's current one.
func (c *Catalog) keptIn(ctx *sql.Context, name string) (*kept, error) {
	if name == "" {
		name = ctx.GetCurrentDatabase()
	}
	if name == "" {
		return nil, sql.ErrNoDatabaseSelected.New()
	}
	found, err := c.Provider().Database(ctx, name)
	if err != nil {
		return nil, err
	}
	d, ok := found.(*kept)
	if !ok {
		return nil, sqlerr.New(1036, "HY000", "database %s is read only: its tables are its connector's", found.Name())
	}
	return d, nil
}

// Keeps tells whether a database, or the session's current one, is the home's.
func (c *Catalog) Keeps(ctx *sql.Context, database string) bool {
	_, err := c.keptIn(ctx, database)
	return err == nil
}

// CreateLike makes an empty table with the columns, keys, checks and comment of another one, as CREATE
// TABLE … LIKE does; references are not taken over.
func (c *Catalog) CreateLike(ctx *sql.Context, to, like TableName, temporary, ifNotExists bool) error {
	d, err := c.keptIn(ctx, to.Database)
	if err != nil {
		return err
	}
	if like.Database == "" {
		like.Database = ctx.GetCurrentDatabase()
	}
	from, err := c.Provider().Database(ctx, like.Database)
	if err != nil {
		return err
	}
	table, there, err := from.GetTableInsensitive(ctx, like.Name)
	if err != nil {
		return err
	}
	if !there {
		if views, ok := from.(sql.ViewDatabase); ok {
			if _, view, err := views.GetViewDefinition(ctx, like.Name); err == nil && view {
				return sql.ErrExpectedTableFoundView.New(fmt.Sprintf("'%s.%s'", like.Database, like.Name))
			}
		}
		return sql.ErrTableNotFound.New(like.Name)
	}
	original := gms.Of(table)
	if original == nil {
		return sqlerr.New(1036, "HY000", "table %s.%s cannot be the model of another one", like.Database, like.Name)
	}
	made, err := original.Like(to.Name)
	if err != nil {
		return err
	}
	if temporary {
		err = d.makeTemporary(ctx, to.Name, made)
	} else if err = d.unused(ctx, to.Name); err == nil {
		err = d.make(ctx, to.Name, made)
	}
	if ifNotExists && sql.ErrTableAlreadyExists.Is(err) {
		note(ctx, sqlerr.New(1050, "42S01", "table '%s' already exists", to.Name))
		return nil
	}
	return err
}

// RenameTables renames tables one after the other, from one of the home's databases to another where
// the names say so.
func (c *Catalog) RenameTables(ctx *sql.Context, from, to []TableName) error {
	for i := range from {
		if err := c.renameTable(ctx, from[i], to[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Catalog) renameTable(ctx *sql.Context, from, to TableName) error {
	source, err := c.keptIn(ctx, from.Database)
	if err != nil {
		return err
	}
	target, err := c.keptIn(ctx, to.Database)
	if err != nil {
		return err
	}
	view, err := source.object(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, from.Name)
	if err != nil {
		return err
	}
	if view != nil && source == target {
		return source.renameView(ctx, view, to.Name)
	}
	if view != nil {
		return sqlerr.New(1450, "HY000", "changing schema from '%s' to '%s' is not allowed", source.name, target.name)
	}
	triggers, err := source.GetTriggers(ctx)
	if err != nil {
		return err
	}
	for _, t := range triggers {
		if source != target && strings.EqualFold(triggerTable(t), from.Name) {
			return sqlerr.New(1435, "HY000", "trigger in wrong schema: table %s.%s has trigger %s, which cannot go with it", source.name, from.Name, t.Name)
		}
	}
	return c.keeper().move(ctx, source, from.Name, target, to.Name)
}

// move renames a table across databases, and has the references to it follow.
func (h *home) move(ctx *sql.Context, from *kept, name string, to *kept, newName string) error {
	table, err := from.table(ctx, name)
	if err != nil {
		return err
	}
	if table == nil {
		return sql.ErrTableNotFound.New(name)
	}
	keys, err := h.References(ctx, from.name, table.Ref().Name)
	if err != nil {
		return err
	}
	if err := h.rename(ctx, from, name, to, newName); err != nil {
		return err
	}
	for _, key := range keys {
		child := TableName{key.Database, key.Table}
		if key.IsSelfReferential() {
			child = TableName{to.name, newName}
		}
		referring, err := h.Described(ctx, child.Database, child.Name)
		if err != nil || referring == nil {
			return err
		}
		key.ParentDatabase, key.ParentTable = to.name, newName
		if keeper, ok := referring.SQL().(sql.ForeignKeyTable); ok {
			if err := keeper.UpdateForeignKey(ctx, key.Name, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *kept) renameView(ctx *sql.Context, view *pb.Object, name string) error {
	if err := d.unused(ctx, name); err != nil {
		return err
	}
	renamed := view.CloneVT()
	renamed.Name = name
	if err := d.put(ctx, renamed, false); err != nil {
		return err
	}
	_, err := d.dropObject(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, view.Name)
	return err
}
