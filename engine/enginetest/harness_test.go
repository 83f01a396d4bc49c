package enginetest

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/enginetest"
	"github.com/dolthub/go-mysql-server/enginetest/scriptgen/setup"
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/information_schema"
	"github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/engine/txn"
	"github.com/wasql/wasql/host"
)

// storeHarness has engines whose home is the store.
type storeHarness struct {
	t     *testing.T
	setup []setup.SetupScript
	// bare: the test wants go-mysql-server's engine itself, and runs statements on it without wasql's runner.
	bare    bool
	session *txn.Session
	// versioned is the engine that NewDatabases made, for NewEngine to give.
	versioned *queryEngine

	mu sync.Mutex
	// sessions are those on the engine made last.
	sessions []*txn.Session
}

var (
	_ enginetest.ClientHarness           = (*storeHarness)(nil)
	_ enginetest.ServerHarness           = (*storeHarness)(nil)
	_ enginetest.IndexHarness            = (*storeHarness)(nil)
	_ enginetest.ForeignKeyHarness       = (*storeHarness)(nil)
	_ enginetest.KeylessTableHarness     = (*storeHarness)(nil)
	_ enginetest.TransactionHarness      = (*storeHarness)(nil)
	_ enginetest.ReadOnlyDatabaseHarness = (*storeHarness)(nil)
)

// skipping is a harness for the tests that upstream knows to fail.
type skipping struct{ *storeHarness }

// SkipQueryTest implements enginetest.SkippingHarness.
func (skipping) SkipQueryTest(string) bool { return true }

// coordinator numbers the transactions of all engines of the process.
var coordinator = txn.NewCoordinator(txn.Config{})

// Setup implements enginetest.Harness.
func (h *storeHarness) Setup(scripts ...[]setup.SetupScript) {
	h.setup = nil
	for _, s := range scripts {
		h.setup = append(h.setup, s...)
	}
}

// NewEngine implements enginetest.Harness.
func (h *storeHarness) NewEngine(t *testing.T) (enginetest.QueryEngine, error) {
	h.session = nil
	h.mu.Lock()
	h.sessions = nil
	h.mu.Unlock()
	if e := h.versioned; e != nil {
		h.versioned = nil
		return e, nil
	}
	e, err := h.newEngine(t)
	if err != nil {
		return nil, err
	}
	scripts := h.setup
	if len(scripts) == 0 {
		scripts = setup.MydbData
	}
	ctx := enginetest.NewContext(h)
	ctx.SetConnectionId(1 << 20) // the first connection of the test is number 1
	for _, script := range scripts {
		for _, statement := range script {
			_, iter, _, err := e.Query(ctx.WithQuery(statement), statement)
			if err == nil {
				_, err = sql.RowIterToRows(ctx, iter)
			}
			if err != nil {
				return nil, fmt.Errorf("setup: %.200s: %w", statement, err)
			}
		}
	}
	h.mu.Lock()
	h.session, h.sessions = nil, h.sessions[:0:0]
	h.mu.Unlock()
	if h.bare {
		return e.Engine, nil
	}
	return e, nil
}

// newEngine makes an engine with an empty store.
func (h *storeHarness) newEngine(t *testing.T) (*queryEngine, error) {
	ctx := context.Background()
	wasql, err := engine.New(ctx, engine.Config{Runtime: hostRuntime, Home: "store", Connectors: []engine.ConnectorSource{store},
		GrantPath: grantFile})
	if err != nil {
		return nil, err
	}
	e := &queryEngine{Engine: wasql.SQL(), harness: h, wasql: wasql, runner: txn.NewRunner(wasql.SQL())}
	if t != nil {
		t.Cleanup(func() { _ = e.Close() }) // most tests have closed it
	}
	// The suite knows go-mysql-server's defaults, and wasql has MySQL's.
	err = sql.SystemVariables.AssignValues(map[string]any{"collation_connection": "utf8mb4_0900_bin", "collation_server": "utf8mb4_0900_bin", "version_comment": "Dolt"})
	if err != nil {
		return nil, err
	}
	catalog := e.Analyzer.Catalog
	catalog.MySQLDb.AddRootAccount()
	// It lists all of information_schema, and there are no plugins in it.
	catalog.InfoSchema = information_schema.NewInformationSchemaDatabase()
	catalog.DbProvider = withTestProcedures(catalog.DbProvider)
	return e, nil
}

// grantFile grants any file: those of the suite are named relative to the folder that it runs in.
func grantFile(_ context.Context, _, path string) ([]host.FileGrant, error) {
	return []host.FileGrant{{Path: path, Host: path}}, nil
}

// NewContext implements enginetest.Harness.
func (h *storeHarness) NewContext() *sql.Context {
	if h.session == nil {
		h.session = h.newSession(sql.Client{Address: "localhost", User: "root"})
	}
	return sql.NewContext(context.Background(), sql.WithSession(h.session))
}

// NewSession implements enginetest.TransactionHarness.
func (h *storeHarness) NewSession() *sql.Context {
	h.session = nil
	return h.NewContext()
}

// NewContextWithClient implements enginetest.ClientHarness.
func (h *storeHarness) NewContextWithClient(client sql.Client) *sql.Context {
	return sql.NewContext(context.Background(), sql.WithSession(h.newSession(client)))
}

func (h *storeHarness) newSession(client sql.Client) *txn.Session {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := coordinator.NewSession(sql.NewBaseSessionWithClientServer("address", client, uint32(len(h.sessions)+1)))
	h.sessions = append(h.sessions, s)
	return s
}

// leave ends the sessions, as their clients would before the engine is closed.
func (h *storeHarness) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sessions {
		_ = s.End(context.Background()) // whatever they have open goes with the engine
	}
}

// SessionBuilder implements enginetest.ServerHarness.
func (h *storeHarness) SessionBuilder() server.SessionBuilder {
	return func(_ context.Context, c *mysql.Conn, address string) (sql.Session, error) {
		client := sql.Client{Capabilities: c.Capabilities}
		if user, ok := c.UserData.(sql.MysqlConnectionUser); ok {
			client.Address, client.User = user.Host, user.User
		}
		return coordinator.NewSession(sql.NewBaseSessionWithClientServer(address, client, c.ConnectionID)), nil
	}
}

// SupportsNativeIndexCreation implements enginetest.IndexHarness.
func (h *storeHarness) SupportsNativeIndexCreation() bool { return true }

// SupportsForeignKeys implements enginetest.ForeignKeyHarness.
func (h *storeHarness) SupportsForeignKeys() bool { return true }

// SupportsKeylessTables implements enginetest.KeylessTableHarness.
func (h *storeHarness) SupportsKeylessTables() bool { return true }

// NewReadOnlyEngine implements enginetest.ReadOnlyDatabaseHarness: an engine over the same databases,
// each of which says that it is read-only.
func (h *storeHarness) NewReadOnlyEngine(provider sql.DatabaseProvider) (enginetest.QueryEngine, error) {
	e, err := h.newEngine(h.t)
	if err != nil {
		return nil, err
	}
	e.Analyzer.Catalog.DbProvider = readOnlyProvider{provider}
	return e, nil
}

// queryEngine is wasql's engine as the suite asks it.
type queryEngine struct {
	*sqle.Engine
	harness *storeHarness
	wasql   *engine.Engine
	runner  txn.Runner
}

var _ enginetest.QueryEngine = (*queryEngine)(nil)

// Query implements enginetest.QueryEngine.
func (e *queryEngine) Query(ctx *sql.Context, query string) (sql.Schema, sql.RowIter, *sql.QueryFlags, error) {
	return e.QueryWithBindings(ctx, query, nil, nil, nil)
}

// QueryWithBindings implements enginetest.QueryEngine. As in wasql's own sessions a panic is the
// statement's error, and the statement's context ends with it.
func (e *queryEngine) QueryWithBindings(ctx *sql.Context, query string, parsed sqlparser.Statement, bindings map[string]sqlparser.Expr,
	flags *sql.QueryFlags) (schema sql.Schema, iter sql.RowIter, out *sql.QueryFlags, err error) {
	defer recovered(&err)
	within, cancel := context.WithCancel(ctx.Context)
	own := ctx.WithContext(within)
	schema, iter, out, err = e.runner.QueryWithBindings(own, query, parsed, bindings, flags)
	if err != nil {
		cancel()
		return nil, nil, nil, err
	}
	return schema, statementIter{iter, own, cancel}, out, nil
}

// Close implements enginetest.QueryEngine.
func (e *queryEngine) Close() error {
	e.harness.leave()
	return e.wasql.Close(context.Background())
}

// statementIter runs a statement under its own context.
type statementIter struct {
	sql.RowIter
	ctx    *sql.Context
	cancel context.CancelFunc
}

// Next implements sql.RowIter.
func (i statementIter) Next(ctx *sql.Context) (row sql.Row, err error) {
	defer recovered(&err)
	if err := ctx.Err(); err != nil {
		i.cancel()
	}
	return i.RowIter.Next(i.ctx)
}

// Close implements sql.RowIter.
func (i statementIter) Close(*sql.Context) (err error) {
	defer i.cancel()
	defer recovered(&err)
	return i.RowIter.Close(i.ctx)
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// provider adds to wasql's databases what the suite expects its harness to bring along.
type provider struct {
	sql.CollatedDatabaseProvider
	procedures sql.ExternalStoredProcedureRegistry
	functions  map[string]sql.TableFunction
}

var (
	_ sql.ExternalStoredProcedureProvider = provider{}
	_ sql.TableFunctionProvider           = provider{}
)

func withTestProcedures(under sql.DatabaseProvider) sql.DatabaseProvider {
	p := provider{CollatedDatabaseProvider: under.(sql.CollatedDatabaseProvider), procedures: sql.NewExternalStoredProcedureRegistry()}
	for _, procedure := range memory.ExternalStoredProcedures {
		p.procedures.Register(procedure)
	}
	return p
}

// ExternalStoredProcedure implements sql.ExternalStoredProcedureProvider.
func (p provider) ExternalStoredProcedure(_ *sql.Context, name string, parameters int) (*sql.ExternalStoredProcedureDetails, error) {
	return p.procedures.LookupByNameAndParamCount(name, parameters)
}

// ExternalStoredProcedures implements sql.ExternalStoredProcedureProvider.
func (p provider) ExternalStoredProcedures(_ *sql.Context, name string) ([]sql.ExternalStoredProcedureDetails, error) {
	return p.procedures.LookupByName(name)
}

// AllDatabases implements sql.DatabaseProvider. Tests list the databases that they have made, so
// main, which is always there, is left out.
func (p provider) AllDatabases(ctx *sql.Context) []sql.Database {
	return slices.DeleteFunc(p.CollatedDatabaseProvider.AllDatabases(ctx), func(d sql.Database) bool { return d.Name() == "main" })
}

// Function implements sql.FunctionProvider.
func (p provider) Function(ctx *sql.Context, schema, name string) (sql.Function, bool) {
	return p.CollatedDatabaseProvider.(sql.FunctionProvider).Function(ctx, schema, name)
}

// TableFunction implements sql.TableFunctionProvider.
func (p provider) TableFunction(ctx *sql.Context, name string) (sql.TableFunction, bool) {
	if f, ok := p.functions[strings.ToLower(name)]; ok {
		return f, true
	}
	return p.CollatedDatabaseProvider.(sql.TableFunctionProvider).TableFunction(ctx, name)
}

// WithTableFunctions implements sql.TableFunctionProvider.
func (p provider) WithTableFunctions(functions ...sql.TableFunction) (sql.TableFunctionProvider, error) {
	p.functions = map[string]sql.TableFunction{}
	for _, f := range functions {
		p.functions[strings.ToLower(f.Name())] = f
	}
	return p, nil
}

// readOnlyProvider has databases that say they are read-only.
type readOnlyProvider struct{ sql.DatabaseProvider }

// keptDatabase is what a database of the store can do.
type keptDatabase interface {
	sql.CollatedDatabase
	sql.TableCreator
	sql.IndexedTableCreator
	sql.TableDropper
	sql.TableRenamer
	sql.TemporaryTableCreator
	sql.ViewDatabase
	sql.TriggerDatabase
	sql.StoredProcedureDatabase
	sql.QuiescableEventDatabase
}

// readOnlyDatabase says that it is read-only.
type readOnlyDatabase struct{ keptDatabase }

// IsReadOnly implements sql.ReadOnlyDatabase.
func (readOnlyDatabase) IsReadOnly() bool { return true }

func readOnly(d sql.Database) sql.Database {
	if kept, ok := d.(keptDatabase); ok {
		return readOnlyDatabase{kept}
	}
	return d
}

// Database implements sql.DatabaseProvider.
func (p readOnlyProvider) Database(ctx *sql.Context, name string) (sql.Database, error) {
	d, err := p.DatabaseProvider.Database(ctx, name)
	if err != nil {
		return nil, err
	}
	return readOnly(d), nil
}

// AllDatabases implements sql.DatabaseProvider.
func (p readOnlyProvider) AllDatabases(ctx *sql.Context) []sql.Database {
	all := p.DatabaseProvider.AllDatabases(ctx)
	for i, d := range all {
		all[i] = readOnly(d)
	}
	return all
}

// Function implements sql.FunctionProvider: SQL's own SUM and AVG are wasql's.
func (p readOnlyProvider) Function(ctx *sql.Context, schema, name string) (sql.Function, bool) {
	return p.DatabaseProvider.(sql.FunctionProvider).Function(ctx, schema, name)
}
