package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/vitess/go/vt/sqlparser"

	"github.com/wasql/wasql/engine/sqlerr"
)

const (
	installPlugin   = "INSTALL PLUGIN"
	installForm     = "the form is INSTALL PLUGIN name SONAME 'file.wasm'"
	uninstallForm   = "the form is UNINSTALL PLUGIN name"
	pluginBytesMax  = 256 << 20
	errPluginExists = 1125
)

// Plugin is a connector that was installed. It has no grants and is not trusted: installing gives no rights.
type Plugin struct {
	Name string
	// File is what it was installed from, without folder; Digest the SHA-256 of its bytes, in hexadecimal digits.
	File, Digest string
	// IndexDriver is its id when it is an index driver.
	IndexDriver string
	// Wasm gives the module; it fails when the bytes are not those of the digest.
	Wasm func() ([]byte, error)
}

// Plugins keeps installed connectors for the next engine. It is safe for concurrent use.
type Plugins interface {
	List() ([]Plugin, error)
	// Put keeps one whose name is not there yet.
	Put(p Plugin, wasm []byte) error
	Drop(name string) error
}

// CheckDigest refuses bytes that are not those that were installed.
func (p *Plugin) CheckDigest(wasm []byte) error {
	if sum := sha256.Sum256(wasm); hex.EncodeToString(sum[:]) != p.Digest {
		return sqlerr.New(1126, "HY000", "plugin %s is not the file that was installed: its digest is %x, it was %s", p.Name, sum, p.Digest)
	}
	return nil
}

// loadPlugins makes the connectors known that were installed before. One whose name is taken now is left out, which the log says.
func (e *Engine) loadPlugins() error {
	if e.config.Plugins == nil {
		return nil
	}
	all, err := e.config.Plugins.List()
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := e.addPlugin(p); err != nil {
			e.log.Warn("an installed connector is left out", "connector", p.Name, "error", err)
		}
	}
	return nil
}

func (e *Engine) addPlugin(p Plugin) error {
	if err := e.AddConnector(ConnectorSource{Name: p.Name, Wasm: p.Wasm, IndexDriver: p.IndexDriver}); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.modules[strings.ToLower(p.Name)].plugin = &p
	return nil
}

// Install makes a module a connector under a name, kept by Config.Plugins for later engines when there is one. The module
// must say HELLO. Nothing is granted to it.
func (e *Engine) Install(ctx context.Context, name, file string, wasm []byte) error {
	e.mu.Lock()
	_, taken := e.modules[strings.ToLower(name)]
	e.mu.Unlock()
	if taken {
		return sqlerr.New(errPluginExists, "HY000", "plugin %s already exists", name)
	}
	module, err := e.config.Runtime.Compile(ctx, name, wasm)
	if err != nil {
		return cannotInstall(file, err)
	}
	manifest, err := module.Manifest(ctx)
	if err != nil {
		return errors.Join(cannotInstall(file, err), module.Close(ctx))
	}
	sum := sha256.Sum256(wasm)
	p := Plugin{Name: name, File: filepath.Base(file), Digest: hex.EncodeToString(sum[:]), IndexDriver: manifest.GetIndexDriver(),
		Wasm: func() ([]byte, error) { return wasm, nil }}
	if err := e.addPlugin(p); err != nil {
		return errors.Join(err, module.Close(ctx))
	}
	if e.config.Plugins == nil {
		return nil
	}
	if err := e.config.Plugins.Put(p, wasm); err != nil {
		return errors.Join(err, e.removeConnector(ctx, name))
	}
	return nil
}

func cannotInstall(file string, err error) error {
	e := sqlerr.New(1126, "HY000", "can't open shared library '%s' (%s)", file, sqlerr.From(err).Message)
	e.Err = err
	return e
}

// Uninstall takes a connector away that Install brought. One that servers or foreign tables use stays.
func (e *Engine) Uninstall(ctx *sql.Context, name string) error {
	e.mu.Lock()
	m, known := e.modules[strings.ToLower(name)]
	e.mu.Unlock()
	switch {
	case !known:
		return sqlerr.New(1305, "42000", "PLUGIN %s does not exist", name)
	case m.plugin == nil:
		return sqlerr.New(1619, "HY000", "built-in plugins cannot be deleted, and %s is one", name)
	}
	users, err := e.catalog.Users(ctx, name)
	if err != nil {
		return err
	}
	if e.drivers.uses(m.source.IndexDriver) {
		users = append(users, "indexes")
	}
	if len(users) > 0 {
		return sqlerr.New(1620, "HY000", "plugin %s is busy: it is used by %s", name, strings.Join(users, ", ")).WithHint("drop these first")
	}
	if e.config.Plugins != nil {
		if err := e.config.Plugins.Drop(m.plugin.Name); err != nil {
			return err
		}
	}
	return e.removeConnector(ctx, name)
}

// removeConnector forgets a connector. Statements that still read from it fail.
func (e *Engine) removeConnector(ctx context.Context, name string) error {
	key := strings.ToLower(name)
	e.mu.Lock()
	m := e.modules[key]
	delete(e.modules, key)
	e.mu.Unlock()
	var failed error
	if m.source.IndexDriver == "" {
		failed = e.catalog.Unmount(ctx, name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.compiled != nil {
		if err := m.compiled.Close(ctx); err != nil {
			// Some statement still has an instance: the code stays as long as the runtime.
			e.log.Warn("an uninstalled connector stays in memory", "connector", name, "error", err)
		}
	}
	return failed
}

// uses tells whether the driver of an id is open.
func (d *drivers) uses(id string) bool {
	d.opening.Lock()
	defer d.opening.Unlock()
	return id != "" && d.open[strings.ToLower(id)] != nil
}

// readPlugin reads the file that an INSTALL PLUGIN names, when Config.GrantPath grants it.
func (e *Engine) readPlugin(ctx *sql.Context, path string) (_ []byte, err error) {
	if e.config.GrantPath == nil {
		return nil, refusedFile(installPlugin)
	}
	file, err := e.granted(ctx, installPlugin, path)
	if err != nil {
		return nil, cannotInstall(path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	wasm, err := io.ReadAll(io.LimitReader(file, pluginBytesMax+1))
	switch {
	case err != nil:
		return nil, cannotInstall(path, err)
	case len(wasm) > pluginBytesMax:
		return nil, cannotInstall(path, sqlerr.New(1126, "HY000", "it has more than %d bytes", pluginBytesMax))
	}
	return wasm, nil
}

// install is INSTALL PLUGIN as read, and uninstall UNINSTALL PLUGIN.
type (
	install   struct{ name, file string }
	uninstall struct{ name string }
)

func (l *lexer) install() (i install, err error) {
	if i.name, err = l.name(serverQuotes); err != nil {
		return i, err
	}
	if !l.keyword("SONAME") {
		return i, l.wrong()
	}
	i.file, err = l.value()
	return i, err
}

func (l *lexer) uninstall() (u uninstall, err error) {
	u.name, err = l.name(serverQuotes)
	return u, err
}

// statement implements own.
func (i install) statement(p parser) sqlparser.Statement {
	return serverStatement(installPlugin, func(ctx *sql.Context) error {
		wasm, err := p.engine.readPlugin(ctx, i.file)
		if err != nil {
			return err
		}
		return p.engine.Install(ctx, i.name, i.file, wasm)
	})
}

// statement implements own.
func (u uninstall) statement(p parser) sqlparser.Statement {
	return serverStatement("UNINSTALL PLUGIN", func(ctx *sql.Context) error { return p.engine.Uninstall(ctx, u.name) })
}
