package gms

import "github.com/dolthub/go-mysql-server/sql"

// keyEditor is the editor of a table that others refer to, or that refers to others: besides
// writing it looks rows up, as they are while the statement runs.
type keyEditor struct {
	*editor
}

var _ sql.ForeignKeyEditor = keyEditor{}

// GetForeignKeyEditor implements sql.ForeignKeyTable. Rows go one at a time: each may be what the
// next one refers to.
func (t *Stored) GetForeignKeyEditor(ctx *sql.Context) sql.ForeignKeyEditor {
	if words, ok := t.writer(ctx).(sql.ForeignKeyEditor); ok {
		return words
	}
	return keyEditor{&editor{table: t.unprojected()}}
}

// IndexedAccess implements sql.IndexAddressable: the rows of the statement itself are seen.
func (e keyEditor) IndexedAccess(ctx *sql.Context, lookup sql.IndexLookup) sql.IndexedTable {
	if err := e.begin(ctx); err != nil {
		// The next row fails with it too; until then there is nothing of the statement to see.
		return e.table.IndexedAccess(ctx, lookup)
	}
	return e.table.During(e.statement).IndexedAccess(ctx, lookup)
}

// GetIndexes implements sql.IndexAddressable.
func (e keyEditor) GetIndexes(ctx *sql.Context) ([]sql.Index, error) { return e.table.GetIndexes(ctx) }

// PreciseMatch implements sql.IndexAddressable.
func (e keyEditor) PreciseMatch() bool { return e.table.PreciseMatch() }
