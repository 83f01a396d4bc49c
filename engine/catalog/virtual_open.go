package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// tableArgument names the connector's table when it has several.
const tableArgument = "table"

// open opens the connector of a virtual table and finds the table behind it.
func (c *Catalog) open(ctx *sql.Context, v Virtual) (*virtual, error) {
	d, err := c.connector(v.Module)
	if err != nil {
		return nil, err
	}
	v.Module = d.mount.Name
	module, err := d.compiled(ctx)
	if err != nil {
		return nil, err
	}
	manifest, err := module.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	options, ofTable, err := d.argumentOptions(ctx, manifest, v.Arguments)
	if err != nil {
		return nil, err
	}
	s, err := d.open(ctx, module, options)
	if err != nil {
		return nil, err
	}
	made := &virtual{Virtual: v, source: s}
	if made.ref, err = s.behind(ctx, v, ofTable); err == nil {
		err = made.check(ctx)
	}
	if err == nil {
		return made, nil
	}
	s.discard(ctx)
	return nil, err
}

// discard closes a connector that nothing needs any more; a failure is the log's affair.
func (s *source) discard(ctx *sql.Context) {
	if err := s.close(ctx); err != nil {
		ctx.GetLogger().WithError(err).Warn("close the connector of a virtual table")
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

// argumentOptions gives the options of the connector's own database with those among the arguments:
// the connector's, with the grants of their paths, and the table's.
func (d *database) argumentOptions(ctx *sql.Context, manifest *pb.HelloResponse, arguments []*pb.Argument) (host.Options, map[string]string, error) {
	options := d.mount.Options
	options.Arguments = arguments
	options.Options = maps.Clone(options.Options)
	if options.Options == nil {
		options.Options = map[string]string{}
	}
	ofTable, given := map[string]string{}, map[string]bool{}
	for _, argument := range arguments {
		option := declaredOption(manifest, argument.Name)
		if option == nil {
			warnUndeclared(ctx, manifest, argument)
			continue
		}
		if given[option.Name] {
			return options, nil, sqlerr.New(1210, "HY000", "option %s of connector %s is given twice", option.Name, d.mount.Name)
		}
		given[option.Name] = true
		if option.Scope == pb.OptionScope_OPTION_SCOPE_TABLE {
			ofTable[option.Name] = argument.Value
		} else {
			options.Options[option.Name] = argument.Value
		}
		if option.Type != "path" || argument.Value == "" {
			continue
		}
		grants, err := d.grantPath(ctx, argument.Value)
		if err != nil {
			return options, nil, err
		}
		if _, err := stampFiles(grants); err != nil {
			return options, nil, err
		}
		options.Grant.Files = slices.Concat(options.Grant.Files, grants)
	}
	if err := host.CheckOptions(manifest, host.ScopeTable, ofTable); err != nil {
		err.Connector, err.Call = d.mount.Name, "open"
		return options, nil, err
	}
	return options, ofTable, nil
}

// declaredOption finds an option of a connector or of its tables; nil: there is none, or the
// argument has no name. Names are SQL's here: case does not count.
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
func warnUndeclared(ctx *sql.Context, manifest *pb.HelloResponse, argument *pb.Argument) {
	if argument.Name == "" || strings.EqualFold(argument.Name, tableArgument) {
		return
	}
	var known []string
	for _, option := range manifest.GetOptions() {
		known = append(known, option.Name)
	}
	ctx.Warn(1210, "connector %s has no option %q%s; it was given the argument as written", manifest.GetName(), argument.Name, suggest(argument.Name, known))
}

// behind finds the connector's table for a virtual one: the only one it lists, the one that the
// argument table names, or the one called like the connector.
func (s *source) behind(ctx *sql.Context, v Virtual, options map[string]string) (*pb.TableRef, error) {
	refs, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	asked := ""
	for _, argument := range v.Arguments {
		if strings.EqualFold(argument.Name, tableArgument) {
			asked = argument.Value
		}
	}
	// A connector with an option of that name means something else by it.
	if len(refs) == 1 && declaredOption(s.Connector.Manifest(), tableArgument) != nil {
		asked = ""
	}
	ref := (*pb.TableRef)(nil)
	switch {
	case len(refs) == 1 && asked == "":
		ref = refs[0]
	case asked != "":
		ref, err = s.find(ctx, asked)
	default:
		ref, err = s.find(ctx, v.Module)
	}
	if err != nil {
		return nil, err
	}
	if ref == nil {
		return nil, s.noneBehind(refs, asked)
	}
	found := ref.CloneVT()
	found.Arguments = v.Arguments
	if found.Options == nil {
		found.Options = map[string]string{}
	}
	maps.Copy(found.Options, options)
	return found, nil
}

// noneBehind says which tables there are.
func (s *source) noneBehind(refs []*pb.TableRef, asked string) error {
	const shown = 20
	var names []string
	for _, ref := range refs[:min(len(refs), shown)] {
		names = append(names, ref.Name)
	}
	list := strings.Join(names, ", ")
	if len(refs) > shown {
		list += ", …"
	}
	switch {
	case len(refs) == 0:
		e := sqlerr.New(1146, "42S02", "connector %s lists no table for a virtual table to stand for", s.name)
		for _, option := range s.Connector.Manifest().GetOptions() {
			if option.Type == "path" {
				return e.WithHint("its option %s may name some: USING %s(%s = '…')", option.Name, s.name, option.Name)
			}
		}
		return e
	case asked != "":
		return sqlerr.New(1146, "42S02", "connector %s has no table %q%s", s.name, asked, suggest(asked, names)).WithHint("it has: %s", list)
	}
	return sqlerr.New(1146, "42S02", "connector %s has %d tables, and it is not said which one is meant", s.name, len(refs)).
		WithHint("name one: USING %s(table = '…'); it has: %s", s.name, list)
}

// check has the table described, and refuses one that its connector does not want created.
func (v *virtual) check(ctx *sql.Context) error {
	table, err := v.described(ctx)
	if err != nil {
		return err
	}
	if table.Declared().Kind == pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY {
		return sqlerr.New(1031, "HY000", "table %s of connector %s needs no CREATE and has none", v.ref.Name, v.Module).
			WithHint("read it as %s.%s", v.Module, v.ref.Name)
	}
	return nil
}
