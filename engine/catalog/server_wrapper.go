package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

const (
	// openWrapper is a wrapper that leaves it to an option which connector is meant, as Multicorn's does.
	openWrapper = "multicorn"
	// wrapperOption is that option: a connector, or a class such as 'csvfdw.CsvFdw' that is called like one.
	wrapperOption = "wrapper"
)

// wrapped finds the connector that the option wrapper names: by the whole text, by the class or the
// module of a Python path, and by those without an ending such as Fdw.
func (c *Catalog) wrapped(wrapper string) (*database, error) {
	known := map[string]*database{}
	for _, d := range c.all() {
		if d.mount.ByManifest {
			known[bare(d.mount.Name)] = d
		}
	}
	for _, name := range wrapperNames(wrapper) {
		if d := known[bare(name)]; d != nil {
			return d, nil
		}
	}
	return nil, c.unknownWrapper(wrapper)
}

// wrapperNames are the names that a wrapper may mean, the most exact first.
func wrapperNames(wrapper string) []string {
	names := []string{wrapper}
	parts := strings.Split(wrapper, ".")
	for _, part := range slices.Backward(parts) {
		names = append(names, part)
	}
	for _, part := range slices.Backward(parts) {
		for _, ending := range []string{"foreigndatawrapper", "fdw", "wrapper"} {
			if short, found := strings.CutSuffix(bare(part), ending); found && short != "" {
				names = append(names, short)
			}
		}
	}
	return names
}

// bare is a name as names are compared here: without case and without the marks that join words.
func bare(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

func (c *Catalog) unknownWrapper(name string) error {
	var known []string
	for _, d := range c.all() {
		if d.mount.ByManifest {
			known = append(known, d.mount.Name)
		}
	}
	e := sqlerr.New(1286, "42000", "unknown foreign data wrapper %.80q%s", name, suggest(name, known))
	if len(known) == 0 {
		return e.WithHint("no connector is known")
	}
	return e.WithHint("the connectors are: %s", strings.Join(known, ", "))
}

// isServer tells whether the database is a server's.
func (d *database) isServer() bool { return d.server != nil }

// connectorName is the connector's, which a server is not called like.
func (d *database) connectorName() string {
	if d.server != nil {
		return d.server.connector
	}
	return d.mount.Name
}

// optionNamed finds an option without case.
func optionNamed(options map[string]string, name string) (string, bool) {
	if value, ok := options[name]; ok {
		return value, true
	}
	for key, value := range options {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// without is options but for one.
func without(options map[string]string, name string) map[string]string {
	rest := maps.Clone(options)
	for key := range rest {
		if strings.EqualFold(key, name) {
			delete(rest, key)
		}
	}
	return rest
}

// declaredOption finds an option of a connector or of its tables; nil: there is none, or the
// option has no name. Names are SQL's here: case does not count.
func declaredOption(manifest *pb.HelloResponse, name string) *pb.Option {
	for _, option := range manifest.GetOptions() {
		if option.Scope != pb.OptionScope_OPTION_SCOPE_COLUMN && name != "" && strings.EqualFold(option.Name, name) {
			return option
		}
	}
	return nil
}

// warnUndeclared warns of a named argument that is no option: the connector may know it, or it is
// written wrongly.
func warnUndeclared(ctx *sql.Context, manifest *pb.HelloResponse, name string) {
	var known []string
	for _, option := range manifest.GetOptions() {
		known = append(known, option.Name)
	}
	ctx.Warn(1210, "connector %s has no option %q%s; it was given the argument as written", manifest.GetName(), name, suggest(name, known))
}

// secretWords are what the names of options that hold a secret are made of.
var secretWords = []string{"password", "passwd", "secret", "token", "api_key", "apikey", "credential", "private_key"}

// warnSecrets warns of a secret that is written down as it is. An option of type secret holds the name
// of one, never its value.
func warnSecrets(ctx *sql.Context, c *Catalog, what string, manifest *pb.HelloResponse, options map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(options)) {
		option := declaredOption(manifest, name)
		if options[name] == "" || option.GetType() == "secret" {
			continue
		}
		for _, word := range secretWords {
			if !strings.Contains(strings.ToLower(name), word) {
				continue
			}
			where := "is kept in memory"
			if c.objects().Lasts() {
				where = "is stored in clear"
			}
			ctx.Warn(1760, "option %s of %s looks like a secret and %s: who can read the catalog can read it", name, what, where)
			break
		}
	}
}

// connector gives the database that stands for a connector by its name.
func (c *Catalog) connector(name string) (*database, error) {
	if d, ok := c.lookup(name); ok && d.mount.ByManifest {
		return d, nil
	}
	var known []string
	for _, d := range c.all() {
		if d.mount.ByManifest {
			known = append(known, d.mount.Name)
		}
	}
	unknown := sqlerr.New(1286, "42000", "unknown storage engine %.80q%s", name, suggest(name, known))
	if len(known) == 0 {
		return nil, unknown.WithHint("no connector is known")
	}
	return nil, unknown.WithHint("the connectors are: %s", strings.Join(known, ", "))
}
