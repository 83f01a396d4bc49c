package catalog

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Import says which tables of a server shall be foreign tables.
type Import struct {
	Server string
	// Schema is the connector's own name of the database they are in; one that has no such names ignores it.
	Schema string
	// LimitTo and Except are names, whatever their case; with LimitTo only these are imported.
	LimitTo, Except []string
	// Into is the SQL database.
	Into string
	// Options go to the connector with the request, and to each table.
	Options map[string]string
}

// Imported is a table that was imported, by its name in SQL and by the connector's.
type Imported struct{ Name, Remote string }

// ImportSchema makes a foreign table of each table that the connector of a server declares: of all of them or, when one cannot
// be made or its name is taken, of none. The definitions are kept like those of CREATE FOREIGN TABLE. A table that
// cannot be made by definition, and a name that is not there, are warnings.
func (c *Catalog) ImportSchema(ctx *sql.Context, r Import) ([]Imported, error) {
	if err := c.load(ctx); err != nil {
		return nil, err
	}
	into, err := c.holdsForeign(r.Into)
	if err != nil {
		return nil, err
	}
	r.Into = into
	server := c.server(r.Server)
	switch {
	case server == nil:
		return nil, c.unknownServer(r.Server)
	case server.database == nil:
		return nil, sqlerr.New(1432, "HY000", "server %s names no connector: its tables do, one by one", server.Name)
	}
	s, err := server.database.mounted(ctx)
	if err != nil {
		return nil, err
	}
	tables, err := s.declares(ctx, r)
	if err != nil {
		return nil, err
	}
	definitions := make([]Foreign, 0, len(tables))
	for _, t := range tables {
		if t.Kind == pb.TableKind_TABLE_KIND_EPONYMOUS_ONLY {
			ctx.Warn(1031, "table %s of server %s is left out: it needs no definition and has none; read it as %s.%s", t.Name, server.Name, server.Name, t.Name)
			continue
		}
		definitions = append(definitions, imported(s, r, t))
	}
	if err := c.allFree(ctx, definitions); err != nil {
		return nil, err
	}
	return c.importAll(ctx, definitions)
}

// declares asks for the tables; a connector that does not know the question is asked for its list.
func (s *source) declares(ctx *sql.Context, r Import) ([]*pb.Table, error) {
	answer := &pb.ImportSchemaResponse{}
	request := &pb.ImportSchemaRequest{Schema: r.Schema, LimitTo: r.LimitTo, Except: r.Except, Options: r.Options}
	err := s.Send(ctx, pb.Op_OP_IMPORT_SCHEMA, request, answer)
	if gms.Said(err, abi.Unimplemented) {
		var refs []*pb.TableRef
		if refs, err = s.listIn(ctx, r.Schema); err != nil {
			return nil, err
		}
		for _, ref := range refs {
			if len(r.LimitTo) > 0 && !named(r.LimitTo, ref.Name) || named(r.Except, ref.Name) {
				continue
			}
			d, err := s.declared(ctx, s.name, ref.Name, ref)
			if err != nil {
				return nil, err
			}
			answer.Tables = append(answer.Tables, &pb.Table{Name: ref.Name, Options: ref.Options, Kind: d.declared.Table.Kind})
		}
	}
	if err != nil {
		return nil, err
	}
	// What the statement says holds, whatever the connector makes of it.
	tables := slices.DeleteFunc(answer.Tables, func(t *pb.Table) bool {
		return len(r.LimitTo) > 0 && !named(r.LimitTo, t.Name) || named(r.Except, t.Name)
	})
	slices.SortStableFunc(tables, func(a, b *pb.Table) int { return strings.Compare(a.Name, b.Name) })
	for _, name := range slices.Concat(r.LimitTo, r.Except) {
		there := slices.ContainsFunc(answer.Tables, func(t *pb.Table) bool { return strings.EqualFold(t.GetName(), name) })
		if !there && named(r.LimitTo, name) {
			ctx.Warn(1146, "server %s has no table %s in schema %s", r.Server, name, r.Schema)
		}
	}
	return tables, nil
}

func named(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// imported is the definition of a table that a connector declared.
func imported(s *source, r Import, t *pb.Table) Foreign {
	f := Foreign{Form: ServerForm, Database: r.Into, Name: t.Name, Server: r.Server, Remote: t.Name, Options: map[string]string{}}
	maps.Copy(f.Options, r.Options)
	maps.Copy(f.Options, t.Options)
	if schema := schemaOptions[0]; r.Schema != "" && declaredOption(s.Connector.Manifest(), schema) == nil {
		f.Options[schema] = r.Schema
	}
	return f
}

// allFree refuses names that are taken, all of them in one error.
func (c *Catalog) allFree(ctx *sql.Context, definitions []Foreign) error {
	var taken []string
	seen := map[string]bool{}
	for _, f := range definitions {
		err := c.free(ctx, f.Database, f.Name)
		if err != nil && !errors.Is(err, errTaken) {
			return err
		}
		if key := strings.ToLower(f.Name); err != nil || seen[key] {
			taken = append(taken, f.Name)
		} else {
			seen[key] = true
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return sqlerr.New(1050, "42S01", "nothing was imported: table %s already exists", strings.Join(taken, ", ")).
		WithHint("leave out what is there already: EXCEPT (%s)", strings.Join(taken, ", "))
}

func (c *Catalog) importAll(ctx *sql.Context, definitions []Foreign) ([]Imported, error) {
	var done []Imported
	var names []TableName
	for _, f := range definitions {
		if err := c.CreateForeign(ctx, f, false); err != nil {
			e := sqlerr.New(sqlerr.From(err).Errno, sqlerr.From(err).State, "nothing was imported: table %s: %s", f.Name, sqlerr.From(err).Message).
				WithHint("%s", cmp.Or(sqlerr.From(err).Hint, "leave it out: EXCEPT ("+f.Name+")"))
			e.Err = err
			if len(names) > 0 {
				return nil, errors.Join(e, c.DropForeign(ctx, names, true))
			}
			return nil, e
		}
		done, names = append(done, Imported{f.Name, f.Remote}), append(names, TableName{f.Database, f.Name})
	}
	return done, nil
}
