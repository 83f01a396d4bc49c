package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
)

// Users names the servers and foreign tables of a connector.
func (c *Catalog) Users(ctx *sql.Context, connector string) ([]string, error) {
	servers, err := c.Servers(ctx)
	if err != nil {
		return nil, err
	}
	var users []string
	for _, s := range servers {
		if strings.EqualFold(s.Connector, connector) {
			users = append(users, "server "+s.Name)
		}
	}
	for _, f := range c.foreigns() {
		name := f.Connector
		if wrapped, ok := optionNamed(f.Options, wrapperOption); ok && name == "" {
			name = wrapped
		}
		if strings.EqualFold(name, connector) {
			users = append(users, "table "+f.Name)
		}
	}
	return users, nil
}
