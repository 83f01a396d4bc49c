package catalog

import (
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
)

// ServerInfo is a server with the connector that its wrapper names; empty: its tables say it.
type ServerInfo struct {
	Server
	Connector string
}

// Servers lists the servers in the order of their names.
func (c *Catalog) Servers(ctx *sql.Context) ([]ServerInfo, error) {
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]ServerInfo, 0, len(c.servers))
	for _, s := range c.servers {
		all = append(all, ServerInfo{s.Server, s.connector})
	}
	slices.SortFunc(all, func(a, b ServerInfo) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

// WithoutSecrets is options for showing: the value of one whose name is that of a secret is three stars.
func WithoutSecrets(options map[string]string) map[string]string {
	shown := make(map[string]string, len(options))
	for name, value := range options {
		shown[name] = value
		for _, word := range secretWords {
			if value != "" && strings.Contains(strings.ToLower(name), word) {
				shown[name] = "***"
			}
		}
	}
	return shown
}
