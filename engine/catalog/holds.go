package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

// Holds tells whether a table that a statement was planned with is still the one of its name, as it is declared now. A table of
// the home's, which nobody but this catalog changes, is compared with what is known of it; any other is asked for.
func (p Provider) Holds(ctx *sql.Context, planned *gms.Table) bool {
	if h := p.catalog.keeper(); h != nil && h.holds(ctx, planned) {
		return true
	}
	db, err := p.Database(ctx, planned.Database())
	if err != nil {
		return false
	}
	found, ok, err := db.GetTableInsensitive(ctx, planned.Name())
	if err != nil || !ok {
		return false
	}
	now := gms.Of(found)
	return now != nil && now.Same(planned)
}

// holds is Holds for a table of the home's that nothing lies over. False: it is not sure.
func (h *home) holds(ctx *sql.Context, planned *gms.Table) bool {
	database, name := strings.ToLower(planned.Database()), planned.Name()
	if h.catalog.covers(database, name) || !h.plain(ctx, database, planned.Database()) {
		return false
	}
	h.mount.mu.Lock()
	s := h.mount.whole
	h.mount.mu.Unlock()
	if s == nil || !s.own {
		return false
	}
	var room [128]byte
	key := append(append(append(room[:0], planned.Database()...), 0), name...)
	s.mu.Lock()
	d, known := s.known[string(key)]
	s.mu.Unlock()
	return known && planned.Is(&s.Source, d.ref, d.declared)
}

// covers tells whether something other than the home's own table answers to a name, which is in lower case.
func (c *Catalog) covers(database, table string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if d := c.mounts[database]; d != nil && (c.home == nil || d != c.home.mount) {
		return true
	}
	a := c.named[database]
	if a == nil {
		return false
	}
	if c.home == nil || a != c.home.main.over {
		return true
	}
	_, there := a.names[strings.ToLower(table)]
	return there
}

// plain tells whether a database is one of the home's, and the session of ctx has nothing of its own in it: no temporary tables,
// none that it puts together.
func (h *home) plain(ctx *sql.Context, key, name string) bool {
	session := gms.SessionOf(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.databases[key]
	return d != nil && d.name == name && len(h.temporaries[session]) == 0 && h.stages[session] == nil
}
