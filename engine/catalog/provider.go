package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/host/spell"
)

// Provider is the catalog as go-mysql-server sees it.
type Provider struct{ catalog *Catalog }

var (
	_ sql.DatabaseProvider      = Provider{}
	_ sql.TableFunctionProvider = Provider{}
)

// Provider gives the view for go-mysql-server.
func (c *Catalog) Provider() Provider { return Provider{c} }

// Database implements sql.DatabaseProvider.
func (p Provider) Database(_ *sql.Context, name string) (sql.Database, error) {
	if d, ok := p.catalog.lookup(name); ok {
		return d, nil
	}
	p.catalog.mu.RLock()
	a, ok := p.catalog.named[strings.ToLower(name)]
	p.catalog.mu.RUnlock()
	if ok {
		return a, nil
	}
	return nil, sql.ErrDatabaseNotFound.New(name + suggest(name, p.catalog.Names()))
}

// HasDatabase implements sql.DatabaseProvider.
func (p Provider) HasDatabase(_ *sql.Context, name string) bool {
	p.catalog.mu.RLock()
	defer p.catalog.mu.RUnlock()
	return p.catalog.taken(strings.ToLower(name))
}

// AllDatabases implements sql.DatabaseProvider.
func (p Provider) AllDatabases(*sql.Context) []sql.Database {
	databases := []sql.Database{}
	for _, d := range p.catalog.all() {
		databases = append(databases, d)
	}
	for _, a := range p.catalog.aliased() {
		databases = append(databases, a)
	}
	return databases
}

// TableFunction implements sql.TableFunctionProvider: a table that can be called, of the current
// database, of the database that has the function's name, or of any other. The last are asked in
// order of their names; the ones of files have none.
func (p Provider) TableFunction(ctx *sql.Context, name string) (sql.TableFunction, bool) {
	asked := map[*database]bool{}
	try := func(d *database) sql.TableFunction {
		if d == nil || asked[d] {
			return nil
		}
		asked[d] = true
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
