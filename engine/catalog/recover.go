package catalog

import (
	"context"
	"errors"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// key tells the connector that is open for one table alone from others of its name, in this life of the engine and in later ones.
func (f *foreign) key(d *database) string {
	return d.mount.Name + " of " + strings.ToLower(f.Database+"."+f.Name)
}

// ownConnector gives the connector of the table of a key, opened now when it is not; nil: there is no such table.
func (c *Catalog) ownConnector(ctx *sql.Context, key string) (*host.Connector, error) {
	for _, f := range c.foreigns() {
		if !strings.HasSuffix(key, " of "+strings.ToLower(f.Database+"."+f.Name)) {
			continue
		}
		s, _, err := f.there(ctx)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(s.Connector.Key(), key) {
			return s.Connector, nil
		}
	}
	return nil, nil
}

// Connector gives the connector of a database, opened now when it is not; what its transactions left open stays so.
// The name is that of host.Connector.Key.
func (c *Catalog) Connector(ctx context.Context, name string) (*host.Connector, error) {
	d, there := c.lookup(name)
	if !there {
		// Reading the definitions opens their keeper, whose transactions are finished first: nobody may wait for that here.
		if loaded, err := c.loadNow(sql.NewContext(ctx)); err != nil || !loaded {
			return nil, errors.Join(err, sqlerr.New(1049, "42000", "connector %s is not known yet", name))
		}
		if own, err := c.ownConnector(sql.NewContext(ctx), name); own != nil || err != nil {
			return own, err
		}
		if d, there = c.lookup(name); !there {
			return nil, sqlerr.New(1049, "42000", "there is no database %s with a connector", name)
		}
	}
	s, err := d.opened(ctx)
	if err != nil {
		return nil, err
	}
	return s.Connector, nil
}
