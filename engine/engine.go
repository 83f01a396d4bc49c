// Package engine answers SQL over connectors.
//
// An Engine has a catalog of connectors and go-mysql-server set up over it: the planning rules of
// engine/pushdown, its own parser for what vitess does not read, MySQL's error numbers, and no way
// to the machine's files but through a connector's grants. A Session is one client: its current
// database and variables. Session.Query runs one statement and gives a Result; Split cuts text into
// statements.
//
//	e, err := engine.New(ctx, engine.Config{Runtime: runtime, Connectors: sources})
//	s := e.NewSession("ann")
//	result, err := s.Query(ctx, "SELECT 1")
//
// The network is engine/server's affair; here nothing listens, and nothing runs in the background but the end of transactions
// that a failure left open.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	sqle "github.com/dolthub/go-mysql-server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer"

	"github.com/wasql/wasql/engine/catalog"
	"github.com/wasql/wasql/engine/driver"
	"github.com/wasql/wasql/engine/exec"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/joins"
	"github.com/wasql/wasql/engine/pushdown"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/engine/txn"
	"github.com/wasql/wasql/engine/vec/spill"
	"github.com/wasql/wasql/host"
)

// Config sets an engine up.
type Config struct {
	// Runtime compiles and runs the connectors. It stays the caller's, to be closed after the engine.
	Runtime *host.Runtime
	// Connectors are known by name. Each is a database of that name that needs no set-up: of the
	// tables it lists, or of the files that queries name.
	Connectors []ConnectorSource
	// Home names the connector that keeps the database main and those made by CREATE DATABASE. It is
	// started when a statement needs it; what it may keep its data in is its Grant. Empty: nothing
	// can be created.
	Home string
	// GrantPath decides which files a query may name; nil: none. For the file of LOAD DATA it is asked
	// with that as the connector.
	GrantPath catalog.GrantPath
	// StatementTime stops statements that run longer; 0: none. A session's max_execution_time, and
	// the hint of that name, can shorten it.
	StatementTime time.Duration
	// Memory bounds what the operators of all statements keep in memory together, in bytes; 0: nothing but each statement's own
	// wasql_memory does.
	Memory int64
	// SpillFolder is where operators put what goes beyond; it is made when it is needed. Empty: the machine's for temporary files.
	SpillFolder string
	// Plugins keeps the connectors that INSTALL PLUGIN brings; nil: they are there as long as the engine.
	Plugins Plugins
	// Objects keeps the definitions of servers and foreign tables; nil: they are there as long as the engine.
	Objects catalog.Objects
	// Decisions is the folder of the decision log, which must be there: it lets a transaction write to several connectors whose
	// tables outlive the engine. Empty: decisions end with the engine.
	Decisions string
	// Log hears of what concerns no single statement; nil: nothing is logged.
	Log *slog.Logger
}

// ConnectorSource is a connector that is compiled when it is first needed.
type ConnectorSource struct {
	Name string
	// Trusted connectors are believed when they say they applied a filter, order or limit.
	Trusted bool
	// IndexDriver is the id under which the connector is an index driver: what CREATE INDEX … USING says. A second
	// connector of one id is refused. Empty: it is none, or its manifest says so, which is read when an id is not known otherwise.
	IndexDriver string
	// NoFunctions: the connector is known to add no SQL functions. Any other is loaded, for its list of
	// them, by the first statement that calls a function.
	NoFunctions bool
	// Wasm gives the module. It is called at most once, unless it fails.
	Wasm func() ([]byte, error)
	// Options and Grant of the database of its name; most connectors need none.
	Options map[string]string
	Grant   host.Grant
	Limits  host.Limits
}

// Engine answers SQL. It is safe for concurrent use.
type Engine struct {
	config  Config
	catalog *catalog.Catalog
	sql     *sqle.Engine
	// transactions numbers them, and runner runs statements within them.
	transactions *txn.Coordinator
	runner       txn.Runner
	log          *slog.Logger
	memory       *exec.Memory

	// indexes are those that index drivers keep.
	indexes *driver.Set
	drivers drivers

	mu      sync.Mutex
	modules map[string]*module // by lower-case name

	sessions   atomic.Uint32
	statements atomic.Uint64
}

// module is a connector source and what became of it.
type module struct {
	source ConnectorSource
	// plugin is nil unless the connector was installed.
	plugin   *Plugin
	mu       sync.Mutex
	compiled *host.Module
}

// New makes an engine. It compiles nothing and asks no connector.
func New(ctx context.Context, config Config) (*Engine, error) {
	if config.Runtime == nil && len(config.Connectors) > 0 {
		return nil, errors.New("engine: connectors without a runtime to run them")
	}
	setDefaults()
	installGroupBy()
	gms.InstallCalls()
	gms.InstallHidden()
	gms.InstallReadOnly()
	gms.InstallRoutines()
	catalog.InstallAggregates()
	pushdown.Install()
	joins.Install()
	exec.Install()
	e := &Engine{config: config, log: config.Log, modules: map[string]*module{}}
	e.memory = exec.NewMemory(config.Memory, "engine.Config.Memory", spill.NewFolder(config.SpillFolder, nil))
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	e.transactions = txn.NewCoordinator(txn.Config{Folder: config.Decisions, Log: e.log,
		Connector: func(ctx context.Context, name string) (*host.Connector, error) { return e.catalog.Connector(ctx, name) },
		Open:      func() []*host.Connector { return e.catalog.Connectors() }})
	e.indexes = e.newIndexes()
	e.catalog = catalog.New(catalog.Config{Indexer: e.indexes, GrantPath: config.GrantPath, Open: exec.ReadTable, Call: exec.CallFunction, Home: config.Home, Objects: config.Objects,
		Opened: e.transactions.Opened, Log: e.log})
	for _, source := range config.Connectors {
		if err := e.AddConnector(source); err != nil {
			return nil, err
		}
	}
	if _, known := e.modules[strings.ToLower(config.Home)]; !known && config.Home != "" {
		return nil, fmt.Errorf("engine: the home is connector %s, and there is none of that name", config.Home)
	}
	if err := e.loadPlugins(); err != nil {
		return nil, err
	}
	builder := analyzer.NewBuilder(e.catalog.Provider()).
		AddOverrides(sql.EngineOverrides{
			SchemaFormatter: exec.NewFormatter(),
			Builder:         sql.BuilderOverrides{Parser: parser{engine: e, catalog: e.catalog, indexes: e.indexes, loads: config.GrantPath != nil}},
			Hooks:           sql.ExecutionHooks{CreateTable: e.catalog.CreateTableHooks()},
		})
	e.sql = sqle.New(builder.Build(), &sqle.Config{VersionPostfix: "wasql"})
	e.sql.Analyzer.Coster = pushdown.NewCoster()
	e.sql.Analyzer.Catalog.AuthHandler = authorization{e.sql.Analyzer.Catalog.AuthHandler, e.sql.Analyzer.Catalog}
	e.sql.Analyzer.Catalog.StatsProvider = gms.NewStatistics()
	e.sql.Analyzer.Catalog.InfoSchema = e.information(completeInformation{e.sql.Analyzer.Catalog.InfoSchema})
	execution := e.sql.Analyzer.ExecBuilder
	execution.PriorityBuilder = exec.Builder{Base: execution, OpenFile: e.openFile}
	e.runner = txn.NewRunner(e.sql)
	return e, ctx.Err()
}

// AddConnector makes a connector known under its name, and a database of that name.
func (e *Engine) AddConnector(source ConnectorSource) error {
	key := strings.ToLower(source.Name)
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, taken := e.modules[key]; taken {
		return fmt.Errorf("a connector called %s is there already", source.Name)
	}
	if source.Wasm == nil {
		return fmt.Errorf("connector %s has no module", source.Name)
	}
	if err := e.driverTaken(source); err != nil {
		return err
	}
	m := &module{source: source}
	if source.IndexDriver != "" { // it has indexes, and no tables
		e.modules[key] = m
		return nil
	}
	err := e.catalog.Add(catalog.Mount{
		Name: source.Name, Trusted: source.Trusted, ByManifest: true, NoFunctions: source.NoFunctions,
		Options: host.Options{Server: source.Name, Options: source.Options, Grant: source.Grant, Limits: source.Limits},
		Module:  func(ctx context.Context) (*host.Module, error) { return e.compile(ctx, m) },
	})
	if err != nil {
		return err
	}
	e.modules[key] = m
	return nil
}

func (e *Engine) compile(ctx context.Context, m *module) (*host.Module, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.compiled != nil {
		return m.compiled, nil
	}
	wasm, err := m.source.Wasm()
	if err != nil {
		return nil, fmt.Errorf("connector %s: %w", m.source.Name, err)
	}
	m.compiled, err = e.config.Runtime.Compile(ctx, m.source.Name, wasm)
	return m.compiled, err
}

// Module gives a connector by name, compiled.
func (e *Engine) Module(ctx context.Context, name string) (*host.Module, error) {
	e.mu.Lock()
	m, ok := e.modules[strings.ToLower(name)]
	e.mu.Unlock()
	if !ok {
		return nil, sqlerr.New(1477, "HY000", "no connector is called %s", name).
			WithHint("there are: %s", strings.Join(e.Connectors(), ", "))
	}
	return e.compile(ctx, m)
}

// Connectors lists the names of the connectors, in order.
func (e *Engine) Connectors() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := make([]string, 0, len(e.modules))
	for _, m := range e.modules {
		names = append(names, m.source.Name)
	}
	slices.Sort(names)
	return names
}

// Mount makes a database of a connector with its options, grants and limits. Wrong options fail now.
func (e *Engine) Mount(ctx context.Context, database, connector string, options host.Options) error {
	m, err := e.Module(ctx, connector)
	if err != nil {
		return err
	}
	e.mu.Lock()
	trusted := e.modules[strings.ToLower(connector)].source.Trusted
	e.mu.Unlock()
	return e.catalog.Mount(ctx, database, m, options, trusted)
}

// NameTable makes a table that stands for a file, opened by a connector: people for
// csv.`./people.csv`. file is written as in a query, options behind a question mark included. The
// database is made when it is not there; it must not be a connector's.
func (e *Engine) NameTable(_ context.Context, database, table, connector, file string) error {
	return e.catalog.Alias(database, table, connector, file)
}

// ConnectorFor finds the connector that reads files named like path, by its ending.
func (e *Engine) ConnectorFor(ctx context.Context, path string) (string, error) {
	base := strings.ToLower(filepath.Base(path))
	names := e.Connectors()
	// A connector called like the ending is asked first: the others need not be compiled then.
	ending := strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(base, ".gz")), ".")
	slices.SortStableFunc(names, func(a, b string) int {
		return number(!strings.EqualFold(a, ending)) - number(!strings.EqualFold(b, ending))
	})
	for _, name := range names {
		if e.driverOnly(name) {
			continue
		}
		m, err := e.Module(ctx, name)
		if err != nil {
			return "", err
		}
		manifest, err := m.Manifest(ctx)
		if err != nil {
			return "", err
		}
		if !manifest.OpenNames {
			continue
		}
		for _, suffix := range manifest.Suffixes {
			if strings.HasSuffix(base, strings.ToLower(suffix)) {
				return name, nil
			}
		}
	}
	return "", sqlerr.New(1477, "HY000", "no connector reads files like %s", path).
		WithHint("name one: there are %s", strings.Join(e.Connectors(), ", "))
}

// driverOnly tells whether a connector is known to have indexes, and no tables.
func (e *Engine) driverOnly(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.modules[strings.ToLower(name)]
	return m != nil && m.source.IndexDriver != ""
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Catalog is the engine's catalog.
func (e *Engine) Catalog() *catalog.Catalog { return e.catalog }

// SQL is go-mysql-server's engine underneath, for engine/server.
func (e *Engine) SQL() *sqle.Engine { return e.sql }

// Work sums what all connectors did since the engine was made: rows and bytes that crossed the
// wall, and fuel.
func (e *Engine) Work() (rows, bytes, fuel uint64) {
	for _, connector := range e.catalog.Connectors() {
		n := connector.Counters()
		rows, bytes, fuel = rows+uint64(n.Rows), bytes+uint64(n.Bytes), fuel+uint64(n.Fuel)
	}
	return rows, bytes, fuel
}

// Close closes the connectors. Statements that still run fail. The runtime stays open.
func (e *Engine) Close(ctx context.Context) error {
	return errors.Join(e.closeIndexes(ctx), e.transactions.Close(), e.catalog.Close(ctx), e.sql.Close(), e.memory.Close())
}
