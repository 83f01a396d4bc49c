package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// Server is a connector with options, under a name: CREATE SERVER makes one. It is a database of the
// connector's own tables, and foreign tables name it.
type Server struct {
	Name string
	// Wrapper is the connector's name; or multicorn, and the option wrapper has it, of the server or of
	// each of its tables.
	Wrapper string
	Options map[string]string
}

// OptionChange is an option that a statement sets or drops.
type OptionChange struct {
	Name, Value string
	Drop        bool
}

// server is a Server and the database it is. It is immutable; ALTER SERVER makes another.
type server struct {
	Server
	// connector is empty, and database nil, when the tables shall say it.
	connector string
	database  *database
}

// CreateServer makes a server. Its connector is opened now, so that wrong options fail the statement.
func (c *Catalog) CreateServer(ctx *sql.Context, definition Server, ifNotExists bool) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	if err := checkName(definition.Name); err != nil {
		return err
	}
	if c.server(definition.Name) != nil || c.Provider().HasDatabase(ctx, definition.Name) {
		exists := sqlerr.New(1476, "HY000", "the server, %s, you are trying to create already exists", definition.Name)
		if c.server(definition.Name) == nil {
			exists.Message += ", as a database"
		}
		if ifNotExists {
			note(ctx, exists)
			return nil
		}
		return exists
	}
	s, err := c.openServer(ctx, definition)
	if err != nil {
		return err
	}
	if err := c.keepServer(ctx, s, false); err != nil {
		return errors.Join(err, s.close(ctx))
	}
	return nil
}

// openServer makes the database of a server and opens its connector.
func (c *Catalog) openServer(ctx *sql.Context, definition Server) (*server, error) {
	s, err := c.newServer(definition)
	if err != nil || s.database == nil {
		return s, err
	}
	if _, err := s.database.mounted(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

// newServer finds the connector of a server and makes its database, without opening it.
func (c *Catalog) newServer(definition Server) (*server, error) {
	s := &server{Server: definition}
	base, err := c.connector(definition.Wrapper)
	if err != nil {
		name, named := optionNamed(definition.Options, wrapperOption)
		switch {
		case named:
			base, err = c.wrapped(name)
		case strings.EqualFold(definition.Wrapper, openWrapper):
			return s, nil
		default:
			err = c.unknownWrapper(definition.Wrapper)
		}
	}
	if err != nil {
		return nil, err
	}
	s.connector = base.mount.Name
	options := base.mount.Options
	if c.homeOf(base) != nil { // what it was given is for the databases it keeps
		options = host.Options{Limits: options.Limits}
	}
	options.Server = definition.Name
	s.database = newDatabase(c, Mount{Name: definition.Name, Trusted: base.mount.Trusted, Options: options,
		Module: func(ctx context.Context) (*host.Module, error) { return base.compiled(ctx) }})
	s.database.server = s
	return s, nil
}

// prepared are the options that the connector of a database is opened with. Those of a server are
// spelt as the connector declares them, and the files that its options of type path name are granted.
func (d *database) prepared(ctx context.Context, module *host.Module) (host.Options, error) {
	options := d.mount.Options
	if d.server == nil {
		return options, nil
	}
	manifest, err := module.Manifest(ctx)
	if err != nil {
		return options, err
	}
	options.Options = maps.Clone(options.Options)
	if options.Options == nil {
		options.Options = map[string]string{}
	}
	for name, value := range without(d.server.Options, wrapperOption) {
		option := declaredOption(manifest, name)
		if option == nil {
			options.Options[name] = value // the host says what is wrong with it
			continue
		}
		options.Options[option.Name] = value
		if option.Type != "path" || value == "" {
			continue
		}
		grants, err := d.grantPath(ctx, value)
		if err != nil {
			return options, err
		}
		if _, err := stampFiles(grants); err != nil {
			return options, err
		}
		options.Grant.Files = slices.Concat(options.Grant.Files, grants)
	}
	return options, nil
}

// keepServer stores the definition and makes the database known.
func (c *Catalog) keepServer(ctx *sql.Context, s *server, replace bool) error {
	object, err := newObject(pb.ObjectKind_OBJECT_KIND_SERVER, "", s.Name, s.text(), s.Server)
	if err != nil {
		return err
	}
	if s.database != nil {
		open, err := s.database.mounted(ctx)
		if err != nil {
			return err
		}
		warnSecrets(ctx, c, "server "+s.Name, open.Connector.Manifest(), s.Options)
	}
	if err := c.objects().Put(ctx, object, replace); err != nil {
		return err
	}
	return c.addServer(s, replace)
}

// addServer makes the server and its database known.
func (c *Catalog) addServer(s *server, replace bool) error {
	key := strings.ToLower(s.Name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	if c.taken(key) && !replace {
		return sqlerr.New(1476, "HY000", "the server, %s, you are trying to create already exists", s.Name)
	}
	delete(c.mounts, key)
	delete(c.named, key)
	if s.database != nil {
		c.mounts[key] = s.database
	} else {
		c.named[key] = newAliases(c, s.Name)
	}
	c.servers[key] = s
	return nil
}

// loadServer adds a server that an earlier engine made. Its connector is opened at first use; one that
// cannot be found leaves a server whose tables say so.
func (c *Catalog) loadServer(object *pb.Object) error {
	var definition Server
	if err := json.Unmarshal([]byte(object.GetAttributes()[definitionAttribute]), &definition); err != nil {
		return damaged(object, err)
	}
	s, err := c.newServer(definition)
	if err != nil {
		c.config.Log.Warn("a server is left out", "server", definition.Name, "error", err)
		return nil
	}
	if err := c.addServer(s, false); err != nil {
		c.config.Log.Warn("a server is left out", "server", definition.Name, "error", err)
	}
	return nil
}

// AlterServer changes options. The server's tables are read with the new ones from the next statement on.
func (c *Catalog) AlterServer(ctx *sql.Context, name string, changes []OptionChange) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	old := c.server(name)
	if old == nil {
		return c.unknownServer(name)
	}
	definition := old.Server
	definition.Options = maps.Clone(old.Options)
	if definition.Options == nil {
		definition.Options = map[string]string{}
	}
	for _, change := range changes {
		for known := range definition.Options {
			if strings.EqualFold(known, change.Name) {
				delete(definition.Options, known)
			}
		}
		if !change.Drop {
			definition.Options[change.Name] = change.Value
		}
	}
	s, err := c.openServer(ctx, definition)
	if err != nil {
		return err
	}
	if err := c.keepServer(ctx, s, true); err != nil {
		return errors.Join(err, s.close(ctx))
	}
	for _, f := range c.tablesOf(name) {
		f.disconnect(ctx)
		f.shut(ctx)
	}
	return old.close(ctx)
}

// DropServer takes a server away. Foreign tables that name it keep it, or go with it: cascade.
func (c *Catalog) DropServer(ctx *sql.Context, name string, ifExists, cascade bool) error {
	if err := c.load(ctx); err != nil {
		return err
	}
	s := c.server(name)
	if s == nil {
		unknown := c.unknownServer(name)
		if ifExists {
			note(ctx, unknown)
			return nil
		}
		return unknown
	}
	tables := c.tablesOf(name)
	if len(tables) > 0 && !cascade {
		return sqlerr.New(3730, "HY000", "cannot drop server %s referenced by %d tables, such as %s.%s", s.Name, len(tables), tables[0].Database, tables[0].Name).
			WithHint("drop them first, or all with DROP SERVER … CASCADE")
	}
	for _, f := range tables {
		if err := c.dropOne(ctx, f); err != nil {
			return err
		}
	}
	if err := c.objects().Drop(ctx, pb.ObjectKind_OBJECT_KIND_SERVER, "", s.Name); err != nil {
		return err
	}
	key := strings.ToLower(s.Name)
	c.mu.Lock()
	delete(c.servers, key)
	delete(c.mounts, key)
	delete(c.named, key)
	c.mu.Unlock()
	return s.close(ctx)
}

func (s *server) close(ctx context.Context) error {
	if s.database == nil {
		return nil
	}
	return s.database.close(ctx)
}

// server looks one up; nil: there is none.
func (c *Catalog) server(name string) *server {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.servers[strings.ToLower(name)]
}

// tablesOf are the foreign tables that name a server, in the order of their names.
func (c *Catalog) tablesOf(name string) (all []*foreign) {
	for _, f := range c.foreigns() {
		if strings.EqualFold(f.Server, name) {
			all = append(all, f)
		}
	}
	return all
}

func (c *Catalog) unknownServer(name string) *sqlerr.Error {
	c.mu.RLock()
	known := slices.Sorted(maps.Keys(c.servers))
	c.mu.RUnlock()
	e := sqlerr.New(1477, "HY000", "the foreign server name you are trying to reference does not exist. Data source error: %.64s%s", name, suggest(name, known))
	if len(known) == 0 {
		return e.WithHint("CREATE SERVER makes one")
	}
	return e.WithHint("the servers are: %s", strings.Join(known, ", "))
}

// text is the statement that makes the server.
func (s *server) text() string {
	return fmt.Sprintf("CREATE SERVER %s FOREIGN DATA WRAPPER %s%s", quoted(s.Name), quoted(s.Wrapper), optionsText(s.Options))
}
