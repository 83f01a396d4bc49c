package gms

import (
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/col"
	"github.com/wasql/wasql/abi/pb"
)

// Indexer keeps indexes over tables outside of their connectors; engine/driver has the one of wasql. It is safe for
// concurrent use.
type Indexer interface {
	// Attached declares the indexes of a table, in the order of their names. Their Driver is set.
	Attached(ctx *sql.Context, t *Table) ([]*pb.Index, error)
	// Writer is told of the rows that a statement writes to a table, before anybody else can see them. The number is
	// that of the transaction with the connector, 0 for none.
	Writer(ctx *sql.Context, t *Table, transaction uint64) (IndexWriter, error)
	// Unique tells whether rows that are written to a table must be compared with an index.
	Unique(ctx *sql.Context, t *Table) (bool, error)
	// Renamed tells that a table, or with columns one of its columns, has another name; to is empty when it is gone.
	Renamed(ctx *sql.Context, from, to TableName) error
	RenamedColumn(ctx *sql.Context, table TableName, from, to string) error
	// DropDatabase tells that a database is gone.
	DropDatabase(ctx *sql.Context, database string) error
}

// TableName is a table by SQL's names.
type TableName struct{ Database, Name string }

// IndexWriter takes the rows that one statement writes to one table. Used by one goroutine.
type IndexWriter interface {
	// Columns are the positions of those that entries are made of; none: nobody needs the rows.
	Columns() []int
	// Batch takes rows whose columns have these positions. The batch is the caller's.
	Batch(ctx *sql.Context, b *col.Batch, positions []int) error
	// Row takes a row of the whole table.
	Row(ctx *sql.Context, row sql.Row) error
	// Unique tells whether rows must be checked before these columns of theirs are written.
	Unique(columns []int) bool
	// Check fails, with the error of sqlerr.Duplicate, when one of the rows of the whole table that are to be written has
	// a key that another row has. before is the row whose place the only one takes; nil: the rows are new.
	Check(ctx *sql.Context, statement uint64, before sql.Row, rows []sql.Row) error
	// Gone tells of a row, as it was, that is taken away or changed.
	Gone(ctx *sql.Context, row sql.Row) error
	// End ends the statement; twice is harmless.
	End()
}

// Attached are the indexes of the table that an index driver keeps.
func (t *Table) Attached(ctx *sql.Context) ([]*Index, error) {
	if t.source.Indexer == nil {
		return nil, nil
	}
	declared, err := t.source.Indexer.Attached(ctx, t)
	if err != nil {
		return nil, err
	}
	var all []*Index
	for _, d := range declared {
		if x := newIndex(t.database, t.name, d, t.declared.Table, t.declared.Schema); x != nil {
			all = append(all, x)
		}
	}
	return all, nil
}

// DriverID is that of the index driver that keeps the index; empty: the connector does.
func (x *Index) DriverID() string { return x.declared.Driver }

// Indexer is who keeps indexes over the table outside of its connector; nil: nobody.
func (t *Table) Indexer() Indexer { return t.source.Indexer }

// Source is what the table is read from.
func (t *Table) Source() *Source { return t.source }

// seen are the indexes of drivers as the statement of ctx shall see them: one that lists what there is all of it, one that
// reads rows what joins can be planned with. That no two rows have the same key is not said to it, nor in which order
// rows come; and definitions see none of them, so that no reference between tables rests on one.
func (t *Table) seen(ctx *sql.Context) ([]*Index, error) {
	if ctx == nil || t.source.Indexer == nil {
		return nil, nil
	}
	text := strings.ToLower(strings.TrimLeft(ctx.Query(), " \t\r\n("))
	lists := strings.Contains(text, "information_schema")
	reads := false
	for _, word := range []string{"select", "with", "explain", "describe", "desc", "update", "delete", "insert", "replace", "table"} {
		reads = reads || strings.HasPrefix(text, word)
	}
	if !lists && !reads {
		return nil, nil
	}
	all, err := t.Attached(ctx)
	if err != nil || lists {
		return all, err
	}
	for i, x := range all {
		plain := *x
		plain.declared = x.declared.CloneVT()
		plain.declared.Unique, plain.extended = false, nil
		all[i] = &plain
	}
	return all, nil
}

// addAnswered gives the writer the rows that were answered: the connector made a part of them.
func (s *sink) addAnswered(ctx *sql.Context, answer *col.Batch, at int) error {
	row := make(sql.Row, len(s.editor.table.declared.Schema))
	if err := s.take(ctx, answer, at, row); err != nil {
		return err
	}
	return s.editor.indexes.Row(ctx, row)
}

// watched tells whether an index driver wants the rows of the statement.
func (e *editor) watched() bool { return e.indexes != nil && len(e.indexes.Columns()) > 0 }

// makesParts tells whether the connector makes values, in new rows, that entries of indexes have.
func (e *editor) makesParts() bool {
	id := e.table.declared.Table.RowId
	return e.table.madeKey() >= 0 || id != nil && len(e.table.declared.PrimaryKey.PkOrdinals) == 0
}

// compared tells whether rows must be checked against indexes outside of the connector, when these columns are written.
func (e *editor) compared(columns []int) bool { return e.indexes != nil && e.indexes.Unique(columns) }

// check compares a row that is to be written; before is the one in whose place it comes, or nil. A key that the connector
// makes is not known yet, and there is no other like it.
func (e *editor) check(ctx *sql.Context, columns []int, before, row sql.Row) error {
	if e.bulk || !e.compared(columns) {
		return nil
	}
	if made := e.table.madeKey(); before == nil && made >= 0 && isZero(row[made]) {
		row = append(sql.Row{}, row...)
		row[made] = nil
	}
	return e.indexes.Check(ctx, e.statement, before, []sql.Row{row})
}

// checkBatch compares the rows of a batch that is to be written, whose columns have these positions.
func (e *editor) checkBatch(ctx *sql.Context, b *col.Batch, positions []int) error {
	if !e.bulk || !e.compared(positions) {
		return nil
	}
	schema := e.table.declared.Schema
	rows := make([]sql.Row, b.Len())
	for i := range rows {
		row := make(sql.Row, len(schema))
		for n, position := range positions {
			var err error
			if row[position], err = decode(ctx, schema[position].Type, &b.Cols[n], b.Row(i)); err != nil {
				return err
			}
		}
		rows[i] = row
	}
	return e.indexes.Check(ctx, e.statement, nil, rows)
}

// UniquelyIndexed tells whether an index outside of the connector keeps rows of the table from having the same key.
func (t *Table) UniquelyIndexed(ctx *sql.Context) (bool, error) {
	if t.source.Indexer == nil {
		return false, nil
	}
	return t.source.Indexer.Unique(ctx, t)
}
