package catalog

import (
	"context"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Connector gives the connector of a database, opened now when it is not; what its transactions left open stays so.
// The name is that of host.Connector.Name.
func (c *Catalog) Connector(ctx context.Context, name string) (*host.Connector, error) {
	d, there := c.lookup(name)
	if !there {
		if err := c.load(sql.NewContext(ctx)); err != nil {
			return nil, err
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
