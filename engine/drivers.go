package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/driver"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
	"github.com/wasql/wasql/host/spell"
)

// drivers are the connectors that keep indexes for others, opened when CREATE INDEX … USING, or a table with such an
// index, first needs them.
type drivers struct {
	opening sync.Mutex
	// open by lower-case id.
	open map[string]*host.Connector
}

// newIndexes makes the set of indexes of drivers.
func (e *Engine) newIndexes() *driver.Set {
	e.drivers.open = map[string]*host.Connector{}
	return driver.NewSet(driver.Config{
		Objects: func() driver.Objects { return e.catalog.Kept() },
		Driver:  e.indexDriver,
		Table: func(ctx *sql.Context, name gms.TableName) (*gms.Table, error) {
			return e.catalog.Table(ctx, catalog.TableName(name))
		},
		Log: e.log,
	})
}

// driverTaken refuses a second driver of an id; e.mu is held.
func (e *Engine) driverTaken(source ConnectorSource) error {
	if source.IndexDriver == "" {
		return nil
	}
	for _, m := range e.modules {
		if strings.EqualFold(m.source.IndexDriver, source.IndexDriver) {
			return sqlerr.New(1125, "HY000", "an index driver called %s is there already: connector %s", source.IndexDriver, m.source.Name).
				WithHint("the id of an index driver is its own; connector %s cannot be registered beside %s", source.Name, m.source.Name)
		}
	}
	return nil
}

// indexDriver opens the connector that is the driver of an id.
func (e *Engine) indexDriver(ctx context.Context, id string) (*host.Connector, error) {
	key := strings.ToLower(id)
	e.drivers.opening.Lock()
	defer e.drivers.opening.Unlock()
	if c := e.drivers.open[key]; c != nil {
		return c, nil
	}
	m, err := e.findDriver(ctx, id)
	if err != nil {
		return nil, err
	}
	module, err := e.compile(ctx, m)
	if err != nil {
		return nil, err
	}
	c, err := module.Open(ctx, host.Options{Server: m.source.Name, Options: m.source.Options, Grant: m.source.Grant, Limits: m.source.Limits})
	if err != nil {
		return nil, err
	}
	e.drivers.open[key] = c
	return c, nil
}

// findDriver finds the connector that is a driver: one that was registered as it, or whose manifest says so.
func (e *Engine) findDriver(ctx context.Context, id string) (*module, error) {
	e.mu.Lock()
	all := make([]*module, 0, len(e.modules))
	for _, m := range e.modules {
		all = append(all, m)
	}
	e.mu.Unlock()
	// Those that were registered as drivers first, then in the order of their names: the same one each time.
	slices.SortFunc(all, func(a, b *module) int {
		if by := number(a.source.IndexDriver == "") - number(b.source.IndexDriver == ""); by != 0 {
			return by
		}
		return strings.Compare(a.source.Name, b.source.Name)
	})
	var known []string
	for _, m := range all {
		if m.source.IndexDriver != "" && !strings.EqualFold(m.source.IndexDriver, id) {
			known = append(known, m.source.IndexDriver)
			continue
		}
		said, err := e.driverOf(ctx, m)
		switch {
		case err != nil && m.source.IndexDriver != "":
			return nil, err
		case err != nil:
			e.log.Warn("a connector is no index driver, since it cannot be loaded", "connector", m.source.Name, "error", err)
		case strings.EqualFold(said, id):
			return m, nil
		case m.source.IndexDriver != "":
			return nil, sqlerr.New(1296, "HY000", "connector %s was registered as index driver %s, and its manifest says %q", m.source.Name, id, said)
		case said != "":
			known = append(known, said)
		}
	}
	unknown := sqlerr.New(1286, "42000", "unknown index driver '%s'", id)
	best, least := "", 4
	for _, name := range known {
		if d := spell.Distance(strings.ToLower(id), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		unknown.Message += ", did you mean " + best + "?"
	}
	slices.Sort(known)
	return nil, unknown.WithHint("the index drivers are: %s; BTREE and HASH are indexes of the table's own", strings.Join(append(slices.Compact(known), "no others"), ", "))
}

// driverOf is the id that a connector's manifest gives; empty for most.
func (e *Engine) driverOf(ctx context.Context, m *module) (string, error) {
	compiled, err := e.compile(ctx, m)
	if err != nil {
		return "", err
	}
	manifest, err := compiled.Manifest(ctx)
	return manifest.GetIndexDriver(), err
}

// closeIndexes saves the indexes that were written to, and lets the drivers go.
func (e *Engine) closeIndexes(ctx context.Context) error {
	e.drivers.opening.Lock()
	none := len(e.drivers.open) == 0
	e.drivers.opening.Unlock()
	if none {
		return nil
	}
	failures := []error{e.indexes.Close(sql.NewContext(ctx, sql.WithSession(sql.NewBaseSession())))}
	e.drivers.opening.Lock()
	defer e.drivers.opening.Unlock()
	for _, c := range e.drivers.open {
		failures = append(failures, c.Close(ctx))
	}
	clear(e.drivers.open)
	return errors.Join(failures...)
}
