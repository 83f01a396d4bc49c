package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

// References implements gms.Definer. What refers to what is worked out over all databases at once, and
// kept until a definition changes.
func (h *home) References(ctx *sql.Context, database, name string) ([]sql.ForeignKeyConstraint, error) {
	h.mu.Lock()
	parents := h.parents
	h.mu.Unlock()
	if parents == nil {
		var err error
		if parents, err = h.findParents(ctx); err != nil {
			return nil, err
		}
		h.mu.Lock()
		h.parents = parents
		h.mu.Unlock()
	}
	return parents[parentKey(database, name)], nil
}

// ForeignKeyNamed implements gms.Definer.
func (h *home) ForeignKeyNamed(ctx *sql.Context, database, name string) (bool, error) {
	if _, err := h.References(ctx, database, ""); err != nil {
		return false, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, keys := range h.parents {
		for _, key := range keys {
			if strings.EqualFold(key.Name, name) && strings.EqualFold(key.Database, database) {
				return true, nil
			}
		}
	}
	return false, nil
}

func parentKey(database, name string) string {
	return strings.ToLower(database) + "\x00" + strings.ToLower(name)
}

func (h *home) findParents(ctx *sql.Context) (map[string][]sql.ForeignKeyConstraint, error) {
	all, err := h.all(ctx)
	if err != nil {
		return nil, err
	}
	parents := map[string][]sql.ForeignKeyConstraint{}
	for _, d := range all {
		names, err := d.stored(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			t, err := d.table(ctx, name)
			if err != nil {
				return nil, err
			}
			if t == nil {
				continue
			}
			for _, key := range gms.ForeignKeys(t) {
				at := parentKey(key.ParentDatabase, key.ParentTable)
				parents[at] = append(parents[at], key)
			}
		}
	}
	return parents, nil
}

// unreferenced refuses to drop a database with a table that one of another database refers to.
func (h *home) unreferenced(ctx *sql.Context, d *kept) error {
	checks, err := ctx.GetSessionVariable(ctx, "foreign_key_checks")
	if on, _ := checks.(int8); err != nil || on == 0 {
		return err
	}
	names, err := d.stored(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		keys, err := h.References(ctx, d.name, name)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if !strings.EqualFold(key.Database, d.name) {
				return sql.ErrForeignKeyDropTable.New(name, key.Name)
			}
		}
	}
	return nil
}
