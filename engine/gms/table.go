package gms

import (
	"fmt"
	"strings"
	"sync"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/host"
)

// Open starts reading the table as it stands: all its rows, its projected columns.
// engine/exec provides it.
type Open func(ctx *sql.Context, t *Table) (sql.RowIter, error)

// Source is what a table is read from. It is shared by all statements and safe for concurrent use.
type Source struct {
	Connector *host.Connector
	// Trusted connectors are believed when they claim a conjunct exactly.
	Trusted bool
	Open    Open
	// Definer keeps the definitions when SQL can change them; nil: it cannot.
	Definer Definer
	// Indexer keeps indexes over the tables that are no affair of the connector; nil: nobody does.
	Indexer Indexer
	// Changes tells by a text of what lies outside of the engine whether tables may have changed; known is false when
	// they can in ways that nobody sees. nil: only the engine changes them.
	Changes func() (version string, known bool, err error)
	// generators has the generator of each table with keys that are made, by the connector's names.
	generators sync.Map
}

// Table is a connector's table as one statement reads it. It is immutable: projecting it, or
// calling it as a function, makes another.
type Table struct {
	source   *Source
	name     string
	database string
	ref      *pb.TableRef
	declared *Declared
	rows     *RowCount

	// columns has the positions read, in order; schema is theirs. projected tells whether a
	// projection was asked for, as an empty one differs from none.
	columns   []int
	schema    sql.Schema
	projected bool
	// estimate is the number of rows that a statement's conditions are known to leave; nil: none.
	estimate *uint64
	// arguments is set between the call of a table function and its expansion; see Function.
	arguments []sql.Expression
	// staged is set while CREATE TABLE still puts the table together; see Stage.
	staged *Staged
	// unread: the rows are there, and go-mysql-server shall see none of them; see BuildIndex.
	unread bool
	// shadow is the table that the rows are copied into, during a rewrite.
	shadow *Table
	// asOf is what stands behind AS OF; nil: the table as it is.
	asOf *pb.Value
}

var (
	_ sql.ProjectedTable  = (*Table)(nil)
	_ sql.StatisticsTable = (*Table)(nil)
	_ sql.PrimaryKeyTable = (*Table)(nil)
	_ sql.CommentedTable  = (*Table)(nil)
)

// NewTable makes the table that SQL calls name in database. rows is shared with the other
// statements that read the table.
func NewTable(source *Source, database, name string, ref *pb.TableRef, declared *Declared, rows *RowCount) *Table {
	columns := make([]int, len(declared.Schema))
	for i := range columns {
		columns[i] = i
	}
	return &Table{source: source, name: name, database: database, ref: ref, declared: declared, rows: rows,
		columns: columns, schema: declared.Schema}
}

// Connector is what the table is read from.
func (t *Table) Connector() *host.Connector { return t.source.Connector }

// Ref names the table to its connector, with its arguments' text when it is called as a function.
func (t *Table) Ref() *pb.TableRef { return t.ref }

// Declared is the whole table as the connector declared it, with columns.
func (t *Table) Declared() *pb.Table { return t.declared.Table }

// FullSchema has all declared columns, hidden ones included, whatever the projection.
func (t *Table) FullSchema() sql.Schema { return t.declared.Schema }

// Columns has the positions of the projected columns among the declared ones, in the order of Schema.
func (t *Table) Columns() []int { return t.columns }

// Database is the database that SQL reaches the table through.
func (t *Table) Database() string { return t.database }

// Session is what Connector.OpenScan and Acquire want for the session of ctx.
func (t *Table) Session(ctx *sql.Context) uint64 { return SessionOf(ctx) }

// SessionOf is the number by which connectors tell the sessions apart.
func SessionOf(ctx *sql.Context) uint64 {
	if ctx == nil || ctx.Session == nil {
		return 0
	}
	return uint64(ctx.ID())
}

// TrustPushdown tells whether conjuncts claimed exactly need no second look.
func (t *Table) TrustPushdown() bool { return t.source.Trusted }

// Name implements sql.Table.
func (t *Table) Name() string { return t.name }

// String implements sql.Table.
func (t *Table) String() string { return t.name }

// Schema implements sql.Table: the projected columns.
func (t *Table) Schema(*sql.Context) sql.Schema { return t.schema }

// Collation implements sql.Table.
func (t *Table) Collation() sql.CollationID { return t.declared.Collation }

// Comment implements sql.CommentedTable.
func (t *Table) Comment() string { return t.declared.Table.Comment }

// PrimaryKeySchema implements sql.PrimaryKeyTable.
func (t *Table) PrimaryKeySchema(*sql.Context) sql.PrimaryKeySchema { return t.declared.PrimaryKey }

// WithProjections implements sql.ProjectedTable.
func (t *Table) WithProjections(_ *sql.Context, names []string) (sql.Table, error) {
	projected := *t
	projected.projected = true
	projected.columns = make([]int, 0, len(names))
	projected.schema = make(sql.Schema, 0, len(names))
	for _, name := range names {
		position := t.declared.Schema.IndexOfColName(name)
		if position < 0 {
			return nil, fmt.Errorf("table %s has no column %s to project", t.name, name)
		}
		projected.columns = append(projected.columns, position)
		projected.schema = append(projected.schema, t.declared.Schema[position])
	}
	return &projected, nil
}

// Projections implements sql.ProjectedTable: nil when all columns are read.
func (t *Table) Projections() []string {
	if !t.projected {
		return nil
	}
	names := make([]string, len(t.schema))
	for i, c := range t.schema {
		names[i] = c.Name
	}
	return names
}

// Callable tells whether the table can be called as a function.
func (t *Table) Callable() bool { return t.declared.Callable() }

// Hides tells whether the table has columns that SELECT * leaves out.
func (t *Table) Hides() bool { return t.declared.Hides() }

// As is the same table under another name of another database.
func (t *Table) As(database, name string) (*Table, error) {
	declared, err := Declare(database, name, t.declared.Table)
	if err != nil {
		return nil, err
	}
	renamed := NewTable(t.source, database, name, t.ref, declared, t.rows)
	renamed.asOf = t.asOf
	return renamed, nil
}

// withArguments is the table called as a function, not yet expanded: see Function.
func (t *Table) withArguments(arguments []sql.Expression) *Table {
	called := *t
	if arguments == nil {
		arguments = []sql.Expression{}
	}
	called.arguments = arguments
	called.ref = t.ref.CloneVT()
	called.ref.Arguments = make([]*pb.Argument, len(arguments))
	for i, argument := range arguments {
		text := argument.String()
		called.ref.Arguments[i] = &pb.Argument{Verbatim: text, Value: strings.Trim(text, "'")}
	}
	return &called
}

// Partitions implements sql.Table. There is one: partitions of a connector are the scan's affair.
func (t *Table) Partitions(*sql.Context) (sql.PartitionIter, error) {
	return sql.PartitionsToPartitionIter(whole{}), nil
}

// PartitionRows implements sql.Table: all rows, unfiltered.
func (t *Table) PartitionRows(ctx *sql.Context, _ sql.Partition) (sql.RowIter, error) {
	if t.arguments != nil {
		return nil, fmt.Errorf("internal error: call of table function %s reached the scan unexpanded", t.name)
	}
	return t.source.Open(ctx, t)
}

type whole struct{}

func (whole) Key() []byte { return []byte{0} }

// WithRowEstimate is the table for planning a statement whose conditions leave about so many rows:
// the join order counts with them. Its rows are the same.
func (t *Table) WithRowEstimate(rows uint64) sql.Table {
	estimated := *t
	estimated.estimate = &rows
	return &estimated
}
