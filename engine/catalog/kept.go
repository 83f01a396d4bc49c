package catalog

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
)

// kept is a database whose tables are made by SQL and stored by the home. Foreign and virtual tables, and over the one called
// main the catalog's aliases, are laid over it: they come first, and are not the home's.
type kept struct {
	home *home
	name string
	over *aliases

	collation atomic.Uint32
}

var (
	_ sql.Database            = (*kept)(nil)
	_ sql.ReadOnlyDatabase    = (*kept)(nil)
	_ sql.CollatedDatabase    = (*kept)(nil)
	_ sql.TableCreator        = (*kept)(nil)
	_ sql.IndexedTableCreator = (*kept)(nil)
	_ sql.TableDropper        = (*kept)(nil)
	_ sql.TableRenamer        = (*kept)(nil)
)

// Name implements sql.Nameable.
func (d *kept) Name() string { return d.name }

// IsReadOnly implements sql.ReadOnlyDatabase.
func (d *kept) IsReadOnly() bool { return false }

// GetCollation implements sql.CollatedDatabase.
func (d *kept) GetCollation(ctx *sql.Context) sql.CollationID {
	if !d.home.untouched() {
		// A connector that does not answer has the default; its tables tell its troubles.
		_, _ = d.home.opened(ctx)
	}
	if id := sql.CollationID(d.collation.Load()); id != sql.Collation_Unspecified {
		return id
	}
	return gms.DefaultCollation
}

// setCollation notes what the connector said; a collation that is not known is the default.
func (d *kept) setCollation(name string) {
	if id, err := gms.ParseCollation(name); err == nil {
		d.collation.Store(uint32(id))
	}
}

// SetCollation implements sql.CollatedDatabase.
func (d *kept) SetCollation(ctx *sql.Context, collation sql.CollationID) error {
	s, err := d.home.opened(ctx)
	if err != nil {
		return err
	}
	request := &pb.AlterDatabaseRequest{Database: &pb.Database{Name: d.name, Collation: collation.Name()}}
	if err := s.Send(ctx, pb.Op_OP_ALTER_DATABASE, request, &pb.AlterDatabaseResponse{}); err != nil {
		return err
	}
	d.setCollation(collation.Name())
	return nil
}

// overlaid tells whether a name is that of an alias, a foreign or a virtual table. What an earlier engine left of these is
// read for names that are not known otherwise.
func (d *kept) overlaid(ctx *sql.Context, name string) (bool, error) {
	if d.over == nil {
		return false, nil
	}
	_, there, err := d.over.target(ctx, name)
	return there, err
}

// GetTableInsensitive implements sql.Database: the session's own table of that name, an alias, or what
// the home keeps.
func (d *kept) GetTableInsensitive(ctx *sql.Context, name string) (sql.Table, bool, error) {
	if t, err := d.stagedTable(ctx, name); t != nil || err != nil {
		return asTable(t, err)
	}
	if t, err := d.temporary(ctx, name); t != nil || err != nil {
		return asTable(t, err)
	}
	if over, err := d.overlaid(ctx, name); err != nil {
		return nil, false, err
	} else if over {
		return d.over.GetTableInsensitive(ctx, name)
	}
	t, err := d.table(ctx, name)
	if err != nil && tolerant(ctx) {
		leaveOut(ctx, "table "+d.name+"."+name, err)
		return broken{name}, true, nil
	}
	if t != nil && alters(ctx) {
		t, err = t.As(d.name, t.Name())
	}
	if t == nil && err == nil && d.name == Main {
		t, err = d.home.catalog.eponymous(ctx, name)
	}
	return asTable(t, err)
}

func asTable(t *gms.Table, err error) (sql.Table, bool, error) {
	if err != nil || t == nil {
		return nil, false, err
	}
	return t.SQL(), true, nil
}

// alters tells whether the statement of ctx is an ALTER: go-mysql-server then changes the columns of the
// table that it is given.
func alters(ctx *sql.Context) bool {
	const word = "alter"
	text := strings.TrimSpace(ctx.Query())
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}

// table finds a table of the home's, without case; nil: there is none.
func (d *kept) table(ctx *sql.Context, name string) (*gms.Table, error) {
	if d.home.untouched() {
		return nil, nil
	}
	s, err := d.home.opened(ctx)
	if err != nil {
		return nil, err
	}
	ref, err := s.findIn(ctx, d.name, name)
	if err != nil || ref == nil {
		return nil, err
	}
	t, err := s.table(ctx, d.name, ref.Name, d.placed(ref))
	if gms.Said(err, abi.NotFound) {
		return nil, nil
	}
	return t, err
}

// placed is a listed table with its database.
func (d *kept) placed(ref *pb.TableRef) *pb.TableRef {
	if ref.Database != "" {
		return ref
	}
	ref = ref.CloneVT()
	ref.Database = d.name
	return ref
}

// GetTableNames implements sql.Database.
func (d *kept) GetTableNames(ctx *sql.Context) ([]string, error) {
	var names []string
	if d.over != nil {
		var err error
		if names, err = d.over.GetTableNames(ctx); err != nil {
			return nil, err
		}
	}
	stored, err := d.stored(ctx)
	if err != nil && tolerant(ctx) && !strings.EqualFold(ctx.GetCurrentDatabase(), d.name) {
		leaveOut(ctx, "database "+d.name, err)
		return names, nil
	}
	for _, name := range stored {
		over, failed := d.overlaid(ctx, name)
		if failed != nil {
			return nil, failed
		}
		if !over {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

// stored lists the tables that the home keeps.
func (d *kept) stored(ctx *sql.Context) ([]string, error) {
	if d.home.untouched() {
		return nil, nil
	}
	s, err := d.home.opened(ctx)
	if err != nil {
		return nil, err
	}
	refs, err := s.listIn(ctx, d.name)
	names := make([]string, 0, len(refs))
	for _, ref := range refs {
		if !strings.HasPrefix(ref.Name, "#") {
			names = append(names, ref.Name)
		}
	}
	return names, err
}

// CreateTable implements sql.TableCreator.
func (d *kept) CreateTable(ctx *sql.Context, name string, schema sql.PrimaryKeySchema, collation sql.CollationID, comment string) error {
	if err := d.unused(ctx, name); err != nil {
		return err
	}
	table, err := gms.TableOf(name, schema, collation, comment)
	if err != nil {
		return err
	}
	return d.make(ctx, name, table)
}

// CreateIndexedTable implements sql.IndexedTableCreator: the primary key may have prefixes.
func (d *kept) CreateIndexedTable(ctx *sql.Context, name string, schema sql.PrimaryKeySchema, key sql.IndexDef, collation sql.CollationID, comment string) error {
	for _, part := range key.Columns {
		if part.Length > 0 {
			return sql.ErrUnsupportedIndexPrefix.New(part.Name)
		}
	}
	return d.CreateTable(ctx, name, schema, collation, comment)
}

// unused refuses a name that a new table cannot have.
func (d *kept) unused(ctx *sql.Context, name string) error {
	if strings.HasPrefix(name, gms.FulltextPrefix) {
		return nil // go-mysql-server's own, after it looked
	}
	if err := checkTableName(name); err != nil {
		return err
	}
	there, err := d.table(ctx, name)
	if err != nil {
		return err
	}
	over, err := d.overlaid(ctx, name)
	if err != nil {
		return err
	}
	if there == nil && !over {
		view, err := d.object(ctx, pb.ObjectKind_OBJECT_KIND_VIEW, name)
		if err != nil || view == nil {
			return err
		}
	}
	return sql.ErrTableAlreadyExists.New(name)
}

// checkTableName refuses what MySQL refuses, and the names the engine takes for its own.
func checkTableName(name string) error {
	if name == "" || len([]rune(name)) > 64 || strings.TrimRight(name, " ") != name || strings.ContainsRune(name, 0) {
		return sqlerr.New(1103, "42000", "incorrect table name %.80q", name)
	}
	if strings.HasPrefix(name, "#") {
		return sqlerr.New(1103, "42000", "incorrect table name %.80q: the sign # is for tables of the engine's own", name)
	}
	return nil
}

// DropTable implements sql.TableDropper.
func (d *kept) DropTable(ctx *sql.Context, name string) error {
	if done, err := d.dropTemporary(ctx, name); done || err != nil {
		return err
	}
	if over, err := d.overlaid(ctx, name); err != nil {
		return err
	} else if over {
		return sqlerr.New(1036, "HY000", "table %s.%s is read only: it cannot be dropped", d.name, name)
	}
	t, err := d.table(ctx, name)
	if err != nil {
		return err
	}
	if t == nil {
		return sql.ErrTableNotFound.New(name)
	}
	if err := d.home.destroyWhole(ctx, t.Ref()); err != nil {
		return err
	}
	return d.home.catalog.renamed(ctx, TableName{d.name, t.Name()}, TableName{})
}

// RenameTable implements sql.TableRenamer.
func (d *kept) RenameTable(ctx *sql.Context, from, to string) error {
	return d.home.rename(ctx, d, from, d, to)
}
