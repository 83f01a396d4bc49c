package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/cmd/wasql/internal/bundled"
	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// setup is what the flags shared by query and explain say: connectors, mounts, grants, limits.
type setup struct {
	connectors []string
	mounts     []string
	db         string
	folder     string // of --db, absolute
	database   string
	timeout    time.Duration
	memory     int64
	noPushdown bool
	verbose    bool
	cacheDir   string
	// server: statements are those of clients, and grant nothing.
	server bool
}

func (s *setup) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&s.connectors, "connector", nil, "load a connector from a file, as `NAME=FILE.wasm` (checked, not trusted); may be repeated")
	f.StringArrayVarP(&s.mounts, "mount", "m", nil, "make a database of a connector, as `NAME=CONNECTOR[:PATH][?OPTION=VALUE&...]`; may be repeated")
	f.StringVar(&s.db, "db", os.Getenv(homeVariable), "keep the tables that SQL creates in this `folder`, made when it is not there (default: $"+homeVariable+", else they are gone when wasql ends)")
	f.StringVarP(&s.database, "database", "D", "", "the `database` unqualified tables are looked up in")
	f.DurationVar(&s.timeout, "timeout", 0, "stop a statement after this `time`, such as 30s")
	f.Int64Var(&s.memory, "memory", 0, "largest memory of one connector instance, in `MiB`")
	f.BoolVar(&s.noPushdown, "no-pushdown", false, "let the engine do all filtering, ordering and limiting")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "log what the host and the connectors report to standard error")
	f.StringVar(&s.cacheDir, "cache-dir", "", "`folder` for compiled connectors (default: the user's cache folder)")
}

// opened is an engine with what must be closed after it.
type opened struct {
	engine  *engine.Engine
	session *engine.Session
	runtime *host.Runtime
	grants  *pathGrants
	log     *slog.Logger
	remove  func()
}

// closeTime bounds the closing. What is acknowledged is on disk by then.
const closeTime = 30 * time.Second

func (o *opened) close() {
	if o.session != nil {
		o.session.Close() // an open transaction holds its connector, and is rolled back
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	_ = o.engine.Close(ctx)  // nothing is left to do with a failure here
	_ = o.runtime.Close(ctx) // the process ends after this
	o.remove()
}

// open makes an engine with the bundled and the given connectors.
func (s *setup) open(ctx context.Context, stdin io.Reader, stderr io.Writer) (*opened, error) {
	var logger *slog.Logger
	if s.verbose {
		logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	dir := s.cacheDir
	if dir == "" {
		dir = defaultCacheDir()
	}
	runtime, err := host.New(ctx, host.Config{CacheDir: dir, Log: logger, Collation: engine.Collation, Limits: host.Limits{MemoryBytes: s.memory << 20}})
	if err != nil {
		return nil, err
	}
	o := &opened{runtime: runtime, log: logger, grants: &pathGrants{announce: stderr}}
	o.grants.stdin, o.remove = copyStdin(stdin)
	config := engine.Config{Runtime: runtime, GrantPath: func(_ context.Context, connector, path string) ([]host.FileGrant, error) {
		return o.grants.grant(connector, path)
	}, Log: logger, StatementTime: s.timeout}
	if s.server {
		config.GrantPath = nil
	}
	if config.Connectors, err = s.bundled(o.grants); err != nil {
		return nil, errors.Join(err, runtime.Close(ctx))
	}
	if config.Decisions = s.folder; s.folder != "" {
		config.SpillFolder = filepath.Join(s.folder, "tmp")
	}
	if _, ok := bundled.Module(homeConnector); ok {
		config.Home = homeConnector
	} else if s.db != "" {
		return nil, errors.Join(usageError{errors.New("--db: the connector " + homeConnector + " is not built into this binary")}, runtime.Close(ctx))
	}
	for _, flag := range s.connectors {
		name, file, ok := strings.Cut(flag, "=")
		if !ok || name == "" || file == "" {
			return nil, errors.Join(usageError{fmt.Errorf("--connector %q: want NAME=FILE.wasm", flag)}, runtime.Close(ctx))
		}
		config.Connectors = append(config.Connectors, engine.ConnectorSource{Name: name, Wasm: func() ([]byte, error) { return os.ReadFile(file) }})
	}
	if s.db != "" {
		if config.Plugins, err = pluginsOf(s.db); err != nil {
			return nil, errors.Join(err, runtime.Close(ctx))
		}
	}
	if o.engine, err = engine.New(ctx, config); err != nil {
		return nil, errors.Join(err, runtime.Close(ctx))
	}
	o.session = o.engine.NewSession("")
	if err := s.mountAll(ctx, o); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// bundled lists the connectors in the binary.
func (s *setup) bundled(grants *pathGrants) (_ []engine.ConnectorSource, err error) {
	var sources []engine.ConnectorSource
	for _, name := range bundled.Names() {
		source := engine.ConnectorSource{Name: name, Trusted: true, NoFunctions: true, Wasm: func() ([]byte, error) {
			wasm, _ := bundled.Module(name)
			return wasm, nil
		}}
		switch name {
		case homeConnector:
			err = s.home(&source, grants)
		case indexConnector:
			err = s.indexes(&source, grants)
		}
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return sources, nil
}

func (s *setup) mountAll(ctx context.Context, o *opened) error {
	for _, flag := range s.mounts {
		m, err := parseMount(flag)
		if err != nil {
			return usageError{err}
		}
		options := host.Options{Server: m.name, Options: m.options}
		if m.path != "" {
			if options.Grant.Files, err = o.grants.mount(m.connector, m.path); err != nil {
				return err
			}
			options.Options["path"] = m.path
		}
		if err := o.engine.Mount(ctx, m.name, m.connector, options); err != nil {
			return err
		}
	}
	if s.noPushdown {
		if err := o.session.Set(ctx, "wasql_pushdown", "0"); err != nil {
			return err
		}
	}
	if s.database == "" {
		return nil
	}
	return o.session.Use(ctx, s.database)
}

// mountFlag is --mount taken apart.
type mountFlag struct {
	name, connector, path string
	options               map[string]string
}

func parseMount(flag string) (mountFlag, error) {
	m := mountFlag{options: map[string]string{}}
	name, rest, ok := strings.Cut(flag, "=")
	if !ok || name == "" || rest == "" {
		return m, fmt.Errorf("--mount %q: want NAME=CONNECTOR[:PATH][?OPTION=VALUE&...]", flag)
	}
	m.name = name
	rest, query, hasQuery := strings.Cut(rest, "?")
	if hasQuery {
		values, err := url.ParseQuery(query)
		if err != nil {
			return m, fmt.Errorf("--mount %q: options: %w", flag, err)
		}
		for option, given := range values {
			m.options[option] = given[len(given)-1]
		}
	}
	m.connector, m.path, _ = strings.Cut(rest, ":")
	return m, nil
}

// defaultCacheDir is where compiled connectors are kept between runs; empty when the user has
// no cache folder, and then each run compiles anew.
func defaultCacheDir() string {
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "wasql", "modules")
}
