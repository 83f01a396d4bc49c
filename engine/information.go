package engine

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/information_schema"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/sqltypes"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/host"
)

// information is information_schema with the tables of wasql's own, whose names begin with WASQL_.
type information struct {
	sql.Database
	own map[string]sql.Table // by lower-case name
}

// informationTable is one of them.
type informationTable struct {
	name   string
	schema sql.Schema
	rows   func(ctx *sql.Context, e *Engine) ([]sql.Row, error)
}

var informationTables = []informationTable{
	{"WASQL_CONNECTORS", texts("CONNECTOR_NAME", "VERSION", "DESCRIPTION", "LIFETIME", "TRUSTED", "FEATURES", "POWERS", "SDK"), connectorRows},
	{"WASQL_SERVERS", texts("SERVER_NAME", "WRAPPER", "CONNECTOR_NAME", "OPTIONS"), serverRows},
	{"WASQL_INSTANCES", append(texts("SERVER_NAME", "CONNECTOR_NAME", "LIFETIME"), numbers("INSTANCE", "SESSION", "USERS", "HANDLES")...), instanceRows},
	{"WASQL_FUNCTIONS", functionSchema(), functionRows},
	{"plugins", pluginSchema(), pluginRows},
	{"WASQL_TRANSACTIONS", texts("TRANSACTION_ID", "STATE", "PARTICIPANTS", "DECIDER", "SINCE", "LAST_ERROR"), transactionRows},
}

func numbers(names ...string) sql.Schema {
	schema := texts(names...)
	for _, c := range schema {
		c.Type = types.Int64
	}
	return schema
}

// information makes the information_schema of an engine.
func (e *Engine) information(of sql.Database) information {
	all := information{of, map[string]sql.Table{}}
	for _, t := range informationTables {
		schema := make(sql.Schema, len(t.schema))
		for i, c := range t.schema {
			column := *c
			column.Source, column.DatabaseSource = t.name, sql.InformationSchemaDatabaseName
			schema[i] = &column
		}
		all.own[strings.ToLower(t.name)] = &information_schema.InformationSchemaTable{TableName: t.name, TableSchema: schema,
			Reader: func(ctx *sql.Context, _ sql.Catalog) (sql.RowIter, error) {
				rows, err := t.rows(ctx, e)
				return sql.RowsToRowIter(rows...), err
			}}
	}
	return all
}

// GetTableInsensitive implements sql.Database.
func (i information) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	if t, ok := i.own[strings.ToLower(name)]; ok {
		return t, true, nil
	}
	return i.Database.GetTableInsensitive(ctx, name)
}

// GetTableNames implements sql.Database.
func (i information) GetTableNames(ctx *sql.Context) ([]string, error) {
	names, err := i.Database.GetTableNames(ctx)
	names = slices.DeleteFunc(names, func(name string) bool { return i.own[strings.ToLower(name)] != nil })
	for _, t := range i.own {
		names = append(names, t.Name())
	}
	slices.Sort(names)
	return names, err
}

// connectorRows reads the manifests. A connector that cannot be compiled has a warning and no more than its name.
func connectorRows(ctx *sql.Context, e *Engine) ([]sql.Row, error) {
	var rows []sql.Row
	for _, name := range e.Connectors() {
		row := make(sql.Row, 8)
		row[0] = name
		rows = append(rows, row)
		m, err := e.Module(ctx, name)
		var manifest *pb.HelloResponse
		if err == nil {
			manifest, err = m.Manifest(ctx)
		}
		if err != nil {
			ctx.Warn(1356, "connector %s: %v", name, err)
			continue
		}
		e.mu.Lock()
		trusted := e.modules[strings.ToLower(name)].source.Trusted
		e.mu.Unlock()
		row[1], row[2], row[3], row[4] = manifest.Version, manifest.Description, lifetime(manifest), yes(trusted)
		row[5], row[6], row[7] = features(manifest.Features), strings.Join(m.Info().Powers, ", "), manifest.Sdk
	}
	return rows, nil
}

func lifetime(m *pb.HelloResponse) string {
	return strings.TrimPrefix(m.GetLifetime().String(), "LIFETIME_")
}

func yes(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

// features names feature bits.
func features(all uint64) string {
	var names []string
	for ; all != 0; all &= all - 1 {
		bit := uint64(1) << bits.TrailingZeros64(all)
		name, known := "", false
		if bit <= 1<<30 {
			name, known = pb.Feature_name[int32(bit)]
		}
		if !known {
			name = fmt.Sprintf("FEATURE_%d", bit)
		}
		names = append(names, strings.ToLower(strings.TrimPrefix(name, "FEATURE_")))
	}
	return strings.Join(names, ", ")
}

func serverRows(ctx *sql.Context, e *Engine) ([]sql.Row, error) {
	servers, err := e.catalog.Servers(ctx)
	var rows []sql.Row
	for _, s := range servers {
		options, err := json.Marshal(catalog.WithoutSecrets(s.Options))
		if err != nil {
			return nil, err
		}
		var connector any
		if s.Connector != "" {
			connector = s.Connector
		}
		rows = append(rows, sql.Row{s.Name, s.Wrapper, connector, string(options)})
	}
	return rows, err
}

// instanceRows shows the instances that are there now. INSTANCE counts those a connector has made, so that the greatest
// tells how many it made.
func instanceRows(_ *sql.Context, e *Engine) ([]sql.Row, error) {
	var rows []sql.Row
	for _, c := range e.catalog.Connectors() {
		for _, i := range c.Instances() {
			rows = append(rows, instanceRow(c, i))
		}
	}
	return rows, nil
}

func instanceRow(c *host.Connector, i host.InstanceInfo) sql.Row {
	var session any
	if i.Session != 0 {
		session = int64(i.Session)
	}
	return sql.Row{c.Name(), c.Manifest().GetName(), lifetime(c.Manifest()), i.Number, session, int64(i.Users), i.Handles}
}

func transactionRows(_ *sql.Context, e *Engine) ([]sql.Row, error) {
	all, err := e.transactions.InDoubt()
	var rows []sql.Row
	for _, d := range all {
		row := sql.Row{d.ID, string(d.State), strings.Join(d.Participants, ", "), nil, d.Since.UTC().Format("2006-01-02 15:04:05.000000"), nil}
		if d.Decider != "" {
			row[3] = d.Decider
		}
		if d.LastError != "" {
			row[5] = d.LastError
		}
		rows = append(rows, row)
	}
	return rows, err
}

// pluginRows are the connectors as SHOW PLUGINS has them. One that cannot be compiled is DISABLED.
func pluginRows(ctx *sql.Context, e *Engine) ([]sql.Row, error) {
	var rows []sql.Row
	for _, name := range e.Connectors() {
		e.mu.Lock()
		m := e.modules[strings.ToLower(name)]
		e.mu.Unlock()
		if m == nil {
			continue // it was uninstalled just now
		}
		row := sql.Row{name, "", "DISABLED", "STORAGE ENGINE", "1.0", nil, nil, nil, nil, nil, "ON"}
		if m.plugin != nil {
			row[5] = m.plugin.File
		}
		if m.source.IndexDriver != "" {
			row[3] = "INDEX DRIVER"
		}
		rows = append(rows, row)
		compiled, err := e.compile(ctx, m)
		var manifest *pb.HelloResponse
		if err == nil {
			manifest, err = compiled.Manifest(ctx)
		}
		if err != nil {
			ctx.Warn(1356, "connector %s: %v", name, err)
			continue
		}
		row[1], row[2], row[8], row[9] = manifest.Version, "ACTIVE", manifest.Description, manifest.License
	}
	return rows, nil
}

func pluginSchema() sql.Schema {
	schema := texts("PLUGIN_NAME", "PLUGIN_VERSION", "PLUGIN_STATUS", "PLUGIN_TYPE", "PLUGIN_TYPE_VERSION", "PLUGIN_LIBRARY", "PLUGIN_LIBRARY_VERSION",
		"PLUGIN_AUTHOR", "PLUGIN_DESCRIPTION", "PLUGIN_LICENSE", "LOAD_OPTION")
	for i, c := range schema {
		c.Type = types.MustCreateString(sqltypes.VarChar, 64, sql.Collation_Information_Schema_Default)
		if c.Name == "PLUGIN_DESCRIPTION" {
			c.Type = types.MustCreateString(sqltypes.VarChar, 65535, sql.Collation_Information_Schema_Default)
		}
		c.Nullable = i >= 5 && i < 10
	}
	return schema
}
