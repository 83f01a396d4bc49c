package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host/spell"
)

// Provider is the catalog as go-mysql-server sees it.
type Provider struct{ catalog *Catalog }

var (
	_ sql.DatabaseProvider         = Provider{}
	_ sql.CollatedDatabaseProvider = Provider{}
	_ sql.TableFunctionProvider    = Provider{}
)

// Provider gives the view for go-mysql-server.
func (c *Catalog) Provider() Provider { return Provider{c} }

// Database implements sql.DatabaseProvider.
func (p Provider) Database(ctx *sql.Context, name string) (sql.Database, error) {
	c := p.catalog
	h := c.keeper()
	if d, ok := c.lookup(name); ok && (h == nil || h.mount != d) {
		return d, nil
	}
	if h != nil && strings.EqualFold(name, Main) {
		return h.main, nil // it is every session's: what it has is looked for when it is asked for
	}
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	if d, ok := c.lookup(name); ok && d.isServer() {
		return d, nil
	}
	c.mu.RLock()
	a, ok := c.named[strings.ToLower(name)]
	c.mu.RUnlock()
	if ok && (h == nil || a != h.main.over) {
		return a, nil
	}
	if h != nil {
		if d, err := h.database(ctx, name); err != nil || d != nil {
			return d, err
		}
	}
	return nil, sql.ErrDatabaseNotFound.New(name + suggest(name, c.Names()))
}

// HasDatabase implements sql.DatabaseProvider.
func (p Provider) HasDatabase(ctx *sql.Context, name string) bool {
	_, err := p.Database(ctx, name)
	// One that cannot be opened is there: opening it tells what is wrong.
	return err == nil || !sql.ErrDatabaseNotFound.Is(err)
}

// AllDatabases implements sql.DatabaseProvider.
func (p Provider) AllDatabases(ctx *sql.Context) []sql.Database {
	if err := p.catalog.load(ctx); err != nil {
		ctx.Warn(1356, "the servers are left out: %v", err)
	}
	databases := []sql.Database{}
	h := p.catalog.keeper()
	for _, d := range p.catalog.all() {
		if h == nil || h.mount != d {
			databases = append(databases, d)
		}
	}
	for _, a := range p.catalog.aliased() {
		if h == nil || a != h.main.over {
			databases = append(databases, a)
		}
	}
	if h == nil {
		return databases
	}
	all, err := h.all(ctx)
	if err != nil && ctx != nil {
		leaveOut(ctx, "what connector "+h.mount.mount.Name+" keeps", err)
	}
	for _, d := range all {
		databases = append(databases, d)
	}
	return databases
}

// CreateDatabase implements sql.MutableDatabaseProvider.
func (p Provider) CreateDatabase(ctx *sql.Context, name string) error {
	return p.CreateCollatedDatabase(ctx, name, gms.DefaultCollation)
}

// CreateCollatedDatabase implements sql.CollatedDatabaseProvider.
func (p Provider) CreateCollatedDatabase(ctx *sql.Context, name string, collation sql.CollationID) error {
	h := p.catalog.keeper()
	if h == nil {
		return sql.ErrImmutableDatabaseProvider.New()
	}
	return h.create(ctx, name, collation)
}

// DropDatabase implements sql.MutableDatabaseProvider. Connectors' own databases stay.
func (p Provider) DropDatabase(ctx *sql.Context, name string) error {
	h := p.catalog.keeper()
	if h == nil {
		return sql.ErrImmutableDatabaseProvider.New()
	}
	found, err := p.Database(ctx, name)
	if err != nil {
		return err
	}
	d, ok := found.(*kept)
	if !ok {
		return sqlerr.New(1036, "HY000", "database %s is read only: it cannot be dropped", found.Name())
	}
	return h.drop(ctx, d)
}

// functionSeparator stands between database and name where go-mysql-server has one name for a function.
const functionSeparator = "."

// QualifiedFunction is the one name of a table function of a database.
func QualifiedFunction(database, name string) string { return database + functionSeparator + name }

// IsQualifiedFunction tells whether a name is one of QualifiedFunction.
func IsQualifiedFunction(name string) bool { return strings.Contains(name, functionSeparator) }

// TableFunction implements sql.TableFunctionProvider: a table that can be called, of the current
// database, of the database that has the function's name, or of any other. The last are asked in
// order of their names; the ones of files have none.
func (p Provider) TableFunction(ctx *sql.Context, name string) (sql.TableFunction, bool) {
	asked := map[*database]bool{}
	try := func(d *database) sql.TableFunction {
		if d == nil || asked[d] || p.catalog.homeOf(d) != nil {
			return nil
		}
		asked[d] = true
		if f := p.catalog.tableFunction(ctx, d, name); f != nil {
			return f
		}
		// A connector that does not answer has no functions; its own tables tell its troubles.
		if files, err := d.isFiles(ctx); err != nil || files {
			return nil
		}
		table, err := d.listed(ctx, name)
		if err != nil || table == nil || !table.Callable() {
			return nil
		}
		return gms.NewFunction(table, d)
	}
	if of, plain, qualified := strings.Cut(name, functionSeparator); qualified {
		d, _ := p.catalog.lookup(of)
		whole := name
		name = plain
		if f := try(d); f != nil {
			return f, true
		}
		name, asked = whole, map[*database]bool{}
	}
	for _, first := range []string{ctx.GetCurrentDatabase(), name} {
		d, _ := p.catalog.lookup(first)
		if f := try(d); f != nil {
			return f, true
		}
	}
	for _, d := range p.catalog.all() {
		if f := try(d); f != nil {
			return f, true
		}
	}
	return nil, false
}

// WithTableFunctions implements sql.TableFunctionProvider; nobody adds any here.
func (p Provider) WithTableFunctions(...sql.TableFunction) (sql.TableFunctionProvider, error) {
	return nil, sql.ErrUnsupportedFeature.New("adding table functions")
}

// suggest gives ", did you mean x?" when a candidate is close to the name.
func suggest(name string, candidates []string) string {
	best, least := "", 3
	for _, candidate := range candidates {
		if d := spell.Distance(strings.ToLower(name), strings.ToLower(candidate)); d < least && d < len(candidate) {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}
