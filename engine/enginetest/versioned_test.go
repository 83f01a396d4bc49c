package enginetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dolthub/go-mysql-server/enginetest"
	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/engine/gms"
)

var _ enginetest.VersionedDBHarness = (*storeHarness)(nil)

// NewDatabases implements enginetest.VersionedDBHarness: databases of an engine that the test gets from
// NewEngine next.
func (h *storeHarness) NewDatabases(names ...string) []sql.Database {
	e, err := h.newEngine(h.t)
	if err != nil {
		h.t.Fatal(err)
	}
	h.versioned = e
	var all []sql.Database
	for _, name := range names {
		h.tell("CREATE DATABASE " + name)
		database, err := e.Analyzer.Catalog.DbProvider.Database(h.NewContext(), name)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, database)
	}
	return all
}

// tell runs a statement in a session of its own.
func (h *storeHarness) tell(statement string) {
	h.t.Helper()
	ctx := h.NewContextWithClient(sql.Client{Address: "localhost", User: "root"})
	ctx.SetConnectionId(1 << 20) // the first connection of the test is number 1
	_, rows, _, err := h.versioned.Query(ctx.WithQuery(statement), statement)
	if err == nil {
		_, err = sql.RowIterToRows(ctx, rows)
	}
	if err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

// NewTableAsOf implements enginetest.VersionedDBHarness: the table as it is, made when there is none.
func (h *storeHarness) NewTableAsOf(db sql.VersionedDatabase, name string, schema sql.PrimaryKeySchema, _ any) sql.Table {
	ctx := h.NewContext()
	table, there, err := db.GetTableInsensitive(ctx, name)
	if err == nil && !there {
		if err = db.(sql.TableCreator).CreateTable(ctx, name, schema, sql.Collation_Default, ""); err == nil {
			table, _, err = db.GetTableInsensitive(ctx, name)
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return versionedTable{table.(*gms.Stored), h, db.Name() + "." + name}
}

// SnapshotTable implements enginetest.VersionedDBHarness: all tables are in a snapshot of the store.
func (h *storeHarness) SnapshotTable(_ sql.VersionedDatabase, _ string, asOf any) error {
	h.tell(fmt.Sprintf("CALL wasql.snapshot('%s')", asOf))
	return nil
}

// versionedTable is a table that the suite changes without statements, which there are none of in wasql: it
// changes it by statements.
type versionedTable struct {
	*gms.Stored
	harness *storeHarness
	name    string
}

var (
	_ sql.InsertableTable = versionedTable{}
	_ sql.DeletableTable  = versionedTable{}
	_ sql.AlterableTable  = versionedTable{}
)

// Inserter implements sql.InsertableTable.
func (t versionedTable) Inserter(*sql.Context) sql.RowInserter { return statements{t} }

// Deleter implements sql.DeletableTable.
func (t versionedTable) Deleter(*sql.Context) sql.RowDeleter { return statements{t} }

// AddColumn implements sql.AlterableTable.
func (t versionedTable) AddColumn(_ *sql.Context, column *sql.Column, _ *sql.ColumnOrder) error {
	t.harness.tell(fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s NOT NULL", t.name, column.Name, column.Type))
	return nil
}

// statements is an editor that runs a statement for each row.
type statements struct{ table versionedTable }

// StatementBegin implements sql.EditOpenerCloser.
func (statements) StatementBegin(*sql.Context) {}

// DiscardChanges implements sql.EditOpenerCloser.
func (statements) DiscardChanges(*sql.Context, error) error { return nil }

// StatementComplete implements sql.EditOpenerCloser.
func (statements) StatementComplete(*sql.Context) error { return nil }

// Close implements sql.Closer.
func (statements) Close(*sql.Context) error { return nil }

// Insert implements sql.RowInserter.
func (s statements) Insert(_ *sql.Context, row sql.Row) error {
	values := make([]string, len(row))
	for i, v := range row {
		values[i] = fmt.Sprintf("'%v'", v)
	}
	s.table.harness.tell("INSERT INTO " + s.table.name + " VALUES (" + strings.Join(values, ", ") + ")")
	return nil
}

// Delete implements sql.RowDeleter. The first column is the primary key.
func (s statements) Delete(_ *sql.Context, row sql.Row) error {
	s.table.harness.tell(fmt.Sprintf("DELETE FROM %s WHERE i = '%v'", s.table.name, row[0]))
	return nil
}

// versioned is h for the tests of AS OF.
func versioned(t *testing.T, h enginetest.Harness) enginetest.VersionedDBHarness {
	t.Helper()
	v, ok := h.(enginetest.VersionedDBHarness)
	if !ok {
		t.Fatalf("a %T keeps no older versions of its tables", h)
	}
	return v
}
