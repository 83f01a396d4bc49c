package catalog

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// tableOptions name the connector's table, and schemaOptions the connector's database that it is in, when the
// connector has no options called so.
var (
	tableOptions  = []string{"table", "table_name"}
	schemaOptions = []string{"schema", "schema_name"}
)

// names tells whether an option that the connector does not declare names its table or schema.
func (f *foreign) names(option string) bool {
	return named(tableOptions, option) || f.Form == ServerForm && named(schemaOptions, option)
}

// schema is the connector's database that the table is in.
func (f *foreign) schema() string {
	for _, name := range schemaOptions {
		if value, ok := optionNamed(f.Options, name); ok && f.Form == ServerForm && declaredOption(f.source.Connector.Manifest(), name) == nil {
			return value
		}
	}
	return f.source.name
}

// engine is the name of the connector, or of the server it is behind.
func (f *foreign) engine() string {
	if f.Connector != "" {
		return f.Connector
	}
	return f.Server
}

// asked is the connector's table that the statement names; empty: it names none.
func (f *foreign) asked() string {
	if f.Remote != "" {
		return f.Remote
	}
	for _, name := range tableOptions {
		if declaredOption(f.source.Connector.Manifest(), name) != nil {
			continue
		}
		if value, ok := optionNamed(f.Options, name); ok {
			return value
		}
		for _, argument := range f.Arguments {
			if strings.EqualFold(argument.Name, name) {
				return argument.Value
			}
		}
	}
	return ""
}

// behind finds the connector's table: the one the statement names, else the one called like the
// table, the only one there is, or the one called like the connector. A connector that lists none is
// asked for the table's own name.
func (f *foreign) behind(ctx *sql.Context) (*pb.TableRef, error) {
	s := f.source
	refs, err := s.listIn(ctx, f.schema())
	if err != nil {
		return nil, err
	}
	asked, manifest := f.asked(), s.Connector.Manifest()
	candidates := []string{asked}
	if asked == "" {
		candidates = []string{f.Name, f.engine(), manifest.GetName()}
	}
	// The name of a virtual table is its own affair.
	if asked == "" && (f.Form == ModuleForm || len(refs) == 1) {
		candidates = candidates[1:]
		if len(refs) == 1 {
			return refs[0], nil
		}
	}
	for _, name := range candidates {
		if ref, err := s.findIn(ctx, f.schema(), name); ref != nil || err != nil {
			return ref, err
		}
	}
	if f.Form != ModuleForm && (manifest.GetOpenNames() || len(refs) == 0 && f.Columns != nil) {
		if asked == "" {
			asked = f.Name
		}
		return &pb.TableRef{Name: asked}, nil
	}
	return nil, f.noneBehind(refs, asked)
}

// noneBehind says which tables there are.
func (f *foreign) noneBehind(refs []*pb.TableRef, asked string) error {
	const shown = 20
	var names []string
	for _, ref := range refs[:min(len(refs), shown)] {
		names = append(names, ref.Name)
	}
	list := strings.Join(names, ", ")
	if len(refs) > shown {
		list += ", …"
	}
	connector := f.source.name
	switch {
	case len(refs) == 0:
		e := sqlerr.New(1146, "42S02", "connector %s lists no table for a virtual table to stand for", connector)
		for _, option := range f.source.Connector.Manifest().GetOptions() {
			if option.Type == "path" {
				return e.WithHint("its option %s may name some: USING %s(%s = '…')", option.Name, connector, option.Name)
			}
		}
		return e
	case asked != "":
		return sqlerr.New(1146, "42S02", "connector %s has no table %q%s", connector, asked, suggest(asked, names)).WithHint("it has: %s", list)
	}
	how := map[Form]string{ModuleForm: "USING " + connector + "(table = '…')", ServerForm: "OPTIONS (table '…')", EngineForm: "CONNECTION='server/table', or ENGINE_ATTRIBUTE='{\"table\": \"…\"}'"}
	return sqlerr.New(1146, "42S02", "connector %s has %d tables, and it is not said which one is meant", connector, len(refs)).
		WithHint("name one: %s; it has: %s", how[f.Form], list)
}

// check has the table described, and refuses one that its connector does not want created.
func (f *foreign) check(ctx *sql.Context) error {
	table, err := f.source.table(ctx, f.Database, f.Name, f.ref)
	if err != nil {
		return err
	}
	if table.Declared().Kind == pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY {
		return f.eponymousOnly(f.ref.Name)
	}
	return nil
}

func (f *foreign) eponymousOnly(name string) error {
	return sqlerr.New(1031, "HY000", "table %s of connector %s needs no CREATE and has none", name, f.engine()).
		WithHint("read it as %s.%s", f.engine(), name)
}

// refuseEponymous refuses CREATE for a connector whose own table is there without.
func (f *foreign) refuseEponymous(ctx *sql.Context) error {
	s := f.source
	ref, err := s.find(ctx, s.Connector.Manifest().GetName())
	if ref == nil || err != nil {
		return err
	}
	given := s.given
	s.given = nil
	defer func() { s.given = given }()
	table, err := s.table(ctx, f.Database, ref.Name, ref)
	if err == nil && table.Declared().Kind == pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY {
		return f.eponymousOnly(ref.Name)
	}
	return err
}
