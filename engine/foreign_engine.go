package engine

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// engines are the names of MySQL's own storage engines. wasql keeps such a table as it keeps any.
var engines = []string{"innodb", "myisam", "memory", "heap", "merge", "mrg_myisam", "archive", "blackhole", "federated", "ndb", "ndbcluster", "aria"}

// engineTable takes over CREATE TABLE … ENGINE=connector in a database that is no connector's; nil:
// the statement is another.
func (p parser) engineTable(ctx *sql.Context, create *sqlparser.DDL) (sqlparser.Statement, error) {
	if create.Action != sqlparser.CreateStr || create.TableSpec == nil {
		return nil, nil
	}
	f := catalog.Foreign{Form: catalog.EngineForm, Database: in(ctx, create.Table.DbQualifier.String()), Name: create.Table.Name.String()}
	connection, attribute := "", ""
	for _, option := range create.TableSpec.TableOpts {
		switch strings.ToUpper(option.Name) {
		case "ENGINE":
			f.Connector = option.Value
		case "CONNECTION":
			connection = option.Value
		case "ENGINE_ATTRIBUTE":
			attribute = option.Value
		}
	}
	if f.Connector == "" || slices.Contains(engines, strings.ToLower(f.Connector)) {
		return nil, nil
	}
	if other, err := p.catalog.KnownEngine(ctx, f.Database, f.Connector); err != nil || !other {
		return nil, err
	}
	if create.Temporary || create.OptSelect != nil || create.OptLike != nil {
		return nil, sqlerr.New(1235, "42000", "a table of engine %s can be neither TEMPORARY nor made LIKE another or AS SELECT", f.Connector).
			WithHint("create it with its columns, then INSERT … SELECT")
	}
	err := connect(&f, connection)
	if err == nil {
		f.Options, err = attributes(attribute)
	}
	if err == nil {
		f.Columns, err = declared(create)
	}
	if err != nil {
		return nil, err
	}
	run := func(ctx *sql.Context) error { return p.catalog.CreateForeign(ctx, f, create.IfNotExists) }
	return sqlparser.InjectedStatement{Statement: &command{name: "CREATE TABLE", run: run}, Auth: create.Auth}, nil
}

// declared are the columns, keys and checks of a CREATE TABLE, with its comment and collation.
func declared(create *sqlparser.DDL) (*pb.Table, error) {
	spec, bare := *create.TableSpec, *create
	spec.TableOpts = nil // vitess writes some of them without the quotes they had
	bare.TableSpec = &spec
	table, err := gms.ParseCreateTable(sqlparser.String(&bare))
	if err != nil {
		return nil, sqlerr.New(1005, "HY000", "can't create table %s: %v", create.Table.Name, err)
	}
	for _, option := range create.TableSpec.TableOpts {
		switch strings.ToUpper(option.Name) {
		case "COMMENT":
			table.Comment = option.Value
		case "COLLATE":
			table.Collation = option.Value
		}
	}
	return table, nil
}

// connect reads CONNECTION='server/table'.
func connect(f *catalog.Foreign, connection string) error {
	if connection == "" {
		return nil
	}
	f.Server, f.Remote, _ = strings.Cut(connection, "/")
	if f.Server == "" || strings.Contains(connection, "://") {
		return sqlerr.New(1432, "HY000", "can't create table %s: the data source connection string %.80q is not in the correct format", f.Name, connection).
			WithHint("it is CONNECTION='server' or 'server/table', with a server of CREATE SERVER")
	}
	return nil
}

// attributes reads ENGINE_ATTRIBUTE='{"option": "value"}'.
func attributes(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	wrong := func(why string) error {
		return sqlerr.New(3140, "22032", "invalid JSON text in ENGINE_ATTRIBUTE: %s", why).WithHint(`it is an object of options, such as {"option": "value"}`)
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, wrong(err.Error())
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, wrong("something follows the object")
	}
	options := make(map[string]string, len(values))
	for name, value := range values {
		switch v := value.(type) {
		case string:
			options[name] = v
		case json.Number:
			options[name] = v.String()
		case bool:
			options[name] = map[bool]string{true: "true", false: "false"}[v]
		default:
			return nil, wrong("option " + name + " is neither text, number nor truth value")
		}
	}
	return options, nil
}
