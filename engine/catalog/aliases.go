package catalog

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

// aliases is a database whose tables stand for tables of mounted databases. The main one has the
// virtual tables too.
type aliases struct {
	readOnly
	catalog *Catalog
	names   map[string]alias // by lower-case name; under the catalog's lock
}

// alias is one of them, or a foreign table.
type alias struct {
	name, database, table string
	// foreign is nil for an alias proper.
	foreign *foreign
}

var _ sql.Database = (*aliases)(nil)

func newAliases(c *Catalog, name string) *aliases {
	return &aliases{readOnly: readOnly{name}, catalog: c, names: map[string]alias{}}
}

// IsReadOnly implements sql.ReadOnlyDatabase: it takes rows when the connector of a foreign table does.
func (a *aliases) IsReadOnly() bool {
	for _, f := range a.catalog.foreigns() {
		if f.takesRows() {
			return false
		}
	}
	return true
}

// GetTableInsensitive implements sql.Database.
func (a *aliases) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	target, ok, err := a.target(ctx, name)
	if err != nil {
		return nil, false, err
	}
	if !ok {
		if a.name != Main {
			return nil, false, nil
		}
		return asTable(a.catalog.eponymous(ctx, name))
	}
	if target.foreign != nil {
		return target.foreign.table(ctx)
	}
	d, ok := a.catalog.lookup(target.database)
	if !ok {
		return nil, false, sql.ErrDatabaseNotFound.New(target.database)
	}
	table, ok, err := d.GetTableInsensitive(ctx, target.table)
	if err != nil || !ok {
		return nil, false, err
	}
	original := gms.Of(table)
	if original == nil { // a broken one, see Statement.Tolerant
		return table, true, nil
	}
	renamed, err := original.As(a.name, target.name)
	if err != nil {
		return nil, false, err
	}
	return renamed.SQL(), true, nil
}

// target finds what a name stands for. What an earlier engine left is read only for a name that is not known without it.
func (a *aliases) target(ctx *sql.Context, name string) (alias, bool, error) {
	known := func() (alias, bool) {
		a.catalog.mu.RLock()
		defer a.catalog.mu.RUnlock()
		target, ok := a.names[strings.ToLower(name)]
		return target, ok
	}
	if target, ok := known(); ok {
		return target, true, nil
	}
	if err := a.catalog.load(ctx); err != nil {
		return alias{}, false, err
	}
	target, ok := known()
	return target, ok, nil
}

// GetTableNames implements sql.Database.
func (a *aliases) GetTableNames(ctx *sql.Context) ([]string, error) {
	if err := a.catalog.load(ctx); err != nil {
		return nil, err
	}
	a.catalog.mu.RLock()
	defer a.catalog.mu.RUnlock()
	names := make([]string, 0, len(a.names))
	for _, target := range a.names {
		names = append(names, target.name)
	}
	slices.Sort(names)
	return names, nil
}
